"""A conversation that came in: checked, normalised, in the types of the columns."""

from datetime import datetime
from typing import NamedTuple, Protocol, Self

from conversations import positions
from conversations.choices import ConversationType
from conversations.formats import at_info


class ReadPosition(Protocol):
    """Anything with a read position: an entry, or a stored row."""

    @property
    def c2c_read_timestamp(self) -> int: ...
    @property
    def group_read_sequence(self) -> int: ...


class DeletedPositions(Protocol):
    """Anything that stores up to which position its owner deleted and cleared."""

    @property
    def deleted_position(self) -> str: ...
    @property
    def cleared_position(self) -> str: ...


class Entry(NamedTuple):
    """The columns of a conversation, and the names of its conversation groups."""

    conversation_id: str
    type: int
    group_type: str
    show_name: str
    face_url: str
    recv_opt: int
    unread_count: int
    last_message: str | None
    last_message_at: datetime | None
    last_message_position: str
    draft_text: str
    draft_timestamp: int
    is_pinned: bool
    activity_key: int
    group_at_info: str
    marks: int
    custom_data: str
    c2c_read_timestamp: int
    group_read_sequence: int
    is_claimed: bool  # a group's, that its owner's app reported without proof of membership
    group_names: tuple[str, ...]  # last, because it alone is no column

    @property
    def order_key(self) -> int:
        """The place in the list, as the database generates it from the columns."""
        return max(self.activity_key, self.draft_timestamp * 1_000_000 if self.draft_text else 0)

    def with_read_position_of(self, other: ReadPosition) -> Self:
        """Return the entry with the later of both read positions. Unread and mentions shrink to the messages after it."""
        c2c_read = max(self.c2c_read_timestamp, other.c2c_read_timestamp)
        group_read = max(self.group_read_sequence, other.group_read_sequence)
        if (c2c_read, group_read) == (self.c2c_read_timestamp, self.group_read_sequence):
            return self
        limit = positions.unread_at_most(self.last_message_position, self.type, c2c_read, group_read)
        return self._replace(
            unread_count=self.unread_count if limit is None else min(self.unread_count, limit),
            group_at_info=at_info.after(self.group_at_info, group_read),
            c2c_read_timestamp=c2c_read,
            group_read_sequence=group_read,
        )

    def without_cleared(self, stored: DeletedPositions) -> Self:
        """Return the entry without the messages that its owner deleted or cleared, their unread count and mentions."""
        removed_to = max(stored.deleted_position, stored.cleared_position)
        if not removed_to:
            return self
        entry = self
        if entry.last_message_position <= removed_to:
            entry = entry._replace(unread_count=0)
        if entry.last_message_position <= stored.cleared_position:
            entry = entry._replace(last_message=None, last_message_at=None, last_message_position=positions.NO_POSITION)
        if entry.type == ConversationType.GROUP:
            removed_seq = int(removed_to)
            limit = max(0, int(entry.last_message_position or 0) - removed_seq)
            mentions = at_info.after(entry.group_at_info, removed_seq)
            entry = entry._replace(unread_count=min(entry.unread_count, limit), group_at_info=mentions)
        return entry
