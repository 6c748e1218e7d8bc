"""Lookups and functions for queries that run alike on SQLite, PostgreSQL and Citus."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Func, Lookup, TextField
from django.db.models.sql.compiler import SQLCompiler

from conversations.models.statements import Parameter

# A part of a statement and its parameters.
Sql = tuple[str, tuple[Any, ...]]
# Sorts after every character that a name can hold.
LAST_CHARACTER = "\U0010ffff"


class NickStart(Func):
    """The start of a nickname in lower case: as much of it as an index entry can hold in any script."""

    template = "lower(substr(%(expressions)s, 1, 40))"  # literals, so that the index of the same expression matches
    arity, output_field = 1, TextField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        return super().as_sql(compiler, connection, template=_in_byte_order(self.template), **context)


class NickRest(Func):
    """A nickname after its first word, in lower case; without a blank in it, its start."""

    arity, output_field = 1, TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        return super().as_sql(compiler, connection, template=self._after_blank("instr"), **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        template = _in_byte_order(self._after_blank("strpos"))
        return super().as_sql(compiler, connection, template=template, **context)

    def _after_blank(self, place: str) -> str:
        # An ideographic space may stand between family and given name.
        name = "ltrim(replace(%(expressions)s, '\u3000', ' '))"
        return f"lower(substr(ltrim(substr({name}, {place}({name}, ' ') + 1)), 1, 40))"


def _in_byte_order(template: str) -> str:
    """Return an expression that PostgreSQL compares so, since what begins with a text is found as a range."""
    return f'{template} COLLATE "C"'


def array_parameter(values: Sequence[str], *, max_length: int | None = None) -> str:
    """Return values as the parameter that `any_of` takes. Those with a line feed or NUL are left out: no ID has either.

    So are those that are longer than the column, which a distributed database refuses.
    """
    values = [value for value in values if "\n" not in value and "\0" not in value and len(value) <= (max_length or len(value))]
    # On PostgreSQL a text to split: psycopg takes longer to write an array of 100 IDs than the server to find them.
    return "\n".join(values) if connection.vendor == "postgresql" else json.dumps(values)


@Field.register_lookup
class AnyOf(Lookup):
    """`field__any_of=[...]`: one parameter for any number of values, so that there is one statement text to prepare."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", (*params, self._values())

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(string_to_array(%s, E'\\n'))", (*params, self._values())

    def _values(self) -> Any:
        if isinstance(self.rhs, Parameter):
            return self.rhs
        return array_parameter(self.rhs, max_length=self.lhs.output_field.max_length)


@models.BigIntegerField.register_lookup
class Bits(Lookup):
    """`field__bits=mask`: at least one of the mask's bits is set. 64-bit masks are signed numbers."""

    lookup_name = "bits"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        lhs, params = self.process_lhs(compiler, connection)
        # A literal, so that a partial index of the same condition matches; quoted, since PostgreSQL reads
        # -9223372036854775808 as the negative of a number that is too large.
        return f"({lhs} & CAST('{int(self.rhs)}' AS bigint)) <> 0", params


@models.BigIntegerField.register_lookup
class InGroup(Lookup):
    """`conversation_groups__in_group=(owner_id, name)`: in the owner's conversation group of this name."""

    lookup_name = "in_group"
    prepare_rhs = False

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return self._sql(compiler, connection, "json_each(o.group_names) g WHERE g.value = %s", "1 << g.key")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        names = "json_array_elements_text(o.group_names::json) WITH ORDINALITY g(value, place) WHERE g.value = %s"
        return self._sql(compiler, connection, names, "1::bigint << (g.place - 1)::int")

    def _sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, names: str, bit: str) -> Sql:
        lhs, params = self.process_lhs(compiler, connection)
        owner_id, name = self.rhs
        owners = "conversations_owner"
        return f"({lhs} & (SELECT {bit} FROM {owners} o, {names} AND o.owner_id = %s)) <> 0", (*params, name, owner_id)
