"""The hot reads: one statement each, from row to JSON.

The statements are the querysets' own, compiled once and wrapped so that the owner's feed token and conversation-group names
come from the same snapshot as the rows.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet, Value

from conversations.formats import conversation
from conversations.lists import query_plans
from conversations.lists.cursors import Cursor
from conversations.models import Conversation, Owner
from conversations.models.lookups import array_parameter

SHOWN = ("conversation_id", "wire_head", "last_message", "marks", "conversation_groups")
ALSO_SHOWN = ("version", "membership")  # with extra=true
PLACE = ("is_pinned", "order_key")
OWNERS = Owner._meta.db_table
FIRST = 3  # column of the first of these; before them are the owner's epoch, version and group names
TRUE = (b"t", b"1", b"True")
# Of an owner never seen: the token that means "from the start".
NEVER_SEEN = "0"


class Rows(NamedTuple):
    """A result as the text of its values, by row and column; None for NULL."""

    count: int
    value: Callable[[int, int], bytes | None]


class Snapshot(NamedTuple):
    """Conversations as JSON by ID, the feed token of the list they were read from, and where the next page starts."""

    token: str
    conversations: dict[bytes, bytes]
    next: Cursor | None = None


def sync_token(owner_id: str) -> str:
    """`<epoch>.<version>`: which state of the owner's list this is; NEVER_SEEN if there is none."""
    return _token(rows_of(f"SELECT o.epoch, o.version FROM {OWNERS} o WHERE o.owner_id = %s", [owner_id]))


def group_names(owner_id: str) -> tuple[str, str]:
    """The feed token, and the names of the owner's conversation groups, JSON as stored."""
    rows = rows_of(f"SELECT o.epoch, o.version, o.group_names FROM {OWNERS} o WHERE o.owner_id = %s", [owner_id])
    return _token(rows), rows.value(0, 2).decode() if rows.count else "[]"


def lookup(owner_id: str, conversation_ids: Sequence[str], *, extra: bool = False) -> Snapshot:
    """Those of the conversations that exist, in no order."""
    conversation_ids = [one for one in conversation_ids if "\0" not in one]  # PostgreSQL takes NUL in no parameter
    if len(conversation_ids) == 1:
        return _snapshot(rows_of(_one_sql(extra), [owner_id, conversation_ids[0], owner_id]), extra)
    return _snapshot(rows_of(_lookup_sql(extra), [owner_id, array_parameter(conversation_ids), owner_id]), extra)


def page(owner_id: str, after: Cursor | None, count: int, *, extra: bool = False) -> Snapshot:
    """The `count` conversations of the whole list that follow `after`, or the first ones, in display order."""
    sql, parameters = _whole_list_statement(after and after.is_pinned, count, extra)
    values = {_OWNER_ID: owner_id} | ({_ORDER_KEY: after.order_key, _CONVERSATION_ID: after.conversation_id} if after else {})
    return _page(rows_of(sql, [*(values[parameter] for parameter in parameters), owner_id]), count, extra)


def selected_page(conversations: QuerySet, owner_id: str, count: int, *, extra: bool = False) -> Snapshot:
    """The first `count` of `conversations`, all of this owner, in display order."""
    sql, parameters = _page_statement(conversations, count, extra)
    with query_plans.planned_per_query():
        return _page(rows_of(sql, [*parameters, owner_id]), count, extra)


def totals(conversations: QuerySet, owner_id: str) -> tuple[str, dict[str, int]]:
    """The feed token and the totals of `conversations`, all of this owner."""
    aggregates = conversations.totals()
    # Grouped by a constant: one row of totals, or none.
    counted = conversations.counted().order_by().values(one=Value(1)).annotate(**aggregates).values(*aggregates)
    sql, parameters = counted.query.sql_with_params()
    rows = rows_of(_joined(sql), [*parameters, owner_id])
    counts = {name: int(rows.value(0, FIRST + n) or 0) if rows.count else 0 for n, name in enumerate(aggregates)}
    return _token(rows), counts


@lru_cache(maxsize=2)
def _one_sql(extra: bool) -> str:
    return _with_owner(Conversation.objects.for_owner("").filter(conversation_id=""), _fields(extra))[0]


