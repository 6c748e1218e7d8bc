"""Run statements. On PostgreSQL, those whose result can wait share the round trip of the next one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import TransactionManagementError

Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]
Parameters = Sequence[Any] | Mapping[str, Any]
# The result of a statement that was put off. To call it sends what waits, if need be; only in the same transaction.
Later = Callable[[], Result]


def rows_of(sql: str, parameters: Parameters) -> Rows:
    """Run a statement, and return its rows."""
    database = connections[DEFAULT_DB_ALIAS]
    is_direct = database.vendor == "postgresql"
    if is_direct and (rows := database.rows_if_prepared(sql, parameters)) is not None:  # type: ignore[attr-defined]
        return list(rows)
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def count_of(sql: str, parameters: Parameters) -> int:
    """Run a statement, and return how many rows it wrote."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        return int(database.result_of(sql, parameters).command_tuples)  # type: ignore[attr-defined]
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def run_later(sql: str, parameters: Parameters, then: Callable[[Rows], object] | None = None) -> None:
    """Run a statement along with the next one or COMMIT, in one round trip; `then` gets its rows. An error is raised there.

    It runs at once outside a transaction, on SQLite, and if it is not prepared.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql" and database.put_off(sql, parameters, then):  # type: ignore[attr-defined]
        return
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        if then:
            then(list(cursor.fetchall()))


def rows_later(sql: str, parameters: Parameters) -> Later[Rows]:
    """Run a statement as `run_later`, for its rows."""
    found: list[Rows] = []
    run_later(sql, parameters, found.append)

    def rows() -> Rows:
        if not found:
            connections[DEFAULT_DB_ALIAS].send_waiting()  # type: ignore[attr-defined]  # of our own backend, as those above
        if not found:
            raise TransactionManagementError("The statement was dropped with its transaction.")
        return found[0]

    return rows


def run_for_each(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement with each row as its parameters; for one row as `run_later`.

    Nothing is sent for none: a driver prepares even that.
    """
    if len(rows) == 1:
        run_later(sql, rows[0])
    elif rows:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.executemany(sql, rows)
