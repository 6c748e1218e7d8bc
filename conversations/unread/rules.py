"""The rules by which a message changes one owner's conversation: unread count, mentions, last message, order key; pure.

Unread count and mentions are sums over messages: a late, completed or recalled message changes them by the difference between
its two states. In any order, the sums are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, cast

import orjson

from conversations import identifiers, positions
from conversations.choices import AtType, ConversationType, GroupType, NotCountedReason
from conversations.formats import at_info, message_content
from conversations.models import Conversation, Message
from conversations.models.querysets import NO_AT_INFO
from conversations.threads import is_of_group, peer_in
from conversations.times import from_epoch_s
from conversations.unread.rosters import MembershipHistory

SEQ_IN_ORDER_KEY = 10**6


@dataclass(frozen=True, slots=True)
class Viewer:
    """An owner as the viewer of a thread's messages, in a group with their membership."""

    owner_id: str
    roster: MembershipHistory | None = None  # None: one to one
    group_type: str = ""
    peer_read_s: int = 0  # one to one: the peer's read position, epoch seconds
    joined_key: int = 0  # the order key of joining the group; 0 if it creates no conversation

    @property
    def membership(self) -> MembershipHistory:
        """The membership in the group; one to one there is none."""
        return cast(MembershipHistory, self.roster)

    def was_there(self, message: Message) -> bool:
        """Return whether the owner was in the group at the message's time; True if that is unknown, and one to one."""
        return self.roster is None or message.time_s is None or self.roster.was_member(message.time_s)

    def sees(self, message: Message) -> bool:
        """Return whether the message is visible to this owner. Nobody has a conversation with a live room."""
        if self.group_type == GroupType.AVCHATROOM:
            return False
        if message.sender == self.owner_id:
            return True
        is_for_all = message.targets == NO_LIST
        return (is_for_all or self.owner_id in orjson.loads(message.targets)) and self.was_there(message)

    def counts_as_unread(self, message: Message, row: Conversation) -> bool:
        """Return whether the message counts as unread in the row."""
        return self.reason_not_counted(message, row) is None

    def reason_not_counted(self, message: Message, row: Conversation) -> NotCountedReason | None:
        """Return the first reason why the message does not count as unread in the row; None if it counts."""
        if (passed := reason_passed(message.position, row)) is not None:
            return passed
        if message.body is None:
            return NotCountedReason.UNKNOWN
        if message.is_recalled:
            return NotCountedReason.RECALLED
        if message.sender == self.owner_id:
            return NotCountedReason.OWN
        if not message.counts_as_unread:
            return NotCountedReason.NO_UNREAD
        if message.targets != NO_LIST:
            return NotCountedReason.TARGETED
        if self.group_type in UNCOUNTED_GROUPS:
            return NotCountedReason.UNCOUNTED_GROUP
        if self.was_there(message):
            return None
        has_been_there = self.membership.was_there_by(message.time_s)
        return NotCountedReason.AFTER_LEAVING if has_been_there else NotCountedReason.BEFORE_JOINING

    def at_type(self, message: Message, row: Conversation) -> AtType | None:
        """Return how the message mentions this owner; None if it does not, or is read."""
        if not mentions_anybody(message):
            return None
        can_mention = message.body is not None and not message.is_recalled and message.sender != self.owner_id
        if not can_mention or not self.sees(message) or not can_be_unread(message.position, row):
            return None
        is_named = self.owner_id in orjson.loads(message.at_accounts)
        if message.at_all:
            return AtType.ALL_AND_ME if is_named else AtType.ALL
        return AtType.ME if is_named else None

    def shows(self, message: Message, row: Conversation) -> bool:
        """Return whether the message can be the row's last one."""
        return message.body is not None and message.is_shown and message.position > row.cleared_position and self.sees(message)

    def body(self, message: Message) -> str:
        """Return the message's JSON as this owner sees it."""
        return own_body(message, self.peer_read_s) if message.sender == self.owner_id else message.body


NO_LIST = "[]"
# Their unread is always 0. Source: "Group System".
UNCOUNTED_GROUPS = (GroupType.MEETING, GroupType.AVCHATROOM)


