"""Compare a row with the stored messages and groups. Each discrepancy has the columns that repair it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from conversations import identifiers, positions, threads
from conversations.choices import ConversationType, Membership, NotCountedReason
from conversations.choices import InconsistencyKind as Kind
from conversations.formats import at_info
from conversations.models import Conversation, Message
from conversations.models.querysets import NO_AT_INFO
from conversations.store import message_reads
from conversations.store.threads import groups_without_membership
from conversations.unread import counts, last_message, rules, viewers
from conversations.unread.rules import Viewer

# A message up to one of these positions mentions nobody any more. Imported mentions lie within the imported unread, so IMPORTED
# does not end them.
ENDS_A_MENTION = (NotCountedReason.DELETED, NotCountedReason.CLEARED, NotCountedReason.READ)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A stored and an expected value, as text, and the columns to repair with their right values."""

    kind: Kind
    stored: str
    expected: str
    columns: dict[str, Any]


def of_row(row: Conversation, group_names: list[str | None]) -> list[Discrepancy]:
    """Return the discrepancies of a row; `group_names` is the owner's, by bit. Some six queries, however long the thread is."""
    discrepancies = [*_conversation_groups(row, group_names), *_created_version(row)]
    if row.deleted_at is not None:
        return [*discrepancies, *_deleted(row)]
    viewer, thread = viewers.of_row(row), threads.thread_of(row.owner_id, row.conversation_id)
    newest = last_message.newest_shown(row, viewer, thread)
    return [
        *discrepancies,
        *_unread_and_mentions(row, viewer, thread),
        *_last_message(row, viewer, thread, newest),
        *_order_key(row, newest),
        *_membership(row, viewer),
        *_claim(row, viewer, thread),
    ]


def _conversation_groups(row: Conversation, group_names: list[str | None]) -> Iterator[Discrepancy]:
    named = sum(1 << bit for bit, name in enumerate(group_names) if name)
    if unnamed := row.conversation_groups & ~named:
        yield Discrepancy(
            Kind.CONVERSATION_GROUPS, bin(unnamed), "0b0", {"conversation_groups": row.conversation_groups & named}
        )


def _created_version(row: Conversation) -> Iterator[Discrepancy]:
    if row.created_version > row.version:
        right = {"created_version": row.version}
        yield Discrepancy(Kind.CREATED_VERSION, str(row.created_version), str(row.version), right)


def _deleted(row: Conversation) -> Iterator[Discrepancy]:
    if row.unread_count or row.group_at_info != NO_AT_INFO:
        yield Discrepancy(
            Kind.DELETED_COUNTS,
            f"{row.unread_count} {row.group_at_info}",
            f"0 {NO_AT_INFO}",
            {"unread_count": 0, "group_at_info": NO_AT_INFO},
        )


def _unread_and_mentions(row: Conversation, viewer: Viewer, thread: str) -> Iterator[Discrepancy]:
    unread, mentions = counts.recount(row, viewer)
    if unread != row.unread_count:
        yield Discrepancy(Kind.UNREAD, str(row.unread_count), str(unread), {"unread_count": unread})
    if row.type != ConversationType.GROUP:
        return
    stored = _entries(row.group_at_info)
    right = _without_stale(stored or {}, row, thread) | mentions
    if stored != right:
        text = at_info.to_json(right)
        yield Discrepancy(Kind.MENTIONS, row.group_at_info, text, {"group_at_info": text})


def _entries(group_at_info: str) -> dict[int, int] | None:
    """Return the @ types by MsgSeq, None if the column is not valid."""
    try:
        return at_info.types_by_seq(group_at_info)
    except (ValueError, TypeError, KeyError):
        return None


def _without_stale(entries: dict[int, int], row: Conversation, thread: str) -> dict[int, int]:
    """Return the mentions without those of recalled, read or deleted messages. Only the app knows of messages not stored."""
    seqs = {positions.of_group(seq): seq for seq in entries}
    stored = message_reads.find([(thread, position) for position in seqs])
    stale = {
        seqs[message.position]
        for message in stored.values()
        if rules.says_mentions(message) or rules.reason_passed(message.position, row) in ENDS_A_MENTION
    }
    return {seq: at_type for seq, at_type in entries.items() if seq not in stale}


