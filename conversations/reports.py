"""What an owner's app reports of its conversations, merged into the rows: what no webhook tells.

An object can date its messages, its read position and its draft; of these the newest stands, whichever report comes last, and
the same again changes nothing. It can not date the owner's settings: those are as the last report tells them. What a report
leaves out, or gives as null, it does not tell, and stays.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext as _

from conversations import (
    actions,
    conversation_groups,
    counting,
    dialects,
    effects,
    identifiers,
    learning,
    message_store,
    peer_reads,
    positions,
    reading,
    transfer,
    wire,
)
from conversations.actions import NEVER_SEEN, Result, Results
from conversations.changes import LockedOwner, in_transaction, insert_rows, lock_owner, lock_owners, save_conversations
from conversations.choices import ChangedBy, ConversationType, GroupType, MessageStatus
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.message_models import Group
from conversations.message_models import Message as Stored
from conversations.models import Conversation, Owner
from conversations.querysets import NO_AT_INFO
from conversations.times import CLOCK_TOLERANCE_S, DAY_S, check_happened_s, now_s, to_epoch_s
from conversations.wire import Entry

# What a report can change.
COLUMNS = (
    *reading.READ_COLUMNS, "group_type", "show_name", "face_url", "recv_opt", "last_message", "last_message_at",
    "last_message_position", "draft_text", "draft_timestamp", "is_pinned", "order_key", "marks", "custom_data",
    "conversation_groups", "membership", "deleted_at", "created_version",
)  # fmt: skip
PATIENCE_S = 1.0
# Taken as they are.
SETTINGS = {"recvOpt": "recv_opt", "markList": "marks", "customData": "custom_data"}


class Told(NamedTuple):
    """A checked object: what it says, which keys it has, and why a part of it was left out."""

    entry: Entry
    keys: frozenset[str]
    refused: ConversationError | None


@dataclass
class Known:
    """What else is known of the reported conversations, by their IDs, and what room is left."""

    newest: Mapping[str, str]  # stored messages
    stored: Mapping[tuple[str, str], Stored]  # those of which the report tells too
    looks: Mapping[str, tuple[str, str, frozenset[str]]]  # name, avatar, all names there were
    read_by_peer: Mapping[str, int]  # epoch seconds
    room_for_pins: int
    rooms: list[int]  # of conversation groups, by bit


def record(*, owner_id: str, objects: Sequence[Any]) -> Results:
    """Merge conversations as an SDK gives them, of any dialect; a result for each, in their order.

    A bad object is refused by itself. What can not be taken of a good one (a pin or a conversation group without room, a
    draft of the future) is named, and the rest of it is taken.
    """
    told: list[tuple[str, Told | ConversationError]] = []
    for item in objects:
        try:
            told.append(_checked(item, owner_id))
        except ConversationError as error:
            told.append((_id_in(item), error))
    results, rows = _record(owner_id, told)
    reading.show_to_peers(owner_id, rows)
    _learn(owner_id, [conversation_id for conversation_id, one in told if isinstance(one, Told)])
    return results


def _learn(owner_id: str, conversation_ids: Sequence[str]) -> None:
    """Whoever has a group's conversation is in the group; what is not counted in a while is left to `make serve`'s timer."""
    until = time.monotonic() + PATIENCE_S
    for group_id in learning.learn((owner_id, one) for one in conversation_ids):
        if time.monotonic() > until:
            break
        learning.count_learnt([group_id])


def _checked(item: Any, owner_id: str) -> tuple[str, Told]:
    if type(item) is dict and item.get("conv_owner") not in (None, "", owner_id):
        raise InvalidParameter(_("conv_owner: Not the owner of this list."), field="conv_owner")
    classic = dialects.to_classic(item)
    entry, refused = wire.from_wire(classic), None
    if entry.draft_timestamp > now_s() + CLOCK_TOLERANCE_S:
        refused = InvalidParameter(_("%(field)s is in the future.") % {"field": "draftTimestamp"}, field="draftTimestamp")
        classic = {key: value for key, value in classic.items() if key not in ("draftText", "draftTimestamp")}
        entry = wire.from_wire(classic)
    check_happened_s(entry.c2c_read_timestamp, field="c2cReadTimestamp")
    if entry.last_message_at:
        check_happened_s(to_epoch_s(entry.last_message_at), field="lastMessage.timestamp", ahead_s=DAY_S)
    if entry.order_key > (now_s() + DAY_S) * 1_000_000:
        raise InvalidParameter(_("%(field)s is in the future.") % {"field": "orderkey"}, field="orderkey")
    actions.check_receive_option(entry.conversation_id, entry.recv_opt)
    if entry.group_type == GroupType.AVCHATROOM:
        raise InvalidParameter(_("groupType: Live rooms have no conversation here."), field="groupType")
    keys = frozenset(key for key, value in classic.items() if value is not None)
    return entry.conversation_id, Told(entry, keys, refused)


def _id_in(item: Any) -> str:
    """What a bad object names itself, as far as it does."""
    named = item.get("conversationID", item.get("conv_id")) if type(item) is dict else None
    return named[: identifiers.CONVERSATION_ID_MAX_BYTES] if type(named) is str else ""


@in_transaction
def _record(owner_id: str, told: Sequence[tuple[str, Told | ConversationError]]) -> tuple[Results, list[Conversation]]:
    """The results, and the one-to-one rows that were read on."""
    good = [one for _id, one in told if isinstance(one, Told)]
    owner = lock_owners([owner_id])[owner_id] if good else lock_owner(owner_id)
    if owner is None:
        return Results(NEVER_SEEN, [actions.refused(*one) for one in told]), []
    rows = _rows(owner_id, good)
    before = {one: _state(row) for one, row in rows.items()}
    read_before = {one: row.c2c_read_timestamp for one, row in rows.items()}
    known = _known(owner, rows, good)
    results, to_count = [], {}
    for conversation_id, one in told:
        try:
            if isinstance(one, ConversationError):
                raise one
            row = rows[conversation_id]
            _check_read(row, one.entry, known)
            if _is_listed(row) or _begin(row, one.entry):
                if _merge_messages(row, one, known):
                    to_count[conversation_id] = row
                _merge_look(row, one, known)
                _merge_settings(row, one, known, owner)
            results.append(Result(conversation_id))
        except ConversationError as error:
            results.append(actions.refused(conversation_id, error))
    for conversation_id, unread in counting.counts(list(to_count.values())).items():
        rows[conversation_id].unread_count = unread
    _save(owner, [row for one, row in rows.items() if _is_listed(row) and _state(row) != before[one]])
    read_on = [row for one, row in rows.items() if _is_listed(row) and row.c2c_read_timestamp > read_before[one]]
    return Results(owner.token, results), read_on


def _state(row: Conversation) -> list[Any]:
    return [getattr(row, column) for column in COLUMNS]


def _save(owner: LockedOwner, changed: list[Conversation]) -> None:
    new = [row for row in changed if row._state.adding]
    save_conversations(owner, [row for row in changed if not row._state.adding], COLUMNS, by=ChangedBy.REPORT)
    insert_rows(owner, new, by=ChangedBy.REPORT)


# ---- What is there ----------------------------------------------------------------------------


def _rows(owner_id: str, told: Iterable[Told]) -> dict[str, Conversation]:
    """The rows by ID, deleted ones too, and new ones for what is not there."""
    asked = {one.entry.conversation_id: one.entry for one in told}
    stored = Conversation.objects.filter(owner_id=owner_id).any_of(list(asked)).defer("wire_head", "created_at")
    rows = {row.conversation_id: row for row in stored} if asked else {}
    for conversation_id in asked.keys() - rows.keys():
        type_, bare_id = identifiers.split(conversation_id)
        rows[conversation_id] = effects.new_row(owner_id, type_, bare_id)
    new_in_groups = [row for row in rows.values() if row._state.adding and counting.is_group(row)]
    for conversation_id, viewer in counting.viewers_of(new_in_groups).items():
        rows[conversation_id].membership = viewer.roster.now()
    return rows


def _known(owner: LockedOwner, rows: Mapping[str, Conversation], told: Sequence[Told]) -> Known:
    threads = {one: counting.thread_of(owner.owner_id, one) for one in rows}
    places = {(threads[one.entry.conversation_id], place) for one in told for place in _places(one.entry)}
    peers = {one.removeprefix("c2c_"): one for one, row in rows.items() if not counting.is_group(row)}
    groups = {one.removeprefix("group_"): one for one, row in rows.items() if counting.is_group(row)}
    looks = {
        peers[peer.owner_id]: (peer.nick_name, peer.face_url, frozenset((*orjson.loads(peer.former_names), peer.nick_name)))
        for peer in Owner.objects.any_of(sorted(peers)).only("nick_name", "face_url", "former_names")
    }
    looks |= {
        groups[group.group_id]: (group.name, group.face_url, frozenset())
        for group in Group.objects.filter(group_id__any_of=sorted(groups)).only("name", "face_url")
    }
    read_by = peer_reads.read_by(owner.owner_id, sorted(peers)) if peers else {}
    unpinned = {one.entry.conversation_id for one in told if "isPinned" in one.keys and not one.entry.is_pinned}
    return Known(
        newest={one: place for one, place in counting.newest_stored(owner.owner_id, rows).items() if place},
        stored=message_store.find(sorted(places)),
        looks=looks,
        read_by_peer={peers[peer]: time_s for peer, time_s in read_by.items()},
        room_for_pins=actions.room_for_pins(owner.owner_id) + sum(rows[one].is_pinned for one in unpinned),
        rooms=conversation_groups.rooms(owner) if any(one.entry.group_names for one in told) else [],
    )


def _places(entry: Entry) -> list[str]:
    """The positions of the messages of which an object tells."""
    mentioned = wire.at_seqs(entry.group_at_info) if entry.type == ConversationType.GROUP else ()
    return [*filter(None, [entry.last_message_position]), *map(positions.of_group, mentioned)]


def _is_listed(row: Conversation) -> bool:
    return row.deleted_at is None and (not row._state.adding or hasattr(row, "is_begun"))


def _begin(row: Conversation, entry: Entry) -> bool:
    """Put a conversation into the list; one that its owner deleted comes back by a newer message only."""
    was_listed = row.version and not row._state.adding
    if was_listed and entry.last_message_position <= row.deleted_position:
        return False
    row.deleted_at, row.created_version, row.is_begun = None, 0, True
    return True


# ---- Merging ----------------------------------------------------------------------------------


def _check_read(row: Conversation, entry: Entry, known: Known) -> None:
    if counting.is_group(row):
        newest = max(actions.newest_known(row, known.newest), entry.last_message_position)
        reading.check_read_sequence(row, entry.group_read_sequence, newest, field="groupReadSequence")


def _merge_messages(row: Conversation, told: Told, known: Known) -> bool:
    """Read position, unread, last message, @ entries and place; whether what is stored is to be counted again."""
    told_read = told.entry.group_read_sequence if counting.is_group(row) else told.entry.c2c_read_timestamp
    entry = transfer.without_cleared(transfer.read_up_to(told.entry, row), row)
    is_to_count = told_read > reading.read_up_to(row) and reading.advance(row, told_read)
    is_to_count |= _fill_unread(row, entry, told, known)
    _fill_last_message(row, entry, known)
    if counting.is_group(row) and entry.group_at_info != NO_AT_INFO:
        _unite_mentions(row, entry, known)
    row.order_key = max(row.order_key, entry.order_key)
    return is_to_count


def _fill_unread(row: Conversation, entry: Entry, told: Told, known: Known) -> bool:
    """Carry the app's own count over, up to its last message, where nothing here counts."""
    # Where messages are stored their count stands, but for whom they did not count because nobody knew of him.
    if "unreadCount" not in told.keys or (row.conversation_id in known.newest and not _is_new(row)):
        return False
    end, known_end = entry.last_message_position, max(row.last_message_position, row.unread_base_position)
    if end == row.unread_base_position != positions.NOWHERE:
        # Of two counts up to the same message, the lower one has read more.
        row.unread_base = min(row.unread_base, entry.unread_count)
    elif end >= known_end:
        row.unread_base, row.unread_base_position = entry.unread_count, end
    else:
        return False
    row.unread_count = row.unread_base
    return known.newest.get(row.conversation_id, positions.NOWHERE) > end


