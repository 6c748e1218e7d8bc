"""Where in a conversation a typed number or time leads: to a message's position."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from conversations import positions, threads
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.models import Conversation
from conversations.store import message_reads
from conversations.times import to_epoch_s
from conversations.unread.plain_text import time_text

FIELD = "go"


def position_of(row: Conversation, text: str) -> str:
    """Return the position that a text names: a group's MsgSeq, or the first message since a date. One query at most.

    Raises InvalidParameter for another text, and where there is no message since then.
    """
    text = text.strip()
    number = parse_digits(text.removeprefix("#"), at_most=INT64_DIGITS) if row.is_group else None
    if number is not None:
        return positions.of_group(number)
    moment = _moment_of(text)
    if moment is None:
        number_or_date = _("Enter a message number such as #1038, or a date such as 2026-10-01 or 2026-10-01 14:30.")
        date = _("Enter a date such as 2026-10-01 or 2026-10-01 14:30.")
        raise InvalidParameter(number_or_date if row.is_group else date, field=FIELD)
    if position := message_reads.first_since(threads.thread_of(row.owner_id, row.conversation_id), to_epoch_s(moment)):
        return position
    raise InvalidParameter(_("No messages since %(time)s.") % {"time": time_text(moment, "Y-m-d H:i")}, field=FIELD)


def _moment_of(text: str) -> datetime | None:
    """Return a date or a date and time, in the reader's time zone unless the text names one; None for another text."""
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # made aware below
        if moment is None:
            return None
        moment = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
        return moment if moment.timestamp() >= 0 and timezone.localtime(moment) else None
    except (ValueError, OverflowError):  # such as 2026-02-30, or the year 1 in another time zone
        return None
