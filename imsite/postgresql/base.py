"""Django's PostgreSQL backend with few round trips, settings of the session, a limit of waiting, and a cheap health check."""

import select
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import DatabaseError
from django.db.backends.postgresql import base
from psycopg.pq.abc import PGresult

from imsite.postgresql import prepared
from imsite.postgresql.prepared import Parameters, Prepared

Rows = list[tuple[Any, ...]]
Then = Callable[[Rows], object] | None
# Of a new connection: whether tables may be distributed. The long text is there because glibc gives large pieces of memory
# back after each statement, and asks for them again in the next, until it has seen one of this size go; then it keeps up to
# 2 MB. That was a third of the time of a lookup of 100.
FIRST_QUESTION = "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL, length(repeat(' ', 1000000))"


class BoundedConnection(psycopg.Connection):
    """A connection that is closed when the server has not answered a statement within `answer_within_s` seconds.

    Statements end by the server's own `statement_timeout`. A server process that is stopped, or a pooler that hangs, does not.
    """

    answer_within_s: float | None = None
    is_distributed = False
    up_to_date_until_s = 0.0  # by the monotonic clock, of a replica's; see lists/replica.py

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None, *, statements: int = 1) -> Any:
        limit_s = self.answer_within_s and self.answer_within_s * statements if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit_s)
        except psycopg.errors.InternalError_ as error:
            if not self.is_distributed:
                raise
            # In the middle of a statement a node was lost; the next try may find its stand-in.
            raise psycopg.OperationalError(str(error)) from error
        except psycopg.errors._WaitTimeout as error:
            if timeout is not None:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"PostgreSQL has not answered within {limit_s} s.") from error


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        # Statements of this transaction that are not sent yet, each with the function that takes its rows.
        self._waiting: list[tuple[Prepared, Then]] = []

    # ---- Prepared statements ----------------------------------------------------------------------

    def result_of(self, sql: str, parameters: Parameters) -> PGresult:
        """Run a statement, and return its result as the server sent it."""
        if statement := self._prepared(sql, parameters):
            return self._send(statement)[-1]
        with self.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.pgresult

    def rows_if_prepared(self, sql: str, parameters: Parameters) -> Rows | None:
        """Run a statement that is prepared, and return its rows; None if it is not."""
        if not (statement := self._prepared(sql, parameters)):
            return None
        result = self._send(statement)[-1]
        with self.wrap_database_errors:
            return prepared.rows(self.connection, result)

    def put_off(self, sql: str, parameters: Parameters, then: Then) -> bool:
        """Put a statement off if a transaction is open and it is prepared; return whether it was."""
        if not (self.in_atomic_block and (statement := self._prepared(sql, parameters))):
            return False
        self._waiting.append((statement, then))
        return True

    def _prepared(self, sql: str, parameters: Parameters) -> Prepared | None:
        if self.execute_wrappers or self.queries_logged:  # DEBUG, and tests that count statements, need a cursor
            return None
        self.validate_thread_sharing()
        super().validate_no_broken_transaction()  # our own would send what waits
        if self.connection is None or not self.in_atomic_block:  # else that was done at its beginning
            self.close_if_health_check_failed()
            self.ensure_connection()
        return prepared.find(self.connection, sql, parameters)

    def _send(self, *statements: Prepared, commit: bool = False) -> list[PGresult]:
        """Run what waits, and then these."""
        waiting, self._waiting = self._waiting, []
        with self.wrap_database_errors:
            results = prepared.run(self.connection, [*(statement for statement, _then in waiting), *statements], commit=commit)
            for (_statement, then), result in zip(waiting, results):
                if then:
                    then(prepared.rows(self.connection, result))
        return results

    def send_waiting(self) -> None:
        """Run the statements that were put off, if any were."""
        if self._waiting:
            self._send()

    def validate_no_broken_transaction(self) -> None:
        """Send what waits, as well: Django calls this before each statement of a cursor."""
        super().validate_no_broken_transaction()
        self.send_waiting()

    def create_cursor(self, name: str | None = None) -> Any:
        self.send_waiting()  # COPY does not come by there
        return super().create_cursor(name)

    def _commit(self) -> None:
        if not self._waiting:
            super()._commit()  # type: ignore[misc]  # these four are not in the stubs
            return
        try:
            self._send(commit=True)
        except BaseException as error:
            if not isinstance(error, DatabaseError):  # Django only rolls back after these
                self.close()
            raise

    def _rollback(self) -> None:
        self._waiting.clear()
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        self._waiting.clear()  # what came before the savepoint was sent before it
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def _close(self) -> None:
        self._waiting.clear()
        super()._close()  # type: ignore[misc]

    # ---- Connections -----------------------------------------------------------------------------

    @property
    def is_distributed(self) -> bool:
        """Return whether tables may be spread over several nodes (Citus)."""
        self.ensure_connection()
        return bool(self.connection.is_distributed)

    def _configure_connection(self, connection) -> bool:
        """Apply the settings of `DATABASES[…]["SESSION"]`.

        By a statement, as Django uses for the time zone, since poolers reject settings as a connection option.
        """
        connection.__class__ = BoundedConnection  # neither Django nor its pool lets one name the class
        connection.answer_within_s = self.settings_dict.get("ANSWER_WITHIN_S")
        super()._configure_connection(connection)  # type: ignore[misc]  # not in the stubs
        if session := self.settings_dict.get("SESSION"):
            connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in session.items()))
        connection.is_distributed, _length = connection.execute(FIRST_QUESTION).fetchone()
        return True

    def is_usable(self) -> bool:
        """Return whether the server still holds the connection.

        A server that shuts down sends a message or closes the socket. Both make an idle connection readable, and only then
        is a query needed, which takes a third of the time of the fastest request.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