def _is_new(row: Conversation) -> bool:
    """Whether the row was not in the list before, ever."""
    return row._state.adding or not row.version


def _fill_last_message(row: Conversation, entry: Entry, known: Known) -> None:
    """Show the app's last message where none as new is known. A message that is stored is shown, or not, by what is stored."""
    thread = counting.thread_of(row.owner_id, row.conversation_id)
    if entry.last_message is None or (thread, entry.last_message_position) in known.stored:
        return
    last_message = _as_peer_read(entry.last_message, known.read_by_peer.get(row.conversation_id, 0))
    place, known_place = entry.last_message_position, row.last_message_position
    if row.last_message and (place < known_place or (place == known_place and _says(last_message) <= _says(row.last_message))):
        return
    if place >= known_place:
        row.last_message, row.last_message_at = last_message, entry.last_message_at
        row.last_message_position = place


def _as_peer_read(last_message: str, time_s: int) -> str:
    return peer_reads.as_read(last_message, time_s) or last_message


def _says(last_message: str) -> tuple[bool, bool, int, str]:
    """How much a message says: that it was recalled, that the peer has read it, and then any rule would do that is one."""
    message = orjson.loads(last_message)
    is_recalled = message.get("status") == MessageStatus.REVOKED
    return is_recalled, message.get("isPeerRead") is True, len(last_message), last_message


