"""The sessions with a replica: how often each is examined, and what limits them."""

import json
from typing import Any

from tests.support.replica import PATIENT, ReplicaTestCase

# Whether the replica is ready, five times with a session of the pool, and the statements that the primary got for that.
FIVE_READS = """
from django.test.utils import CaptureQueriesContext
from conversations.lists import replica
found = []
with CaptureQueriesContext(connections["default"]) as queries:
    for _time in range(5):
        found.append(replica.is_ready())
        connections["replica"].close()
found.append(len(queries))
"""
LIMITS = """
found = []
for alias in ("default", "replica"):
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        found += cursor.fetchone()
"""
SLOW = """
from django.conf import settings
from django.db import OperationalError
settings.DEBUG = False  # else the statement is logged by the connection, which is closed then
try:
    connections["replica"].cursor().execute("SELECT pg_sleep(30)")
except OperationalError as error:
    found = str(error)
"""


class SessionsTestCase(ReplicaTestCase):
    def found_by(self, code: str) -> Any:
        """Return what a script finds that runs with the server's settings."""
        script = f"import json\nfrom django.db import connections\n{code}\nprint('found', json.dumps(found))"
        return json.loads(self.server.manage("shell", "-v0", "-c", script).partition("found")[2])


class PooledTests(SessionsTestCase):
    environment = PATIENT | {"DATABASE_POOL": "true"}

    def test_a_session_of_the_pool_is_examined_once_a_second(self):
        self.assertEqual(self.found_by(FIVE_READS), [True, True, True, True, True, 1])

    def test_it_is_examined_again_after_that(self):
        again = FIVE_READS.replace("for _time", "replica.UP_TO_DATE_S = 0\n    for _time")
        self.assertEqual(self.found_by(again), [True, True, True, True, True, 5])

    def test_without_the_standby_the_primary_answers(self):
        self.standby.stop()
        self.addCleanup(self.standby.start)

        self.assertEqual(self.found_by(FIVE_READS)[:5], [False] * 5)
        self.assertEqual(self.ask("unread/").status, 200)
        self.assertEqual(self.metrics()["imsite_replica_up"], {(): 0})


class UnpreparedTests(SessionsTestCase):
    """Behind a pooler that shares sessions, no settings are made in them, neither here nor there."""

    environment = PATIENT | {"DATABASE_PREPARE": "false", "IS_WEB_PROCESS": "true"}

    def test_the_limits_of_the_role_hold_on_the_primary_and_the_replica(self):
        with self.primary.connect() as session:
            session.execute("ALTER ROLE postgres SET statement_timeout = '7s'")
            session.execute("ALTER ROLE postgres SET lock_timeout = '4s'")
        self.catch_up()

        self.assertEqual(self.found_by(LIMITS), ["7s", "4s"] * 2)

    def test_a_slow_read_of_the_replica_is_given_up_without_a_limit_of_the_session(self):
        self.assertIn("has not answered within 3 s", self.found_by(SLOW))
