"""Convert and check times: epoch seconds, milliseconds and microseconds, and aware datetimes. Nothing else converts them."""

import time
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

YEAR_2100_S = 4_102_444_800
# A client's clock may be ahead of ours by this.
CLOCK_TOLERANCE_S = 60
DAY_S = 86_400
# The last one that a datetime can be.
MAX_TIME_US = (datetime.max.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def now_s() -> int:
    """Return the current time in epoch seconds."""
    return int(time.time())


def now_ms() -> int:
    """Return the current time in epoch milliseconds, the unit of event times."""
    return time.time_ns() // 1_000_000


def now_us() -> int:
    """Return the current time in epoch microseconds, the unit of order keys."""
    return time.time_ns() // 1000


def check_epoch_s(value: int, *, field: str) -> int:
    """Return epoch seconds, or raise InvalidParameter for a time before 1970 or after 2099."""
    if value >= YEAR_2100_S:
        raise InvalidParameter(f"{field}: " + _("Give epoch seconds; this looks like milliseconds."), field=field)
    if value < 0:
        raise InvalidParameter(f"{field}: " + _("Give epoch seconds, 0 or more."), field=field)
    return value


def check_happened_s(value: int, *, field: str, ahead_s: int = CLOCK_TOLERANCE_S) -> int:
    """Return epoch seconds, or raise InvalidParameter for a time that is more than `ahead_s` in the future."""
    if check_epoch_s(value, field=field) > now_s() + ahead_s:
        raise InvalidParameter(_("%(field)s is in the future.") % {"field": field}, field=field)
    return value


def from_epoch_s(seconds: int) -> datetime:
    """Return epoch seconds as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def from_epoch_us(microseconds: int) -> datetime:
    """Return the time of epoch microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def to_epoch_us(moment: datetime) -> int:
    """Return an aware datetime as whole epoch microseconds."""
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def to_epoch_s(moment: datetime) -> int:
    """Return an aware datetime as whole epoch seconds."""
    return int(moment.timestamp())
