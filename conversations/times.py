"""Epoch seconds, milliseconds and aware moments; converted nowhere else."""

import time
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

YEAR_2100_S = 4_102_444_800
# A client's clock may be ahead of ours by this.
CLOCK_TOLERANCE_S = 60
DAY_S = 86_400


def now_s() -> int:
    """The present, in epoch seconds."""
    return int(time.time())


def now_ms() -> int:
    """The present, in epoch milliseconds: the unit of event times."""
    return time.time_ns() // 1_000_000


def now_us() -> int:
    """The present, in epoch microseconds: the unit of order keys."""
    return time.time_ns() // 1000


def check_epoch_s(value: int, *, field: str) -> int:
    """Give epoch seconds back, or raise InvalidParameter for a time before 1970 or beyond the year 2100."""
    if value >= YEAR_2100_S:
        raise InvalidParameter(f"{field}: " + _("Give epoch seconds; this looks like milliseconds."), field=field)
    if value < 0:
        raise InvalidParameter(f"{field}: " + _("Give epoch seconds, 0 or more."), field=field)
    return value


def check_happened_s(value: int, *, field: str, ahead_s: int = CLOCK_TOLERANCE_S) -> int:
    """Give epoch seconds back, or raise InvalidParameter for a time that is further ahead than clocks differ."""
    if check_epoch_s(value, field=field) > now_s() + ahead_s:
        raise InvalidParameter(_("%(field)s is in the future.") % {"field": field}, field=field)
    return value


def from_epoch_s(seconds: int) -> datetime:
    """The aware moment of epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def to_epoch_us(moment: datetime) -> int:
    """Whole epoch microseconds of an aware moment."""
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def to_epoch_s(moment: datetime) -> int:
    """Whole epoch seconds of an aware moment."""
    return int(moment.timestamp())
