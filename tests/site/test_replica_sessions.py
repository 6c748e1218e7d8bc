"""The sessions with a replica: how often each is examined."""

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
