"""The hot reads: one statement each, or with filters two, from row to JSON.

The statements are the querysets' own, compiled once and joined with the owner's row, so that the list's sync token and
conversation group names come from the same snapshot as the rows. `using` is the alias of the database that is asked: a
replica may show an older version.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Exists, Value

from conversations.lists import conversation_texts, query_plans, raw_rows
from conversations.lists.conversation_texts import BETWEEN, ConversationText, join_rows
from conversations.lists.cursors import Cursor
from conversations.lists.pages import SEARCHED_ROWS
from conversations.lists.raw_rows import RawRows
from conversations.models import Conversation, Owner
from conversations.models.lookups import array_parameter
from conversations.models.querysets import ConversationQuerySet
from conversations.models.statements import Parameter, Statement
from conversations.sync_tokens import NEVER_SEEN, SyncToken

OWNER_TABLE = Owner._meta.db_table

# What every result begins with. It has one row, or none for an unknown owner.
OWNER_COLUMNS = ("epoch", "version", "group_names")
_EPOCH, _VERSION, _GROUP_NAMES, _TEXTS, _IDS = range(5)

# No text in JSON holds a quote without a backslash before it.
_place = re.compile(rb'{"conversationID":("(?:[^"\\]|\\.)*").*?"isPinned":(true|false),"orderkey":(\d+)', re.DOTALL).match

# Some 5 MB.
MAX_KNOWN_TOTALS = 10_000
# By the list's sync token, and the statement with its values, in which the owner is.
_TOTALS = tuple(Conversation.objects.totals())
_known_totals: dict[tuple[str, str, str], tuple[str, dict[str, int]]] = {}


class Snapshot(NamedTuple):
    """Conversations as JSON by ID, and the sync token of the list they were read from."""

    token: str
    conversations: dict[bytes, bytes]


class Page(NamedTuple):
    """Conversations as JSON in display order, the sync token of the list, and where the next page starts."""

    token: str
    conversations: list[bytes]
    next: Cursor | None = None


def sync_token(owner_id: str, *, using: str = DEFAULT_DB_ALIAS) -> str:
    """Return the token of the owner's list as it is now."""
    sql = f"SELECT o.epoch, o.version FROM {OWNER_TABLE} o WHERE o.owner_id = %s"
    return _token(raw_rows.fetch(sql, [owner_id], using=using))


def group_names(owner_id: str) -> tuple[str, str]:
    """Return the sync token, and the names of the owner's conversation groups as stored JSON."""
    rows = raw_rows.fetch(f"SELECT o.epoch, o.version, o.group_names FROM {OWNER_TABLE} o WHERE o.owner_id = %s", [owner_id])
    return _token(rows), rows.value(0, _GROUP_NAMES).decode() if rows.count else "[]"


def lookup(owner_id: str, conversation_ids: Sequence[str], *, extra: bool = False, using: str = DEFAULT_DB_ALIAS) -> Snapshot:
    """Return the conversations of these IDs that exist, in no particular order."""
    # PostgreSQL takes NUL in no parameter, and no ID holds it.
    conversation_ids = [conversation_id for conversation_id in conversation_ids if "\0" not in conversation_id]
    if len(conversation_ids) == 1:
        statement, wanted = _single_statement(extra), conversation_ids[0]
    else:
        statement, wanted = _lookup_statement(extra), array_parameter(conversation_ids)
    rows = raw_rows.fetch(statement.sql, statement.filled_in(owner_id=owner_id, wanted=wanted), using=using)
    conversations = _conversations(rows)
    ids = rows.value(0, _IDS).split(BETWEEN.encode()) if conversations else []
    return Snapshot(_token(rows), dict(zip(ids, conversations)))


def page(owner_id: str, after: Cursor | None, count: int, *, extra: bool = False, using: str = DEFAULT_DB_ALIAS) -> Page:
    """Return the `count` conversations of the whole list that follow `after`, or the first ones, in display order."""
    statement = _whole_list_statement(after and after.is_pinned, count, extra)
    place = after._asdict() if after else {}
    rows = raw_rows.fetch(statement.sql, statement.filled_in(owner_id=owner_id, **place), using=using)
    return _page(rows, count)


def selected_page(
    conversations: ConversationQuerySet, owner_id: str, count: int, *, extra: bool = False, using: str = DEFAULT_DB_ALIAS
) -> Page:
    """Return the first `count` of `conversations`, all of this owner, in display order."""
    statement = _page_statement(conversations, count, extra)
    with query_plans.planned_per_query(using):
        return _page(raw_rows.fetch(statement.sql, statement.filled_in(owner_id=owner_id), using=using), count)