def _unite_mentions(row: Conversation, entry: Entry, known: Known) -> None:
    """Add those that are not read. Of a message that is stored, what is stored tells more surely whom it mentions."""
    entries, thread = wire.at_entries(row.group_at_info), counting.thread_of(row.owner_id, row.conversation_id)
    for seq, at_type in wire.at_entries(wire.at_info_after(entry.group_at_info, row.group_read_sequence)).items():
        message = known.stored.get((thread, positions.of_group(seq)))
        if message is None:
            entries[seq] = entries.get(seq, 0) | at_type  # me and all are two bits
        elif not message.is_recalled and message.sender != row.owner_id:
            entries.setdefault(seq, at_type)
    row.group_at_info = effects.at_info_json(entries)


def _merge_look(row: Conversation, told: Told, known: Known) -> None:
    """Name and avatar: a remark is better than a nick, a nick better than an older one, and any better than the ID."""
    entry, bare_id = told.entry, identifiers.split(row.conversation_id)[1]
    name, face_url, all_names = known.looks.get(row.conversation_id, ("", "", frozenset()))
    is_old = entry.show_name in ("", bare_id) or (entry.show_name in all_names and entry.show_name != name)
    # Nobody gives a group a name of his own, so the group's own is better.
    if not is_old and not (name and counting.is_group(row)):
        row.show_name = entry.show_name
    elif row.show_name in ("", bare_id):
        row.show_name = name or bare_id
    row.face_url = face_url or entry.face_url or row.face_url
    row.group_type = row.group_type or entry.group_type


