"""Compare a row with the stored messages and groups. Each discrepancy has the columns that repair it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from conversations import identifiers, positions, threads
from conversations.choices import ConversationType, Membership, NotCountedReason
from conversations.choices import InconsistencyKind as Kind
from conversations.formats import at_info
from conversations.models import Conversation, Message
from conversations.models.querysets import NO_AT_INFO
from conversations.store import message_reads
from conversations.store.message_reads import MessageKey
from conversations.store.rows import Key
from conversations.store.threads import groups_without_membership
from conversations.unread import counts, last_message, rules, viewers
from conversations.unread.counts import Recount
from conversations.unread.rules import Viewer

# A message up to one of these positions mentions nobody any more. Imported mentions lie within the imported unread, so IMPORTED
# does not end them.
ENDS_A_MENTION = (NotCountedReason.DELETED, NotCountedReason.CLEARED, NotCountedReason.READ)
# Messages of several rows that are read together.
COUNTED_AT_ONCE = 20_000


class Known(NamedTuple):
    """What a row in the list is compared with."""

    viewer: Viewer
    # The newest message that it can show, and the stored one that it shows.
    newest: Message | None
    shown: Message | None
    recount: Recount


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A stored and an expected value, as text, and the columns to repair with their right values."""

    kind: Kind
    stored: str
    expected: str
    columns: dict[str, Any]


def rows_with_any(rows: Sequence[Conversation], group_names: list[str | None]) -> Iterator[Conversation]:
    """Yield those of one owner's rows that have discrepancies; `group_names` is the owner's, by bit.

    Up to nine queries for all rows together, and up to three more for a row that has mentions, is a claim, or may not show its
    newest message. Where more than COUNTED_AT_ONCE messages are unread, they are counted row by row.
    """
    listed = [row for row in rows if row.deleted_at is None]
    viewers_of_rows = viewers.of_rows(listed)
    recounts = _recounts(listed, viewers_of_rows)
    stored = message_reads.find([_shown_key(row) for row in listed if row.last_message_position])
    shown = {_key(row): stored[_shown_key(row)] for row in listed if _shown_key(row) in stored}
    newest = last_message.newest_shown_of_each(listed, viewers_of_rows, shown)
    known = {key: Known(viewers_of_rows[key], newest[key], shown.get(key), recounts[key]) for key in map(_key, listed)}
    yield from (row for row in rows if any(_compared(row, group_names, known.get(_key(row)))))


def of_row(row: Conversation, group_names: list[str | None]) -> list[Discrepancy]:
    """Return the discrepancies of a row; `group_names` is the owner's, by bit. Some six queries, however long the thread is."""
    if row.deleted_at is not None:
        return list(_compared(row, group_names, None))
    viewer, key = viewers.of_row(row), _shown_key(row)
    newest = last_message.newest_shown(row, viewer, key[0])
    known = Known(viewer, newest, message_reads.find([key]).get(key), counts.recount(row, viewer))
    return list(_compared(row, group_names, known))


def _key(row: Conversation) -> Key:
    return row.owner_id, row.conversation_id


def _shown_key(row: Conversation) -> MessageKey:
    """Return thread and position of the message that the row shows as its last."""
    return threads.thread_of(row.owner_id, row.conversation_id), row.last_message_position


def _recounts(rows: Sequence[Conversation], viewers_of_rows: Mapping[Key, Viewer]) -> dict[Key, Recount]:
    floors = counts.unread_floors_of(rows)
    if message_reads.number_after_each(floors, most=COUNTED_AT_ONCE + 1) > COUNTED_AT_ONCE:
        return {_key(row): counts.recount(row, viewers_of_rows[_key(row)]) for row in rows}
    recounts = counts.recounts_of(rows)
    return {_key(row): recounts[row.conversation_id] for row in rows}


def _compared(row: Conversation, group_names: list[str | None], known: Known | None) -> Iterator[Discrepancy]:
    """Yield the discrepancies of a row. Nothing needs to be known of one that is not in the list."""
    yield from _conversation_groups(row, group_names)
    yield from _created_version(row)
    if known is None:
        yield from _deleted(row)
        return
    yield from _unread_and_mentions(row, known.recount)
    yield from _last_message(row, known)
    yield from _order_key(row, known.newest)
    yield from _membership(row, known.viewer)
    yield from _claim(row, known)


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


