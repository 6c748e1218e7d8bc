"""Log the logins to pages and admin: who, from where, and what failed.

Anyone can fail to log in. The rows of an account are at most MAX_ADDRESSES + 1 an hour for each event, however many tries there
are; all unknown accounts together are one.
"""

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from conversations.models import LoginEvent, LoginLogEntry

MAX_ADDRESSES = 20


def log_login(event: LoginEvent, *, username: str, address: str | None) -> None:
    """Count an event of an account, or of the unknown ones if there is none of this name."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    known = username if event == LoginEvent.LOGGED_IN or User.objects.filter(username=username).exists() else ""
    entries = LoginLogEntry.objects.filter(hour=hour, event=event, username=known)
    addresses = {*entries.values_list("address", flat=True)}
    named = address or ""
    if named not in addresses and len(addresses - {""}) >= MAX_ADDRESSES:
        named = ""
    entries.update_or_create(
        hour=hour, event=event, username=known, address=named,
        defaults={"count": F("count") + 1, "last_at": now}, create_defaults={"count": 1, "last_at": now},
    )  # fmt: skip
