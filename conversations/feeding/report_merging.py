"""How a reported conversation changes a row; pure.

A report dates its messages, its read position and its draft: of these the newest wins, whichever report comes last, and the
same again changes nothing. The user's settings have no time: they are taken from the latest report. A key that is missing or
null changes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext as _

from conversations import identifiers, positions, threads
from conversations.actions import (
    begun_conversations,
    drafts,
    groups,
    peer_receipts,
    pins,
    read_positions,
    row_state,
    unlisted,
)
from conversations.choices import MessageStatus
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding.report_context import KnownProfile, ReportContext, ReportedConversation
from conversations.formats import at_info, message_content
from conversations.formats.entries import Entry
from conversations.models import Conversation, Message
from conversations.models.querysets import NO_AT_INFO
from conversations.store.owners import LockedOwner
from conversations.times import from_epoch_s
from conversations.unread import rules

# Keys that are taken as they are, and their columns.
SETTINGS = {"recvOpt": "recv_opt", "markList": "marks", "customData": "custom_data"}


class Merged(NamedTuple):
    """Whether stored messages must be counted again, and why a part of the report was refused, if any."""

    must_count: bool = False
    refused: ConversationError | None = None


def merge(row: Conversation, reported: ReportedConversation, context: ReportContext, owner: LockedOwner) -> Merged:
    """Merge a reported conversation into its row.

    A deleted conversation stays deleted, unless its last message or its draft is newer than the deletion. Its read position
    and settings are stored for its return. Raises TooManyConversations for a new one without room.
    """
    if row._state.adding and not is_listed(row):
        _take_room_for_conversation(context)
    reported = _without_impossible_read(row, reported, context)
    if not is_listed(row) and not _list(row, reported.entry):
        _read_further(row, reported.entry)
        return Merged(refused=_merge_settings(row, reported, context, owner))
    must_count = _merge_messages(row, reported, context)
    _merge_profile(row, reported.entry, context)
    return Merged(must_count, _merge_settings(row, reported, context, owner))


def _take_room_for_conversation(context: ReportContext) -> None:
    if context.room_for_conversations is None:
        return
    if context.room_for_conversations < 1:
        raise begun_conversations.too_many_conversations()
    context.room_for_conversations -= 1


def is_listed(row: Conversation) -> bool:
    """Return whether the row is in the list, or this report puts it there."""
    return row.deleted_at is None and (not row._state.adding or hasattr(row, "is_listed_by_report"))


def _list(row: Conversation, entry: Entry) -> bool:
    """Put a row into the list, and return whether it is: after a deletion only a newer message or draft does."""
    is_newer_draft = bool(entry.draft_text) and drafts.lists_again(row, entry.draft_timestamp)
    is_newer_message = entry.last_message_position > row.deleted_position
    if not (row.was_never_listed or is_newer_message or is_newer_draft):
        return False
    row.deleted_at, row.created_version = None, 0
    row.is_listed_by_report = True  # type: ignore[attr-defined]  # until the end of this report
    if not is_newer_message:
        unlisted.show_kept_message(row)
    return True


# ---- Messages ----------------------------------------------------------------------------------


def _without_impossible_read(row: Conversation, reported: ReportedConversation, context: ReportContext) -> ReportedConversation:
    """Return the report, without the read position of a group if it is far past all that is known."""
    entry = reported.entry
    newest = max(row_state.newest_known(row, context.newest), entry.last_message_position)
    try:
        read_positions.check_read_sequence(row, entry.group_read_sequence, newest, field="groupReadSequence")
    except InvalidParameter as error:
        return reported._replace(entry=entry._replace(group_read_sequence=0), refused=(*reported.refused, error))
    return reported


def _merge_messages(row: Conversation, reported: ReportedConversation, context: ReportContext) -> bool:
    """Merge read position, unread count, last message, mentions and order key.

    Return whether stored messages must be counted again.
    """
    entry = reported.entry.with_read_position_of(row).without_cleared(row)
    entry = _at_known_position(row, entry, context)
    must_count = _read_further(row, reported.entry)
    if "unreadCount" in reported.keys:
        must_count |= _import_unread(row, entry, context)
    _merge_last_message(row, entry, context)
    if row.is_group and entry.group_at_info != NO_AT_INFO:
        _merge_mentions(row, entry, context)
    row.activity_key = max(row.activity_key, entry.activity_key)
    return must_count


def _read_further(row: Conversation, entry: Entry) -> bool:
    """Move the read position on, and return whether stored messages must be counted again."""
    read_up_to = entry.group_read_sequence if row.is_group else entry.c2c_read_timestamp
    return read_up_to > row.read_up_to and read_positions.advance(row, read_up_to)


def _import_unread(row: Conversation, entry: Entry, context: ReportContext) -> bool:
    """Import the app's own count, up to its last message, where no stored message counts.

    Return whether stored messages after that one must be counted again.
    """
    # Where messages are stored their count stands, except for a user who was not known to be a member.
    if row.conversation_id in context.newest and not row.was_never_listed:
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
    return context.newest.get(row.conversation_id, positions.NO_POSITION) > end


def _merge_last_message(row: Conversation, entry: Entry, context: ReportContext) -> None:
    """Show the app's last message unless a newer one is known. Whether a stored message shows, its own row decides."""
    position = entry.last_message_position
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    if entry.last_message is None or position < row.last_message_position:
        return
    shown = row.last_message if position == row.last_message_position else None
    peer_read_s = context.read_by_peer.get(row.conversation_id, 0)
    last_message = peer_receipts.as_read(entry.last_message, peer_read_s) or entry.last_message
    stored = context.messages.get((thread, position))
    if stored is not None and stored.body is None:
        last_message = rules.as_changed(last_message, stored)
    elif stored is not None and not (shown is not None and rules.is_newer_report(last_message, stored)):
        return
    if shown is not None and not _is_later_state(last_message, shown):
        return
    row.last_message, row.last_message_at, row.last_message_position = last_message, entry.last_message_at, position


