"""Django's PostgreSQL backend without JIT compilation, and with a health check that costs no round trip."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def _configure_connection(self, connection) -> bool:
        """Turn JIT compilation off: it takes a second or more, and no query here runs that long.

        A statement, as Django uses for the time zone, since poolers reject the setting as a connection option.
        """
        super()._configure_connection(connection)  # type: ignore[misc]  # not in the stubs
        connection.execute("SET jit = off")
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