def own_body(message: Message, peer_read_s: int = 0) -> str:
    """Return the message's JSON as its sender sees it; the stored one is as the others see it."""
    body = orjson.loads(message.body)
    body["isSelf"] = body["isRead"] = True
    if body["userID"] is not None:
        body["userID"] = peer_in(message.thread, message.sender)
        body["isPeerRead"] = message.time_s <= peer_read_s
    return orjson.dumps(body).decode()


def can_be_unread(position: str, row: Conversation) -> bool:
    """Return whether a message at this position can still be unread."""
    return reason_passed(position, row) is None


def reason_passed(position: str, row: Conversation) -> NotCountedReason | None:
    """Return why a message at a position can't be unread: the first floor at or past it. None if it is past all floors."""
    return next((reason for reason, floor in unread_floors(row) if position <= floor), None)


def unread_floors(row: Conversation) -> tuple[tuple[NotCountedReason, str], ...]:
    """Return the positions up to which messages never count as unread, each with its reason."""
    return (
        (NotCountedReason.DELETED, row.deleted_position),
        (NotCountedReason.CLEARED, row.cleared_position),
        (NotCountedReason.READ, read_position(row)),
        (NotCountedReason.IMPORTED, row.imported_unread_position),
    )


def read_position(row: Conversation) -> str:
    """Return the position up to which the row is read: one to one, to the end of a second."""
    if row.type == ConversationType.GROUP:
        return positions.of_group(row.group_read_sequence)
    return positions.end_of_second(row.c2c_read_timestamp)


def order_key(message: Message, row: Conversation) -> int:
    """Return the order key that a message gives the row."""
    if row.type == ConversationType.GROUP:
        return order_key_in_group(message)
    return int(message.time_s * SEQ_IN_ORDER_KEY + positions.seq_of(message.position, is_group=False) % SEQ_IN_ORDER_KEY)


def order_key_in_group(message: Message) -> int:
    """Return the `order_key` of a group's message."""
    return int(message.time_s * SEQ_IN_ORDER_KEY + int(message.position) % SEQ_IN_ORDER_KEY)


class ViewedMessage(NamedTuple):
    """A message and its viewer."""

    viewer: Viewer
    message: Message

    def counts_as_unread(self, row: Conversation) -> bool:
        return self.viewer.counts_as_unread(self.message, row)

    def at_type(self, row: Conversation) -> AtType | None:
        return self.viewer.at_type(self.message, row)

    def shows(self, row: Conversation) -> bool:
        return self.viewer.shows(self.message, row)


# Finds the newest stored message that shows in a row, before a position or of all.
FindLast = Callable[[ViewedMessage, Conversation, str | None], Message | None]


def apply(
    row: Conversation,
    before: ViewedMessage | None,
    after: ViewedMessage,
    find_last: FindLast,
) -> None:
    """Change a row by the difference between two states of a message, or of its owner's membership.

    `before` is None for an unknown message.
    """
    viewer, message = after
    _apply_unread(row, before, after)
    _apply_mention(row, before, after)
    _apply_last_message(row, before, after, find_last)
    # A recalled message and one that is never shown last move the row up too: the order of reports must not matter.
    if message.body is not None and viewer.sees(message):
        row.activity_key = max(row.activity_key, order_key(message, row))


def _apply_unread(row: Conversation, before: ViewedMessage | None, after: ViewedMessage) -> None:
    if before is not None:
        row.unread_count -= before.counts_as_unread(row)
    row.unread_count += after.counts_as_unread(row)


def _apply_mention(row: Conversation, before: ViewedMessage | None, after: ViewedMessage) -> None:
    at_type = after.at_type(row)
    # Not every webhook says who is mentioned: an entry that an app reported stays until it is read, recalled or edited away.
    if at_type or (before is not None and before.at_type(row)) or says_mentions(after.message):
        _set_mention(row, after.message.position, at_type)


def _apply_last_message(
    row: Conversation,
    before: ViewedMessage | None,
    after: ViewedMessage,
    find_last: FindLast,
) -> None:
    message = after.message
    shown = row.last_message if message.position == row.last_message_position else None
    if after.shows(row):
        if shown is not None:
            # The same message, perhaps with more in it.
            if not is_newer_report(shown, message):
                set_last(row, after.viewer, message)
        elif message.position >= row.last_message_position:
            set_last(row, after.viewer, message)
        elif _is_last_elsewhere(row, after):
            set_last(row, after.viewer, find_last(after, row, None))
    elif shown is not None and message.body is None:
        if after.viewer.sees(message):
            row.last_message = as_changed(shown, message)
    elif shown is not None and _is_lost(row, before, after):
        set_last(row, after.viewer, find_last(after, row, message.position))