def _at_known_position(row: Conversation, entry: Entry, context: ReportContext) -> Entry:
    """Return the entry with its last message at the position where this message is known to be.

    Until a message is sent, its client gives it other times. The later state of the row's last message takes its own position.
    """
    if entry.last_message is None:
        return entry
    thread, reported = threads.thread_of(row.owner_id, row.conversation_id), orjson.loads(entry.last_message)
    if message_content.stage(reported) == 0:
        for stored in context.messages.values():
            if stored.thread == thread and stored.body and _is_same(reported, stored):
                return _moved(entry, stored.position, from_epoch_s(stored.time_s))
    if row.last_message is None or row.last_message_position == entry.last_message_position:
        return entry
    shown = orjson.loads(row.last_message)
    if not message_content.is_same_message(reported, shown):
        return entry
    is_stored = (thread, row.last_message_position) in context.messages
    if is_stored or message_content.stage(reported) < message_content.stage(shown):
        return _moved(entry, row.last_message_position, row.last_message_at)
    row.last_message, row.last_message_at = entry.last_message, entry.last_message_at
    row.last_message_position = entry.last_message_position
    return entry


def _is_same(reported: Mapping[str, Any], stored: Message) -> bool:
    return message_content.is_same_message(reported, orjson.loads(stored.body))


def _moved(entry: Entry, position: str, at: datetime | None) -> Entry:
    return entry._replace(last_message_position=position, last_message_at=at)


def _is_later_state(reported: str, shown: str) -> bool:
    """Return whether a report of the last message holds: its state is later, it edits the message, or it says more."""
    bodies = orjson.loads(reported), orjson.loads(shown)
    stages = [message_content.stage(body) for body in bodies]
    if stages[0] != stages[1]:
        return stages[0] > stages[1]
    has_other_status = stages[0] == 0 and bodies[0].get("status") != bodies[1].get("status")
    return has_other_status or message_content.is_edit(*bodies) or _information_in(reported) > _information_in(shown)


def _information_in(last_message: str) -> tuple[bool, bool, int, str]:
    """Return a key by which the report of a message that says more is greater.

    First that it was recalled, then that the peer has read it; the rest only makes the order total.
    """
    message = orjson.loads(last_message)
    is_recalled = message.get("status") == MessageStatus.REVOKED
    return is_recalled, message.get("isPeerRead") is True, len(last_message), last_message


