"""An erasure that is stopped, that runs beside other writers, or that meets many rows."""

import threading
from unittest import mock

import orjson
from django.db import connection, transaction
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from conversations.feeding import messages
from conversations.maintenance import erasure, verify
from conversations.maintenance.erasure import Kind, lists
from conversations.maintenance.erasure import messages as erased_messages
from conversations.models import Conversation, GroupMember, Message, Owner, Thread
from conversations.store import transactions
from tests.support import subject
from tests.support.cast import make_conversation
from tests.support.members import team
from tests.support.messages import NOON_S, c2c, group
from tests.support.subject import EVE, MARKER

Stop = KeyboardInterrupt


class StoppedTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        subject.leave_traces()

    def stored(self) -> dict[str, list]:
        """Everything but the owners, with whom the time of the erasure is stored."""
        return {label: rows for label, rows in subject.everything().items() if label != "conversations.Owner"}

    def test_a_run_that_was_stopped_anywhere_is_finished_by_the_next(self):
        with transaction.atomic():
            parts: list[int] = []
            erasure.erase(EVE, on_transaction=parts.append)
            whole = self.stored()
            transaction.set_rollback(True)
        self.assertGreater(len(parts), 12)

        for place in range(len(parts)):
            with self.subTest(place), transaction.atomic():
                with self.assertRaises(Stop):
                    erasure.erase(EVE, on_transaction=mock.Mock(side_effect=[*[None] * place, Stop]))
                self.assertEqual(list(verify.findings()), [])
                erasure.erase(EVE)

                self.assertEqual(self.stored(), whole)
                transaction.set_rollback(True)

    @mock.patch.object(erased_messages, "MESSAGES_PER_TRANSACTION", 1)
    @mock.patch.object(erased_messages, "THREADS_PER_TRANSACTION", 1)
    @mock.patch.object(lists, "BATCH", 1)
    def test_the_lists_are_right_after_each_of_the_shortest_transactions(self):
        def check(_count: int) -> None:
            self.assertEqual(list(verify.findings()), [])

        erasure.erase(EVE, on_transaction=check)

        self.assertEqual([text for _where, _row, text in subject.cells() if MARKER in text], [])
        self.assertEqual(erasure.count(EVE).total(), 0)


class SizeTests(TestCase):
    def statements(self, user_id: str = "bob") -> int:
        with CaptureQueriesContext(connection) as captured:
            erasure.erase(user_id)
        self.assertEqual(list(verify.findings()), [])
        return len(captured)

    def members(self, count: int) -> None:
        history = {"events": '[[0,"member"]]', "is_member": True, "member_since_ms": 0}
        ids = ["bob", *(f"user{n}" for n in range(count - 1))]
        GroupMember.objects.bulk_create(GroupMember(group_id="team", user_id=user_id, **history) for user_id in ids)

    def test_statements_do_not_grow_with_members_or_messages(self):
        counts = set()
        for members, sent in ((10, 3), (300, 30)):
            with transaction.atomic():
                self.members(members)
                messages.record([group("bob", number) for number in range(1, sent + 1)], now_s=NOON_S)
                counts.add(self.statements())
                transaction.set_rollback(True)
        self.assertEqual(len(counts), 1, counts)

    def test_statements_do_not_grow_with_peers_of_a_batch(self):
        counts = set()
        for peers in (2, 90):
            with transaction.atomic():
                messages.record([c2c("bob", f"peer{number}", number) for number in range(peers)], now_s=NOON_S)
                counts.add(self.statements())
                transaction.set_rollback(True)
        self.assertEqual(len(counts), 1, counts)

    def test_a_group_of_3000(self):
        self.members(3000)
        messages.record([group("user1", 1), group("bob", 2)], now_s=NOON_S)

        tally = erasure.erase("bob")

        self.assertEqual((tally[Kind.OTHERS], tally[Kind.MESSAGES], tally[Kind.MEMBERSHIPS]), (2999, 1, 1))
        others = Conversation.objects.filter(conversation_id="group_team")
        self.assertEqual(others.filter(last_message__contains='"status":6', unread_count=2).count(), 2998)  # user1 has 1
        self.assertEqual(others.filter(version=2).count(), 2999)
        self.assertEqual([*verify.findings("user1"), *verify.findings("user2998")], [])

    def test_more_messages_than_a_batch(self):
        team("alice", "bob")
        messages.record([c2c("bob", "alice", number) for number in range(1, 8)], now_s=NOON_S)
        messages.record([group("bob", number) for number in range(1, 8)], now_s=NOON_S)

        with mock.patch.object(erased_messages, "MESSAGES_PER_TRANSACTION", 3):
            tally = erasure.erase("bob")

        self.assertEqual(tally[Kind.MESSAGES], 14)
        self.assertEqual(Message.objects.exclude(body__contains='"status":6').count(), 0)
        self.assertEqual(list(verify.findings()), [])


