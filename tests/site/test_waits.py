"""No request waits unbounded, and one that waits does not hold up others. On PostgreSQL, by a real server."""

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from email.message import Message
from pathlib import Path
from unittest import SkipTest, skipUnless

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
        settings = {"WEB_THREADS": "4", "LOCK_TIMEOUT_S": "2", "STATEMENT_TIMEOUT_S": "3"}
        self.server = RunningServer("wsgi", "imsite.wsgi:application", DATABASE_URL=self.url, **settings)
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

    def test_a_stopped_server_process_of_the_database_costs_one_request_its_time_and_others_nothing(self):
        refused = []
        process_id = self.database_process()
        os.kill(process_id, signal.SIGSTOP)
        try:
            # Slots are used in turn: one of them has the connection of the stopped process.
            waiting = [
                threading.Thread(target=lambda: refused.append(self.ask("GET", "conversations/", "alice")))
                for _number in range(4)
            ]
            for thread in waiting:
                thread.start()
            time.sleep(0.3)
            others = [self.ask("GET", "conversations/", "bob")[0] for _number in range(OTHERS)]
            are_waiting = [thread.is_alive() for thread in waiting]
            for thread in waiting:
                thread.join(PATIENCE_S)
            after = [self.ask("GET", "conversations/", "bob")[0] for _number in range(OTHERS)]
        finally:
            os.kill(process_id, signal.SIGCONT)

        self.assertEqual((others, sorted(are_waiting)), ([200] * OTHERS, [False] * 3 + [True]))
        self.assertEqual(sorted(status for status, _headers, _body in refused), [200] * 3 + [503])
        self.assertEqual(after, [200] * OTHERS)

    def database_process(self) -> int:
        """Return the ID of a process of PostgreSQL that serves the web server and no one else."""
        for _number in range(OTHERS):
            self.ask("GET", "conversations/", "bob")
        own = self.server.do("__import__('django.db').db.connection.connection.info.backend_pid")
        with psycopg.connect(self.url) as client:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)"
            process_id = client.execute(query, [own]).fetchall()[0][0]
        if not Path(f"/proc/{process_id}/cmdline").read_bytes().startswith(b"postgres"):
            raise SkipTest("PostgreSQL runs on another machine.")
        return process_id
