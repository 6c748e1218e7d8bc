"""A read's conversations as one text, put together by the database: Python then handles it as a whole, not value by value.

Left open in it are the marks and conversation groups of the rows that have any: they are numbers there, and need names. The
control characters that mark such a gap, and part two conversations, stand nowhere in JSON.
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
WITHOUT_LABELS = conversation_json.marks_and_groups_json(0, 0, "[]").decode()


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
        labels = (
            f"CASE WHEN {marks} = 0 AND {groups} = 0 THEN '{WITHOUT_LABELS}' "
            f"ELSE '{GAP}' || {marks} || ' ' || {groups} || '{GAP}' END"
        )
        parts = [head, labels, f"coalesce({last_message}, 'null')"]
        if self.has_extra:
            before, between, after = conversation_json.EXTRA.split("%s")
            parts += [f"'{before}'", version, f"'{between}'", membership, f"'{after}'"]
        return " || ".join((*parts, "'}'")), ()


def as_one(rows: Statement, *columns: str) -> Statement:
    """Return the statement of one row with, for each column, the values of all rows in their order; null for none.

    PostgreSQL's manual promises the order for a sorted subquery with nothing else around it.
    """
    function = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    values = ", ".join(f"{function}(r.{column}, '{BETWEEN}')" for column in columns)
    return rows._replace(sql=f"SELECT {values} FROM ({rows.sql}) AS r")


def split(text: bytes, group_names: bytes) -> list[bytes]:
    """Return the conversations of such a value, without gaps."""
    return completed(text, group_names).split(BETWEEN.encode())


def completed(text: bytes, group_names: bytes) -> bytes:
    """Fill in the marks and conversation groups. `group_names` is the owner's, as JSON."""
    parts = text.split(GAP.encode())
    for place in range(1, len(parts), 2):
        parts[place] = _labels(parts[place], group_names)
    return b"".join(parts)


@lru_cache(maxsize=4096)
def _labels(numbers: bytes, group_names: bytes) -> bytes:
    marks, conversation_groups = map(int, numbers.split())
    return conversation_json.marks_and_groups_json(marks, conversation_groups, group_names.decode())
