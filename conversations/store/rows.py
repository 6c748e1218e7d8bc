"""Read, insert and update conversation rows set-wise; each written row takes its owner's next version."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from conversations.choices import ChangedBy
from conversations.models import Conversation
from conversations.store import events, json_rows
from conversations.store.owners import LockedOwner, save_owners
from conversations.store.statements import Later, Rows, rows_later, rows_of, run_later

Key = tuple[str, str]  # owner ID, conversationID


KEY = ("owner_id", "conversation_id")
# Columns that every change writes.
STAMP = ("version", "changed_by", "changed_at")
# Columns that a message can change.
MESSAGE_COLUMNS = (
    "unread_count", "group_at_info", "last_message", "last_message_at", "last_message_position", "activity_key",
    "show_name", "face_url", "group_type", "membership", "is_claimed", "deleted_at", "created_version",
)  # fmt: skip
_UPDATED = (*MESSAGE_COLUMNS, "c2c_read_timestamp", "imported_unread", "imported_unread_position", *STAMP)
# A new row of an erased owner begins with these positions.
_WRITTEN = (*KEY, "type", "deleted_position", "cleared_position", *_UPDATED)
# Columns that messages neither change nor need are not read.
_NOT_READ = {"wire_head", "order_key", "draft_text", "custom_data", "created_at", "changed_at"}
_READ = [field.attname for field in Conversation._meta.concrete_fields if field.attname not in _NOT_READ]
# Columns that the database does not generate itself.
_INSERTED = [
    field.attname for field in Conversation._meta.concrete_fields if not (field.generated or field.attname == "created_at")
]
_table = Conversation._meta.db_table


def stamp(conversation: Conversation, owner: LockedOwner, by: ChangedBy) -> None:
    """Give a changed row its owner's next version, and note the cause."""
    conversation.version = owner.next_version()
    conversation.changed_by, conversation.changed_at = by.value, timezone.now()


def save_conversations(
    owner: LockedOwner, conversations: Sequence[Conversation], columns: Sequence[str], *, by: ChangedBy
) -> None:
    """Update these columns of changed rows, each under the owner's next version, and the owner.

    A single row's new `wire_head` comes with the next statement or the commit; of several rows, it is not read.
    """
    if not conversations:
        return
    columns = (*columns, *STAMP)
    for conversation in conversations:
        stamp(conversation, owner, by)
        if "created_version" in columns:  # begun again
            conversation.created_version = conversation.created_version or conversation.version
    if len(conversations) == 1:
        _update(conversations[0], columns)
    else:
        update_rows(conversations, columns)
    events.record(conversations, owner.group_names, by=by)
    save_owners([owner])


def _update(row: Conversation, columns: Sequence[str]) -> None:
    def read_wire_head(updated: Rows) -> None:
        # An answer with the row needs the generated column.
        for (wire_head,) in updated:
            row.wire_head = wire_head

    assignments = ", ".join(f"{column} = %s" for column in columns)
    sql = f"UPDATE {_table} SET {assignments} WHERE owner_id = %s AND conversation_id = %s RETURNING wire_head"
    (values,) = _values([row], columns)
    run_later(sql, [*values, row.owner_id, row.conversation_id], read_wire_head)


def insert_rows(owner: LockedOwner, rows: Sequence[Conversation], *, by: ChangedBy) -> None:
    """Insert new rows, each under the owner's next version, and save the owner."""
    if not rows:
        return
    for row in rows:
        stamp(row, owner, by)
        row.created_version = row.version
    _insert(rows)
    events.record(rows, owner.group_names, by=by)
    save_owners([owner])


def _insert(rows: Sequence[Conversation]) -> None:
    if not rows:
        return
    sql = f"INSERT INTO {_table} ({', '.join(_INSERTED)}) {json_rows.select(Conversation, _INSERTED)}"
    run_later(sql, [rows_as_json(rows, _INSERTED)])
    for row in rows:
        row._state.adding = False


def save_unlisted(owner: LockedOwner, rows: Sequence[Conversation], columns: Sequence[str], *, by: ChangedBy) -> None:
    """Write these columns of a locked owner's rows that are not in the list, and new rows whole, as unlisted ones.

    No client sees them, so they take no version. A row that never was in the list has version 0.
    """
    new, stored = [row for row in rows if row._state.adding], [row for row in rows if not row._state.adding]
    for row in new:
        row.deleted_at, row.version, row.created_version = timezone.now(), 0, 0
    _insert(new)
    update_rows(stored, columns)
    events.record(rows, owner.group_names, by=by)


