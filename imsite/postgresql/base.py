"""Django's PostgreSQL backend with settings of the session, a limit of waiting, and a health check without a round trip."""

import select
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq.abc import PGresult

from imsite.postgresql import prepared
from imsite.postgresql.prepared import Prepared

IS_DISTRIBUTED = "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL"


class BoundedConnection(psycopg.Connection):
    """A connection that is closed when the server has not answered a statement within `answer_within_s` seconds.

    Statements end by the server's own `statement_timeout`. A server process that is stopped, or a pooler that hangs, does not.
    """

    answer_within_s: float | None = None
    is_distributed = False
    up_to_date_until_s = 0.0  # by the monotonic clock, of a replica's; see lists/replica.py

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        limit_s = self.answer_within_s if timeout is None else timeout
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


Then = Callable[[list[tuple[Any, ...]]], object] | None


class DatabaseWrapper(base.DatabaseWrapper):
    _kept_cursor: Any = None

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        # Statements of this transaction that are still to be sent, and what takes their rows.
        self._waiting: list[tuple[Prepared, Then]] = []

    # ---- Statements without a cursor of their own ------------------------------------------------

    def result_of(self, sql: str, parameters: Sequence[Any]) -> PGresult:
        """Run a statement, and return its result as the server sent it."""
        if statement := self._prepared(sql, parameters):
            return self._send(statement)[-1]
        cursor = self.kept_cursor()
        cursor.execute(sql, parameters)
        return cursor.pgresult

    def rows_of(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a statement, and return its rows."""
        if statement := self._prepared(sql, parameters):
            return prepared.rows(self.connection, self._send(statement)[-1])
        with self.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def run_later(self, sql: str, parameters: Sequence[Any], then: Then = None) -> None:
        """Run a statement before the next one, or the end of the transaction; `then` gets its rows.

        It goes to the server along with what comes next, in one round trip. So an error shows there.
        """
        if self.in_atomic_block and (statement := self._prepared(sql, parameters)):
            self._waiting.append((statement, then))
            return
        with self.cursor() as cursor:
            cursor.execute(sql, parameters)
            if then:
                then(cursor.fetchall())

    def _prepared(self, sql: str, parameters: Sequence[Any]) -> Prepared | None:
        if self.execute_wrappers or self.queries_logged:  # somebody looks at each statement
            return None
        if self.needs_rollback:
            self.validate_no_broken_transaction()
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
        self.send_waiting()
        return super().create_cursor(name)

    def _commit(self) -> None:
        if self._waiting:
            self._send(commit=True)
        else:
            super()._commit()  # type: ignore[misc]  # these four are not in the stubs

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

    def kept_cursor(self) -> Any:
        """Return the connection's cursor for reads that take their result at once. To make one each time takes longer."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        kept = self._kept_cursor
        if kept is None or kept.connection is not self.connection or self.queries_logged:
            kept = self._kept_cursor = self.cursor()
        return kept

    def _configure_connection(self, connection) -> bool:
        """Apply the settings of `DATABASES[…]["SESSION"]`.

        By a statement, as Django uses for the time zone, since poolers reject settings as a connection option.
        """
        connection.__class__ = BoundedConnection  # neither Django nor its pool lets one name the class
        connection.answer_within_s = self.settings_dict.get("ANSWER_WITHIN_S")
        super()._configure_connection(connection)  # type: ignore[misc]  # not in the stubs
        if session := self.settings_dict.get("SESSION"):
            connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in session.items()))
        (connection.is_distributed,) = connection.execute(IS_DISTRIBUTED).fetchone()
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
