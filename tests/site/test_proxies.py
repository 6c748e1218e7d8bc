"""The nginx sample in front of real servers on sockets that a supervisor holds: what it hides, limits and survives."""

import collections
import http.client
import json
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import SkipTest

import pytest
from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase

from tests.support.proxies import HOST, NEEDS_NGINX, NginxSample
from tests.support.servers import migrated_sqlite

PATIENCE_S = 60  # far more than it takes: tests do not measure time
CLIENTS, LOAD_S = 6, 4
PAUSE_S = 0.1  # the sample lets 100 requests a second pass, and 200 more at once
pytestmark = pytest.mark.server
# As systemd does: the socket is file descriptor 3, and LISTEN_PID is the process itself.
WITH_SOCKET = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"']


@NEEDS_NGINX
class NginxTests(SimpleTestCase):
    """One nginx, one database and one web server for all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if connection.vendor != "sqlite":
            raise SkipTest("The server has a SQLite database of its own: the suite's run on SQLite is enough.")
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        shutil.copy(migrated_sqlite(), cls.folder / "test.sqlite3")
        cls.environment = os.environ | {"DATABASE_URL": f"sqlite:///{cls.folder}/test.sqlite3", "LOG_FORMAT": "json"}
        cls.environment |= {"DEBUG": "true", "ALLOWED_HOSTS": HOST}
        command = [sys.executable, "manage.py", "create_api_key", "load", "--service", "--scopes", "read,ingest"]
        made = subprocess.run(command, env=cls.environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
        cls.key = made.stdout.split()[-1]
        cls.sockets = {name: cls.enterClassContext(socket.create_server(("127.0.0.1", 0))) for name in ("web", "events")}
        cls.servers = {}
        for name in cls.sockets:
            cls.serve(name)
            cls.addClassCleanup(lambda name=name: cls.stop(cls.servers[name]))
        ports = {f"{name}_port": listener.getsockname()[1] for name, listener in cls.sockets.items()}
        cls.nginx = NginxSample(cls.folder, **ports)
        cls.addClassCleanup(cls.stop, cls.nginx.start())
        cls.trust = ssl.create_default_context(cafile=cls.nginx.certificate)
        cls.wait(cls.nginx.port)

    @classmethod
    def serve(cls, name: str) -> None:
        """Start a server as systemd does, on a socket that stays."""
        descriptor, log = cls.sockets[name].fileno(), (cls.folder / f"{name}.log").open("ab")
        cls.servers[name] = subprocess.Popen(
            [*WITH_SOCKET, sys.executable, "-m", "imsite.serve", name],
            env=cls.environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=log,
            preexec_fn=lambda: os.dup2(descriptor, 3), pass_fds=(3,),
        )  # fmt: skip

    @staticmethod
    def stop(process: subprocess.Popen) -> int:
        process.terminate()
        return process.wait(PATIENCE_S)

    @staticmethod
    def wait(port: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                time.sleep(0.05)
        raise AssertionError("nginx did not start.")

    def through_tls(self, host: str = HOST) -> http.client.HTTPConnection:
        """Return a connection through TLS."""
        plain = socket.create_connection(("127.0.0.1", self.nginx.port), timeout=PATIENCE_S)
        client = http.client.HTTPConnection(HOST, timeout=PATIENCE_S)
        client.sock = self.trust.wrap_socket(plain, server_hostname=host)
        self.addCleanup(client.close)
        return client

    def ask(self, client: http.client.HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        headers = {"Host": HOST, "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, answer.read()

    def test_pages_come_from_the_server_and_health_of_the_inside_from_nobody(self):
        client = self.through_tls()
        statuses = {path: self.ask(client, "GET", path)[0] for path in ("/livez", "/", "/readyz", "/metrics")}

        self.assertEqual(statuses, {"/livez": 200, "/": 302, "/readyz": 404, "/metrics": 404})

    def test_plain_http_leads_to_tls_and_other_host_names_nowhere(self):
        plain = http.client.HTTPConnection("127.0.0.1", self.nginx.http_port, timeout=PATIENCE_S)
        self.addCleanup(plain.close)
        plain.request("GET", "/admin/?a=b", headers={"Host": HOST})

        self.assertEqual(plain.getresponse().headers["Location"], f"https://{HOST}/admin/?a=b")
        with self.assertRaises(ssl.SSLError):
            self.through_tls(host="other.example.org")

    def test_logins_are_limited_and_large_bodies_refused(self):
        client = self.through_tls()
        logins = [self.ask(client, "POST", "/login/", {})[0] for _number in range(15)]

        self.assertEqual((logins[0], logins[-1]), (403, 429))
        self.assertEqual(self.ask(self.through_tls(), "POST", "/api/v1/messages/", "x" * (8 * 1024 * 1024))[0], 413)

    def test_streams_pass_and_find_the_next_server(self):
        for _number in range(2):
            with self.subTest():
                client = self.through_tls()
                client.request(
                    "GET", "/api/v1/events/?owner=carol", headers={"Host": HOST, "Authorization": f"Bearer {self.key}"}
                )
                answer = client.getresponse()
                self.assertEqual(answer.status, 200)
                lines = iter(answer.readline, b"")
                self.assertIn(b"event: unread\n", lines)

                self.assertEqual(self.stop(self.servers["events"]), 0)
                self.assertEqual([line for line in lines if line.startswith(b"event:")], [])
                self.serve("events")

    def test_a_restart_under_load_refuses_nothing_and_sends_nothing_twice(self):
        self.assertEqual(self.ask(self.through_tls(), "GET", "/livez")[0], 200)
        counts: collections.Counter[tuple[str, int]] = collections.Counter()
        ends = time.monotonic() + LOAD_S
        threads = [threading.Thread(target=self.load, args=(number, ends, counts)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(LOAD_S / 4)

        status = self.stop(self.servers["web"])
        self.serve("web")
        for thread in threads:
            thread.join(PATIENCE_S)

        self.assertEqual((status, set(counts)), (0, {("GET", 200), ("POST", 200)}))
        with sqlite3.connect(self.folder / "test.sqlite3") as database:
            stored = database.execute("SELECT count(*) FROM conversations_message").fetchone()[0]
        log = (self.folder / "web.log").read_text().splitlines()
        lines = [json.loads(line) for line in log if line.startswith("{")]  # not what Python warns of
        received = sum(line.get("route") == "/api/v1/messages/" and line["status"] == 200 for line in lines)
        self.assertEqual((stored, received), (counts["POST", 200],) * 2)

    def load(self, number: int, ends: float, counts: collections.Counter) -> None:
        client, sent = self.through_tls(), 0
        while time.monotonic() < ends or sent < 2:
            sent += 1
            text = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "Hello"}}]
            message = {"From_Account": f"sender{number}", "To_Account": "alice", "MsgRandom": sent, "MsgBody": text}
            counts["POST", self.ask(client, "POST", "/api/v1/messages/", message)[0]] += 1
            counts["GET", self.ask(client, "GET", "/api/v1/conversations/?owner=alice")[0]] += 1
            time.sleep(PAUSE_S)
