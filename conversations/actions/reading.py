"""Mark conversations as read, for the owner's own requests and for the cloud's read receipts.

How a read position changes a row is in `read_positions`.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.actions import peer_receipts, unlisted
from conversations.actions.read_positions import READ_COLUMNS, SEQUENCES_AHEAD, check_read_sequence, read_to, read_to_end
from conversations.actions.results import Outcome, Results, change_each
from conversations.actions.row_state import newest_known
from conversations.choices import ChangedBy, ConversationType
from conversations.exceptions import InvalidParameter
from conversations.formats.checks import INT64_MAX
from conversations.models import Conversation
from conversations.store import rows as store_rows
from conversations.store.owners import lock_owner, lock_owners
from conversations.store.rows import save_conversations
from conversations.store.threads import newest_stored
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN
from conversations.times import check_happened_s
from conversations.unread import rules

# Conversations that are read in one transaction.
PART = 1000
# How long a request waits until the peers are shown that everything is read.
PATIENCE_S = 1.0


def read(*, owner_id: str, conversation_id: str, timestamp_s: int = 0, sequence: int = 0) -> Outcome:
    """Mark a conversation as read up to a time (one to one, epoch seconds) or MsgSeq (group); 0 is the newest known message.

    A read position never goes back. It may pass the newest known message, for messages that have not arrived yet. A deleted
    conversation stays deleted.
    Raises ConversationNotFound, InvalidParameter. Source: V2TIMConversationManager.cleanConversationUnreadMessageCount.
    """
    outcome = _read(owner_id, conversation_id, timestamp_s, sequence)
    show_to_peers(owner_id, [outcome.conversation])
    return outcome


@in_transaction
def _read(owner_id: str, conversation_id: str, timestamp_s: int, sequence: int) -> Outcome:
    check_happened_s(timestamp_s, field="cleanTimestamp")
    if not 0 <= sequence <= INT64_MAX:
        raise InvalidParameter(_("cleanSequence must be a whole number of at least 0."), field="cleanSequence")
    outcome = unlisted.lock_listed_or_deleted(owner_id, conversation_id)
    conversation = outcome.conversation
    _check_unit(conversation, timestamp_s, sequence)

    def stored() -> dict[str, str]:
        return newest_stored(owner_id, [conversation_id])

    # Few groups have so many messages that the store must be asked for the newest one.
    newest = newest_known(conversation, stored() if sequence > SEQUENCES_AHEAD else {})
    check_read_sequence(conversation, sequence, newest, field="cleanSequence")
    up_to = sequence if conversation.is_group else timestamp_s
    is_changed = read_to(conversation, up_to) if up_to else read_to_end(conversation, stored())
    if is_changed:
        outcome.save(READ_COLUMNS, by=ChangedBy.READ)
    return outcome


def _check_unit(conversation: Conversation, timestamp_s: int, sequence: int) -> None:
    """Raise InvalidParameter for a time in a group, or a MsgSeq one to one."""
    if conversation.is_group and timestamp_s:
        raise InvalidParameter(_("Use cleanSequence for a group, not cleanTimestamp."), field="cleanTimestamp")
    if not conversation.is_group and sequence:
        text = _("Use cleanTimestamp for a one-to-one conversation, not cleanSequence.")
        raise InvalidParameter(text, field="cleanSequence")


def read_each(*, owner_id: str, conversation_ids: Sequence[str]) -> Results:
    """Mark many conversations as read, each up to its newest known message."""
    results, rows = _read_each(owner_id, conversation_ids)
    show_to_peers(owner_id, rows)
    return results


@in_transaction
def _read_each(owner_id: str, conversation_ids: Sequence[str]) -> tuple[Results, list[Conversation]]:
    rows: list[Conversation] = []

    @cache
    def stored() -> Mapping[str, str]:  # called when first needed: by then the owner is locked
        return newest_stored(owner_id, conversation_ids)

    def change(conversation: Conversation) -> bool:
        rows.append(conversation)
        return read_to_end(conversation, stored())

    return change_each(owner_id, conversation_ids, change, READ_COLUMNS, by=ChangedBy.READ), rows


class ReadAll(NamedTuple):
    """The sync token after reading many conversations, how many changed, and to how many peers this is not shown yet."""

    token: str
    changed: int
    pending: int


def read_all(*, owner_id: str, type_: ConversationType | None = None) -> ReadAll:
    """Mark all conversations, or those of one type, as read, PART at a time.

    Peers are shown the reads for a moment; what is not shown by then is left to `peer_receipts.finish_all`.
    Source: V2TIMConversationManager.cleanConversationUnreadMessageCount with the IDs "", "c2c" and "group".
    """
    until = time.monotonic() + PATIENCE_S
    token, changed, last = NEVER_SEEN, 0, ""
    while True:
        token, count, last = _read_part(owner_id, type_, last)
        changed += count
        if not last:
            return ReadAll(token, changed, peer_receipts.finish(owner_id, until=until) if changed else 0)


@in_transaction
def _read_part(owner_id: str, type_: ConversationType | None, after: str) -> tuple[str, int, str]:
    """Read the unread conversations after an ID; return the token, how many changed, and the last ID, "" at the end."""
    owner = lock_owner(owner_id)
    if owner is None:
        return NEVER_SEEN, 0, ""
    unread = Conversation.objects.for_owner(owner_id).unread().filter(conversation_id__gt=after)
    if type_:
        unread = unread.filter(type=type_)
    rows = list(unread.defer("wire_head", "last_message").order_by("conversation_id")[:PART])
    stored = newest_stored(owner_id, [row.conversation_id for row in rows])
    changed = [row for row in rows if read_to_end(row, stored)]
    save_conversations(owner, changed, READ_COLUMNS, by=ChangedBy.READ)
    peer_receipts.begin(owner_id, _read_by_peer(changed))
    return owner.token, len(changed), rows[-1].conversation_id if len(rows) == PART else ""


def show_to_peers(reader: str, rows: Iterable[Conversation]) -> None:
    """Show the read positions of one-to-one conversations to their peers, once these are committed."""
    peer_receipts.show(reader, _read_by_peer(rows))


def _read_by_peer(rows: Iterable[Conversation]) -> dict[str, int]:
    """Return the read positions of the one-to-one conversations among these, by peer."""
    return {
        identifiers.split(row.conversation_id)[1]: row.c2c_read_timestamp
        for row in rows
        if row.type == ConversationType.C2C and row.c2c_read_timestamp
    }


def record_receipt(reader: str, peer: str, *, time_s: int) -> None:
    """Apply a one-to-one read that the cloud reports, for both users."""
    if reader not in settings.SKIP_OWNERS:
        _record(reader, peer, time_s)
    peer_receipts.show(reader, {peer: time_s})


@in_transaction
def _record(reader: str, peer: str, time_s: int) -> None:
    owner = lock_owners([reader])[reader]
    conversation_id = identifiers.join(ConversationType.C2C, peer)
    row = store_rows.read_rows([(reader, conversation_id)]).get((reader, conversation_id))
    row = row or rules.new_row(reader, ConversationType.C2C, peer, erased_at_s=owner.erased_at_s)
    if not owner.was_erased_after(time_s) and read_to(row, time_s):
        Outcome(owner, row, row.is_listed).save(READ_COLUMNS, by=ChangedBy.READ)
