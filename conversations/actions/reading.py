"""What an owner has read: read positions, and the unread counts and @ entries that follow from them.

A group is read up to a MsgSeq, a one-to-one conversation up to a time. Unread that an import carried over has no messages
here: a read at or past its end clears it, one before lowers it to what can be left.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import identifiers, positions
from conversations.actions import peer_receipts
from conversations.actions.results import Outcome, Results, change_each, locked_one, newest_known
from conversations.choices import ChangedBy, ConversationType
from conversations.exceptions import InvalidParameter
from conversations.formats import at_info
from conversations.formats.checks import INT64_MAX
from conversations.models import Conversation
from conversations.models.querysets import NO_AT_INFO
from conversations.store import messages
from conversations.store import rows as store_rows
from conversations.store.owners import lock_many, lock_owner, lock_owners, lock_with_peers
from conversations.store.rows import save_conversations
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN
from conversations.times import check_epoch_s, check_happened_s
from conversations.unread import counts as unread_counts
from conversations.unread import rules

# Messages that may be on their way: a group's traffic of seven hours at the cloud's limit of 40 a second.
SEQUENCES_AHEAD = 1_000_000
# Messages that are gone through for many conversations, in whose groups nobody can say anything meanwhile: not a second.
RECOUNTED_AT_ONCE = 20_000
READ_COLUMNS = (
    "unread_count", "imported_unread", "imported_unread_position", "group_at_info", "c2c_read_timestamp", "group_read_sequence",
)  # fmt: skip


def read(*, owner_id: str, conversation_id: str, timestamp_s: int = 0, sequence: int = 0) -> Outcome:
    """Everything up to a time (one to one, epoch seconds) or MsgSeq (group) is read; 0: up to the newest known message.

    A read position never goes back. One past the newest known message stays as it is, for messages that are on their way.
    Raises ConversationNotFound, InvalidParameter. Source: V2TIMConversationManager.cleanConversationUnreadMessageCount.
    """
    outcome = _read(owner_id, conversation_id, timestamp_s, sequence)
    show_to_peers(owner_id, [outcome.conversation])
    return outcome


@in_transaction
def _read(owner_id: str, conversation_id: str, timestamp_s: int, sequence: int) -> Outcome:
    check_happened_s(timestamp_s, field="cleanTimestamp")
    if not 0 <= sequence <= INT64_MAX:
        raise InvalidParameter(_("cleanSequence is a whole number from 0."), field="cleanSequence")
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    is_group = conversation.type == ConversationType.GROUP
    if is_group and timestamp_s:
        raise InvalidParameter(_("A group is read up to a cleanSequence."), field="cleanTimestamp")
    if not is_group and sequence:
        raise InvalidParameter(_("A one-to-one conversation is read up to a cleanTimestamp."), field="cleanSequence")
    # Few groups have as many messages as are let pass anyway.
    stored = unread_counts.newest_stored(owner_id, [conversation_id]) if sequence > SEQUENCES_AHEAD else {}
    check_read_sequence(conversation, sequence, newest_known(conversation, stored), field="cleanSequence")
    up_to = sequence if is_group else timestamp_s
    if (
        read_to(conversation, up_to)
        if up_to
        else _read_all(conversation, unread_counts.newest_stored(owner_id, [conversation_id]))
    ):
        save_conversations(outcome.owner, [conversation], READ_COLUMNS, by=ChangedBy.READ)
    return outcome


def check_read_sequence(conversation: Conversation, sequence: int, newest: str, *, field: str) -> None:
    """Raise InvalidParameter for a MsgSeq further past the newest known message than messages on their way can be.

    A time in its place, say, would read whatever comes in years. Where no message is known, any may have been read.
    """
    newest_seq = positions.in_read_units(newest, conversation.type)
    if newest_seq and sequence > max(newest_seq + SEQUENCES_AHEAD, conversation.read_up_to):
        text = _("%(field)s is far past the newest message, which is %(newest)d.")
        raise InvalidParameter(text % {"field": field, "newest": newest_seq}, field=field)


def read_each(*, owner_id: str, conversation_ids: Sequence[str]) -> Results:
    """`read` for many, each up to its newest known message."""
    results, changed = _read_each(owner_id, conversation_ids)
    show_to_peers(owner_id, changed)
    return results


@in_transaction
def _read_each(owner_id: str, conversation_ids: Sequence[str]) -> tuple[Results, list[Conversation]]:
    changed: list[Conversation] = []

    @cache
    def stored() -> Mapping[str, str]:  # asked under the owner's lock
        return unread_counts.newest_stored(owner_id, conversation_ids)

    def change(conversation: Conversation) -> bool:
        changed.append(conversation)
        return _read_all(conversation, stored())

    return change_each(owner_id, conversation_ids, change, READ_COLUMNS, by=ChangedBy.READ), changed


def read_all(*, owner_id: str, type_: ConversationType | None = None) -> tuple[str, int]:
    """Everything in all conversations, or in those of one type, is read. Gives the feed token after it and how many changed.

    Source: V2TIMConversationManager.cleanConversationUnreadMessageCount with the IDs "", "c2c" and "group".
    """
    token, changed = _read_everything(owner_id, type_)
    show_to_peers(owner_id, changed)
    return token, len(changed)


@in_transaction
def _read_everything(owner_id: str, type_: ConversationType | None) -> tuple[str, list[Conversation]]:
    owner = lock_owner(owner_id)
    if owner is None:
        return NEVER_SEEN, []
    unread = Conversation.objects.for_owner(owner_id).unread().defer("wire_head", "last_message").order_by("conversation_id")
    rows = list(unread.filter(type=type_) if type_ else unread)
    stored = unread_counts.newest_stored(owner_id, [one.conversation_id for one in rows])
    changed = [one for one in rows if _read_all(one, stored)]
    save_conversations(owner, changed, READ_COLUMNS, by=ChangedBy.READ)
    return owner.token, changed


def show_to_peers(reader: str, rows: Iterable[Conversation]) -> None:
    """Let the peers of one-to-one conversations see how far these are read, once that is committed."""
    read_to = {
        identifiers.split(row.conversation_id)[1]: row.c2c_read_timestamp
        for row in rows
        if row.type == ConversationType.C2C and row.c2c_read_timestamp
    }
    peer_receipts.show(reader, read_to)


def record(reader: str, peer: str, *, time_s: int) -> None:
    """A one-to-one read of which the cloud tells, with its effect on both sides."""
    if reader not in settings.SKIP_OWNERS:
        _record(reader, peer, time_s)
    peer_receipts.show(reader, {peer: time_s})


@in_transaction
def _record(reader: str, peer: str, time_s: int) -> None:
    owner = lock_owners([reader])[reader]
    conversation_id = identifiers.join(ConversationType.C2C, peer)
    row = store_rows.read_rows([(reader, conversation_id)]).get((reader, conversation_id))
    if row is None or not row.is_listed:
        _remember(row, reader, peer, time_s)
    elif read_to(row, time_s):
        save_conversations(owner, [row], READ_COLUMNS, by=ChangedBy.READ)


def _remember(row: Conversation | None, reader: str, peer: str, time_s: int) -> None:
    """Keep the position with a conversation that is not in the list; nobody sees it, so it has no number."""
    if row is not None:
        if row.c2c_read_timestamp < time_s:
            Conversation.objects.tombstones_of(reader).filter(conversation_id=row.conversation_id).update(
                c2c_read_timestamp=time_s
            )
        return
    row = rules.new_row(reader, ConversationType.C2C, peer)
    row.c2c_read_timestamp, row.deleted_at, row.version, row.created_version = time_s, timezone.now(), 0, 0
    store_rows.write_rows([row])


def move_read_position(*, owner_id: str, conversation_id: str, to: int) -> Outcome:
    """Set a read position to any place, back as well: for staff. Epoch seconds one to one, MsgSeq in a group.

    Going on is a read, which the peer sees. Going back, what is stored counts and mentions again; what the peer saw as read
    stays so. Raises ConversationNotFound, InvalidParameter.
    """
    outcome = _move_read_position(owner_id, conversation_id, to)
    show_to_peers(owner_id, [outcome.conversation])
    return outcome


@in_transaction
def _move_read_position(owner_id: str, conversation_id: str, to: int) -> Outcome:
    if not 0 <= to <= INT64_MAX:
        raise InvalidParameter(_("A read position is a whole number from 0."), field="to")
    lock_with_peers(owner_id, [conversation_id])  # what is counted again must not be pruned meanwhile
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    if conversation.type == ConversationType.C2C:
        check_epoch_s(to, field="to")
    goes_back = to < conversation.read_up_to
    if goes_back:
        conversation.read_up_to = to
        conversation.unread_count, mentions = unread_counts.recount(conversation, unread_counts.viewer_of(conversation))
        if conversation.type == ConversationType.GROUP:
            entries = at_info.types_by_seq(conversation.group_at_info) | mentions
            conversation.group_at_info = at_info.to_json(entries)
    if goes_back or read_to(conversation, to):
        save_conversations(outcome.owner, [conversation], READ_COLUMNS, by=ChangedBy.REPAIR)
    return outcome


@in_transaction
def recount_each(*, owner_id: str, conversation_ids: Sequence[str]) -> Results:
    """Make unread numbers anew from what is stored: for staff. Raises InvalidParameter where this would take long."""
    lock_with_peers(owner_id, conversation_ids)  # what is counted must not be pruned meanwhile
    _owner, rows = lock_many(owner_id, conversation_ids)
    places = unread_counts.unread_floors_of(rows.values())
    if len(rows) > 1 and messages.number_after_each(places, most=RECOUNTED_AT_ONCE + 1) > RECOUNTED_AT_ONCE:
        raise InvalidParameter(_("Too many messages are unread in these to be counted at once: recount fewer."), field="id")
    counts = unread_counts.recount_many(list(rows.values()))

    def change(conversation: Conversation) -> bool:
        before, conversation.unread_count = conversation.unread_count, counts[conversation.conversation_id]
        return conversation.unread_count != before

    return change_each(owner_id, conversation_ids, change, ("unread_count",), by=ChangedBy.REPAIR)


def _read_all(conversation: Conversation, stored: Mapping[str, str]) -> bool:
    """Whether this changed anything; `stored` is the newest message's position, by conversationID."""
    before = _state(conversation)
    conversation.read_up_to = max(_newest(conversation, stored), conversation.read_up_to)
    conversation.unread_count = conversation.imported_unread = 0
    conversation.group_at_info = NO_AT_INFO
    return _state(conversation) != before


