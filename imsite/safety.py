"""What a production start refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# What Django's `check --deploy` finds good enough: with 50 random characters it has no warning.
SECRET_KEY_MIN_LENGTH, SECRET_KEY_INSECURE_PREFIX = 50, "django-insecure-"
AT_LEAST_ONE = (
    "MAX_PINNED", "MAX_BODY_BYTES", "TOMBSTONE_DAYS", "EVENTS_HEARTBEAT_S", "CALLBACK_WINDOW_S", "CALLBACK_DAYS",
    "LOGIN_FAILURES", "LOGIN_LOCK_S",
)  # fmt: skip


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured naming every setting that is missing or unsafe, all at once."""
    if problems := list(_problems(settings)):
        raise ImproperlyConfigured("Unsafe settings: " + " ".join(problems))


def _problems(settings: Mapping[str, Any]) -> Iterator[str]:
    key = settings["SECRET_KEY"]
    if not key:
        yield "SECRET_KEY is missing."
    elif len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < 8 or key.startswith(SECRET_KEY_INSECURE_PREFIX):
        yield f"SECRET_KEY is too weak: give {SECRET_KEY_MIN_LENGTH} random characters or more."
    if not settings["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS is missing: name the hosts that this server answers for."
    elif "*" in settings["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS must not be '*'."
    if bool(settings["IM_SDK_APP_ID"]) != bool(settings["IM_SECRET_KEY"]):
        yield "IM_SDK_APP_ID and IM_SECRET_KEY go together: set both or neither."
    for name in ("CSRF_TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS"):
        if insecure := [origin for origin in settings[name] if not origin.startswith("https://")]:
            yield f"{name} must be https origins, not {', '.join(insecure)}."
    for name in AT_LEAST_ONE:
        if settings[name] < 1:
            yield f"{name} must be at least 1."