class UnshownTests(TestCase):
    @override_settings(SKIP_OWNERS=("robot",))
    def test_what_a_peer_without_a_list_sent_goes_with_the_user(self):
        messages.record([c2c("robot", "bob", 1), c2c("bob", "robot", 2), c2c("alice", "bob", 3)], now_s=NOON_S)

        tally = erasure.erase("bob")

        self.assertEqual(tally[Kind.UNSHOWN_MESSAGES], 2)
        self.assertEqual(list(Message.objects.values_list("sender", flat=True)), ["alice"])
        messages.record([c2c("robot", "bob", 1)], now_s=NOON_S)
        self.assertEqual(Message.objects.count(), 1)

    def test_what_two_users_had_goes_with_the_second(self):
        messages.record([c2c("bob", "alice", 1), c2c("alice", "bob", 2)], now_s=NOON_S)
        erasure.erase("bob")
        self.assertEqual(Message.objects.count(), 2)

        erasure.erase("alice")

        self.assertEqual(Message.objects.count(), 0)
        self.assertTrue(Thread.objects.get().pruned_position)

    def test_a_user_whom_only_others_lists_name(self):
        last = subject.last_message("bob", 1, MARKER)
        make_conversation("alice", "group_team", last_message=orjson.dumps(last).decode(), show_name="Team")

        tally = erasure.erase("bob")

        self.assertEqual(tally[Kind.OTHERS], 1)
        self.assertNotIn(MARKER, Conversation.objects.get(owner_id="alice").last_message)


class BesideWritersTests(TransactionTestCase):
    """Others write to the same group and to the user while the user is erased."""

    def test_no_lock_is_taken_out_of_order_and_all_lists_are_right(self):
        team("alice", "bob", "carol")
        for number in range(1, 40):
            messages.record(
                [group("bob", number), c2c("bob", "alice", number), c2c("alice", "bob", 100 + number)], now_s=NOON_S
            )
        over, wrong = threading.Event(), []

        def write(sender: str, start: int) -> None:
            try:
                number = start
                while not over.is_set():
                    number += 1
                    for message in (group(sender, number), c2c(sender, "bob", number), c2c("alice", "carol", number)):
                        messages.record([message], now_s=NOON_S + number)
            except Exception as error:
                wrong.append(error)
            finally:
                connection.close()

        writers = [threading.Thread(target=write, args=args) for args in (("alice", 1000), ("carol", 50_000))]
        for writer in writers:
            writer.start()
        with mock.patch.object(erased_messages, "MESSAGES_PER_TRANSACTION", 5), self.assertNoLogs(transactions.logger):
            for _run in range(3):
                erasure.erase("bob")
        over.set()
        for writer in writers:
            writer.join()
        erasure.erase("bob")

        self.assertEqual(wrong, [])
        self.assertEqual(list(verify.findings()), [])
        self.assertFalse(Message.objects.filter(sender="bob").exclude(body__contains='"status":6').exists())
        self.assertFalse(GroupMember.objects.filter(user_id="bob").exists())
        self.assertTrue(Owner.objects.get(owner_id="bob").erased_at_s)
