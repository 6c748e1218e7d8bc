"""A client that sends or reads slowly holds a thread of the server, for CLIENT_TIMEOUT_S at most.

The server has no such limit, and a thread that waits for its client can't be woken. So a thread of ours closes the connection
for reading: the server then gives up the wait, and can still answer. WSGI does not say which connection a request came by, but
it is one of this client's, and nothing was sent on it for as long as the request waits.
"""

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http.response import FileResponse, HttpResponseBase
from django.utils.translation import gettext as _

from conversations.access.client_addresses import client_address
from conversations.exceptions import TooSlow
from conversations.logs import sparing

logger = logging.getLogger(__name__)

PIECE_BYTES = 64 * 1024
IN_MEMORY_BYTES = 256 * 1024  # of a body; a longer one is in a temporary file
# Of a body that is too large, 64 MiB more are read and dropped: a client that is still sending does not see the answer.
DROPPED_BYTES = 64 * 1024 * 1024
CHECKS_PER_TIMEOUT = 10
OPEN_FILES = "/proc/self/fd"
# In Linux's `struct tcp_info`: milliseconds since data was last sent, or since the connection began.
LAST_DATA_SENT = struct.Struct("=44x I")


@dataclass(eq=False, slots=True)
class _Wait:
    """A thread's wait for the client of a request. `took_s` is 0 until it is over."""

    environ: dict[str, Any]
    since_s: float
    took_s: float = 0

    def is_late(self) -> bool:
        limit_s = settings.CLIENT_TIMEOUT_S
        return bool(limit_s) and (self.took_s or time.monotonic() - self.since_s) >= limit_s


_waits: set[_Wait] = set()
_starting = threading.Lock()
_watch: threading.Thread | None = None


def read_body(environ: dict[str, Any]) -> None:
    """Put the complete body in the place of the one that the client is sending. Raises TooSlow, also if it breaks off."""
    body = SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - the request reads it
    received, stored = 0, settings.MAX_BODY_BYTES + 1
    with _waiting(environ) as wait:
        while received < stored + DROPPED_BYTES and (piece := environ["wsgi.input"].read(PIECE_BYTES)):
            body.write(piece[: max(0, stored - received)])
            received += len(piece)
    if wait.is_late() or received < min(_length_of(environ), stored):
        raise TooSlow(_("The body was not complete within %(count)d seconds.") % {"count": settings.CLIENT_TIMEOUT_S})
    body.seek(0)
    environ["wsgi.input"] = body


def pieces_of(response: HttpResponseBase, environ: dict[str, Any]) -> Iterator[bytes]:
    """Yield a streamed answer. It breaks off when the client takes too long for one piece."""
    if isinstance(response, FileResponse):
        response.block_size = PIECE_BYTES
    try:
        for piece in response:
            with _waiting(environ) as wait:
                yield piece
            if wait.is_late():
                break
    finally:
        response.close()


def _length_of(environ: dict[str, Any]) -> int:
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdigit() else 0


@contextmanager
def _waiting(environ: dict[str, Any]) -> Iterator[_Wait]:
    wait = _Wait(environ, time.monotonic())
    _waits.add(wait)
    _start_watch()
    try:
        yield wait
    finally:
        wait.took_s = time.monotonic() - wait.since_s
        _waits.discard(wait)


# ---- The watch ---------------------------------------------------------------------------------


def _start_watch() -> None:
    """Start the watch with the first wait, since workers are forked when the application is loaded."""
    global _watch
    with _starting:
        if _watch is None and settings.CLIENT_TIMEOUT_S and os.path.isdir(OPEN_FILES):  # only Linux knows LAST_DATA_SENT
            _watch = threading.Thread(target=_close_late_connections, name="slow clients", daemon=True)
            _watch.start()


def _close_late_connections() -> None:
    while True:
        time.sleep(settings.CLIENT_TIMEOUT_S / CHECKS_PER_TIMEOUT)
        if late := [wait.environ for wait in list(_waits) if wait.is_late()]:
            text = "Closing the connection of a client at %s that took more than %d s to send or to read"
            address = client_address(WSGIRequest(late[0]))
            sparing.log(logger, logging.WARNING, "slow client", text, address, settings.CLIENT_TIMEOUT_S)
            clients = {(environ["REMOTE_ADDR"], int(environ["SERVER_PORT"])) for environ in late}
            for connection in _connections():
                with suppress(OSError):  # it is no client's, or was closed meanwhile
                    if _is_silent(connection, clients):
                        connection.shutdown(socket.SHUT_RD)


def _connections() -> Iterator[socket.socket]:
    """Yield this process's sockets, each as a copy that is closed afterwards."""
    for name in os.listdir(OPEN_FILES):
        try:
            copy = os.dup(int(name))
        except OSError:  # closed meanwhile
            continue
        try:
            connection = socket.socket(fileno=copy)
        except OSError:  # no socket
            os.close(copy)
            continue
        with connection:
            yield connection


def _is_silent(connection: socket.socket, clients: set[tuple[str, int]]) -> bool:
    """Return whether it is a connection of one of the clients, and nothing was sent on it for too long. Raises OSError."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    if (connection.getpeername()[0], connection.getsockname()[1]) not in clients:
        return False
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_SENT.size)
    return LAST_DATA_SENT.unpack(info)[0] >= settings.CLIENT_TIMEOUT_S * 1000
