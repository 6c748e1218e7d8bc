"""Django's PostgreSQL backend, with a health check of persistent connections that costs no round trip."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
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