def _unread_and_mentions(row: Conversation, recount: Recount) -> Iterator[Discrepancy]:
    unread, mentions = recount
    if unread != row.unread_count:
        yield Discrepancy(Kind.UNREAD, str(row.unread_count), str(unread), {"unread_count": unread})
    if row.type != ConversationType.GROUP:
        return
    stored = _entries(row.group_at_info)
    right = _without_stale(stored or {}, row) | mentions
    if stored != right:
        text = at_info.to_json(right)
        yield Discrepancy(Kind.MENTIONS, row.group_at_info, text, {"group_at_info": text})


def _entries(group_at_info: str) -> dict[int, int] | None:
    """Return the @ types by MsgSeq, None if the column is not valid."""
    try:
        return at_info.types_by_seq(group_at_info)
    except (ValueError, TypeError, KeyError):
        return None


def _without_stale(entries: dict[int, int], row: Conversation) -> dict[int, int]:
    """Return the mentions without those of recalled, read or deleted messages. Only the app knows of messages not stored."""
    thread, seqs = threads.thread_of(row.owner_id, row.conversation_id), {positions.of_group(seq): seq for seq in entries}
    stored = message_reads.find([(thread, position) for position in seqs])
    stale = {
        seqs[message.position]
        for message in stored.values()
        if rules.says_mentions(message) or rules.reason_passed(message.position, row) in ENDS_A_MENTION
    }
    return {seq: at_type for seq, at_type in entries.items() if seq not in stale}


def _last_message(row: Conversation, known: Known) -> Iterator[Discrepancy]:
    if row.last_message is not None and not _is_object(row.last_message):
        kind = Kind.LAST_MESSAGE_JSON
    elif _is_last(row, known):
        yield from _old_content(row, known)
        return
    else:
        kind = Kind.LAST_MESSAGE
    shown = Conversation(last_message=None)
    rules.set_last(shown, _with_peers_read(known.viewer, row, known.newest), known.newest)
    columns = ("last_message", "last_message_at", "last_message_position")
    right = {column: getattr(shown, column) for column in columns}
    yield Discrepancy(kind, row.last_message_position or "-", shown.last_message_position or "-", right)


def _old_content(row: Conversation, known: Known) -> Iterator[Discrepancy]:
    """Compare the last message with its own recall or edit. The values don't show its text."""
    if known.shown is None or row.last_message is None or not known.viewer.sees(known.shown):
        return
    right = rules.as_changed(row.last_message, known.shown)
    if right != row.last_message:
        state = "recalled" if known.shown.is_recalled else "edited"
        yield Discrepancy(Kind.OLD_CONTENT, row.last_message_position, state, {"last_message": right})


def _is_object(text: str) -> bool:
    try:
        return type(orjson.loads(text)) is dict
    except ValueError:
        return False


def _is_last(row: Conversation, known: Known) -> bool:
    """Return whether the row shows the newest message. A last message may be from an import or report, or be pruned."""
    position, newest = row.last_message_position, known.newest
    if row.is_claimed:
        return True  # it shows a reported message, whatever is stored
    if row.last_message is None:
        return newest is None and position == positions.NO_POSITION
    if newest is not None and newest.position >= position:
        return newest.position == position
    return position == positions.NO_POSITION or known.shown is None or known.shown.body is None


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


def _claim(row: Conversation, known: Known) -> Iterator[Discrepancy]:
    """Yield what a claim has beyond its report: a known membership, or what only members may see."""
    if not row.is_claimed:
        return
    if not groups_without_membership(row.owner_id, [row.conversation_id]):
        yield Discrepancy(Kind.CLAIM, "claimed", "-", {"is_claimed": False})
        return
    if row.membership != Membership.MEMBER:
        yield Discrepancy(Kind.CLAIM, row.membership, Membership.MEMBER, {"membership": Membership.MEMBER})
    if known.shown and row.last_message and row.last_message == known.shown.body:
        shown = Conversation(last_message=None)
        rules.set_last(shown, known.viewer, None)
        columns = ("last_message", "last_message_at", "last_message_position")
        yield Discrepancy(Kind.CLAIM, row.last_message_position, "-", {column: getattr(shown, column) for column in columns})
