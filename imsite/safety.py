"""Checks of the settings at a production start."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# The limits of Django's `check --deploy`, which has no warning for 50 random characters.
SECRET_KEY_MIN_LENGTH, SECRET_KEY_INSECURE_PREFIX = 50, "django-insecure-"
AT_LEAST_ONE = (
    "MAX_PINNED", "MAX_BODY_BYTES", "TOMBSTONE_DAYS", "EVENTS_HEARTBEAT_S", "CALLBACK_WINDOW_S", "CALLBACK_DAYS",
    "LOGIN_FAILURES", "LOGIN_LOCK_S", "SESSION_COOKIE_AGE", "WEB_WORKERS", "WEB_THREADS",
    "EVENTS_WORKERS",
)  # fmt: skip


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured that names all missing or unsafe settings."""
    if problems := list(_problems(settings)):
        raise ImproperlyConfigured("Unsafe settings: " + " ".join(problems))


def _problems(settings: Mapping[str, Any]) -> Iterator[str]:
    key = settings["SECRET_KEY"]
    if not key:
        yield "SECRET_KEY is missing."
    elif len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < 8 or key.startswith(SECRET_KEY_INSECURE_PREFIX):
        yield f"SECRET_KEY is too weak: use at least {SECRET_KEY_MIN_LENGTH} random characters."
    if not settings["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS is missing: list the host names of this server."
    elif "*" in settings["ALLOWED_HOSTS"]:
        yield "ALLOWED_HOSTS must not be '*'."
    if not settings["IS_DATABASE_NAMED"]:
        # A shell takes what follows an & or ; that is not quoted as another command, and the variable is lost.
        yield "DATABASE_URL is missing: put it in single quotes in .env if it contains & or ;."
    if bool(settings["IM_SDK_APP_ID"]) != bool(settings["IM_SECRET_KEY"]):
        yield "IM_SDK_APP_ID and IM_SECRET_KEY must both be set, or neither."
    for name in ("CSRF_TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS"):
        if insecure := [origin for origin in settings[name] if not origin.startswith("https://")]:
            yield f"{name} must contain https origins only, not {', '.join(insecure)}."
    if settings["EVENTS_PORT"] == settings["PORT"]:
        yield "EVENTS_PORT must differ from PORT."
    for name in AT_LEAST_ONE:
        if settings[name] < 1:
            yield f"{name} must be at least 1."