def searched_page(
    matching: ConversationQuerySet,
    owner_id: str,
    after: Cursor | None,
    count: int,
    *,
    extra: bool = False,
    using: str = DEFAULT_DB_ALIAS,
) -> Page:
    """As `selected_page` of the rows after `after`, but look at no more than the next SEARCHED_ROWS unpinned ones.

    The page may then hold few rows, or none, and not be the last. Two statements.
    """
    following = matching.after(**after._asdict()) if after else matching
    is_past_pinned = after is not None and not after.is_pinned
    end = _end_of_search(owner_id, after if is_past_pinned else None, using)
    if end is None:
        return selected_page(following, owner_id, count, extra=extra, using=using)
    # Each part is one index range; together they would be none.
    parts = [] if is_past_pinned else [following.filter(is_pinned=True)]
    parts.append(following.unpinned_up_to(order_key=end.order_key, conversation_id=end.conversation_id))
    statement = _joined_parts(parts, count, extra)
    with query_plans.planned_per_query(using):
        page = _page(raw_rows.fetch(statement.sql, statement.filled_in(owner_id=owner_id), using=using), count)
    return page if page.next else page._replace(next=end)


def _end_of_search(owner_id: str, after: Cursor | None, using: str) -> Cursor | None:
    """Return the last of the SEARCHED_ROWS unpinned rows after an unpinned one, or of all; None if the list ends there."""
    statement = _end_statement(after is not None)
    place = after._asdict() if after else {}
    rows = raw_rows.fetch(statement.sql, statement.filled_in(owner_id=owner_id, **place), using=using)
    return Cursor(False, int(rows.value(0, 0)), rows.value(0, 1).decode()) if rows.count == 2 else None


def totals(
    conversations: ConversationQuerySet, owner_id: str, token: str | None = None, *, using: str = DEFAULT_DB_ALIAS
) -> tuple[str, dict[str, int]]:
    """Return the sync token and the totals of `conversations`, all of this owner.

    Totals of a long list take a fifth of a second, and those of a version stay as they are: they are remembered, by the version
    that came with them from the same statement. So those of a replica that is behind stand for that older version only. `token`
    is the list's token if it was just read; otherwise it is read here.
    """
    return _known_or_read(_totals_statement(conversations), owner_id, token, using)


def whole_totals(owner_id: str, token: str | None = None, *, using: str = DEFAULT_DB_ALIAS) -> tuple[str, dict[str, int]]:
    """Return the same of the whole list. Its statement is compiled once."""
    return _known_or_read(_whole_totals_statement(), owner_id, token, using)


def _known_or_read(statement: Statement, owner_id: str, token: str | None, using: str) -> tuple[str, dict[str, int]]:
    parameters = statement.filled_in(owner_id=owner_id)
    if connections[using].in_atomic_block:  # what it reads may never be committed
        return _read_totals(statement, parameters, using)
    question = statement.sql, repr(parameters)
    if (known := _known_totals.get((token or sync_token(owner_id, using=using), *question))) is not None:
        return known
    token, counts = _read_totals(statement, parameters, using)
    if len(_known_totals) >= MAX_KNOWN_TOTALS:
        _known_totals.clear()
    _known_totals[token, *question] = token, counts
    return token, counts


def _read_totals(statement: Statement, parameters: list[Any], using: str) -> tuple[str, dict[str, int]]:
    rows = raw_rows.fetch(statement.sql, parameters, using=using)
    columns = enumerate(_TOTALS, len(OWNER_COLUMNS))
    return _token(rows), {name: int(rows.value(0, column) or 0) if rows.count else 0 for column, name in columns}


# ---- Statements --------------------------------------------------------------------------------


@cache
def _whole_totals_statement() -> Statement:
    return _totals_statement(_whole_list())


def _totals_statement(conversations: ConversationQuerySet) -> Statement:
    aggregates = conversations.totals()
    # Grouped by a constant, so that no rows give no row of totals and not one of nulls.
    counted = conversations.counted().order_by().values(group=Value(1)).annotate(**aggregates).values(*aggregates)
    return _joined_with_owner(Statement.of(counted))


@lru_cache(maxsize=2)
def _single_statement(extra: bool) -> Statement:
    return _found_statement(_whole_list().filter(conversation_id=Parameter("wanted")), extra)


