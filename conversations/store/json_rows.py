"""Rows for a statement as its one parameter: a JSON array of objects.

The text is the same however many they are, so it is prepared once; thousands of parameters took longer than all the rest.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection, models


def select(model: type[models.Model], columns: Sequence[str]) -> str:
    """The query that gives the rows; `columns` are some of the model's."""
    if connection.vendor == "postgresql":
        fields = (model._meta.get_field(column) for column in columns)
        types = ", ".join(f"{field.column} {field.cast_db_type(connection)}" for field in fields)
        return f"SELECT {', '.join(columns)} FROM json_to_recordset(%s::json) AS r({types})"
    values = ", ".join(f"json_extract(r.value, '$.{column}') AS {column}" for column in columns)
    return f"SELECT {values} FROM json_each(%s) AS r"


def of_keys(model: type[models.Model], key: Sequence[str]) -> str:
    """For FROM: those of the model's rows, as `t`, whose key is given; two lists the ORM would look up crosswise."""
    same = " AND ".join(f"t.{column} = k.{column}" for column in key)
    return f"({select(model, key)}) k JOIN {model._meta.db_table} t ON {same}"


def parameter(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The parameter for the rows, each with a value for each column."""
    return orjson.dumps([dict(zip(columns, row)) for row in rows]).decode()
