"""One owner's conversation while changed messages and memberships are applied to it."""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.utils import timezone

from conversations import identifiers
from conversations.models import Conversation, Message
from conversations.positions import NO_POSITION
from conversations.store import message_reads
from conversations.store.display_profiles import DisplayProfile
from conversations.store.messages import Change
from conversations.store.rows import MESSAGE_COLUMNS
from conversations.store.threads import is_pruned
from conversations.times import to_epoch_us
from conversations.unread import rules
from conversations.unread.last_message import newest_shown
from conversations.unread.rules import ViewedMessage, Viewer

# Of a row that has just been listed: it gets the number under which it is saved.
NOT_YET = 0
_message_columns = attrgetter(*MESSAGE_COLUMNS)


@dataclass(slots=True)
class RowUpdate:
    """A row, stored or new, with its owner as the viewer of messages before and after the change.

    `before` and `after` are the same object unless the owner's membership or the group's type has changed.
    """

    row: Conversation
    before: Viewer
    after: Viewer
    profile: DisplayProfile
    _columns_before: tuple[Any, ...] = field(init=False)
    _was_listed: bool = field(init=False)
    _hidden_order_keys: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._columns_before, self._was_listed = self._columns(), self.row.is_listed

    @property
    def is_changed(self) -> bool:
        """Return whether the row is to be saved: a row that neither was nor is in the list is not."""
        return (self._was_listed or self.row.is_listed) and self._columns() != self._columns_before

    @property
    def has_other_visibility(self) -> bool:
        """Return whether the owner may see other messages than before."""
        return self.before is not self.after

    @property
    def may_be_unlisted(self) -> bool:
        """Return whether the row may lose its place: other visibility, and nothing but stored messages accounts for it."""
        is_imported = self.after.membership.is_listed or self.row.imported_unread or self.row.imported_unread_position
        return self.has_other_visibility and not is_imported

    def apply_message(self, change: Change) -> None:
        """Apply a change of one message. A visible message lists the conversation, also after a deletion."""
        message = change.after
        if not self.row.is_listed:
            if message.body is None or not self.after.sees(message) or message.position <= self.row.deleted_position:
                return
            self._list()
        before = None if change.before is None else ViewedMessage(self.before, change.before)
        rules.apply(self.row, before, ViewedMessage(self.after, message), _newest_shown)

    def apply_membership(self) -> None:
        """Show whether the owner is a member now. Joining lists the conversation and moves it up."""
        row, joined_key = self.row, self.after.joined_key
        if row.is_claimed:
            self._show_profile()
        row.membership = self.after.membership.now()
        if not joined_key or (row.is_listed and joined_key <= row.activity_key):
            return
        if not row.is_listed:
            # A later deletion stands. A row without an order key was never in the list, or `unlist_if_hidden` deleted it.
            if row.activity_key and row.deleted_at and joined_key <= to_epoch_us(row.deleted_at):
                return
            self._list()
        row.activity_key = max(row.activity_key, joined_key)

    def apply_group_type(self) -> None:
        """Show the group's type."""
        self.row.group_type = self.after.group_type or self.row.group_type

    def note_if_hidden(self, message: Message) -> None:
        """Note the order key of a message that the owner saw before and sees no longer."""
        if message.body is None or (order_key := rules.order_key(message, self.row)) < self.row.activity_key:
            return  # The row's order key comes from another message.
        if self.before.sees(message) and not self.after.sees(message):
            self._hidden_order_keys.add(order_key)

    def unlist_if_hidden(self, thread: str) -> None:
        """Undo the order key of hidden messages or of an undone joining; delete the row if its owner sees nothing else."""
        undone = self._hidden_order_keys | ({self.before.joined_key} - {self.after.joined_key, 0})
        if not self.may_be_unlisted or self.row.activity_key not in undone:
            return
        order_key = max(self._newest_visible_order_key(thread), self.after.joined_key)
        if not order_key and is_pruned(thread):
            return  # A message that was removed for its age may have listed it.
        self.row.activity_key = order_key
        if not order_key:
            self.row.deleted_at = timezone.now()

    def _newest_visible_order_key(self, thread: str) -> int:
        stored = message_reads.outlines(thread, NO_POSITION)
        visible = (message for message in stored if message.body is not None and self.after.sees(message))
        return max((rules.order_key(message, self.row) for message in visible), default=0)

    def _list(self) -> None:
        row = self.row
        row.deleted_at, row.created_version = None, NOT_YET
        self._show_profile()
        self.apply_group_type()
        row._state.adding = False

    def _show_profile(self) -> None:
        """Show the name and avatar. A group shows its own to members only, so the row is no claim any more."""
        row, bare_id = self.row, identifiers.split(self.row.conversation_id)[1]
        row.show_name = self.profile.name or row.show_name or bare_id
        row.face_url = self.profile.face_url or row.face_url
        row.is_claimed = False

    def _columns(self) -> tuple[Any, ...]:
        return tuple(_message_columns(self.row))


def _newest_shown(viewed: ViewedMessage, row: Conversation, before: str | None) -> Message | None:
    """Return the newest stored message that shows in the row, before a position or of all."""
    return newest_shown(row, viewed.viewer, viewed.message.thread, before=before)
