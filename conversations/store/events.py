"""Record what happened to conversations besides their messages, in the transaction that changes them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any

import orjson

from conversations import acting, positions
from conversations.choices import ChangedBy
from conversations.formats import marks
from conversations.models import Conversation, ConversationEvent
from conversations.store import json_rows, statements
from conversations.times import now_us

# These leave a message, which shows the change.
MESSAGE_KINDS = frozenset((ChangedBy.MESSAGE, ChangedBy.RECALL, ChangedBy.EDIT))
NO_CHANGES = "{}"
KEY = ("owner_id", "conversation_id")
COLUMNS = (*KEY, "time_us", "version", "kind", "changes", "actor")
Values = tuple[str, str, int, int, str, str, str]

_table = ConversationEvent._meta.db_table
_last_us, _clock = 0, Lock()


def _as_is(value: Any, row: Conversation, names: Sequence[str | None]) -> Any:
    return value


def _flag(value: Any, row: Conversation, names: Sequence[str | None]) -> bool:
    return bool(value)


def _marks(value: Any, row: Conversation, names: Sequence[str | None]) -> list[int]:
    return marks.mark_list(value or 0)


def _entries(value: Any, row: Conversation, names: Sequence[str | None]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    with suppress(ValueError):  # from a damaged row, which is being repaired
        entries = orjson.loads(value or "[]")
    return entries


def _group_names(value: Any, row: Conversation, names: Sequence[str | None]) -> list[str]:
    return [name for bit, name in enumerate(names) if name and (value or 0) >> bit & 1]


def _in_read_units(value: Any, row: Conversation, names: Sequence[str | None]) -> int:
    return positions.in_read_units(value or positions.NO_POSITION, row.type)


# The columns whose values before and after are recorded: the field's name, in the SDK's words where it has one, and its value.
# Of a draft only whether there is one, since people have not sent it.
FIELDS: dict[str, tuple[str, Callable[[Any, Conversation, Sequence[str | None]], Any]]] = {
    "is_pinned": ("isPinned", _flag),
    "recv_opt": ("recvOpt", _as_is),
    "marks": ("markList", _marks),
    "custom_data": ("customData", _as_is),
    "conversation_groups": ("conversationGroupList", _group_names),
    "draft_text": ("hasDraft", _flag),
    "unread_count": ("unreadCount", _as_is),
    "imported_unread": ("importedUnread", _as_is),
    "group_at_info": ("groupAtInfoList", _entries),
    "group_read_sequence": ("groupReadSequence", _as_is),
    "c2c_read_timestamp": ("c2cReadTimestamp", _as_is),
    "membership": ("membership", _as_is),
    "deleted_at": ("isDeleted", _flag),
    "cleared_position": ("clearedUpTo", _in_read_units),
}


# A new row has these, and they say nothing.
OF_NO_NEW_ROW = frozenset(("membership", "deleted_at"))


def record(rows: Iterable[Conversation], names: Sequence[str | None], *, by: ChangedBy) -> None:
    """Record an action on these rows; `names` are the owner's conversation groups by bit. One statement."""
    if by not in MESSAGE_KINDS:
        insert([_values(row, changes_of(row, names), by) for row in rows])


def record_visible(rows: Iterable[tuple[Conversation, Sequence[str | None]]], *, by: ChangedBy) -> None:
    """Record a change of many owners' rows, each with the names of the owner's groups: new ones, and where a field differs."""
    if by not in MESSAGE_KINDS:
        changed = ((row, not row.loaded, changes_of(row, names)) for row, names in rows)
        insert([_values(row, changes, by) for row, is_new, changes in changed if changes or is_new])


def record_names(conversation_id: str, owner_ids: Iterable[str]) -> None:
    """Record that these owners' rows of a conversation have a new name or avatar, not which. One statement."""
    keys = json_rows.keys_parameters(KEY, [(owner_id, conversation_id) for owner_id in owner_ids])
    statements.run_later(
        f"INSERT INTO {_table} ({', '.join(COLUMNS)}) "
        f"SELECT t.owner_id, t.conversation_id, %s, t.version, %s, %s, %s FROM {json_rows.of_keys(Conversation, KEY)} "
        "WHERE true ON CONFLICT DO NOTHING",
        [_next_us(), ChangedBy.NAME.value, NO_CHANGES, acting.current(), *keys],
    )


def imported(owner_id: str, conversation_id: str, version: int) -> Values:
    """Return the event of an imported conversation."""
    return owner_id, conversation_id, _next_us(), version, ChangedBy.IMPORT.value, NO_CHANGES, acting.current()


def insert(events: Sequence[Values]) -> None:
    """Insert events. A time that is there already, as after the clock was set back, costs the event and not the change."""
    if len(events) == 1:
        statements.run_later(_one_sql(), events[0])
    elif events:
        statements.run_later(_many_sql(), [json_rows.parameter(COLUMNS, events)])


def changes_of(row: Conversation, names: Sequence[str | None]) -> dict[str, list[Any]]:
    """Return the recorded fields of a row that differ from what was read, before and after; None before for a new row."""
    is_new, changes = not row.loaded, {}
    for column, (field, value_of) in FIELDS.items():
        if column not in row.__dict__:  # not read, so not changed
            continue
        # Of rows in a list, the time of the deletion is not read: there is none.
        before, after = row.loaded.get(column), getattr(row, column)
        if before != after and not (is_new and column in OF_NO_NEW_ROW):
            values = [None if is_new else value_of(before, row, names), value_of(after, row, names)]
            if values[0] != values[1] and not (is_new and not values[1]):
                changes[field] = values
        row.loaded[column] = after
    return changes


def _values(row: Conversation, changes: dict[str, list[Any]], by: ChangedBy) -> Values:
    text = orjson.dumps(changes).decode() if changes else NO_CHANGES
    return row.owner_id, row.conversation_id, _next_us(), row.version, by.value, text, acting.current()


def _next_us() -> int:
    """Return the time, later than any that this process gave out."""
    global _last_us
    with _clock:
        _last_us = max(_last_us + 1, now_us())
        return _last_us


@cache
def _one_sql() -> str:
    values = ", ".join(["%s"] * len(COLUMNS))
    return f"INSERT INTO {_table} ({', '.join(COLUMNS)}) VALUES ({values}) ON CONFLICT DO NOTHING"


@cache
def _many_sql() -> str:
    selected = json_rows.select(ConversationEvent, COLUMNS)
    return f"INSERT INTO {_table} ({', '.join(COLUMNS)}) {selected} WHERE true ON CONFLICT DO NOTHING"
