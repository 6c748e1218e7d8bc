"""Starting and stopping with open streams: one server, and both of `make serve`. And what WSGI says of streams."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase, override_settings

from tests.support.api import url
from tests.support.cast import SDK_APP_ID, SECRET_KEY, usersig
from tests.support.servers import BIN, EventStream, RunningServer, free_port, migrated_sqlite

LONGEST_STOP_S = 5
USERSIG_ENVIRONMENT = {"IM_SDK_APP_ID": str(SDK_APP_ID), "IM_SECRET_KEY": SECRET_KEY}


def authorization() -> dict[str, str]:
    return {"Authorization": f"Bearer {usersig()}"}


@override_settings(EVENTS_PORT=8123)
class MisdirectedTests(SimpleTestCase):
    """Django never streams, whatever the credential."""

    def test_it_says_where_the_streams_are(self):
        for path in ("events/", "events"):
            for headers in ({}, {"HTTP_AUTHORIZATION": "Bearer nonsense"}, {"HTTP_ACCEPT": "text/event-stream"}):
                response = self.client.get(url(path), **headers)

                self.assertEqual((response.status_code, response["Content-Type"]), (421, "application/problem+json"))
                self.assertEqual(response.json()["code"], 60009)
                self.assertIn("8123", response.json()["desc"])

    def test_other_methods_exist_nowhere(self):
        self.assertEqual(self.client.post(url("events/")).status_code, 405)


class StopTests(SimpleTestCase):
    def test_a_server_with_open_streams_stops_and_ends_them_in_order(self):
        server = RunningServer("asgi", "imsite.asgi:application", DEBUG="true", **USERSIG_ENVIRONMENT)
        self.addCleanup(server.stop)
        streams = [EventStream(server.port, authorization()) for _n in range(20)]
        for stream in streams:
            self.addCleanup(stream.close)
            stream.until("unread")

        server.process.terminate()
        started = time.monotonic()
        server.process.wait(timeout=LONGEST_STOP_S)

        self.assertLess(time.monotonic() - started, 2)
        for stream in streams:
            # A heartbeat may have come meanwhile. It would raise IncompleteRead.
            self.assertEqual([event for event in stream if event.name], [])

    def test_a_client_that_does_not_read_does_not_hold_it_up(self):
        server = RunningServer("asgi", "imsite.asgi:application", DEBUG="true", **USERSIG_ENVIRONMENT)
        self.addCleanup(server.stop)
        server.do("make_conversations(2000, show_name=chr(120) * 4000).clear()")
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            head = "\r\n".join(f"{name}: {value}" for name, value in (authorization() | {"Host": "127.0.0.1"}).items())
            client.sendall(f"GET /api/v1/events/ HTTP/1.1\r\n{head}\r\n\r\n".encode())
            time.sleep(1)

            server.process.terminate()
            server.process.wait(timeout=LONGEST_STOP_S)


class ServeTests(SimpleTestCase):
    """The Procfile, as `make serve` runs it."""

    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.ports = free_port(), free_port()
        environment = USERSIG_ENVIRONMENT | {
            "DATABASE_URL": f"sqlite:///{directory}/test.sqlite3",
            "DEBUG": "true",
            "WEB_WORKERS": "1",
            "WEB_THREADS": "2",
            "PORT": str(self.ports[0]),
            "EVENTS_PORT": str(self.ports[1]),
            "BIN": str(BIN),
        }
        of_process = {"env": os.environ | environment, "cwd": settings.BASE_DIR}
        shutil.copy(migrated_sqlite(), f"{directory}/test.sqlite3")
        command = [BIN / "honcho", "start", "--env", "/dev/null", "--no-colour"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **of_process)
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.terminate)
        deadline = time.monotonic() + 20
        while not all(map(self.answers, self.ports)) and time.monotonic() < deadline:
            time.sleep(0.05)

    def answers(self, port: int) -> bool:
        """Whether there is an answer, not just a connection: a worker that starts does not hear of signals yet."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=5) as response:
                return response.status == 200
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def main_process(self, name: str) -> int:
        """The ID of the process that started a server's workers."""
        port = f"\0EVENTS_PORT={self.ports[1]}\0".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                is_one = (process / "cmdline").read_bytes().endswith(f"\0imsite.serve\0{name}\0".encode())
                if is_one and port in (process / "environ").read_bytes():
                    found.append(int(process.name))
        return min(found)

    def assert_all_stop(self, stream: EventStream) -> int:
        status = self.process.wait(timeout=LONGEST_STOP_S)
        self.assertEqual(list(map(self.answers, self.ports)), [False, False])
        self.assertEqual([event for event in stream if event.name], [])
        return status

    def follow(self) -> EventStream:
        stream = EventStream(self.ports[1], authorization())
        self.addCleanup(stream.close)
        stream.until("unread")
        return stream

    def test_both_stop_when_told(self):
        stream = self.follow()

        self.process.terminate()

        self.assertEqual(self.assert_all_stop(stream), 128 + signal.SIGTERM)

    def test_if_one_dies_both_stop_and_it_is_a_failure(self):
        stream = self.follow()

        os.kill(self.main_process("web"), signal.SIGKILL)

        self.assertNotEqual(self.assert_all_stop(stream), 0)

    def test_if_one_just_stops_both_do_and_it_is_a_failure(self):
        stream = self.follow()

        os.kill(self.main_process("events"), signal.SIGTERM)

        self.assertNotEqual(self.assert_all_stop(stream), 0)
