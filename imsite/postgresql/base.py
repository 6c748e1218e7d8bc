"""Django's PostgreSQL backend, without compiling of queries, and with a health check that costs no round trip."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def _configure_connection(self, connection) -> bool:
        """No query here runs long enough to be worth its machine code, which takes a second or more to compile.

        By a statement, as Django sets the time zone: poolers refuse it among the connection's options.
        """
        super()._configure_connection(connection)
        connection.execute("SET jit = off")
        return True

    def is_usable(self) -> bool:
        """Whether the server still holds the connection.

        A server that goes away says so first or closes the socket, and either makes an idle connection readable: only then
        is it worth asking with a query, which would otherwise cost a third of the fastest request.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
