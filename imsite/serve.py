"""Start a server process: `python -m imsite.serve web`, `events`, or `demo`, which is both in one.

The Makefile, the Procfile, systemd's units and the containers all start servers by this.
"""

import argparse
import errno
import gc
import os
import socket
import sys
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections
from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.errors import FatalError

from imsite import logs, metrics_files

# The first socket that systemd hands over, see sd_listen_fds(3).
HANDED_OVER = 3
# Requests that take longer than this to finish are cut off by a stop.
STOP_S = 4
# Of a web worker. Each has a thread that waits for its client; few of them work at the same time, see imsite/slots.py.
CONNECTIONS = 512
# New objects before Python looks for cycles of them, of which requests leave few: at 700, a page took 4 % more time.
GARBAGE = (20_000, 20, 20)
# Each stream is an open connection; `ulimit -n` limits their number.
STREAMS = {"backlog": 4096, "backpressure": 100_000}


class Server(Granian):  # type: ignore[misc,valid-type]  # it is chosen at run time
    """Granian that also takes the listening socket that systemd holds, in which requests wait while servers are replaced."""

    def _init_shared_socket(self) -> None:
        if held := _held_by_systemd():
            # Clients are accepted once their request is here: one that is not read before a worker stops would be lost.
            held.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
            held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sso, self._shd = held, SocketHolder(held.fileno(), False, self.backlog)  # type: ignore[call-arg]
        else:
            _refuse_used_port(self.bind_addr, self.bind_port)
            super()._init_shared_socket()

    def _spawn_worker(self, *arguments: Any, **named: Any) -> Any:
        if self.interface == Interfaces.WSGI:
            self.blocking_threads = CONNECTIONS  # granian would warn of the option
        return super()._spawn_worker(*arguments, **named)


def main(name: str) -> None:
    """Serve until a signal comes. Raises SystemExit with a sentence if this can't start."""
    if name != "demo":
        os.environ.setdefault("DEBUG", "false")
    interface = Interfaces.WSGI if name == "web" else Interfaces.ASGI
    application = f"imsite.{interface}"
    try:
        metrics_files.share(os.getpid())
        # Before workers are forked: it is loaded once, they share its memory, and one that failed is replaced at once.
        import_module(application)
        if name == "web":
            _examine()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        Server(f"{application}:application", interface=interface, **_options(name)).serve()
    except (CommandError, FatalError, ImproperlyConfigured) as error:
        sys.exit(str(error))


def _options(name: str) -> dict[str, Any]:
    options = {
        "address": settings.HOST,
        "port": settings.EVENTS_PORT if name == "events" else settings.PORT,
        "http": HTTPModes.http1,
        "websockets": False,
        "respawn_failed_workers": True,
        "workers_kill_timeout": STOP_S,
        "log_dictconfig": logs.server_configuration(settings.LOG_FORMAT),
    }
    if name == "web":
        return options | {"workers": settings.WEB_WORKERS, "backpressure": CONNECTIONS, "blocking_threads": 1}
    # The demo's one process is all that its SQLite file needs.
    return options | STREAMS | {"workers": settings.EVENTS_WORKERS if name == "events" else 1}


def _examine() -> None:
    """Raise CommandError, after printing what to do, if no request could be answered."""
    call_command("doctor", start=True)
    connections.close_all()  # workers must not share it


def _held_by_systemd() -> socket.socket | None:
    is_for_us = os.environ.pop("LISTEN_PID", "") == str(os.getpid())
    return socket.socket(fileno=HANDED_OVER) if is_for_us else None


def _refuse_used_port(host: str, port: int) -> None:
    """Raise SystemExit if another process listens there: granian would take turns with it."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} is in use. Stop the other process or set PORT.")
        sys.exit(f"Cannot listen on {host}, port {port}: {error.strerror}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m imsite.serve", description="Start a server process.")
    parser.add_argument("process", choices=("web", "events", "demo"))
    main(parser.parse_args().process)