def _newest(conversation: Conversation, stored: Mapping[str, str]) -> int:
    """The newest message that is known, as read positions count; 0 if none is."""
    return positions.in_read_units(newest_known(conversation, stored), conversation.type)


def read_to(conversation: Conversation, up_to: int) -> bool:
    """Read a row up to a position; whether this changed anything."""
    before = _state(conversation)
    if advance(conversation, up_to):
        conversation.unread_count = unread_counts.count_unread(conversation)
    return _state(conversation) != before


def advance(conversation: Conversation, up_to: int) -> bool:
    """Move a read position on, with the base and the @ entries; whether stored messages are to be counted again."""
    if up_to < conversation.read_up_to:
        return False
    conversation.read_up_to = up_to
    conversation.imported_unread = _left(conversation, conversation.imported_unread, conversation.imported_unread_position)
    if conversation.type == ConversationType.GROUP and conversation.group_at_info != NO_AT_INFO:
        conversation.group_at_info = at_info.after(conversation.group_at_info, up_to)
    return conversation.unread_count > 0


def _left(conversation: Conversation, count: int, end: str) -> int:
    """How many of `count` messages, the newest of which is at `end`, can still be unread."""
    if end == positions.NO_POSITION:
        return 0
    most = positions.unread_at_most(end, conversation.type, conversation.c2c_read_timestamp, conversation.group_read_sequence)
    return count if most is None else min(count, most)


def _state(conversation: Conversation) -> list[object]:
    return [getattr(conversation, column) for column in READ_COLUMNS]
