"""A read's conversations as one text, put together by the database: Python then handles it as a whole, not value by value.

Left open in it are the marks and conversation groups of the rows that have any: they are numbers there, and need names. The
control characters that mark such a gap, or separate two conversations, never occur in JSON.
"""

from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler

from conversations.formats import conversation_json
from conversations.models.statements import Statement

BETWEEN, GAP = "\x1e", "\x1f"
NO_MARKS_OR_GROUPS = conversation_json.marks_and_groups_json(0, 0, "[]").decode()


class ConversationText(Func):
    """A row as the JSON of its conversation, which may have a gap."""

    output_field = TextField()

    def __init__(self, *, extra: bool = False):
        super().__init__("wire_head", "marks", "conversation_groups", "last_message", "version", "membership")
        self.has_extra = extra

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[()]]:
        columns = (compiler.compile(source)[0] for source in self.source_expressions)
        head, marks, groups, last_message, version, membership = columns
        marks_and_groups = (
            f"CASE WHEN {marks} = 0 AND {groups} = 0 THEN '{NO_MARKS_OR_GROUPS}' "
            f"ELSE '{GAP}' || {marks} || ' ' || {groups} || '{GAP}' END"
        )
        parts = [head, marks_and_groups, f"coalesce({last_message}, 'null')"]
        if self.has_extra:
            before, between, after = conversation_json.EXTRA.split("%s")
            parts += [f"'{before}'", version, f"'{between}'", membership, f"'{after}'"]
        return " || ".join((*parts, "'}'")), ()


def join_rows(rows: Statement, *columns: str) -> Statement:
    """Return the statement of one row with, for each column, the values of all rows in their order; null for none.

    Both databases keep the order of a sorted subquery in a query that does nothing else. So the owner is joined outside.
    """
    function = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    values = ", ".join(f"{function}(r.{column}, '{BETWEEN}')" for column in columns)
    return rows._replace(sql=f"SELECT {values} FROM ({rows.sql}) AS r")


def split(text: bytes, group_names: bytes) -> list[bytes]:
    """Return the conversations of such a value, without gaps."""
    return fill_gaps(text, group_names).split(BETWEEN.encode())


def fill_gaps(text: bytes, group_names: bytes) -> bytes:
    """Fill in the marks and conversation groups. `group_names` is the owner's, as JSON."""
    parts = text.split(GAP.encode())
    for place in range(1, len(parts), 2):
        parts[place] = _marks_and_groups(parts[place], group_names)
    return b"".join(parts)


@lru_cache(maxsize=4096)
def _marks_and_groups(numbers: bytes, group_names: bytes) -> bytes:
    marks, conversation_groups = map(int, numbers.split())
    return conversation_json.marks_and_groups_json(marks, conversation_groups, group_names.decode())
