"""How far a replica is behind, from when the primary had written what: a long transaction commits nothing for a while."""

import time
from collections import deque
from unittest import mock

from django.test import SimpleTestCase

from conversations.lists import replica


class LagTests(SimpleTestCase):
    def behind_s(self, replayed: int, *ages: float) -> float:
        """Return the lag if the primary had written 100, 200, … bytes so many seconds ago, and the last commit is 50 s old."""
        now = time.monotonic()
        written = deque((now - age, 100 * number) for number, age in enumerate(ages, start=1))
        with mock.patch.object(replica._State, "written", written):
            return round(replica._behind_s(replayed, 50), 1)

    def test_it_is_the_age_of_the_first_position_that_is_not_replayed(self):
        self.assertEqual(self.behind_s(150, 9, 6, 3), 6)
        self.assertEqual(self.behind_s(200, 9, 6, 3), 3)

    def test_where_no_position_of_before_is_known_it_is_that_of_the_last_commit(self):
        self.assertEqual(self.behind_s(50, 9, 6, 3), 50)
        self.assertEqual(self.behind_s(50), 50)
