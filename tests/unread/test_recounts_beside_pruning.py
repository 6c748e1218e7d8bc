"""Recounting while messages are pruned: each sees what the other has left, and neither waits for ever."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.test import TransactionTestCase

from conversations.actions import recounts
from conversations.feeding import members, messages
from conversations.identifiers import TOPIC_MARK
from conversations.maintenance import pruning, verify
from conversations.models import Conversation, Message, Owner
from conversations.staff import corrections
from conversations.store import transactions
from tests.support.messages import NOON_S, c2c, group
from tests.support.staff import viewer
from tests.support.threads import start_thread

WAIT_S = 0.3
TOPICS = [f"team{TOPIC_MARK}{n}" for n in range(3)]
IDS = ["c2c_bob", "group_team", *(f"group_{topic}" for topic in TOPICS)]


def prune() -> None:
    pruning.prune(before_s=NOON_S + 10**6)


def recount() -> None:
    recounts.recount_each(owner_id="alice", conversation_ids=IDS)


def repair() -> None:
    list(verify.findings("alice", repair=True))


def in_threads(number: int, sender: str = "bob") -> list:
    """A message in the group and in each of its topics."""
    return [group(sender, number, topic_id=topic) for topic in ("", *TOPICS)]


class RecountsBesidePruningTests(TransactionTestCase):
    def setUp(self):
        self.user_id = viewer("change_conversation").pk
        self.failures: list[Exception] = []
        members.join("team", ["alice", "bob"], at_ms=0, group_type="Community")

    def correct(self) -> None:
        seen = dict(Conversation.objects.for_owner("alice").values_list("conversation_id", "version"))
        corrections.apply(correction=corrections.CORRECTIONS["recount"], owner_id="alice", seen=seen, user_id=self.user_id)

    def begin(self, *acts: Callable[[], None]) -> list[threading.Thread]:
        """Each on a connection of its own."""
        return [start_thread(act, self.failures) for act in acts]

    def end(self, begun: list[threading.Thread]) -> None:
        for thread in begun:
            thread.join(timeout=60)
        self.assertEqual((self.failures, [thread for thread in begun if thread.is_alive()]), ([], []))

    def check(self, first: Callable[[], None], then: Callable[[], None]) -> None:
        """`then` begins before what `first` did is committed. alice's rows say that she has read everything: pruning
        believes it, and a recount does not.
        """
        with self.subTest(first=first.__name__, then=then.__name__):
            Message.objects.all().delete()
            Conversation.objects.all().delete()
            messages.record(
                [message for n in range(1, 6) for message in (*in_threads(n), c2c("bob", "alice", n))], now_s=NOON_S
            )
            Conversation.objects.filter(owner_id="alice").update(unread_count=0)

            with transaction.atomic():
                first()
                threads = self.begin(then)
                time.sleep(WAIT_S)
            self.end(threads)

            self.assertEqual([str(finding) for finding in verify.findings("alice")], [])

    def test_what_is_counted_is_not_pruned_meanwhile(self):
        for act in (recount, self.correct, repair):
            self.check(act, prune)

    def test_what_is_pruned_is_not_counted_meanwhile(self):
        for act in (recount, self.correct, repair):
            self.check(prune, act)

    def test_all_at_once_are_in_nobodys_way(self):
        """Locks taken in another order by any two would be a deadlock, which is logged and tried again."""
        conflicts: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = conflicts.append
        transactions.logger.addHandler(handler)
        self.addCleanup(transactions.logger.removeHandler, handler)
        messages.record([*in_threads(1), c2c("bob", "alice", 1)], now_s=NOON_S)

        def feed(order: int) -> None:
            for number in range(10 + (order > 0), 30, 2):
                # A new sender, so that the group's rows of all topics change.
                messages.record(
                    [in_threads(number, f"new{number}")[number % 4], c2c("bob", "alice", number)][::order], now_s=NOON_S
                )

        def again(act: Callable[[], None]) -> None:
            for _step in range(12):
                act()

        previews = (
            partial(corrections.preview, correction=corrections.CORRECTIONS[action], owner_id="alice", conversation_ids=ids)
            for action, ids in (("recount", IDS), ("read", IDS[::-1]))
        )
        self.end(
            self.begin(
                *(partial(feed, order) for order in (1, -1)), *(partial(again, act) for act in (prune, repair, *previews))
            )
        )

        self.assertEqual([record.getMessage() for record in conflicts], [])
        self.assertEqual([str(finding) for finding in verify.findings()], [])
        for owner in Owner.objects.all():
            versions = list(Conversation.objects.filter(owner_id=owner.owner_id).values_list("version", flat=True))
            self.assertEqual((len(set(versions)), max(versions, default=0)), (len(versions), owner.version))
