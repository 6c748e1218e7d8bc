"""Days and windows of time in the pages' addresses."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter
from conversations.staff.moments import hours_of


def midnight(parameters: Mapping[str, str], name: str, *, days_later: int = 0) -> datetime | None:
    """Return when a day begins for the reader, or one that comes later; None without it. Raises InvalidParameter."""
    if not parameters.get(name):
        return None
    try:
        day = date.fromisoformat(parameters[name]) + timedelta(days=days_later)
        return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone()).astimezone(UTC)
    except (ValueError, OverflowError):
        text = _("“%(value)s” is not a date. Use the form 2026-01-31.") % {"value": parameters[name]}
        raise InvalidParameter(text, field=name) from None


def ago(parameters: Mapping[str, str], name: str) -> datetime | None:
    """Return the time of so many hours, days or weeks ago, such as 7d; None without it. Raises InvalidParameter."""
    if not parameters.get(name):
        return None
    if hours := hours_of(parameters[name]):
        return timezone.now() - timedelta(hours=hours)
    text = _("“%(value)s” is not a number of hours, days or weeks. Use the form 24h, 7d or 4w.") % {"value": parameters[name]}
    raise InvalidParameter(text, field=name)
