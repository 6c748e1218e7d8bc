"""Pass rows to a statement as its one parameter: a JSON array of objects.

The statement's text is the same for any number of rows, so it is prepared once; thousands of parameters would take longer
than everything else.
"""

from collections.abc import Iterable, Sequence, Sized
from functools import cache
from typing import Any, cast

import orjson
from django.db import connection, models

from conversations.models.lookups import array_parameter

FEW, FEW_DISTRIBUTED = 8, 32


def select(model: type[models.Model], columns: Sequence[str]) -> str:
    """Return the query that selects the rows; `columns` are some of the model's."""
    return _select(model, tuple(columns))


@cache
def _select(model: type[models.Model], columns: tuple[str, ...]) -> str:
    if connection.vendor == "postgresql":
        fields = (cast("models.Field[Any, Any]", model._meta.get_field(column)) for column in columns)
        types = ", ".join(f"{name} {field.cast_db_type(connection)}" for name, field in zip(_names(columns), fields))
        values = ", ".join(f"r.{name} AS {column}" for name, column in zip(_names(columns), columns))
        return f"SELECT {values} FROM json_to_recordset(%s::json) AS r({types})"
    values = ", ".join(f"json_extract(r.value, '$.{name}') AS {column}" for name, column in zip(_names(columns), columns))
    return f"SELECT {values} FROM json_each(%s) AS r"


def _names(columns: Sequence[str]) -> list[str]:
    """Return the keys that stand for columns: with short ones, PostgreSQL reads a row in two thirds of the time."""
    return [f"c{place}" for place in range(len(columns))]


def of_keys(model: type[models.Model], key: Sequence[str], *, named: str = "") -> str:
    """Return a FROM clause of the model's rows with the given keys, as `t`; its parameters are `keys_parameters`.

    The ORM would combine two lists crosswise. `named` is the column by which a distributed database finds the rows' place, the
    first of the key by default.
    """
    same = " AND ".join(f"t.{column} = k.{column}" for column in key)
    return f"({select(model, key)}) k JOIN {model._meta.db_table} t ON {same}{and_named(f't.{named or key[0]}')}"


def keys_parameters(key: Sequence[str], rows: Iterable[Sequence[Any]], *, named: str = "") -> list[str]:
    """Return the parameters of `of_keys` for the keys."""
    keys = list(rows)
    place = key.index(named or key[0])
    return [parameter(key, keys), *named_parameters(row[place] for row in keys)]


def and_named(column: str) -> str:
    """Return a further condition for a distributed database, which from a join alone would ask everywhere; else nothing.

    One that is not would then read all rows of the named owners.
    """
    return f" AND {column} = ANY(string_to_array(%s, E'\\n'))" if is_distributed() else ""


def named_parameters(values: Iterable[str]) -> list[str]:
    """Return the parameters of `and_named`."""
    return [array_parameter(sorted(set(values)))] if is_distributed() else []


def are_few(rows: Sized) -> bool:
    """Return whether to name rows one by one in the statement, and not by JSON.

    PostgreSQL then takes three quarters of the time, a distributed one half, and asks only the nodes concerned. For more rows,
    each number of them would be a text of its own to prepare.
    """
    return len(rows) <= (FEW_DISTRIBUTED if is_distributed() else FEW)


@cache
def is_distributed() -> bool:
    """Return whether tables may be spread over several nodes; statements are composed accordingly, once in a process."""
    return connection.vendor == "postgresql" and connection.is_distributed  # type: ignore[attr-defined]  # of our own backend


def parameter(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return the parameter for the rows, each with a value for each column."""
    names = _names(columns)
    return orjson.dumps([dict(zip(names, row)) for row in rows]).decode()


def in_order(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """Return rows as the source of an INSERT that locks them in this order, and its parameters.

    A distributed database keeps to the order of named rows only.
    """
    if is_distributed() or are_few(rows):
        row = f"({', '.join(['%s'] * len(columns))})"
        return f"VALUES {', '.join([row] * len(rows))}", [value for values in rows for value in values]
    return f"{select(model, columns)} WHERE true", [parameter(columns, rows)]