def _merge_mentions(row: Conversation, entry: Entry, context: ReportContext) -> None:
    """Add the unread mentions. A stored message knows better whom it mentions."""
    at_types, thread = at_info.types_by_seq(row.group_at_info), threads.thread_of(row.owner_id, row.conversation_id)
    unread = at_info.types_by_seq(at_info.after(entry.group_at_info, row.group_read_sequence))
    for seq, at_type in unread.items():
        message = context.messages.get((thread, positions.of_group(seq)))
        if message is None:
            at_types[seq] = at_types.get(seq, 0) | at_type  # me and all are two bits
        elif not rules.says_mentions(message) and message.sender != row.owner_id:
            at_types.setdefault(seq, at_type)
    row.group_at_info = at_info.to_json(at_types)


# ---- Name and settings -------------------------------------------------------------------------


def _merge_profile(row: Conversation, entry: Entry, context: ReportContext) -> None:
    """Merge name, avatar and group type: a remark beats a nickname, a newer nickname an older one, and any name the ID."""
    bare_id = identifiers.split(row.conversation_id)[1]
    profile = context.profiles.get(row.conversation_id, KnownProfile())
    is_former_name = entry.show_name in profile.all_names and entry.show_name != profile.name
    is_better = entry.show_name not in ("", bare_id) and not is_former_name
    # A group has no remark, so its own name is better.
    if is_better and not (profile.name and row.is_group):
        row.show_name = entry.show_name
    elif row.show_name in ("", bare_id):
        row.show_name = profile.name or bare_id
    row.face_url = profile.face_url or entry.face_url or row.face_url
    row.group_type = row.group_type or entry.group_type


def _merge_settings(
    row: Conversation, reported: ReportedConversation, context: ReportContext, owner: LockedOwner
) -> ConversationError | None:
    """Merge the user's settings, and return one error for all refused parts, with the code of the first."""
    entry = reported.entry
    refused: list[ConversationError | None] = [*reported.refused]
    for key, column in SETTINGS.items():
        if key in reported.keys:
            setattr(row, column, getattr(entry, column))
    if row.deleted_at is None:
        _merge_draft(row, entry)
    elif entry.draft_text and entry.draft_text != row.draft_text:
        text = _("%(field)s: Not newer than the deletion of the conversation.")
        refused.append(InvalidParameter(text % {"field": "draftText"}, field="draftText"))
    if "isPinned" in reported.keys and entry.is_pinned != row.is_pinned:
        refused.append(_set_pinned(row, entry.is_pinned, context))
    if "conversationGroupList" in reported.keys:
        refused.append(_set_groups(row, entry.group_names, context, owner))
    errors = [error for error in refused if error]
    return type(errors[0])(" ".join(str(error.detail) for error in errors)) if errors else None


def _merge_draft(row: Conversation, entry: Entry) -> None:
    """Take the later edit, or a draft without a time where there is none. An empty one without a time changes nothing."""
    is_later = entry.draft_timestamp and entry.draft_timestamp >= row.draft_timestamp
    is_first = entry.draft_text and not row.draft_text and not row.draft_timestamp
    if (is_later and (entry.draft_text or row.draft_text)) or is_first:
        row.draft_text, row.draft_timestamp = entry.draft_text, entry.draft_timestamp


def _set_pinned(row: Conversation, pinned: bool, context: ReportContext) -> ConversationError | None:
    if pinned and context.room_for_pins < 1:
        return pins.too_many_pinned()
    context.room_for_pins -= pinned
    row.is_pinned = pinned
    return None


def _set_groups(
    row: Conversation, names: Sequence[str], context: ReportContext, owner: LockedOwner
) -> ConversationError | None:
    """Put the row into these conversation groups and no other ones, except into full ones."""
    try:
        wanted = owner.group_bits(names)
    except ConversationError as error:
        return error
    full = 0
    for bit, room in enumerate(context.room_in_groups):
        if not (wanted & ~row.conversation_groups) >> bit & 1:
            continue  # not wanted, or the row is in it already
        if room > 0:
            context.room_in_groups[bit] -= 1
        else:
            full |= 1 << bit
    row.conversation_groups = wanted & ~full
    return groups.full() if full else None
