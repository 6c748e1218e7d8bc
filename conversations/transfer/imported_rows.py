"""The rows that an import of conversations reads and writes, set-wise. Their owners are locked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from conversations import positions
from conversations.choices import ChangedBy, Membership
from conversations.formats.entries import Entry
from conversations.models import Conversation
from conversations.store import json_rows
from conversations.store.owners import LockedOwner
from conversations.store.rows import KEY

Pair = tuple[str, str]  # owner ID and conversation ID

COLUMNS = (
    "owner_id",
    *Entry._fields[:-1],
    "conversation_groups",
    "membership", "imported_unread", "imported_unread_position", "deleted_position", "cleared_position", "version",
    "changed_by", "changed_at", "created_version", "created_at",
)  # fmt: skip
_MOMENTS = ("last_message_at", "changed_at", "created_at")
_OWNER_ID, _CONVERSATION_ID, _VERSION = (COLUMNS.index(name) for name in ("owner_id", "conversation_id", "version"))
_MEMBER, _IMPORT = Membership.MEMBER.value, ChangedBy.IMPORT.value
_TABLE = Conversation._meta.db_table


class StoredRow(NamedTuple):
    """The columns of an existing row that decide whether it is replaced, and those that its replacement keeps."""

    order_key: int
    is_deleted: bool
    is_claimed: bool
    recv_opt: int
    deleted_position: str
    cleared_position: str
    c2c_read_timestamp: int
    group_read_sequence: int
    membership: str
    created_version: int
    created_at: datetime

    @property
    def was_never_listed(self) -> bool:
        """Return whether the row is there only for a setting or a read position."""
        return not self.created_version


def row_values(entry: Entry, stored: StoredRow | None, owner: LockedOwner, now: datetime) -> tuple[Any, ...]:
    """Return the values of COLUMNS. The replacement of a stored row keeps its columns that no entry has.

    Raises ConversationError if the owner has no room for the entry's conversation groups.
    """
    bits = owner.group_bits(entry.group_names) if entry.group_names else 0
    version = owner.next_version()
    if stored:
        entry = entry.with_read_position_of(stored).without_cleared(stored)
        if stored.was_never_listed and not entry.recv_opt:
            entry = entry._replace(recv_opt=stored.recv_opt)
    is_new = stored is None or stored.is_deleted
    return (
        owner.owner_id,
        *entry[:-1],
        bits,
        stored.membership if stored else _MEMBER,
        entry.unread_count,
        entry.last_message_position,
        stored.deleted_position if stored else positions.NO_POSITION,
        stored.cleared_position if stored else positions.NO_POSITION,
        version,
        _IMPORT,
        now,
        version if is_new else stored.created_version,
        now if is_new else stored.created_at,
    )


def stored_rows(pairs: Iterable[Pair]) -> dict[Pair, StoredRow]:
    """Return the stored rows of these conversations."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.owner_id, t.conversation_id, t.order_key, t.deleted_at IS NOT NULL, t.is_claimed, "
            "t.recv_opt, t.deleted_position, t.cleared_position, t.c2c_read_timestamp, t.group_read_sequence, t.membership, "
            "t.created_version, t.created_at "
            f"FROM {json_rows.of_keys(Conversation, KEY)}",
            json_rows.keys_parameters(KEY, pairs),
        )
        return {row[:2]: StoredRow(*row[2:]) for row in cursor.fetchall()}


def key_and_version(row: tuple[Any, ...]) -> tuple[str, str, int]:
    """Return the owner ID, the conversationID and the version in the values of COLUMNS."""
    return row[_OWNER_ID], row[_CONVERSATION_ID], row[_VERSION]


def delete(pairs: Sequence[Pair]) -> None:
    """Delete rows."""
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {_TABLE} WHERE owner_id = %s AND conversation_id = %s", pairs)


def insert(rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of COLUMNS, with COPY on PostgreSQL."""
    if not rows:
        return
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # No other process can insert rows of a locked owner, so COPY needs no ON CONFLICT.
            with cursor.copy(f"COPY {_TABLE} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            indexes = [COLUMNS.index(name) for name in _MOMENTS]
            values = [_with_adapted_moments(row, indexes) for row in rows]
            cursor.executemany(f"INSERT INTO {_TABLE} ({columns}) VALUES ({', '.join(['%s'] * len(COLUMNS))})", values)


def _with_adapted_moments(row: tuple[Any, ...], indexes: list[int]) -> list[Any]:
    values = list(row)
    for index in indexes:
        values[index] = connection.ops.adapt_datetimefield_value(values[index])
    return values
