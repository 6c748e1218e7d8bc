"""A primary and a standby of the test's own: who answers a read, and what a client sees when the standby is behind or away."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple
from unittest import skipUnless

import psycopg
from django.test import SimpleTestCase

from tests.site.test_metrics import families_of
from tests.support import clusters
from tests.support.cast import SDK_APP_ID, SECRET_KEY, bearer, usersig
from tests.support.clients import IS_POSTGRESQL
from tests.support.servers import RunningServer, migrate

API = "/api/v1/"
READS = ("conversations/", "conversations/?count=1", "conversations/?type=1", "conversations/c2c_peer1/", "unread/")
READS += ("conversations/lookup/?id=c2c_peer1&id=c2c_peer2", "conversations/lookup/?id=c2c_peer1", "unread/?type=1")
ALICE, BOB = (bearer(usersig(owner_id))["HTTP_AUTHORIZATION"] for owner_id in ("alice", "bob"))
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
    lag = PATIENT

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
        cls.server = RunningServer("wsgi", "imsite.wsgi:application", **addresses, **APP, **cls.lag)
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


class BehindTests(ReplicaTestCase):
    def test_the_replica_answers_each_of_the_reads(self):
        for path in READS:
            with self.subTest(path):
                self.assertTrue(self.is_from_replica(path))
        self.assertTrue(self.is_from_replica("conversations/c2c_nobody/?placeholder=true"))

    def test_what_is_no_hot_read_goes_on_as_without_a_replica(self):
        for path in ("changes/", "conversation-groups/"):
            before = self.reads()
            self.assertEqual(self.ask(path).status, 200)
            self.assertEqual(self.reads(), before)

    def test_a_client_sees_an_older_state_unless_it_names_the_version_of_its_write(self):
        old = {path: self.ask(path) for path in READS}
        self.pause()
        written = self.change()
        for path in READS:
            with self.subTest(path):
                self.assertEqual((self.ask(path).content, self.ask(path).version), (old[path].content, old[path].version))
                self.assertEqual(self.ask(path, Owner_Version=written).version, written)
                self.assertEqual(self.ask(path, Owner_Version=old[path].version).version, old[path].version)
                self.assertEqual(self.ask(path, Owner_Version="0").version, old[path].version)
        many = {"method": "POST", "body": {"conversationIDList": ["c2c_peer2"]}, "Content_Type": "application/json"}
        self.assertEqual(self.ask("conversations/lookup/", **many).version, old["unread/"].version)
        self.assertEqual(self.ask("conversations/lookup/", **many, Owner_Version=written).version, written)
        self.catch_up()
        for path in READS:
            self.assertEqual(self.ask(path).version, written)
            self.assertTrue(self.is_from_replica(path, Owner_Version=written))

    def test_what_is_not_there_yet_is_not_found_unless_the_version_is_named(self):
        self.pause()
        self.server.do("make_conversation(conversation_id='c2c_newcomer')")
        newest = self.ask("changes/").version

        self.assertEqual(self.ask("conversations/c2c_newcomer/").status, 404)
        self.assertEqual(self.ask("conversations/c2c_newcomer/", Owner_Version=newest).status, 200)
        self.assertEqual(self.ask("conversations/c2c_nobody/", Owner_Version=newest).status, 404)

    def test_a_poll_never_goes_back(self):
        self.pause()
        newest = self.change()
        for path in READS:
            with self.subTest(path):
                etag = self.ask(path, Owner_Version=newest).headers["ETag"]
                for given in (etag, f"W/{etag}", f'"x", {etag}'):
                    poll = self.ask(path, If_None_Match=given)
                    self.assertEqual((poll.status, poll.version), (304, newest))
                behind = self.ask(path)
                self.assertEqual(self.ask(path, If_None_Match=behind.headers["ETag"]).status, 304)
                update = self.ask(path, If_None_Match=behind.headers["ETag"], Owner_Version=newest)
                self.assertEqual((update.status, update.version), (200, newest))

    def test_a_page_is_not_older_than_the_one_before(self):
        old = self.ask("conversations/?count=1")
        self.pause()
        newest = self.change()
        for filters in ("", "&type=1"):
            first = self.ask(f"conversations/?count=1{filters}", Owner_Version=newest)
            second = self.ask(f"conversations/?count=1{filters}&nextSeq={first.content['nextSeq']}")
            self.assertEqual((first.version, second.version), (newest, newest))
        following = self.ask(f"conversations/?count=1&nextSeq={old.content['nextSeq']}")
        self.assertEqual(following.version, old.version)

    def test_totals_that_are_kept_belong_to_their_version(self):
        old = self.ask("unread/")
        self.pause()
        read = self.ask("conversations/c2c_peer1/read/", "POST")
        self.assertEqual(read.status, 200)
        for _time in range(2):
            new = self.ask("unread/", Owner_Version=read.version)
            self.assertEqual((new.version, new.content["total"]), (read.version, old.content["total"] - 2))
            again = self.ask("unread/")
            self.assertEqual((again.version, again.content), (old.version, old.content))
        self.catch_up()
        self.assertEqual(self.ask("unread/").content, new.content)

    def test_a_new_epoch_is_found_though_the_replica_does_not_know_it(self):
        self.pause()
        self.server.manage("reset_sync_tokens")
        newest = self.ask("changes/").version

        self.assertEqual(self.ask("unread/", Owner_Version=newest).version, newest)
        self.assertNotEqual(self.ask("unread/").version, newest)
        self.catch_up()
        of_old_epoch = self.ask("unread/", Owner_Version="1.5")
        self.assertEqual((of_old_epoch.status, of_old_epoch.version), (200, newest))
        self.assertFalse(self.ask(f"changes/?since={self.ask('unread/').version}").content["resetRequired"])

    def test_a_version_that_is_none_is_refused_by_its_name(self):
        for path in READS:
            refused = self.ask(path, Owner_Version="yesterday")
            self.assertEqual((refused.status, list(refused.content["errors"])), (400, ["Owner-Version"]))

    def test_credentials_are_refused_as_ever(self):
        self.pause()
        key = self.server.do("with_key('alice')")["HTTP_AUTHORIZATION"]
        self.assertEqual(self.ask("unread/", Authorization=key).status, 200)  # the replica does not know it
        self.server.do("ApiKey.objects.all().delete()[0]")
        self.wait_for(lambda: self.ask("unread/", Authorization=key).status == 401)  # it is remembered for a second
        for path in READS:
            more = "&" if "?" in path else "?"
            expired = bearer(usersig(expire_s=-1))["HTTP_AUTHORIZATION"]
            with self.subTest(path):
                self.assertEqual(self.ask(f"{path}{more}owner=alice", Authorization=BOB).status, 403)
                for credential in (expired, key, "Bearer x", ""):
                    self.assertEqual(self.ask(path, Authorization=credential).status, 401)
        of_bob = self.ask("conversations/", Authorization=BOB)
        self.assertEqual((of_bob.content["conversationList"], of_bob.version), ([], "0"))

    def test_nothing_is_written_there(self):
        self.change()
        for path in READS:
            self.ask(path)

        rows = "Owner.objects.using('replica').raw(\"SELECT 'x' AS owner_id, current_setting('{}') AS nick_name\")"
        self.assertEqual(self.server.do(rows.format("default_transaction_read_only") + "[0].nick_name"), "on")
        self.assertNotIn("cannot execute", (self.folder / "log").read_text())


class AwayTests(ReplicaTestCase):
    def test_without_the_standby_the_primary_answers_until_it_is_back(self):
        self.standby.stop()
        for _time in range(3):
            for path in READS:
                self.assertEqual(self.ask(path).status, 200)
        ready = self.ask("/readyz")
        self.assertEqual((ready.status, ready.content["status"], ready.content["replica"]), (200, "ok", "unavailable"))
        self.assertEqual(self.metrics()["imsite_replica_up"], {(): 0})
        self.assertIn(self.server.log().count("Replica failure"), (1, 2, 3))  # one a minute, of all tests of this class
        self.assertRegex(self.server.manage("doctor"), "replica: unreachable")

        self.standby.start()

        self.wait_for(lambda: self.metrics()["imsite_replica_up"] == {(): 1})
        self.assertTrue(self.is_from_replica("unread/"))
        self.assertEqual(self.ask("/readyz").content["replica"], "ok")
        self.assertLess(self.metrics()["imsite_replica_lag_seconds"][()], 1000)
        self.assertRegex(self.server.manage("doctor"), r"replica: \d+ seconds behind")

    def test_a_standby_that_hangs_holds_up_a_read_for_a_moment_only(self):
        self.assertTrue(self.is_from_replica("conversations/"))
        with self.standby.connect() as session:
            rows = session.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'imsite'").fetchall()
        for (pid,) in rows:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertEqual([self.ask("conversations/").status for _time in range(4)], [200] * 4)
            self.assertEqual(self.metrics()["imsite_replica_up"], {(): 0})
        finally:
            for (pid,) in rows:
                os.kill(pid, signal.SIGCONT)
        self.wait_for(lambda: self.is_from_replica("conversations/"))

    def test_a_read_that_replay_cancels_is_answered_by_the_primary(self):
        """It holds a lock of one table and waits for another's, when the standby replays a lock of the first."""
        answers: list[Answer] = []
        with ExitStack() as stack:
            first, second, other = (stack.enter_context(self.primary.connect("imsite")) for _number in range(3))
            self.lock(first, "conversations_conversation", other)
            thread = threading.Thread(target=lambda: answers.append(self.ask("conversations/")))
            thread.start()
            waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'"
            self.wait_for(lambda: self.on_standby(waiting))
            self.lock(second, "conversations_owner", other)
            self.wait_for(lambda: "conflict with recovery" in self.server.log())
            first.rollback()
            second.rollback()
            thread.join()

        self.assertEqual([answer.status for answer in answers], [200])
        self.assertTrue(self.is_from_replica("unread/"))  # it is not taken to be away

    def lock(self, session: psycopg.Connection, table: str, other: psycopg.Connection) -> None:
        """Lock a table for all, on the standby as well: another session's commit sends the lock there."""
        session.autocommit = False
        session.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        other.execute("SELECT pg_logical_emit_message(true, 'test', 'a commit')")
        oid = other.execute(f"SELECT '{table}'::regclass::oid").fetchone()[0]
        held = "SELECT count(*) > 0 FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = %s"
        if table == "conversations_conversation":
            self.wait_for(lambda: self.on_standby(held, oid))


class LagTests(ReplicaTestCase):
    lag = {"DATABASE_REPLICA_LAG_S": "0"}

    def test_a_standby_that_is_too_far_behind_is_not_asked(self):
        self.pause()
        newest = self.change()

        self.wait_for(lambda: self.ask("unread/").version == newest)
        self.assertFalse(self.is_from_replica("unread/"))
        self.assertIn("s behind", self.server.log())
        self.assertIn("has not caught up", self.server.manage("doctor"))

        self.catch_up()
        self.wait_for(lambda: self.is_from_replica("unread/"))

    def test_a_server_that_is_no_standby_is_not_asked(self):
        code = "from conversations.lists import replica; print(replica.look(), replica.examine().problem)"
        self.assertEqual(
            self.server.manage("shell", "-v0", "-c", code, DATABASE_REPLICA_URL=self.primary.url("imsite")).strip(),
            "None it is no standby",
        )
