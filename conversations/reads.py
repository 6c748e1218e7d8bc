"""The hot reads: one statement each, from row to JSON.

The statements are the querysets' own, compiled once and wrapped so that the owner's feed token and conversation-group names
come from the same snapshot as the rows.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet, Value

from conversations import wire
from conversations.models import Conversation, Owner
from conversations.paging import Cursor
from conversations.querysets import array_parameter

SHOWN = ("conversation_id", "wire_head", "last_message", "marks", "conversation_groups")
ALSO_SHOWN = ("version", "membership")  # with extra=true
PLACE = ("is_pinned", "order_key")
OWNERS = Owner._meta.db_table
# Of an owner never seen: the token that means "from the start".
NEVER_SEEN = "0"


class Snapshot(NamedTuple):
    """Conversations as JSON by ID, the feed token of the list they were read from, and where the next page starts."""

    token: str
    conversations: dict[str, str]
    next: Cursor | None = None


def feed_token(owner_id: str) -> str:
    """`<epoch>.<version>`: which state of the owner's list this is; NEVER_SEEN if there is none."""
    return _token(_rows(f"SELECT o.epoch, o.version FROM {OWNERS} o WHERE o.owner_id = %s", [owner_id]))


def lookup(owner_id: str, conversation_ids: Sequence[str], *, extra: bool = False) -> Snapshot:
    """Those of the conversations that exist, in no order."""
    if len(conversation_ids) == 1:
        return _snapshot(_rows(_one_sql(extra), [owner_id, conversation_ids[0], owner_id]), extra)
    return _snapshot(_rows(_lookup_sql(extra), [owner_id, array_parameter(conversation_ids), owner_id]), extra)


def first_page(owner_id: str, count: int, *, extra: bool = False) -> Snapshot:
    """The first `count` conversations of the whole list, in display order."""
    return _page(_rows(_first_page_sql(count, extra), [owner_id, owner_id]), count, extra)


def page(conversations: QuerySet, owner_id: str, count: int, *, extra: bool = False) -> Snapshot:
    """The first `count` of `conversations`, all of this owner, in display order."""
    sql, parameters = _page_statement(conversations, count, extra)
    return _page(_rows(sql, [*parameters, owner_id]), count, extra)


def totals(conversations: QuerySet, owner_id: str) -> tuple[str, dict[str, int]]:
    """The feed token and the totals of `conversations`, all of this owner."""
    aggregates = conversations.totals()
    # Grouped by a constant: one row of totals, or none.
    counted = conversations.counted().order_by().values(one=Value(1)).annotate(**aggregates).values(*aggregates)
    sql, parameters = counted.query.sql_with_params()
    rows = _rows(_joined(sql), [*parameters, owner_id])
    counts = rows[0][3:] if rows else ()
    return _token(rows), dict.fromkeys(aggregates, 0) | {name: count or 0 for name, count in zip(aggregates, counts)}


@lru_cache(maxsize=2)
def _one_sql(extra: bool) -> str:
    return _with_owner(Conversation.objects.for_owner("").filter(conversation_id=""), _fields(extra))[0]


@lru_cache(maxsize=2)
def _lookup_sql(extra: bool) -> str:
    return _with_owner(Conversation.objects.for_owner("").any_of([]), _fields(extra))[0]


@lru_cache(maxsize=1024)
def _first_page_sql(count: int, extra: bool) -> str:
    return _page_statement(Conversation.objects.for_owner(""), count, extra)[0]


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


def _page(rows: list[tuple], count: int, extra: bool) -> Snapshot:
    if len(rows) <= count:
        return _snapshot(rows, extra)
    rows.pop()
    *_, is_pinned, order_key = last = rows[-1]
    return _snapshot(rows, extra)._replace(next=Cursor(bool(is_pinned), order_key, last[3]))


def _snapshot(rows: list[tuple], extra: bool) -> Snapshot:
    if not rows or rows[0][3] is None:
        return Snapshot(_token(rows), {})
    return Snapshot(
        _token(rows),
        {
            row[3]: wire.to_json(
                row[4], row[5], wire.marks_and_groups(row[6], row[7], row[2]), wire.extra_json(row[8], row[9]) if extra else ""
            )
            for row in rows
        },
    )


def _token(rows: list[tuple]) -> str:
    return f"{rows[0][0]}.{rows[0][1]}" if rows else NEVER_SEEN


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