@lru_cache(maxsize=2)
def _lookup_statement(extra: bool) -> Statement:
    return _found_statement(_whole_list().any_of(Parameter("wanted")), extra)


def _found_statement(conversations: ConversationQuerySet, extra: bool) -> Statement:
    rows = conversations.values("conversation_id", text=ConversationText(extra=extra))
    return _joined_with_owner(join_rows(Statement.of(rows), "text", "conversation_id"))


@lru_cache(maxsize=1024)
def _whole_list_statement(is_pinned: bool | None, count: int, extra: bool) -> Statement:
    """Compile the first page, or the page after a row that is pinned or not."""
    conversations = _whole_list()
    if is_pinned is not None:
        order_key, conversation_id = Parameter("order_key"), Parameter("conversation_id")
        conversations = conversations.after(is_pinned=is_pinned, order_key=order_key, conversation_id=conversation_id)
    return _page_statement(conversations, count, extra)


@lru_cache(maxsize=2)
def _end_statement(is_after: bool) -> Statement:
    # Each row of a list has a version of its own: without so many versions, the list is short.
    is_long = Owner.objects.filter(owner_id=Parameter("owner_id"), version__gt=SEARCHED_ROWS)
    rows = _whole_list().filter(Exists(is_long), is_pinned=False)
    if is_after:
        order_key, conversation_id = Parameter("order_key"), Parameter("conversation_id")
        rows = rows.after(is_pinned=False, order_key=order_key, conversation_id=conversation_id)
    last_two = rows.in_display_order()[SEARCHED_ROWS - 1 : SEARCHED_ROWS + 1]
    return Statement.of(last_two.values_list("order_key", "conversation_id"))


def _joined_parts(parts: Sequence[ConversationQuerySet], count: int, extra: bool) -> Statement:
    order = ("is_pinned", "order_key", "conversation_id")
    rows = (part.in_display_order()[: count + 1].values(*order, text=ConversationText(extra=extra)) for part in parts)
    statements = [Statement.of(part) for part in rows]
    sql = " UNION ALL ".join(f"SELECT * FROM ({statement.sql}) AS part{n}" for n, statement in enumerate(statements))
    parameters = tuple(chain.from_iterable(statement.parameters for statement in statements))
    sql = f"SELECT * FROM ({sql}) AS parts ORDER BY is_pinned DESC, order_key DESC, conversation_id LIMIT {count + 1}"
    return _joined_with_owner(join_rows(Statement(sql, parameters), "text"))


def _page_statement(conversations: ConversationQuerySet, count: int, extra: bool) -> Statement:
    # One row more than asked for shows whether there is a next page.
    rows = conversations.in_display_order()[: count + 1].values(text=ConversationText(extra=extra))
    return _joined_with_owner(join_rows(Statement.of(rows), "text"))


def _whole_list() -> ConversationQuerySet:
    return Conversation.objects.for_owner(Parameter("owner_id"))


def _joined_with_owner(rows: Statement) -> Statement:
    """Put the owner's columns before those of the row. An unknown owner gives no row."""
    owner_columns = ", ".join(f"o.{column}" for column in OWNER_COLUMNS)
    return Statement(
        f"SELECT {owner_columns}, c.* FROM {OWNER_TABLE} o LEFT JOIN ({rows.sql}) c ON 1 = 1 WHERE o.owner_id = %s",
        (*rows.parameters, Parameter("owner_id")),
    )


# ---- Results -----------------------------------------------------------------------------------


def _page(rows: RawRows, count: int) -> Page:
    conversations = _conversations(rows)
    if len(conversations) <= count:
        return Page(_token(rows), conversations)
    return Page(_token(rows), conversations[:count], _place_of(conversations[count - 1]))


def _place_of(conversation: bytes) -> Cursor:
    """Return the place of a row by its `wire_head`; what follows that may be damaged."""
    conversation_id, is_pinned, order_key = _place(conversation).groups()  # type: ignore[union-attr]
    return Cursor(is_pinned == b"true", int(order_key), orjson.loads(conversation_id))


def _conversations(rows: RawRows) -> list[bytes]:
    text = rows.value(0, _TEXTS) if rows.count else None
    return conversation_texts.split(text, rows.value(0, _GROUP_NAMES)) if text else []


def _token(rows: RawRows) -> str:
    return str(SyncToken(int(rows.value(0, _EPOCH)), int(rows.value(0, _VERSION)))) if rows.count else NEVER_SEEN
