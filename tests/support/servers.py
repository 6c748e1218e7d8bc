"""Real servers, each a process of its own with a database of its own, and a client for their event streams."""

import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self
from unittest import SkipTest

import psycopg
from django.conf import settings
from django.db import connection

from tests.support.cast import SDK_APP_ID, SECRET_KEY

BIN = Path(sys.executable).parent
# Evaluates one expression a line, with the people that tests play with at hand.
CONSOLE = """
import json, sys, django
django.setup()
from conversations.access import api_keys
from conversations.actions.deletions import *
from conversations.actions.drafts import *
from conversations.actions.pins import *
from conversations.actions.settings import *
from conversations.models import *
from tests.support.cast import *
from tests.support.staff import *
from conversations.feeding import members, messages
from tests.support.messages import NOON_S, c2c, group
from django.test import Client
def session_of(user): client = Client(); client.force_login(user); return client.cookies["sessionid"].value
for line in sys.stdin: print(json.dumps(eval(line), default=str), flush=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def migrate(database_url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": database_url}, cwd=settings.BASE_DIR, check=True)


@cache
def migrated_sqlite() -> Path:
    """Return a SQLite file with all tables. It is made once in a process, since a copy costs next to nothing."""
    directory = Path(tempfile.mkdtemp(prefix="imsite-"))
    atexit.register(shutil.rmtree, directory)
    migrate(f"sqlite:///{directory}/migrated.sqlite3")
    return directory / "migrated.sqlite3"


@cache
def migrated_postgresql() -> str:
    """Return the name of a PostgreSQL database with all tables, made once in a process to be copied."""
    name = new_postgresql(template="template0")
    atexit.register(drop_postgresql, name)
    migrate(postgresql_url(name))
    return name


def new_postgresql(template: str) -> str:
    """Create a database on the server that the suite runs on, and return its name."""
    name = f"scratch_{uuid.uuid4().hex}"
    with postgresql() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    return name


def english_postgresql() -> str:
    """Create an empty database that sorts as people do, and return its name. It is dropped when the process ends."""
    name = f"english_{uuid.uuid4().hex}"
    with postgresql() as server:
        server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
    atexit.register(drop_postgresql, name)
    return name


def drop_postgresql(name: str) -> None:
    with postgresql() as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def postgresql() -> psycopg.Connection:
    """Return a connection to the server that the suite runs on."""
    return psycopg.connect(**postgresql_parameters(), dbname="postgres", autocommit=True)


def postgresql_parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("host", "port", "user", "password") if name in parameters}


def postgresql_url(name: str) -> str:
    parameters = {"host": "", "port": 5432, "user": "", "password": ""} | postgresql_parameters()
    return "postgres://{user}:{password}@{host}:{port}/".format(**parameters) + name


@contextmanager
def scratch_postgresql() -> Iterator[str]:
    """The DATABASE_URL of a database with all tables and no rows, to the end of the block."""
    name = new_postgresql(template=migrated_postgresql())
    try:
        yield postgresql_url(name)
    finally:
        drop_postgresql(name)


class RunningServer:
    """One granian process; its database is a new SQLite file unless the environment names one that has its tables.

    With a file of its own it would do the same on every database, so other runs than SQLite's skip what needs it.
    """

    def __init__(self, interface: str, application: str, *, workers: int = 1, **environment: str):
        if "DATABASE_URL" not in environment and connection.vendor != "sqlite":
            raise SkipTest("The server has a SQLite database of its own: the suite's run on SQLite is enough.")
        self.directory = tempfile.TemporaryDirectory()
        self.console: subprocess.Popen | None = None
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{self.directory.name}/test.sqlite3",
            "DJANGO_SETTINGS_MODULE": "imsite.settings",
            **environment,
        }
        self.port = free_port()
        try:
            if "DATABASE_URL" not in environment:
                shutil.copy(migrated_sqlite(), f"{self.directory.name}/test.sqlite3")
            self.process = self.start(interface, application, workers)
        except BaseException:
            self.directory.cleanup()
            raise
        self.wait()

    def start(self, interface: str, application: str, workers: int = 1) -> subprocess.Popen:
        threads = ("--backpressure", "512", "--blocking-threads", "512") if interface == "wsgi" else ()
        options = (
            "--workers",
            str(workers),
            "--respawn-failed-workers",
            "--respawn-interval",
            "1",
            *threads,
            "--http",
            "1",
            "--no-ws",
            "--workers-kill-timeout",
            "3",
            "--log-level",
            "critical",
        )
        command = [BIN / "granian", "--interface", interface, "--host", "127.0.0.1", "--port", str(self.port), *options]
        return subprocess.Popen(
            [*command, application],
            env=self.environment,
            cwd=settings.BASE_DIR,
            stderr=self._log.open("ab"),
            start_new_session=True,
        )

    @property
    def _log(self) -> Path:
        return Path(self.directory.name, "log")

    def log(self) -> str:
        """Return what the server has logged so far."""
        return self._log.read_text()

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a command with the server's environment and what is added to it; return its standard output."""
        command = [sys.executable, "manage.py", *arguments]
        environment = self.environment | environment
        done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
        return done.stdout

    def do(self, expression: str) -> Any:
        """The value of an expression that is evaluated beside the server, with its database."""
        if self.console is None:
            self.console = subprocess.Popen(
                [sys.executable, "-c", CONSOLE],
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.console.stdin.write(expression + "\n")
        self.console.stdin.flush()
        return json.loads(self.console.stdout.readline())

    def wait(self) -> None:
        """Until it answers: a port alone may still be that of one that was killed."""
        for _attempt in range(300):
            try:
                client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                client.request("GET", "/api/v1/nothing/")
                client.getresponse().read()
                return client.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        self.stop()
        raise AssertionError("The server did not start.")

    def worker(self) -> int:
        """The ID of a process that answers."""
        return self.workers()[0]

    def workers(self) -> list[int]:
        """The IDs of the processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def kill(self) -> None:
        """End it and all its processes at once, as a failing machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.console is not None:
            self.console.communicate()
        self.process.terminate()
        self.process.wait(timeout=20)
        self.directory.cleanup()


def server_for_apps(**environment: str) -> RunningServer:
    """Start a server that takes the tests' UserSigs, with streams whose hearts beat each second."""
    usersig = {"IM_SDK_APP_ID": str(SDK_APP_ID), "IM_SECRET_KEY": SECRET_KEY}
    return RunningServer("asgi", "imsite.asgi:application", DEBUG="true", EVENTS_HEARTBEAT_S="1", **usersig, **environment)


class Event(NamedTuple):
    """A server-sent event; a comment's name is ""."""

    name: str
    data: Any = None
    id: str | None = None


class EventStream:
    """A client of events/, which reads as an EventSource does."""

    def __init__(self, port: int, headers: dict[str, str], query: str = "", timeout_s: float = 10):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self.connection.request("GET", f"/api/v1/events/{query}", headers=headers)
        self.response = self.connection.getresponse()
        self.retry_ms: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception) -> None:
        self.close()

    def close(self) -> None:
        # The response keeps the socket open.
        self.response.close()
        self.connection.close()

    def __iter__(self) -> Iterator[Event]:
        """All events and comments, to the stream's end."""
        fields: dict[str, str] = {}
        while line := self.response.readline():
            name, _colon, value = line.decode().rstrip("\n").partition(": ")
            if name == "" and line == b"\n":
                if "event" in fields:
                    yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
                fields = {}
            elif name == "":
                yield Event("")
            elif name == "retry":
                self.retry_ms = int(value)
            else:
                fields[name] = value

    def until(self, name: str) -> list[Event]:
        """The events up to the next of this name, heartbeats left out."""
        events = []
        for event in self:
            if event.name or not name:
                events.append(event)
            if event.name == name:
                return events
        raise AssertionError(f"The stream ended with {events} before {name or 'a heartbeat'}.")
