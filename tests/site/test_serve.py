"""`python -m imsite.serve`: it starts or says why not, stops with status 0, and loses no request when it is restarted."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import SkipTest

from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase

from tests.support.servers import free_port, migrated_sqlite

START_S, STOP_S = 30, 10
SAFE = {"SECRET_KEY": "NqVwYS81VP7Hb1DX8pPd5khxE3pyIgKpaUnArl63XykWZeiNNC", "ALLOWED_HOSTS": "im.example.org"}
# As systemd does: the socket is file descriptor 3, and LISTEN_PID is the process itself.
WITH_SOCKET = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"']


class ServeCase(SimpleTestCase):
    def setUp(self):
        if connection.vendor != "sqlite":
            raise SkipTest("The server has a SQLite database of its own: the suite's run on SQLite is enough.")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.port = free_port()
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        # The debug mode needs no collected files.
        self.environment |= {"DEBUG": "true", "PORT": str(self.port), "EVENTS_PORT": str(free_port())}
        self.environment |= {"DATABASE_URL": f"sqlite:///{self.folder}/test.sqlite3"}

    def start(self, name: str = "web", *, before: tuple[str, ...] = (), **options) -> subprocess.Popen:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "imsite.serve", name],
            env=self.environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options,
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, STOP_S)
        self.addCleanup(process.terminate)  # not killed: its workers would stay
        return process

    def fails_with(self, name: str = "web") -> str:
        process = self.start(name)
        printed = process.communicate(timeout=START_S)[0]
        self.assertEqual(process.returncode, 1)
        return printed

    def get(self, path: str = "/livez") -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)
        try:
            client.request("GET", path)
            return client.getresponse().status
        finally:
            client.close()

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                return self.assertEqual(self.get(), 200)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise AssertionError("The server did not start.")


class RefusalTests(ServeCase):
    """Sentences, and no traceback."""

    def test_pending_migrations(self):
        self.assertRegex(self.fails_with(), r"migrations: \d+ pending, .* Run make release")

    def test_a_database_that_is_away(self):
        self.environment["DATABASE_URL"] = f"postgres://nobody@127.0.0.1:{free_port()}/nothing"

        printed = self.fails_with()

        self.assertIn("database: unreachable", printed)
        self.assertNotIn("Traceback", printed)

    def test_a_port_in_use(self):
        shutil.copy(migrated_sqlite(), self.folder / "test.sqlite3")
        with socket.create_server(("127.0.0.1", self.port)):
            self.assertIn(f"Port {self.port} is in use", self.fails_with())

    def test_an_address_of_another_machine(self):
        shutil.copy(migrated_sqlite(), self.folder / "test.sqlite3")
        self.environment["HOST"] = "192.0.2.1"

        self.assertIn("Cannot listen on 192.0.2.1", self.fails_with())

    def test_unsafe_settings(self):
        del self.environment["DEBUG"]
        self.environment |= {"WEB_WORKERS": "0", "WEB_THREADS": "0", "EVENTS_PORT": str(self.port)}

        for name in ("web", "events"):
            with self.subTest(name):
                printed = self.fails_with(name)
                for problem in ("SECRET_KEY is missing", "WEB_WORKERS must be at least 1", "EVENTS_PORT must differ from PORT"):
                    self.assertIn(problem, printed)
                self.assertNotIn("Traceback", printed)


class LifeTests(ServeCase):
    def setUp(self):
        super().setUp()
        shutil.copy(migrated_sqlite(), self.folder / "test.sqlite3")

    def workers(self, process: subprocess.Popen) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]

    def test_it_stops_with_status_0(self):
        for name in ("web", "events"):
            with self.subTest(name):
                self.environment["EVENTS_PORT" if name == "events" else "PORT"] = str(self.port)
                process = self.start(name)
                self.wait_until_it_answers()

                process.terminate()

                self.assertEqual(process.wait(STOP_S), 0)
                self.environment["PORT"] = str(free_port())

    def test_a_killed_worker_is_replaced(self):
        process = self.start()
        self.wait_until_it_answers()
        before = self.workers(process)

        os.kill(before[0], signal.SIGKILL)

        deadline = time.monotonic() + START_S
        while not set(self.workers(process)) - set(before) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual({self.get() for _number in range(20)}, {200})

    def test_requests_wait_in_the_supervisors_socket_for_the_next_server(self):
        with socket.create_server(("127.0.0.1", self.port)) as listener:
            first = self.start_with(listener)
            self.wait_until_it_answers()
            first.terminate()
            self.assertEqual(first.wait(STOP_S), 0)
            statuses: list[int] = []
            waiting = [threading.Thread(target=lambda: statuses.append(self.get())) for _number in range(5)]
            for thread in waiting:
                thread.start()
            time.sleep(0.2)
            self.assertEqual(statuses, [])

            self.start_with(listener)
            for thread in waiting:
                thread.join(START_S)

        self.assertEqual(statuses, [200] * 5)

    def start_with(self, listener: socket.socket) -> subprocess.Popen:
        # subprocess would close it, or give it another number.
        return self.start(before=(*WITH_SOCKET,), preexec_fn=lambda: os.dup2(listener.fileno(), 3), pass_fds=(3,))
