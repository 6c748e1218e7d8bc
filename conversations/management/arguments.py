"""Arguments that several commands take."""

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from conversations.times import YEAR_2100_S, from_epoch_s


def moment(text: str) -> datetime:
    """A time as people write it; one without a zone is in that of the settings."""
    try:
        found = from_epoch_s(int(text)) if text.isdigit() and int(text) < YEAR_2100_S else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(_("Give ISO 8601, such as 2026-01-31T12:00:00Z, or epoch seconds."))
    return found if timezone.is_aware(found) else timezone.make_aware(found)
