"""A primary and a standby of the test's own, and a server that reads from both."""

import http.client
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple
from unittest import skipUnless

from django.test import SimpleTestCase

from tests.support import clusters
from tests.support.cast import SDK_APP_ID, SECRET_KEY, bearer, usersig
from tests.support.clients import IS_POSTGRESQL
from tests.support.metrics import families_of
from tests.support.servers import RunningServer, migrate

API = "/api/v1/"
READS = ("conversations/", "conversations/?count=1", "conversations/?type=1", "conversations/c2c_peer1/", "unread/")
READS += ("conversations/lookup/?id=c2c_peer1&id=c2c_peer2", "conversations/lookup/?id=c2c_peer1", "unread/?type=1")
ALICE = bearer(usersig("alice"))["HTTP_AUTHORIZATION"]
APP = {"IM_SDK_APP_ID": str(SDK_APP_ID), "IM_SECRET_KEY": SECRET_KEY, "DEBUG": "true"}
# Far more than the tests take, so that only they decide who answers.
PATIENT = {"DATABASE_REPLICA_LAG_S": "1000"}
STANDBY = "max_standby_streaming_delay = 0\nhot_standby_feedback = off"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    content: Any

    @property
    def version(self) -> str | None:
        return self.headers["Owner-Version"]


@skipUnless(IS_POSTGRESQL, "a standby is PostgreSQL's")
@skipUnless(clusters.BINARIES.name, "missing: apt-get install postgresql")
class ReplicaTestCase(SimpleTestCase):
    environment = PATIENT

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = stack.enter_context(clusters.cluster_folder())
        cls.primary = clusters.Cluster.make("primary", cls.folder)
        cls.primary.start()
        stack.callback(cls.primary.stop)
        with cls.primary.connect() as session:
            session.execute("CREATE DATABASE imsite")
        migrate(cls.primary.url("imsite"))
        cls.standby = cls.primary.make_standby("standby", STANDBY)
        cls.standby.start()
        stack.callback(cls.standby.stop)
        addresses = {"DATABASE_URL": cls.primary.url("imsite"), "DATABASE_REPLICA_URL": cls.standby.url("imsite")}
        cls.server = RunningServer("wsgi", "imsite.wsgi:application", **addresses, **APP, **cls.environment)
        stack.callback(cls.server.stop)
        cls.server.do("make_conversations(4, unread_count=2, imported_unread=2)")

    def setUp(self):
        self.wait_for(lambda: self.on_standby("SELECT pg_is_in_recovery()"))
        self.addCleanup(self.catch_up)
        self.catch_up()
        self.wait_for(lambda: self.is_from_replica("unread/"))

    def catch_up(self) -> None:
        self.on_standby("SELECT pg_wal_replay_resume()")
        with self.primary.connect() as session:
            (written,) = session.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        self.wait_for(lambda: self.on_standby("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written))

    def pause(self) -> None:
        self.on_standby("SELECT pg_wal_replay_pause()")
        self.wait_for(lambda: self.on_standby("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def on_standby(self, sql: str, *parameters: Any) -> Any:
        with self.standby.connect() as session:
            return session.execute(sql, parameters).fetchone()[0]

    def wait_for(self, happens: Callable[[], Any]) -> None:
        for _attempt in range(400):
            if happens():
                return
            time.sleep(0.05)
        self.fail("It did not happen.")

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """Ask as alice, unless `Authorization` says otherwise; a header's underlines stand for hyphens."""
        given = {"Authorization": ALICE} | {name.replace("_", "-"): value for name, value in headers.items()}
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            client.request(method, path if path.startswith("/") else API + path, json.dumps(body) if body else None, given)
            response = client.getresponse()
            text = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return Answer(response.status, response.headers, json.loads(text) if is_json else text.decode())
        finally:
            client.close()

    def change(self) -> str:
        """Change the list, and return its new version."""
        for method in ("DELETE", "PUT"):
            answer = self.ask("conversations/c2c_peer2/pin/", method)
            self.assertEqual(answer.status, 200)
        return answer.version

    def metrics(self) -> dict:
        return families_of(self.ask("/metrics").content)

    def is_from_replica(self, path: str, **headers: str) -> bool:
        before, answer, after = self.reads(), self.ask(path, **headers), self.reads()
        self.assertLess(answer.status, 400)
        asked = [reads.get(("replica",), 0) for reads in (before, after)]
        return asked[0] < asked[1] and before.get(("primary",)) == after.get(("primary",))

    def reads(self) -> dict[tuple[str, ...], float]:
        """Return how many reads each database was asked for."""
        return self.metrics().get("imsite_reads", {})
