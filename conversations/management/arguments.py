"""Arguments that several commands take."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

from django.db.models import BigIntegerField
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from conversations.digits import parse_digits
from conversations.times import YEAR_2100_S, from_epoch_s


def moment(text: str) -> datetime:
    """A time as people write it; one without a zone is in that of the settings."""
    try:
        seconds = parse_digits(text, at_most=10)
        found = parse_datetime(text) if seconds is None or seconds >= YEAR_2100_S else from_epoch_s(seconds)
        if found is not None:
            # The first and the last day of all can lie out of range there.
            return (found if timezone.is_aware(found) else timezone.make_aware(found)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError(_("Give ISO 8601, such as 2026-01-31T12:00:00Z, or epoch seconds."))


def row_number(text: str) -> int:
    """The number of a row, which a database has room for."""
    most = BigIntegerField.MAX_BIGINT
    number = parse_digits(text, at_most=len(str(most)))
    if not number or number > most:
        raise ArgumentTypeError(_("%(text)s is no number from 1 to %(most)d.") % {"text": text, "most": most})
    return number
