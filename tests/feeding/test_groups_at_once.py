"""Messages to large groups at the same moment: those with members in common wait in turn, the others not at all."""

import itertools
import random
import unittest
from functools import partial

from django.db import connection, transaction
from django.test import TransactionTestCase

from conversations.feeding import members, messages
from conversations.maintenance import verify
from conversations.models import Conversation
from tests.support.messages import NOON_S, c2c, group
from tests.support.threads import start_thread

USERS = [f"user {n}" for n in range(60)]
# On a distributed database smaller groups are changed row by row.
LARGE = 40
WRITERS = 8


@unittest.skipUnless(connection.vendor == "postgresql", "SQLite has one writer at a time")
class GroupsAtOnceTests(TransactionTestCase):
    def test_eight_writers_in_overlapping_groups_are_never_in_each_others_way(self):
        rosters = {f"g{n}": random.Random(n).sample(USERS, LARGE) for n in range(4)}
        for group_id, roster in rosters.items():
            members.join(group_id, roster, at_ms=1000)
        failures: list[Exception] = []
        numbers = itertools.count(1)

        def write(seed: int) -> None:
            choice = random.Random(seed)
            for _round in range(6):
                group_id = choice.choice(list(rosters))
                messages.record([group(choice.choice(rosters[group_id]), next(numbers), group_id=group_id)], now_s=NOON_S)
                sender, peer = choice.sample(USERS, 2)
                messages.record([c2c(sender, peer, next(numbers))], now_s=NOON_S)

        with self.assertNoLogs("conversations.store.transactions"):  # no conflict, so nothing was tried again
            for thread in [start_thread(partial(write, seed), failures) for seed in range(WRITERS)]:
                thread.join()

        self.assertEqual(failures, [])
        self.assertEqual(list(verify.findings()), [])

    def test_a_group_does_not_wait_for_one_with_other_members(self):
        members.join("first", USERS[:LARGE], at_ms=1000)
        members.join("other", [f"another {n}" for n in range(LARGE)], at_ms=1000)
        failures: list[Exception] = []

        def write() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
            messages.record([group("another 1", 1, group_id="other")], now_s=NOON_S)

        with transaction.atomic():
            messages.record([group(USERS[0], 1, group_id="first")], now_s=NOON_S)
            start_thread(write, failures).join()

        self.assertEqual(failures, [])
        self.assertEqual(Conversation.objects.filter(conversation_id="group_other", unread_count=1).count(), LARGE - 1)
