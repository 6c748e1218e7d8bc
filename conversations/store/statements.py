"""Run the statements of a change. On PostgreSQL by few steps, those without a result along with the next one."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

Rows = list[tuple[Any, ...]]


def rows_of(sql: str, parameters: Sequence[Any]) -> Rows:
    """Run a statement, and return its rows."""
    if connection.vendor == "postgresql":
        return connection.rows_of(sql, parameters)  # type: ignore[attr-defined,no-any-return]  # of our own backend
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def run_later(sql: str, parameters: Sequence[Any], then: Callable[[Rows], object] | None = None) -> None:
    """Run a statement before the next one, or the end of the transaction; `then` gets its rows.

    It goes to PostgreSQL along with what comes next, in one round trip. So an error shows there.
    """
    if connection.vendor == "postgresql":
        connection.run_later(sql, parameters, then)  # type: ignore[attr-defined]  # of our own backend
        return
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        if then:
            then(list(cursor.fetchall()))


def rows_later(sql: str, parameters: Sequence[Any]) -> Callable[[], Rows]:
    """Run a statement as `run_later`, and return what returns its rows: asked for earlier, it is run then."""
    found: list[Rows] = []
    run_later(sql, parameters, found.append)

    def rows() -> Rows:
        if not found:
            connection.send_waiting()  # type: ignore[attr-defined]  # of our own backend
        return found[0]

    return rows


def run_for_each(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement with each row as its parameters. Nothing is sent for none; a driver prepares even that."""
    if len(rows) == 1:
        run_later(sql, rows[0])
    elif rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)
