"""What an owner has read: read positions, and the unread counts and @ entries that follow from them.

A group is read up to a MsgSeq, a one-to-one conversation up to a time. Unread that an import carried over has no messages
here: a read at or past its end clears it, one before lowers it to what can be left.
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from conversations import counting, message_store, positions, wire
from conversations.actions import NEVER_SEEN, Outcome, is_read, locked_one, newest_known
from conversations.changes import in_transaction, lock_owner, save_conversations
from conversations.choices import ChangedBy, ConversationType
from conversations.exceptions import InvalidParameter
from conversations.models import Conversation
from conversations.querysets import NO_AT_INFO
from conversations.times import check_epoch_s, now_s
from conversations.wire import INT64_MAX

# A client's clock may be ahead of ours by this.
CLOCK_TOLERANCE_S = 60
READ_COLUMNS = (
    "unread_count", "unread_base", "unread_base_position", "group_at_info", "c2c_read_timestamp", "group_read_sequence",
)  # fmt: skip


@in_transaction
def read(*, owner_id: str, conversation_id: str, timestamp_s: int = 0, sequence: int = 0) -> Outcome:
    """Everything up to a time (one to one, epoch seconds) or MsgSeq (group) is read; 0: up to the newest known message.

    A read position never goes back. Raises ConversationNotFound, InvalidParameter.
    Source: V2TIMConversationManager.cleanConversationUnreadMessageCount.
    """
    if check_epoch_s(timestamp_s, field="cleanTimestamp") > now_s() + CLOCK_TOLERANCE_S:
        raise InvalidParameter(_("cleanTimestamp is in the future."), field="cleanTimestamp")
    if not 0 <= sequence <= INT64_MAX:
        raise InvalidParameter(_("cleanSequence is a whole number from 0."), field="cleanSequence")
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    is_group = conversation.type == ConversationType.GROUP
    if is_group and timestamp_s:
        raise InvalidParameter(_("A group is read up to a cleanSequence."), field="cleanTimestamp")
    if not is_group and sequence:
        raise InvalidParameter(_("A one-to-one conversation is read up to a cleanTimestamp."), field="cleanSequence")
    up_to = sequence if is_group else timestamp_s
    if read_to(conversation, up_to) if up_to else _read_all(conversation, counting.newest_stored(owner_id, [conversation_id])):
        save_conversations(outcome.owner, [conversation], READ_COLUMNS, by=ChangedBy.READ)
    return outcome


@in_transaction
def read_all(*, owner_id: str, type_: ConversationType | None = None) -> tuple[str, int]:
    """Everything in all conversations, or in those of one type, is read. Gives the feed token after it and how many changed.

    Source: V2TIMConversationManager.cleanConversationUnreadMessageCount with the IDs "", "c2c" and "group".
    """
    owner = lock_owner(owner_id)
    if owner is None:
        return NEVER_SEEN, 0
    unread = Conversation.objects.for_owner(owner_id).unread().defer("wire_head", "last_message").order_by("conversation_id")
    rows = list(unread.filter(type=type_) if type_ else unread)
    stored = counting.newest_stored(owner_id, [one.conversation_id for one in rows])
    changed = [one for one in rows if _read_all(one, stored)]
    save_conversations(owner, changed, READ_COLUMNS, by=ChangedBy.READ)
    return owner.token, len(changed)


@in_transaction
def move_read_position(*, owner_id: str, conversation_id: str, to: int) -> Outcome:
    """Set a read position to any place, back as well: for staff. Epoch seconds one to one, MsgSeq in a group.

    Raises ConversationNotFound, InvalidParameter.
    """
    if not 0 <= to <= INT64_MAX:
        raise InvalidParameter(_("A read position is a whole number from 0."), field="to")
    # What is counted again must not be pruned meanwhile; locks go from the thread to the owner.
    message_store.lock_threads([counting.thread_of(owner_id, conversation_id)])
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    if conversation.type == ConversationType.C2C:
        check_epoch_s(to, field="to")
    goes_back = to < read_up_to(conversation)
    if goes_back:
        _set_read_up_to(conversation, to)
        conversation.unread_count = counting.count_unread(conversation)
    if goes_back or read_to(conversation, to):
        save_conversations(outcome.owner, [conversation], READ_COLUMNS, by=ChangedBy.REPAIR)
    return outcome


@in_transaction
def recount(*, owner_id: str, conversation_id: str) -> Outcome:
    """Make the unread number anew from what is stored: for staff. Raises ConversationNotFound."""
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    before = conversation.unread_count
    conversation.unread_count = counting.count_unread(conversation)
    if conversation.unread_count != before:
        save_conversations(outcome.owner, [conversation], ("unread_count",), by=ChangedBy.REPAIR)
    return outcome


def read_up_to(conversation: Conversation) -> int:
    """The read position: epoch seconds one to one, MsgSeq in a group."""
    is_group = conversation.type == ConversationType.GROUP
    return conversation.group_read_sequence if is_group else conversation.c2c_read_timestamp


def _set_read_up_to(conversation: Conversation, up_to: int) -> None:
    if conversation.type == ConversationType.GROUP:
        conversation.group_read_sequence = up_to
    else:
        conversation.c2c_read_timestamp = up_to


def _read_all(conversation: Conversation, stored: Mapping[str, str]) -> bool:
    """Whether this changed anything; `stored` is the newest message's position, by conversationID."""
    before = _state(conversation)
    newest = positions.in_read_units(newest_known(conversation, stored), conversation.type)
    _set_read_up_to(conversation, max(newest, read_up_to(conversation)))
    conversation.unread_count = conversation.unread_base = 0
    conversation.group_at_info = NO_AT_INFO
    return _state(conversation) != before


def read_to(conversation: Conversation, up_to: int) -> bool:
    """Read a row up to a position; whether this changed anything."""
    if up_to < read_up_to(conversation):
        return False
    before = _state(conversation)
    _set_read_up_to(conversation, up_to)
    conversation.unread_base = _left(conversation, conversation.unread_base, conversation.unread_base_position)
    conversation.unread_count = counting.count_unread(conversation)
    if conversation.type == ConversationType.GROUP and not is_read(conversation):
        conversation.group_at_info = wire.at_info_after(conversation.group_at_info, up_to)
    return _state(conversation) != before


def _left(conversation: Conversation, count: int, end: str) -> int:
    """How many of `count` messages, the newest of which is at `end`, can still be unread."""
    if end == positions.NOWHERE:
        return 0
    most = positions.unread_at_most(end, conversation.type, conversation.c2c_read_timestamp, conversation.group_read_sequence)
    return count if most is None else min(count, most)


def _state(conversation: Conversation) -> list[object]:
    return [getattr(conversation, column) for column in READ_COLUMNS]
