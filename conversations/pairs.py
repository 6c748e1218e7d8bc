"""An owner and a conversationID as one text, for the admin, which takes no composite key.

`alice/c2c_bob`: the owner percent-encoded, so that the first slash divides. Two owners' `c2c_bob` are two texts.
"""

from typing import NamedTuple
from urllib.parse import quote, unquote

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Lookup
from django.db.models.expressions import Col

from conversations import identifiers


class Pair(NamedTuple):
    """The key of a conversation's row."""

    owner_id: str
    conversation_id: str


def to_text(owner_id: str, conversation_id: str) -> str:
    """The one text of a pair."""
    return f"{quote(owner_id, safe='')}/{conversation_id}"


def from_text(text: str) -> Pair | None:
    """The pair of a text; None for whatever `to_text` does not give for well-formed IDs."""
    owner, _, conversation_id = text.partition("/")
    pair = Pair(unquote(owner), conversation_id)
    well_formed = identifiers.is_owner_id(pair.owner_id) and identifiers.is_conversation_id(conversation_id)
    return pair if well_formed and to_text(*pair) == text else None


class PairField(models.CharField):
    """The column conversation_id as a primary key that is looked up by a pair's text.

    A bare conversationID or any malformed text matches no row, so a slip can't reach another owner's.
    """


class _PairLookup(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        pairs = list(filter(None, map(from_text, self.texts())))
        if not pairs:
            raise EmptyResultSet
        owner_id = Col(self.lhs.alias, self.lhs.target.model._meta.get_field("owner_id"))
        columns = ", ".join(compiler.compile(column)[0] for column in (owner_id, self.lhs))
        # VALUES, since a long chain of ORs is too deep an expression for SQLite.
        rows = ", ".join(["(%s, %s)"] * len(pairs))
        return f"({columns}) IN (VALUES {rows})", [part for pair in pairs for part in pair]


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
