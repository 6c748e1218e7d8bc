"""Moments as people write them in searches and forms: so many hours, days or weeks ago, or a date in their time zone."""

import re
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter
from conversations.times import check_epoch_s, from_epoch_s, to_epoch_s

WINDOW = re.compile(r"([1-9][0-9]{0,3})([hdw])")
HOURS = {"h": 1, "d": 24, "w": 7 * 24}


def hours_of(window: str) -> int:
    """Return the hours of a window such as 24h, 7d or 4w; 0 for any other text."""
    match = WINDOW.fullmatch(window)
    return int(match[1]) * HOURS[match[2]] if match else 0


def moment_of(text: str, *, field: str, token: str = "") -> str:
    """Return a window as it is, and a date or time in the reader's time zone as epoch seconds. `token` is where it stands."""
    if WINDOW.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
        return str(check_epoch_s(to_epoch_s(moment if moment.tzinfo else timezone.make_aware(moment)), field=field))
    except (ValueError, OverflowError, InvalidParameter):
        sentence = _("%(token)s: use hours, days or weeks (24h, 7d, 4w), or a date (2026-01-31, 2026-01-31T18:30).")
        raise InvalidParameter(sentence % {"token": token or text}, field=field) from None


def moment_text(value: str) -> str:
    """Return the value of a filter by time as people write it: a window, or a date or time; "" for none."""
    return _moment_text(int(value)) if value.isdecimal() else value


def zone_word() -> str:
    """Return what to put after a date to say that it is in UTC; "" in the reader's own time zone."""
    return " UTC" if timezone.get_current_timezone_name() == "UTC" else ""


def _moment_text(epoch_s: int) -> str:
    text = timezone.localtime(from_epoch_s(epoch_s)).strftime("%Y-%m-%dT%H:%M:%S")
    return text.removesuffix(":00").removesuffix("T00:00")
