"""The database goes away, or the server dies, while webhooks come: nothing acknowledged is lost, nothing counts twice."""

import hashlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from http.client import HTTPException
from unittest import skipUnless
from urllib.parse import urlencode, urlsplit

import psycopg
from django.test import SimpleTestCase

from tests.support.clients import IS_POSTGRESQL
from tests.support.servers import RunningServer, scratch_postgresql

APP_ID, TOKEN = 1400000001, "a token for tests"
PATIENCE_S = 20  # far more than what is promised: tests do not measure time
DOORS = {"IM_SDK_APP_ID": str(APP_ID), "IM_SECRET_KEY": "a secret key for tests", "IM_CALLBACK_TOKEN": TOKEN}


class Proxy:
    """Stands between the server and PostgreSQL, and can be cut off."""

    def __init__(self, target: tuple[str, int]):
        self.target, self.is_silent = target, False
        self.sockets: list[socket.socket] = []
        self.listener = self.listen(0)
        self.port = self.listener.getsockname()[1]

    def listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        return listener

    def accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                self.sockets.append(client)
                if not self.is_silent:
                    server = socket.create_connection(self.target)
                    self.sockets.append(server)
                    for ends in ((client, server), (server, client)):
                        threading.Thread(target=self.pump, args=ends, daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(65536):
                sink.sendall(block)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Nobody listens any more, and all connections end."""
        for end in (self.listener, *self.sockets):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.sockets.clear()

    def mend(self, *, is_silent: bool = False) -> None:
        """Listen again; when silent, to no effect."""
        self.is_silent = is_silent
        self.listener = self.listen(self.port)


def message(number: int) -> dict:
    time_s = int(time.time())
    return {
        "CallbackCommand": "C2C.CallbackAfterSendMsg",
        "From_Account": "bob",
        "To_Account": "alice",
        "MsgSeq": number,
        "MsgRandom": number,
        "MsgTime": time_s,
        "MsgKey": f"{number}_{number}_{time_s}",
        "SendMsgResult": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
    }


@skipUnless(IS_POSTGRESQL, "a file does not go away")
class AwayTests(SimpleTestCase):
    databases = "__all__"

    def start(self, url: str) -> RunningServer:
        server = RunningServer("wsgi", "imsite.wsgi:application", DATABASE_URL=url, **DOORS)
        self.addCleanup(server.stop)
        return server

    def setUp(self):
        self.url = self.enterContext(ExitStack()).enter_context(scratch_postgresql())

    def send(self, server: RunningServer, number: int) -> tuple[int, str]:
        body, now_s = message(number), int(time.time())
        sign = hashlib.sha256(f"{TOKEN}{now_s}".encode()).hexdigest()
        query = {"SdkAppid": APP_ID, "RequestTime": now_s, "Sign": sign, "CallbackCommand": body["CallbackCommand"]}
        address = f"http://127.0.0.1:{server.port}/callbacks/tencent/?{urlencode(query)}"
        request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)["ActionStatus"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["ActionStatus"]

    def test_without_the_database_nothing_is_acknowledged_and_with_it_all_is_well_again(self):
        address = urlsplit(self.url)
        proxy = Proxy((address.hostname, address.port))
        self.addCleanup(proxy.cut)
        server = self.start(address._replace(netloc=f"{address.username}:{address.password}@127.0.0.1:{proxy.port}").geturl())
        self.assertEqual(self.send(server, 1), (200, "OK"))

        proxy.cut()
        away = [self.send(server, number) for number in (2, 3)]
        proxy.mend(is_silent=True)
        silent = self.send(server, 4)
        proxy.cut()
        proxy.mend()
        back = [self.send(server, number) for number in (5, 6)]

        self.assertEqual([*away, silent], [(503, "FAIL")] * 3)
        self.assertEqual(back, [(200, "OK")] * 2)
        with psycopg.connect(self.url) as database:
            kept = database.execute("SELECT outcome, body FROM conversations_webhookevent ORDER BY id").fetchall()
            (unread,) = database.execute(
                "SELECT unread_count FROM conversations_conversation WHERE owner_id = 'alice'"
            ).fetchone()
        self.assertEqual([(outcome, json.loads(body)["MsgSeq"]) for outcome, body in kept], [("applied", n) for n in (1, 5, 6)])
        self.assertEqual(unread, 3)

    def test_what_was_stored_and_not_applied_when_the_server_died_is_applied_later_and_once(self):
        server = self.start(self.url)
        with psycopg.connect(self.url) as lock, psycopg.connect(self.url, autocommit=True) as database:
            lock.execute("LOCK TABLE conversations_thread IN EXCLUSIVE MODE")
            threading.Thread(target=self.send_to_nobody, args=(server,), daemon=True).start()
            self.wait_for(lambda: database.execute("SELECT 1 FROM conversations_webhookevent").fetchone())
            server.kill()
            lock.rollback()
            rows = "SELECT outcome FROM conversations_webhookevent"
            self.assertEqual(database.execute(rows).fetchall(), [("pending",)])

            for _time in range(2):
                server.manage("replay_callbacks", "--pending")

            self.assertEqual(database.execute(rows).fetchall(), [("applied",)])
            counts = "SELECT owner_id, unread_count, version FROM conversations_conversation ORDER BY owner_id"
            self.assertEqual(database.execute(counts).fetchall(), [("alice", 1, 1), ("bob", 0, 1)])

    def send_to_nobody(self, server: RunningServer) -> None:
        with suppress(OSError, HTTPException):
            self.send(server, 1)

    def wait_for(self, found) -> None:
        for _attempt in range(200):
            if found():
                return
            time.sleep(0.05)
        self.fail("It did not happen.")
