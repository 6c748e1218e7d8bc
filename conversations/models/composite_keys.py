"""The two parts of a key as one text, for the admin, which takes no composite key.

`alice/c2c_bob`: the first part percent-encoded, so that the first slash divides. Two owners' `c2c_bob` are two texts.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, unquote

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Lookup
from django.db.models.expressions import Col

from conversations import identifiers


class CompositeKey(NamedTuple):
    """A key of two columns: an owner and a conversationID, a thread and a position, a group and a user."""

    first: str
    second: str


def is_of_conversation(pair: CompositeKey) -> bool:
    return identifiers.is_owner_id(pair.first) and identifiers.is_conversation_id(pair.second)


def is_of_message(pair: CompositeKey) -> bool:
    return bool(_thread(pair.first) and _position(pair.second))


def is_of_member(pair: CompositeKey) -> bool:
    return identifiers.is_conversation_id(f"group_{pair.first}") and identifiers.is_owner_id(pair.second)


_thread = re.compile(r"[ -~\x1f]{1,129}").fullmatch
_position = re.compile(r"[0-9]{1,30}").fullmatch


def to_text(first: str, second: str) -> str:
    """The one text of a pair."""
    return f"{quote(first, safe='')}/{second}"


def from_text(text: str, is_well_formed: Callable[[CompositeKey], bool] = is_of_conversation) -> CompositeKey | None:
    """The pair of a text; None for whatever `to_text` does not give for well-formed IDs."""
    first, _, second = text.partition("/")
    pair = CompositeKey(unquote(first), second)
    return pair if is_well_formed(pair) and to_text(*pair) == text else None


class PairField(models.CharField):
    """The column conversation_id as a primary key that is looked up by a pair's text.

    A bare conversationID or any malformed text matches no row, so a slip can't reach another owner's.
    """

    beside = "owner_id"  # the column of the pair's first part
    is_well_formed = staticmethod(is_of_conversation)


class MessagePairField(PairField):
    """The same for a message: its thread and position."""

    beside = "thread"
    is_well_formed = staticmethod(is_of_message)


class MemberPairField(PairField):
    """The same for a member: the group and the user."""

    beside = "group_id"
    is_well_formed = staticmethod(is_of_member)


class _PairLookup(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        columns, pairs = self._parts(compiler)
        # VALUES, since a long chain of ORs is too deep an expression for SQLite.
        rows = ", ".join(["(%s, %s)"] * len(pairs))
        return f"({columns}) IN (VALUES {rows})", [part for pair in pairs for part in pair]

    def as_postgresql(self, compiler, connection):
        columns, pairs = self._parts(compiler)
        # Two parameters for any number of pairs: psycopg takes longer to write a thousand than the server to find them. No part
        # of a well-formed pair holds a line feed.
        rows = "SELECT * FROM unnest(string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n'))"
        return f"({columns}) IN ({rows})", ["\n".join(parts) for parts in zip(*pairs)]

    def _parts(self, compiler) -> tuple[str, list[CompositeKey]]:
        """The two columns, and the pairs that can be there."""
        field = self.lhs.target
        pairs = [pair for text in self.texts() if (pair := from_text(text, field.is_well_formed))]
        if not pairs:
            raise EmptyResultSet
        first = Col(self.lhs.alias, field.model._meta.get_field(field.beside))
        return ", ".join(compiler.compile(column)[0] for column in (first, self.lhs)), pairs


@PairField.register_lookup
class PairExact(_PairLookup):
    lookup_name = "exact"

    def texts(self) -> list[str]:
        return [str(self.rhs)]


@PairField.register_lookup
class PairIn(_PairLookup):
    lookup_name = "in"

    def texts(self) -> list[str]:
        return [str(text) for text in self.rhs]