def update_rows(rows: Sequence[Conversation], columns: Sequence[str]) -> None:
    """Update these columns of stored rows of any locked owners. One statement."""
    if not rows:
        return
    assignments = ", ".join(f"{column} = v.{column}" for column in columns)
    run_later(
        f"UPDATE {_table} SET {assignments} FROM ({json_rows.select(Conversation, (*KEY, *columns))}) AS v "
        f"WHERE {_table}.owner_id = v.owner_id AND {_table}.conversation_id = v.conversation_id"
        f"{json_rows.and_named(f'{_table}.owner_id')}",
        [rows_as_json(rows, (*KEY, *columns)), *json_rows.named_parameters(row.owner_id for row in rows)],
    )


def rows_as_json(rows: Sequence[Conversation], columns: Sequence[str]) -> str:
    """Return these columns of rows as the parameter of `json_rows`."""
    return json_rows.parameter(columns, _values(rows, columns))


def _values(rows: Iterable[Conversation], columns: Sequence[str]) -> Iterator[list[Any]]:
    adapt, of_row = connection.ops.adapt_datetimefield_value, attrgetter(*columns)
    times = [place for place, column in enumerate(columns) if column.endswith("_at")]
    for row in rows:
        values = list(of_row(row))
        for place in times:
            values[place] = values[place] and adapt(values[place])
        yield values


def count_pinned_later(owner_id: str) -> Later[int]:
    """Count the pinned conversations of the list, along with the next statement."""
    counted = rows_later(f"SELECT count(*) FROM {_table} WHERE owner_id = %s AND is_pinned AND deleted_at IS NULL", [owner_id])
    return lambda: int(counted()[0][0])


def stored_keys(keys: Iterable[Key]) -> list[Key]:
    """Return those of the keys that have a row, deleted or not, in their order. One query."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    sql = f"SELECT t.owner_id, t.conversation_id FROM {json_rows.of_keys(Conversation, KEY)}"
    return sorted((owner_id, id_) for owner_id, id_ in rows_of(sql, json_rows.keys_parameters(KEY, wanted)))


def read_rows(keys: Sequence[Key]) -> dict[Key, Conversation]:
    """Return the rows with these keys, deleted ones too. One query."""
    return read_rows_later(keys)()


def read_rows_later(keys: Sequence[Key]) -> Later[dict[Key, Conversation]]:
    """Read rows as `read_rows`, along with the next statement."""
    if not keys:
        return dict
    wanted = sorted(set(keys))
    if json_rows.are_few(wanted):
        found = rows_later(_read_few_sql(len(wanted)), [value for key in wanted for value in key])
    else:
        found = rows_later(_read_sql(), json_rows.keys_parameters(KEY, wanted))
    return lambda: _by_key(found())


def _by_key(rows: Rows) -> dict[Key, Conversation]:
    by_key, alias = {}, connection.alias
    for values in rows:
        row = Conversation.from_db(alias, _READ, values)
        row.last_message_at, row.deleted_at = _moment(row.last_message_at), _moment(row.deleted_at)
        by_key[row.owner_id, row.conversation_id] = row
    return by_key


def _moment(value: datetime | None) -> datetime | None:
    """Return a time from the database; SQLite stores no time zones."""
    return value and value.replace(tzinfo=UTC)


@cache
def _read_few_sql(count: int) -> str:
    return f"SELECT {', '.join(_READ)} FROM {_table} WHERE {' OR '.join(['(owner_id = %s AND conversation_id = %s)'] * count)}"


@cache
def _read_sql() -> str:
    return f"SELECT {', '.join(f't.{column}' for column in _READ)} FROM {json_rows.of_keys(Conversation, KEY)}"


def save_rows(owners: Mapping[str, LockedOwner], rows: Sequence[Conversation], *, by: ChangedBy) -> None:
    """Insert or update changed rows, each under its owner's next version, and the owners."""
    for row in rows:
        stamp(row, owners[row.owner_id], by)
        row.created_version = row.created_version or row.version
    write_rows(rows)
    events.record_visible(((row, owners[row.owner_id].group_names) for row in rows), by=by)
    save_owners(owners.values())


def write_rows(rows: Sequence[Conversation]) -> None:
    """Insert or update rows as they are. One statement."""
    if not rows:
        return
    if json_rows.are_few(rows):
        run_later(_write_few_sql(len(rows)), list(chain.from_iterable(_values(rows, _WRITTEN))))
    else:
        run_later(_write_sql(), [rows_as_json(rows, _WRITTEN)])


@cache
def _write_few_sql(count: int) -> str:
    row = f"({', '.join(['%s'] * len(_WRITTEN))})"
    return _upsert(f"VALUES {', '.join([row] * count)}")


@cache
def _write_sql() -> str:
    return _upsert(f"{json_rows.select(Conversation, _WRITTEN)} WHERE true")


def _upsert(source: str) -> str:
    updates = ", ".join(f"{column} = EXCLUDED.{column}" for column in _UPDATED)
    conflict = f"ON CONFLICT (owner_id, conversation_id) DO UPDATE SET {updates}"
    return f"INSERT INTO {_table} ({', '.join(_WRITTEN)}) {source} {conflict}"
