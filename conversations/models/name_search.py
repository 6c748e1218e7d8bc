"""Find a text anywhere inside user IDs and nicknames, on PostgreSQL by an index of their pieces.

The index needs no extension. pg_trgm's, which was compared, reads all of itself for two Chinese characters: 1.7 seconds for a
million users, against 30 milliseconds.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, TextField, Value
from django.db.models.functions import Collate, StrIndex
from django.db.models.sql.compiler import SQLCompiler

from conversations.models.lookups import Sql

# What people write between the digits of a phone number, and leave out elsewhere. Without a quotation mark: it goes into SQL.
IGNORED = " \u3000+-()."
_squash = str.maketrans("", "", IGNORED)
INDEX_NAME = "owner_by_pieces"

# Every three characters in a row, and every two that take more than three bytes: Chinese is searched for from two characters.
# Not safe to run in parallel, on purpose: to start workers takes longer than most searches. The cost keeps the planner from
# computing pieces row by row.
CREATE_FUNCTION = """
CREATE OR REPLACE FUNCTION conversations_pieces(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL UNSAFE COST 10000
AS $$
    SELECT array_agg(substr($1, i, 3)) FILTER (WHERE i < length($1) - 1)
        || array_agg(substr($1, i, 2)) FILTER (WHERE octet_length(substr($1, i, 2)) > 3)
    FROM generate_series(1, length($1) - 1) i
$$"""
DROP_FUNCTION = "DROP FUNCTION IF EXISTS conversations_pieces(text)"


class Squashed(Func):
    """A text in lower case without the characters that a search ignores."""

    # With literals and no parameters, so that the index of the same expression matches.
    template = "%(expressions)s"
    arity, output_field = 1, TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        template = f"lower({self.template})"
        for character in IGNORED:
            template = f"replace({template}, '{character}', '')"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        return super().as_sql(compiler, connection, template=f"translate(lower({self.template}), '{IGNORED}', '')", **context)


class SearchedText(Squashed):
    """A user's ID and the start of the nickname, in two lines, so that no match spans both."""

    arity = 2

    def __init__(self) -> None:
        super().__init__(F("owner_id"), NickHead("nick_name"))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        return super().as_sqlite(compiler, connection, arg_joiner=" || char(10) || ", **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        # Each part by itself: in the collation of IDs, other capitals than those of ASCII would stay.
        return super().as_postgresql(compiler, connection, arg_joiner=") || chr(10) || lower(", **context)


class NickHead(Func):
    """As much of a nickname as is searched."""

    template = "substr(%(expressions)s, 1, 200)"
    arity, output_field = 1, TextField()


class Pieces(Func):
    """The pieces of a text by which it is found."""

    function = "conversations_pieces"
    arity, output_field = 1, TextField()


class HasPieces(Func):
    """Whether a user's ID and nickname have all the pieces of a text: a condition that the index serves."""

    template = "%(expressions)s"
    arg_joiner = " @> "
    output_field = BooleanField()

    def __init__(self, text: str):
        super().__init__(Collate(Pieces(SearchedText()), "C"), Collate(Pieces(Squashed(Value(text))), "C"))


class PlaceInside(StrIndex):
    """Where in a user's ID and nickname a text begins, from 1; 0 if it is not in them."""

    def __init__(self, text: str):
        super().__init__(SearchedText(), Squashed(Value(text)))


# In byte order, which no update of the operating system changes. Few entries wait to be sorted in: each search reads those.
INDEX = GinIndex(Collate(Pieces(SearchedText()), "C"), name=INDEX_NAME, gin_pending_list_limit=256)


def squash(text: str) -> str:
    """Return a text as it is searched for."""
    return text.lower().translate(_squash)


def has_pieces(squashed: str) -> bool:
    """Return whether a squashed text is long enough to be searched for inside others."""
    return len(squashed) > 2 or (len(squashed) == 2 and len(squashed.encode()) > 3)


def is_indexed() -> bool:
    """Return whether the database has the index, whole. A read of the catalogue, so that an index made later is used."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [INDEX_NAME])
        row = cursor.fetchone()
    return bool(row and row[0])
