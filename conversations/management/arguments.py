"""Arguments that several commands take."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

from django.db.models import BigIntegerField
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from conversations.times import YEAR_2100_S, from_epoch_s


def moment(text: str) -> datetime:
    """A time as people write it; one without a zone is in that of the settings."""
    try:
        found = from_epoch_s(int(text)) if text.isdigit() and int(text) < YEAR_2100_S else parse_datetime(text)
        if found is not None:
            # The first and the last day of all can lie out of range there.
            return (found if timezone.is_aware(found) else timezone.make_aware(found)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError(_("Give ISO 8601, such as 2026-01-31T12:00:00Z, or epoch seconds."))


def row_number(text: str) -> int:
    """The number of a row, which a database has room for."""
    most = BigIntegerField.MAX_BIGINT
    # Their count first: Python refuses to read thousands of digits.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise ArgumentTypeError(_("%(text)s is no number from 1 to %(most)d.") % {"text": text, "most": most})
    return int(text)
