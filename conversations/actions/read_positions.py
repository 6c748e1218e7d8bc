"""Move a row's read position on, with the unread count and the mentions that follow from it. Nothing is saved here.

A group is read up to a MsgSeq, a one-to-one conversation up to a time. Imported unread has no stored messages: a read at or
past its end clears it, a read before its end lowers it to as many messages as can be left.
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from conversations import positions
from conversations.actions.row_state import newest_known
from conversations.choices import ConversationType
from conversations.exceptions import InvalidParameter
from conversations.formats import at_info
from conversations.models import Conversation
from conversations.models.querysets import NO_AT_INFO
from conversations.unread import counts

# Messages that may not have arrived yet: seven hours of a group's traffic at the cloud's limit of 40 a second.
SEQUENCES_AHEAD = 1_000_000
READ_COLUMNS = (
    "unread_count", "imported_unread", "imported_unread_position", "group_at_info", "c2c_read_timestamp", "group_read_sequence",
)  # fmt: skip


def check_read_sequence(conversation: Conversation, sequence: int, newest: str, *, field: str) -> None:
    """Raise InvalidParameter for a MsgSeq too far past the newest known message, which is at position `newest`.

    A time sent by mistake, for example, would mark years of messages as read. Where no message is known, any MsgSeq may be
    right.
    """
    newest_seq = positions.in_read_units(newest, conversation.type)
    if newest_seq and sequence > max(newest_seq + SEQUENCES_AHEAD, conversation.read_up_to):
        text = _("%(field)s is too far past the newest message (%(newest)d).")
        raise InvalidParameter(text % {"field": field, "newest": newest_seq}, field=field)


def read_to(conversation: Conversation, up_to: int) -> bool:
    """Read a row up to a position, and return whether this changed it."""
    before = _state(conversation)
    if advance(conversation, up_to):
        conversation.unread_count = counts.count_unread(conversation)
    return _state(conversation) != before


def read_to_end(conversation: Conversation, stored: Mapping[str, str]) -> bool:
    """Read a row up to its newest known message, and return whether this changed it.

    `stored` has the newest stored position by conversationID.
    """
    before = _state(conversation)
    newest = positions.in_read_units(newest_known(conversation, stored), conversation.type)
    conversation.read_up_to = max(newest, conversation.read_up_to)
    conversation.unread_count = conversation.imported_unread = 0
    conversation.group_at_info = NO_AT_INFO
    return _state(conversation) != before


def advance(conversation: Conversation, up_to: int) -> bool:
    """Move the read position on, with imported unread and mentions. Return whether stored messages must be counted again."""
    if up_to < conversation.read_up_to:
        return False
    conversation.read_up_to = up_to
    conversation.imported_unread = _left(conversation, conversation.imported_unread, conversation.imported_unread_position)
    if conversation.type == ConversationType.GROUP and conversation.group_at_info != NO_AT_INFO:
        conversation.group_at_info = at_info.after(conversation.group_at_info, up_to)
    return conversation.unread_count > 0


def _left(conversation: Conversation, count: int, end: str) -> int:
    """Return how many of `count` messages, the newest of them at `end`, can still be unread."""
    if end == positions.NO_POSITION:
        return 0
    most = positions.unread_at_most(end, conversation.type, conversation.c2c_read_timestamp, conversation.group_read_sequence)
    return count if most is None else min(count, most)


def _state(conversation: Conversation) -> list[object]:
    return [getattr(conversation, column) for column in READ_COLUMNS]
