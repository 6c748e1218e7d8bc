"""No request waits unbounded, and one that waits does not hold up others. On PostgreSQL, by a real server."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from email.message import Message
from unittest import skipUnless

import psycopg
from django.test import SimpleTestCase

from tests.support.clients import IS_POSTGRESQL
from tests.support.servers import RunningServer, scratch_postgresql

PATIENCE_S = 30  # far more than what is promised: tests do not measure time
OTHERS = 20


@skipUnless(IS_POSTGRESQL, "SQLite has one lock for all")
class WaitTests(SimpleTestCase):
    databases = "__all__"

    def setUp(self):
        self.url = self.enterContext(ExitStack()).enter_context(scratch_postgresql())
        self.server = RunningServer("wsgi", "imsite.wsgi:application", DATABASE_URL=self.url, LOCK_TIMEOUT_S="2")
        self.addCleanup(self.server.stop)
        self.key = self.server.do("with_key(owner_id=None, scopes=api_keys.SCOPES)")["HTTP_AUTHORIZATION"]
        self.server.do("[make_conversation(owner_id=owner_id) for owner_id in ('alice', 'bob')] and None")

    def ask(self, method: str, path: str, owner_id: str) -> tuple[int, Message, dict]:
        address = f"http://127.0.0.1:{self.server.port}/api/v1/{path}?owner={owner_id}"
        request = urllib.request.Request(address, method=method, headers={"Authorization": self.key})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.load(error)

    def test_a_locked_owner_costs_a_write_its_time_and_others_nothing(self):
        refused = []
        with psycopg.connect(self.url) as lock:
            lock.execute("SELECT 1 FROM conversations_owner WHERE owner_id = 'alice' FOR UPDATE")
            waiting = [
                threading.Thread(target=lambda: refused.append(self.ask("PUT", "conversations/c2c_bob/pin/", "alice")))
                for _number in range(2)
            ]
            for thread in waiting:
                thread.start()
            time.sleep(0.3)
            others = [self.ask("GET", "conversations/", "bob")[0] for _number in range(OTHERS)]
            are_waiting = [thread.is_alive() for thread in waiting]
            for thread in waiting:
                thread.join(PATIENCE_S)

        self.assertEqual((others, are_waiting), ([200] * OTHERS, [True] * 2))
        self.assertEqual([(status, body["code"]) for status, _headers, body in refused], [(503, 50005)] * 2)
        self.assertTrue(all(headers["Retry-After"] for _status, headers, _body in refused))
        self.assertEqual(self.ask("PUT", "conversations/c2c_bob/pin/", "alice")[0], 200)

    def test_a_client_that_sends_its_body_slowly_holds_up_nobody(self):
        with ExitStack() as slow:
            for _number in range(2):
                slow.enter_context(self.slow_body())
            others = [self.ask("GET", "conversations/", "bob")[0] for _number in range(OTHERS)]

        self.assertEqual(others, [200] * OTHERS)

    def slow_body(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S)
        client.sendall(b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n")
        client.sendall(b"Content-Length: 1000\r\n\r\nusername=")
        return client
