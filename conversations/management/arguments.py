"""Arguments that several commands take, and their checks."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

from django.core.management.base import CommandError
from django.db.models import BigIntegerField
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from conversations.digits import parse_digits
from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.maintenance import erasure, traces
from conversations.models import Owner
from conversations.times import YEAR_2100_S, from_epoch_s


def moment(text: str) -> datetime:
    """Return the moment of ISO 8601 or epoch seconds, in UTC. A time without a zone is in the zone of the settings."""
    try:
        seconds = parse_digits(text, at_most=10)
        parsed = parse_datetime(text) if seconds is None or seconds >= YEAR_2100_S else from_epoch_s(seconds)
        if parsed is not None:
            # In UTC, the first and the last day of all can be out of range.
            return (parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError(_("Expected ISO 8601, such as 2026-01-31T12:00:00Z, or epoch seconds."))


def check_known_owner(owner_id: str) -> str:
    """Return the ID of a user who has a list. Raises CommandError."""
    _check_id(owner_id)
    if not Owner.objects.named(owner_id).exists():
        raise CommandError(_("Unknown user %(owner)s.") % {"owner": owner_id})
    return owner_id


def check_stored_user(user_id: str) -> str:
    """Return the ID of a user of whom anything is stored, if only in what others have. Raises CommandError."""
    _check_id(user_id)
    if not (traces.is_known(user_id) or erasure.count(user_id).total()):
        raise CommandError(_("Unknown user %(owner)s.") % {"owner": user_id})
    return user_id


def _check_id(user_id: str) -> None:
    try:
        check_owner_id(user_id)
    except ConversationError as error:
        raise CommandError(error.detail) from error


def row_number(text: str) -> int:
    """Return the number of a row, within the database's range."""
    most = BigIntegerField.MAX_BIGINT
    number = parse_digits(text, at_most=len(str(most)))
    if not number or number > most:
        raise ArgumentTypeError(_("%(text)s is not a number between 1 and %(most)d.") % {"text": text, "most": most})
    return number