def mentions_anybody(message: Message) -> bool:
    """Return whether the message mentions anybody."""
    return message.at_all or message.at_accounts != NO_LIST


def says_mentions(message: Message) -> bool:
    """Return whether a message says for certain whom it mentions, so that no report adds to it."""
    return message.is_recalled or message_content.edited_mentions(message.edit) is not None


def as_changed(body: str, message: Message) -> str:
    """Return a viewer's copy of a message with its edit, or without its content if it is recalled or erased."""
    if message_content.is_erased(message.edit):
        erased = message_content.to_erased(orjson.loads(body), is_group=is_of_group(message.thread))
        return orjson.dumps(erased).decode()
    if message.is_recalled:
        return orjson.dumps(message_content.to_notice(orjson.loads(body), message.recalled_by)).decode()
    return orjson.dumps(message_content.with_edit(orjson.loads(body), message.edit)).decode() if message.edit else body


def is_newer_report(last_message: str, message: Message) -> bool:
    """Return whether the last message, as an app reported it, is a later state of the stored message."""
    if message.is_recalled or message.edit:
        return False
    return message_content.is_newer_state(orjson.loads(last_message), orjson.loads(message.body))


def _is_last_elsewhere(row: Conversation, after: ViewedMessage) -> bool:
    """Return whether the last message is this own one, to which the owner's app gave a later time than the server."""
    if row.last_message is None or after.message.sender != row.owner_id:
        return False
    return message_content.is_same_message(orjson.loads(row.last_message), orjson.loads(after.message.body))


def _is_lost(row: Conversation, before: ViewedMessage | None, after: ViewedMessage) -> bool:
    """Return whether a row loses its last message, which must not show any more.

    A message that an import or a report showed to a user who does not seem to be a member stays.
    """
    was_shown = before is not None and before.shows(row)
    return was_shown or after.viewer.sees(after.message)


def set_last(row: Conversation, viewer: Viewer, message: Message | None) -> None:
    """Make a message the row's last one, or clear the last one."""
    row.last_message = viewer.body(message) if message else None
    row.last_message_at = from_epoch_s(message.time_s) if message else None
    row.last_message_position = message.position if message else positions.NO_POSITION


def _set_mention(row: Conversation, position: str, at_type: AtType | None) -> None:
    if row.type != ConversationType.GROUP or (at_type is None and row.group_at_info == NO_AT_INFO):
        return
    entries = at_info.types_by_seq(row.group_at_info)
    seq = int(position)
    if at_type is None:
        entries.pop(seq, None)
    else:
        entries[seq] = int(at_type)
    row.group_at_info = at_info.to_json(entries)


def new_row(owner_id: str, type_: ConversationType, bare_id: str, *, erased_at_s: int = 0) -> Conversation:
    """Return an unsaved row for a conversation. Of an erased owner, it never shows messages of before the erasure.

    In a group the membership hides these: it was erased, too.
    """
    is_begun_again = erased_at_s and type_ == ConversationType.C2C
    hidden_to = positions.end_of_second(erased_at_s) if is_begun_again else positions.NO_POSITION
    return Conversation(
        owner_id=owner_id,
        conversation_id=identifiers.join(type_, bare_id),
        type=type_,
        group_type="", show_name="", face_url="", recv_opt=0, unread_count=0, last_message=None, last_message_at=None,
        last_message_position="", draft_text="", draft_timestamp=0, is_pinned=False, activity_key=0, group_at_info=NO_AT_INFO,
        marks=0, custom_data="", conversation_groups=0, c2c_read_timestamp=0, group_read_sequence=0, membership="member",
        is_claimed=False, imported_unread=0, imported_unread_position="", deleted_position=hidden_to,
        cleared_position=hidden_to, deleted_at=None, changed_by="", changed_at=None,
    )  # fmt: skip
