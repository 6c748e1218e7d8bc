"""Django's PostgreSQL backend with settings of the session, a limit of waiting, and a health check without a round trip."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base

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


class DatabaseWrapper(base.DatabaseWrapper):
    _kept_cursor: Any = None

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
