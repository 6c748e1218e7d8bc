"""How a reported conversation changes a row; pure.

An object can date its messages, its read position and its draft; of these the newest stands, whichever report comes last, and
the same again changes nothing. It can not date the owner's settings: those are as the last report tells them. What a report
leaves out, or gives as null, it does not tell, and stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from conversations import identifiers, positions, threads
from conversations.actions import groups, peer_receipts, pins, read_positions, row_state
from conversations.choices import MessageStatus
from conversations.exceptions import ConversationError
from conversations.formats import at_info
from conversations.formats.entries import Entry
from conversations.models import Conversation, Message
from conversations.models.querysets import NO_AT_INFO
from conversations.store.owners import LockedOwner

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
    stored: Mapping[tuple[str, str], Message]  # those of which the report tells too
    looks: Mapping[str, tuple[str, str, frozenset[str]]]  # name, avatar, all names there were
    read_by_peer: Mapping[str, int]  # epoch seconds
    room_for_pins: int
    rooms: list[int]  # of conversation groups, by bit


class Merged(NamedTuple):
    """Whether stored messages are to be counted again, and why a part of the object was not taken."""

    is_to_count: bool = False
    refused: ConversationError | None = None


def merge(row: Conversation, told: Told, known: Known, owner: LockedOwner) -> Merged:
    """Merge an object into its row, where that is in the list or comes into it.

    Raises InvalidParameter, with nothing done, for a read position that can't be.
    """
    _check_read(row, told.entry, known)
    if not is_listed(row) and not _begin(row, told.entry):
        return Merged()
    is_to_count = _merge_messages(row, told, known)
    _merge_look(row, told, known)
    return Merged(is_to_count, _merge_settings(row, told, known, owner))


def is_listed(row: Conversation) -> bool:
    """Whether the row is in the list, or comes into it by this report."""
    return row.deleted_at is None and (not row._state.adding or hasattr(row, "is_begun"))


def _begin(row: Conversation, entry: Entry) -> bool:
    """Put a conversation into the list; one that its owner deleted comes back by a newer message only."""
    was_listed = row.version and not row._state.adding
    if was_listed and entry.last_message_position <= row.deleted_position:
        return False
    row.deleted_at, row.created_version, row.is_begun = None, 0, True
    return True


def _check_read(row: Conversation, entry: Entry, known: Known) -> None:
    if row.is_group:
        newest = max(row_state.newest_known(row, known.newest), entry.last_message_position)
        read_positions.check_read_sequence(row, entry.group_read_sequence, newest, field="groupReadSequence")


def _merge_messages(row: Conversation, told: Told, known: Known) -> bool:
    """Read position, unread, last message, @ entries and place; whether what is stored is to be counted again."""
    told_read = told.entry.group_read_sequence if row.is_group else told.entry.c2c_read_timestamp
    entry = told.entry.with_read_position_of(row).without_cleared(row)
    is_to_count = told_read > row.read_up_to and read_positions.advance(row, told_read)
    is_to_count |= _fill_unread(row, entry, told, known)
    _fill_last_message(row, entry, known)
    if row.is_group and entry.group_at_info != NO_AT_INFO:
        _unite_mentions(row, entry, known)
    row.order_key = max(row.order_key, entry.order_key)
    return is_to_count


def _fill_unread(row: Conversation, entry: Entry, told: Told, known: Known) -> bool:
    """Carry the app's own count over, up to its last message, where nothing here counts."""
    # Where messages are stored their count stands, but for whom they did not count because nobody knew of him.
    if "unreadCount" not in told.keys or (row.conversation_id in known.newest and not _is_new(row)):
        return False
    end, known_end = entry.last_message_position, max(row.last_message_position, row.imported_unread_position)
    if end == row.imported_unread_position != positions.NO_POSITION:
        # Of two counts up to the same message, the lower one has read more.
        row.imported_unread = min(row.imported_unread, entry.unread_count)
    elif end >= known_end:
        row.imported_unread, row.imported_unread_position = entry.unread_count, end
    else:
        return False
    row.unread_count = row.imported_unread
    return known.newest.get(row.conversation_id, positions.NO_POSITION) > end


