"""Run one statement for several rows, or several statements as one."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from conversations.store import json_rows

Statement = tuple[str, Sequence[Any]]  # its text and its parameters


def run_for_each(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement with each row as its parameters. Nothing is sent for none; a driver prepares even that."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)


def run(statements: Iterable[Statement]) -> None:
    """Run statements one after the other."""
    for sql, parameters in statements:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)


def run_as_one(first: Statement, others: Sequence[Statement]) -> list[Sequence[Any]]:
    """Run statements that change different tables, and return the rows of the first.

    On PostgreSQL they are one statement, which takes half of the time. A distributed one runs no INSERT inside another.
    """
    is_one = connection.vendor == "postgresql" and not json_rows.is_distributed()
    with connection.cursor() as cursor:
        if is_one and others:
            parts = ", ".join(f"part{n} AS ({sql})" for n, (sql, _parameters) in enumerate(others))
            parameters = [value for _sql, values in others for value in values]
            cursor.execute(f"WITH {parts} {first[0]}", [*parameters, *first[1]])
            return list(cursor.fetchall())
        cursor.execute(*first)
        rows = list(cursor.fetchall())
    run(others)
    return rows
