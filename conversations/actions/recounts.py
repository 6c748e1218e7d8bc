"""Corrections of unread by staff and administrators: move a read position, recalculate from the store, or set a number."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import NamedTuple

from django.utils.translation import gettext as _

from conversations import identifiers, positions
from conversations.actions.read_positions import READ_COLUMNS, read_to
from conversations.actions.reading import show_to_peers
from conversations.actions.results import Outcome, Results, change_each, lock_conversation
from conversations.actions.row_state import newest_known
from conversations.choices import ChangedBy, ConversationType
from conversations.exceptions import InvalidParameter
from conversations.formats import at_info
from conversations.formats.checks import INT64_MAX
from conversations.models import Conversation, Group
from conversations.store import inconsistencies, message_reads
from conversations.store.owners import lock_many, lock_with_peers
from conversations.store.rows import save_conversations
from conversations.store.threads import newest_stored
from conversations.store.transactions import in_transaction
from conversations.threads import group_of, thread_of
from conversations.times import check_epoch_s
from conversations.unread import counts as unread_counts
from conversations.unread import viewers
from conversations.unread.rules import UNCOUNTED_GROUPS

# Messages to count for many conversations, whose groups are locked meanwhile: less than a second.
RECOUNTED_AT_ONCE = 20_000
# Among so many of the newest messages, one that counts is looked for.
LOOKED_AT = 200


def move_read_position(*, owner_id: str, conversation_id: str, to: int) -> Outcome:
    """Set a read position to any place: epoch seconds one to one, MsgSeq in a group.

    Moved forward it is a read, which the peer sees. Moved back, stored messages count and mention again; what the peer saw as
    read stays so. Raises ConversationNotFound, InvalidParameter.
    """
    outcome = _move_read_position(owner_id, conversation_id, to)
    show_to_peers(owner_id, [outcome.conversation])
    return outcome


@in_transaction
def _move_read_position(owner_id: str, conversation_id: str, to: int) -> Outcome:
    if not 0 <= to <= INT64_MAX:
        raise InvalidParameter(_("A read position must be a whole number of at least 0."), field="to")
    lock_with_peers(owner_id, [conversation_id])  # messages that are counted again must not be pruned meanwhile
    outcome = lock_conversation(owner_id, conversation_id)
    conversation = outcome.conversation
    if conversation.type == ConversationType.C2C:
        check_epoch_s(to, field="to")
    if to < conversation.read_up_to:
        _move_back(conversation, to)
        inconsistencies.clear_unread(owner_id, [conversation_id])
        is_changed = True
    else:
        is_changed = read_to(conversation, to)
    if is_changed:
        save_conversations(outcome.owner, [conversation], READ_COLUMNS, by=ChangedBy.REPAIR)
    return outcome


def _move_back(conversation: Conversation, to: int) -> None:
    conversation.read_up_to = to
    conversation.unread_count, mentions = unread_counts.recount(conversation, viewers.of_row(conversation))
    if conversation.type == ConversationType.GROUP:
        entries = at_info.types_by_seq(conversation.group_at_info) | mentions
        conversation.group_at_info = at_info.to_json(entries)


@in_transaction
def mark_unread(*, owner_id: str, conversation_id: str) -> Outcome:
    """Move the read position back to before the newest message that counts, so that at least this one is unread.

    Raises ConversationNotFound, InvalidParameter if none of the newest messages counts.
    """
    lock_with_peers(owner_id, [conversation_id])
    conversation = lock_conversation(owner_id, conversation_id).conversation
    unread = copy(conversation)
    unread.read_up_to = 0
    viewer, thread = viewers.of_row(unread), thread_of(owner_id, conversation_id)
    newest = message_reads.outlines(thread, unread_counts.unread_floor(unread), limit=LOOKED_AT)
    position = next((message.position for message in newest if viewer.counts_as_unread(message, unread)), None)
    if position is None:
        raise InvalidParameter(_("No recent message in this conversation can be unread."), field="id")
    return _move_read_position(owner_id, conversation_id, positions.in_read_units(position, conversation.type) - 1)


class ReadState(NamedTuple):
    """Where a conversation was read up to, its imported unread, and its @ types by MsgSeq; None for what did not differ."""

    read_up_to: int | None
    imported_unread: int | None
    mentions: Mapping[int, int] | None


@in_transaction
def restore_read_states(*, owner_id: str, states: Mapping[str, ReadState]) -> Results:
    """Take conversations, by ID, back to how they were read before, and count what is stored since then.

    What peers saw as read stays so.
    """
    conversation_ids = list(states)
    lock_with_peers(owner_id, conversation_ids)  # messages that are counted again must not be pruned meanwhile
    _owner, rows_by_id = lock_many(owner_id, conversation_ids)
    for conversation_id, row in rows_by_id.items():
        read_up_to, imported_unread, _mentions = states[conversation_id]
        row.read_up_to = row.read_up_to if read_up_to is None else read_up_to
        row.imported_unread = row.imported_unread if imported_unread is None else imported_unread
    rows = list(rows_by_id.values())
    _check_countable(rows)
    recounts, unstored = unread_counts.recounts_of(rows), _unstored_mentions(rows, states)
    inconsistencies.clear_unread(owner_id, conversation_ids)
    for row in rows:
        row.unread_count, stored = recounts[row.conversation_id]
        if row.is_group:
            entries = at_info.types_by_seq(row.group_at_info) | unstored[row.conversation_id] | stored
            row.group_at_info = at_info.after(at_info.to_json(entries), row.read_up_to)

    def change(conversation: Conversation) -> bool:
        before = [getattr(conversation, column) for column in READ_COLUMNS]
        after = [getattr(rows_by_id[conversation.conversation_id], column) for column in READ_COLUMNS]
        for column, value in zip(READ_COLUMNS, after):
            setattr(conversation, column, value)
        return after != before

    return change_each(owner_id, conversation_ids, change, READ_COLUMNS, by=ChangedBy.REPAIR)


def _unstored_mentions(rows: Sequence[Conversation], states: Mapping[str, ReadState]) -> dict[str, dict[int, int]]:
    """Return former mentions whose messages are not stored: stored ones may have been recalled or edited since. One query."""
    wanted = {row.conversation_id: (row.owner_id, states[row.conversation_id].mentions or {}) for row in rows}
    keys = {
        (id_, seq): (thread_of(owner_id, id_), positions.of_group(seq))
        for id_, (owner_id, seqs) in wanted.items()
        for seq in seqs
    }
    stored = message_reads.find(list(keys.values()))
    return {
        id_: {seq: type_ for seq, type_ in mentions.items() if keys[id_, seq] not in stored}
        for id_, (_owner_id, mentions) in wanted.items()
    }


def _check_countable(rows: Sequence[Conversation]) -> None:
    """Raise InvalidParameter where counting the unread messages of several conversations would take long."""
    floors = unread_counts.unread_floors_of(rows)
    if len(rows) > 1 and message_reads.number_after_each(floors, most=RECOUNTED_AT_ONCE + 1) > RECOUNTED_AT_ONCE:
        raise InvalidParameter(
            _("These conversations have too many unread messages to recalculate at once. Select fewer."), field="id"
        )


@in_transaction
def recount_each(*, owner_id: str, conversation_ids: Sequence[str]) -> Results:
    """Recalculate unread counts from the stored messages. Raises InvalidParameter where this would take long."""
    lock_with_peers(owner_id, conversation_ids)  # messages to count must not be pruned meanwhile
    _owner, rows_by_id = lock_many(owner_id, conversation_ids)
    _check_countable(list(rows_by_id.values()))
    counts = unread_counts.recount_many(list(rows_by_id.values()))
    inconsistencies.clear_unread(owner_id, conversation_ids)

    def change(conversation: Conversation) -> bool:
        before, conversation.unread_count = conversation.unread_count, counts[conversation.conversation_id]
        return conversation.unread_count != before

    return change_each(owner_id, conversation_ids, change, ("unread_count",), by=ChangedBy.REPAIR)


@in_transaction
def set_unread(*, owner_id: str, group_id: str, count: int) -> None:
    """Make a group's newest messages unread, `count` of them or as many as there are, as after a move from another system.

    They are imported unread, since which of them count is not known. In groups without unread counts nothing happens.
    Raises ConversationNotFound. Source: REST API, set_unread_msg_num.
    """
    if Group.objects.filter(group_id=group_of(group_id), type__in=UNCOUNTED_GROUPS).exists():
        return
    conversation_id = identifiers.join(ConversationType.GROUP, group_id)
    owner, conversation, _is_listed = lock_conversation(owner_id, conversation_id)
    before = [getattr(conversation, column) for column in READ_COLUMNS]
    newest = newest_known(conversation, newest_stored(owner_id, [conversation_id]))
    if newest_seq := positions.in_read_units(newest, ConversationType.GROUP):
        count = min(count, newest_seq)
        conversation.group_read_sequence = newest_seq - count
    conversation.unread_count = conversation.imported_unread = count
    conversation.imported_unread_position = newest
    conversation.group_at_info = at_info.after(conversation.group_at_info, conversation.group_read_sequence)
    if [getattr(conversation, column) for column in READ_COLUMNS] != before:
        save_conversations(owner, [conversation], READ_COLUMNS, by=ChangedBy.REPAIR)