def _merge_settings(row: Conversation, told: Told, known: Known, owner: LockedOwner) -> None:
    """Raises, when all the rest is taken, why a part was not."""
    entry, refused = told.entry, [told.refused]
    for key, column in SETTINGS.items():
        if key in told.keys:
            setattr(row, column, getattr(entry, column))
    _merge_draft(row, entry)
    if "isPinned" in told.keys and entry.is_pinned != row.is_pinned:
        refused.append(_set_pinned(row, entry.is_pinned, known))
    if "conversationGroupList" in told.keys:
        refused.append(_set_groups(row, entry.group_names, known, owner))
    for error in filter(None, refused):
        raise error


def _merge_draft(row: Conversation, entry: Entry) -> None:
    """The later edit; one without a time, where none is known. An empty one without a time is no news."""
    is_later = entry.draft_timestamp and entry.draft_timestamp >= row.draft_timestamp
    is_first = entry.draft_text and not row.draft_text and not row.draft_timestamp
    if (is_later and (entry.draft_text or row.draft_text)) or is_first:
        row.draft_text, row.draft_timestamp = entry.draft_text, entry.draft_timestamp


def _set_pinned(row: Conversation, pinned: bool, known: Known) -> ConversationError | None:
    if pinned and known.room_for_pins < 1:
        return actions.too_many_pinned()
    known.room_for_pins -= pinned
    row.is_pinned = pinned
    return None


def _set_groups(row: Conversation, names: Sequence[str], known: Known, owner: LockedOwner) -> ConversationError | None:
    try:
        told = owner.group_bits(names)
    except ConversationError as error:
        return error
    new = [bit for bit, _room in enumerate(known.rooms) if (told & ~row.conversation_groups) >> bit & 1]
    full = [bit for bit in new if known.rooms[bit] < 1]
    for bit in new:
        known.rooms[bit] -= bit not in full
        told &= ~(1 << bit) if bit in full else -1
    row.conversation_groups = told
    return conversation_groups.full() if full else None
