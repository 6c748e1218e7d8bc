"""How the admin gets its keys: the two parts of a composite key as one text, since the admin takes no composite key.

The text is `alice/c2c_bob`, its first part percent-encoded, so that the first slash divides. Models for the admin (for example
`ConversationRow`) declare a CompositeKeyField as their primary key: its column holds the second part, and looking it up by such
a text compares both columns.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, cast
from urllib.parse import quote, unquote

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

from conversations import identifiers


class CompositeKey(NamedTuple):
    """A key of two columns: an owner and a conversationID, a thread and a position, a group and a user."""

    first: str
    second: str


def is_of_conversation(key: CompositeKey) -> bool:
    return identifiers.is_owner_id(key.first) and identifiers.is_conversation_id(key.second)


def is_of_message(key: CompositeKey) -> bool:
    return bool(_thread(key.first) and _position(key.second))


def is_of_member(key: CompositeKey) -> bool:
    return identifiers.is_conversation_id(f"group_{key.first}") and identifiers.is_owner_id(key.second)


_thread = re.compile(r"[ -~\x1f]{1,129}").fullmatch
_position = re.compile(r"[0-9]{1,30}").fullmatch


def to_text(first: str, second: str) -> str:
    """Return the text of a key."""
    return f"{quote(first, safe='')}/{second}"


def from_text(text: str, is_well_formed: Callable[[CompositeKey], bool] = is_of_conversation) -> CompositeKey | None:
    """Return the key of a text; None for a text that `to_text` does not return for well-formed IDs."""
    first, _, second = text.partition("/")
    key = CompositeKey(unquote(first), second)
    return key if is_well_formed(key) and to_text(*key) == text else None


class CompositeKeyField(models.CharField):  # type: ignore[type-arg]  # a field takes no type arguments when it runs
    """The column conversation_id as a primary key that is looked up by the text of a composite key.

    A bare conversationID or a malformed text matches no row, so a mistake can't reach another owner's row.
    """

    first_column = "owner_id"  # the column of the key's first part
    is_well_formed = staticmethod(is_of_conversation)


class MessageKeyField(CompositeKeyField):
    """The key of a message: thread and position."""

    first_column = "thread"
    is_well_formed = staticmethod(is_of_message)


class MemberKeyField(CompositeKeyField):
    """The key of a group member: group and user."""

    first_column = "group_id"
    is_well_formed = staticmethod(is_of_member)


class KeyedByText(models.Model):
    """A model for the admin: its `pk` is the text, which selections, URLs and log entries use.

    The admin's lists need `admin.big_tables.CompositeKeyChangeList`.
    """

    class Meta:
        abstract = True

    @property
    def pk(self) -> str:
        field = cast(CompositeKeyField, self._meta.pk)
        return to_text(getattr(self, field.first_column), getattr(self, field.attname))


class _KeyLookup(Lookup):
    prepare_rhs = False

    def texts(self) -> list[str]:
        raise NotImplementedError

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        columns, keys = self._columns_and_keys(compiler)
        # VALUES, since a long chain of ORs is too deep an expression for SQLite.
        rows = ", ".join(["(%s, %s)"] * len(keys))
        return f"({columns}) IN (VALUES {rows})", tuple(part for key in keys for part in key)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        columns, keys = self._columns_and_keys(compiler)
        # Two parameters for any number of keys: psycopg takes longer to write a thousand than the server to find them. No
        # well-formed key holds a line feed.
        rows = "SELECT * FROM unnest(string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n'))"
        return f"({columns}) IN ({rows})", tuple("\n".join(parts) for parts in zip(*keys))

    def _columns_and_keys(self, compiler: SQLCompiler) -> tuple[str, list[CompositeKey]]:
        """Return the two columns as SQL, and the well-formed keys to look for."""
        field = self.lhs.target
        keys = [key for text in self.texts() if (key := from_text(text, field.is_well_formed))]
        if not keys:
            raise EmptyResultSet
        first = Col(self.lhs.alias, field.model._meta.get_field(field.first_column))
        return ", ".join(compiler.compile(column)[0] for column in (first, self.lhs)), keys


@CompositeKeyField.register_lookup
class KeyExact(_KeyLookup):
    lookup_name = "exact"

    def texts(self) -> list[str]:
        return [str(self.rhs)]


@CompositeKeyField.register_lookup
class KeyIn(_KeyLookup):
    lookup_name = "in"

    def texts(self) -> list[str]:
        return [str(text) for text in self.rhs]
