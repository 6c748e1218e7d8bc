"""A standby that is away, hangs or is too far behind: the primary answers."""

import os
import signal
import threading
from contextlib import ExitStack

import psycopg

from tests.support.replica import READS, Answer, ReplicaTestCase


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
    environment = {"DATABASE_REPLICA_LAG_S": "0"}

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