def _is_new(row: Conversation) -> bool:
    """Whether the row was not in the list before, ever."""
    return row._state.adding or not row.version


def _fill_last_message(row: Conversation, entry: Entry, known: Known) -> None:
    """Show the app's last message where none as new is known. A message that is stored is shown, or not, by what is stored."""
    thread = threads.thread_of(row.owner_id, row.conversation_id)
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
    return peer_receipts.as_read(last_message, time_s) or last_message


def _says(last_message: str) -> tuple[bool, bool, int, str]:
    """How much a message says: that it was recalled, that the peer has read it, and then any rule would do that is one."""
    message = orjson.loads(last_message)
    is_recalled = message.get("status") == MessageStatus.REVOKED
    return is_recalled, message.get("isPeerRead") is True, len(last_message), last_message


def _unite_mentions(row: Conversation, entry: Entry, known: Known) -> None:
    """Add those that are not read. Of a message that is stored, what is stored tells more surely whom it mentions."""
    entries, thread = at_info.types_by_seq(row.group_at_info), threads.thread_of(row.owner_id, row.conversation_id)
    for seq, at_type in at_info.types_by_seq(at_info.after(entry.group_at_info, row.group_read_sequence)).items():
        message = known.stored.get((thread, positions.of_group(seq)))
        if message is None:
            entries[seq] = entries.get(seq, 0) | at_type  # me and all are two bits
        elif not message.is_recalled and message.sender != row.owner_id:
            entries.setdefault(seq, at_type)
    row.group_at_info = at_info.to_json(entries)


def _merge_look(row: Conversation, told: Told, known: Known) -> None:
    """Name and avatar: a remark is better than a nick, a nick better than an older one, and any better than the ID."""
    entry, bare_id = told.entry, identifiers.split(row.conversation_id)[1]
    name, face_url, all_names = known.looks.get(row.conversation_id, ("", "", frozenset()))
    is_old = entry.show_name in ("", bare_id) or (entry.show_name in all_names and entry.show_name != name)
    # Nobody gives a group a name of his own, so the group's own is better.
    if not is_old and not (name and row.is_group):
        row.show_name = entry.show_name
    elif row.show_name in ("", bare_id):
        row.show_name = name or bare_id
    row.face_url = face_url or entry.face_url or row.face_url
    row.group_type = row.group_type or entry.group_type


def _merge_settings(row: Conversation, told: Told, known: Known, owner: LockedOwner) -> ConversationError | None:
    """Take the settings, and return one error that names the parts that were not taken, with the code of the first."""
    entry, refused = told.entry, [told.refused]
    for key, column in SETTINGS.items():
        if key in told.keys:
            setattr(row, column, getattr(entry, column))
    _merge_draft(row, entry)
    if "isPinned" in told.keys and entry.is_pinned != row.is_pinned:
        refused.append(_set_pinned(row, entry.is_pinned, known))
    if "conversationGroupList" in told.keys:
        refused.append(_set_groups(row, entry.group_names, known, owner))
    errors = [error for error in refused if error]
    return type(errors[0])(" ".join(str(error.detail) for error in errors)) if errors else None


def _merge_draft(row: Conversation, entry: Entry) -> None:
    """The later edit; one without a time, where none is known. An empty one without a time is no news."""
    is_later = entry.draft_timestamp and entry.draft_timestamp >= row.draft_timestamp
    is_first = entry.draft_text and not row.draft_text and not row.draft_timestamp
    if (is_later and (entry.draft_text or row.draft_text)) or is_first:
        row.draft_text, row.draft_timestamp = entry.draft_text, entry.draft_timestamp


def _set_pinned(row: Conversation, pinned: bool, known: Known) -> ConversationError | None:
    if pinned and known.room_for_pins < 1:
        return pins.too_many_pinned()
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
    return groups.full() if full else None