def _last_message(row: Conversation, viewer: Viewer, thread: str, newest: Message | None) -> Iterator[Discrepancy]:
    if row.last_message is not None and not _is_object(row.last_message):
        kind = Kind.LAST_MESSAGE_JSON
    elif _is_last(row, viewer, thread, newest):
        yield from _old_content(row, viewer, thread, newest)
        return
    else:
        kind = Kind.LAST_MESSAGE
    shown = Conversation(last_message=None)
    rules.set_last(shown, _with_peers_read(viewer, row, newest), newest)
    columns = ("last_message", "last_message_at", "last_message_position")
    right = {column: getattr(shown, column) for column in columns}
    yield Discrepancy(kind, row.last_message_position or "-", shown.last_message_position or "-", right)


def _old_content(row: Conversation, viewer: Viewer, thread: str, newest: Message | None) -> Iterator[Discrepancy]:
    """Compare the last message with its own recall or edit. The values don't show its text."""
    key = (thread, row.last_message_position)
    is_newest = newest is not None and newest.position == row.last_message_position
    message = newest if is_newest else message_reads.find([key]).get(key)
    if message is None or row.last_message is None or not viewer.sees(message):
        return
    right = rules.as_changed(row.last_message, message)
    if right != row.last_message:
        state = "recalled" if message.is_recalled else "edited"
        yield Discrepancy(Kind.OLD_CONTENT, row.last_message_position, state, {"last_message": right})


def _is_object(text: str) -> bool:
    try:
        return type(orjson.loads(text)) is dict
    except ValueError:
        return False


def _is_last(row: Conversation, viewer: Viewer, thread: str, newest: Message | None) -> bool:
    """Return whether the row shows the newest message. A last message may be from an import or report, or be pruned."""
    position = row.last_message_position
    if row.is_claimed:
        return True  # it shows a reported message, whatever is stored
    if row.last_message is None:
        return newest is None and position == positions.NO_POSITION
    if newest is not None and newest.position >= position:
        return newest.position == position
    stored = message_reads.find([(thread, position)]).get((thread, position))
    return position == positions.NO_POSITION or stored is None or stored.body is None


def _with_peers_read(viewer: Viewer, row: Conversation, newest: Message | None) -> Viewer:
    if newest is None or row.type == ConversationType.GROUP or newest.sender != row.owner_id:
        return viewer
    peer = identifiers.split(row.conversation_id)[1]
    own_id = identifiers.join(ConversationType.C2C, row.owner_id)
    read_s = Conversation.objects.named(peer, own_id).values_list("c2c_read_timestamp", flat=True).first()
    return Viewer(row.owner_id, peer_read_s=read_s or 0)


def _order_key(row: Conversation, newest: Message | None) -> Iterator[Discrepancy]:
    least = rules.order_key(newest, row) if newest else 0
    if row.activity_key < least:
        yield Discrepancy(Kind.ORDER_KEY, str(row.activity_key), str(least), {"activity_key": least})


def _membership(row: Conversation, viewer: Viewer) -> Iterator[Discrepancy]:
    roster = viewer.roster
    if roster is None or row.is_claimed or (not roster.events and roster.dissolved_at_ms is None):
        return  # one to one, or no membership was ever reported
    if row.membership != (now := str(roster.now())):
        yield Discrepancy(Kind.MEMBERSHIP, row.membership, now, {"membership": now})


def _claim(row: Conversation, viewer: Viewer, thread: str) -> Iterator[Discrepancy]:
    """Yield what a claim has beyond its report: a known membership, or what only members may see."""
    if not row.is_claimed:
        return
    if not groups_without_membership(row.owner_id, [row.conversation_id]):
        yield Discrepancy(Kind.CLAIM, "claimed", "-", {"is_claimed": False})
        return
    if row.membership != Membership.MEMBER:
        yield Discrepancy(Kind.CLAIM, row.membership, Membership.MEMBER, {"membership": Membership.MEMBER})
    key = (thread, row.last_message_position)
    message = message_reads.find([key]).get(key) if row.last_message else None
    if message and row.last_message == message.body:
        shown = Conversation(last_message=None)
        rules.set_last(shown, viewer, None)
        columns = ("last_message", "last_message_at", "last_message_position")
        yield Discrepancy(Kind.CLAIM, row.last_message_position, "-", {column: getattr(shown, column) for column in columns})