@lru_cache(maxsize=2)
def _lookup_sql(extra: bool) -> str:
    return _with_owner(Conversation.objects.for_owner("").any_of([]), _fields(extra))[0]


# Stand for a request's values in statements that are compiled once.
_OWNER_ID, _ORDER_KEY, _CONVERSATION_ID = "owner ID", -1, "conversation ID"


@lru_cache(maxsize=1024)
def _whole_list_statement(is_pinned: bool | None, count: int, extra: bool) -> tuple[str, Sequence[Any]]:
    """Of the first page, or of one after a row that is or is not pinned."""
    conversations = Conversation.objects.for_owner(_OWNER_ID)
    if is_pinned is not None:
        conversations = conversations.after(is_pinned=is_pinned, order_key=_ORDER_KEY, conversation_id=_CONVERSATION_ID)
    return _page_statement(conversations, count, extra)


def _page_statement(conversations: QuerySet, count: int, extra: bool) -> tuple[str, Sequence[Any]]:
    # One more than asked tells whether there is a next page.
    sql, parameters = _with_owner(conversations.in_display_order()[: count + 1], _fields(extra) + PLACE)
    return f"{sql} ORDER BY c.is_pinned DESC, c.order_key DESC, c.conversation_id", parameters


def _fields(extra: bool) -> tuple[str, ...]:
    return SHOWN + ALSO_SHOWN if extra else SHOWN


def _with_owner(conversations: QuerySet, fields: tuple[str, ...]) -> tuple[str, Sequence[Any]]:
    """The statement, whose parameters are the queryset's and then the owner; without the owner's row it finds nothing."""
    sql, parameters = conversations.values_list(*fields).query.sql_with_params()
    return _joined(sql), parameters


def _joined(sql: str) -> str:
    return f"SELECT o.epoch, o.version, o.group_names, c.* FROM {OWNERS} o LEFT JOIN ({sql}) c ON 1 = 1 WHERE o.owner_id = %s"


def _page(rows: Rows, count: int, extra: bool) -> Snapshot:
    shown = _snapshot(rows._replace(count=min(rows.count, count)), extra)
    if rows.count <= count:
        return shown
    is_pinned, order_key = (rows.value(count - 1, FIRST + len(_fields(extra)) + n) for n in range(len(PLACE)))
    last = Cursor(is_pinned in TRUE, int(order_key), rows.value(count - 1, FIRST).decode())
    return shown._replace(next=last)


def _snapshot(rows: Rows, extra: bool) -> Snapshot:
    value = rows.value
    if not rows.count or value(0, FIRST) is None:
        return Snapshot(_token(rows), {})
    names = value(0, 2)
    return Snapshot(
        _token(rows),
        {
            value(n, 3): conversation.to_json(
                value(n, 4),
                value(n, 5),
                middle(value(n, 6), value(n, 7), names),
                conversation.extra_json(int(value(n, 8)), value(n, 9).decode()) if extra else b"",
            )
            for n in range(rows.count)
        },
    )


@lru_cache(maxsize=4096)
def middle(marks: bytes, conversation_groups: bytes, group_names: bytes) -> bytes:
    """`wire.marks_and_groups()` of values as they come from the database."""
    return conversation.marks_and_groups(int(marks), int(conversation_groups), group_names.decode())


def _token(rows: Rows) -> str:
    return f"{int(rows.value(0, 0))}.{int(rows.value(0, 1))}" if rows.count else NEVER_SEEN


def rows_of(sql: str, parameters: Sequence[Any]) -> Rows:
    """A statement's result. Values are bytes: text, and numbers as text."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        if connection.vendor == "postgresql":
            # What the server sent, as it is: to decode it and encode it again took half of a lookup's time.
            return Rows(cursor.pgresult.ntuples, cursor.pgresult.get_value)
        rows = cursor.fetchall()
    return Rows(len(rows), lambda row, column: _to_bytes(rows[row][column]))


def _to_bytes(value: Any) -> bytes | None:
    return None if value is None else str(value).encode()
