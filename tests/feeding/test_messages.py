"""Any messages and recalls, in any order, any number of times, over any number of requests: the rows of a plain model."""

import random as random_module
from functools import partial
from unittest import mock

import orjson
from django.db import connection, transaction
from django.test import TransactionTestCase
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.actions import deletions, reading, recounts
from conversations.choices import Membership
from conversations.feeding import fan_out, messages
from conversations.feeding import members as feeding_members
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.lists import change_feed
from conversations.models import Conversation, GroupMember, Message, Owner, Thread
from conversations.transfer.conversations import import_records
from tests.support import feeding
from tests.support.hypothesis_profiles import examples
from tests.support.messages import NOON_S, c2c, events, feed_in, group, peer_of, rows, sender_of, text
from tests.support.threads import start_thread


class AnyOrderTests(TestCase):
    @given(events, st.randoms(use_true_random=False), st.sets(st.integers(0, 30), max_size=8))
    @examples(250)
    def test_the_rows_are_those_of_the_model(self, story, random, cuts):
        for user_id in feeding.ROSTER:
            GroupMember.objects.create(
                group_id="team", user_id=user_id, events='[[0,"member"]]', is_member=True, member_since_ms=0
            )
        again = story + random.sample(story, len(story) // 2)
        random.shuffle(again)

        feed_in(again, cuts)

        self.assertEqual(rows(), feeding.rows(story))
        self.assert_numbered()

    def assert_numbered(self) -> None:
        """Each list's feed has its rows once, and goes as far as its owner."""
        for owner in Owner.objects.all():
            page = change_feed.read(owner.owner_id, None, 100)
            shown = {orjson.loads(change)["conversation"]["conversationID"] for change in page.changes}
            own = Conversation.objects.for_owner(owner.owner_id)
            self.assertEqual(shown, set(own.values_list("conversation_id", flat=True)))
            numbered = Conversation.objects.filter(owner_id=owner.owner_id, version__gt=0)
            versions = list(numbered.values_list("version", flat=True))
            self.assertEqual(len(set(versions)), len(versions))
            self.assertEqual(max(versions, default=0), owner.version)


class ReadingTests(TestCase):
    def test_a_partial_read_leaves_what_comes_after_it(self):
        messages.record([group("bob", n) for n in range(1, 6)] + [group("alice", 6)], now_s=NOON_S)
        messages.record([group("bob", n) for n in range(7, 10)], now_s=NOON_S)

        outcome = reading.read(owner_id="alice", conversation_id="group_team", sequence=7)

        self.assertEqual(outcome.conversation.unread_count, 2)

    def test_a_late_message_before_the_read_position_is_read(self):
        messages.record([group("alice", 1), group("bob", 9)], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="group_team")

        messages.record([group("bob", 5), group("bob", 10)], now_s=NOON_S)

        row = Conversation.objects.get(owner_id="alice")
        self.assertEqual((row.unread_count, row.last_message_position[-2:]), (1, "10"))

    def test_a_position_moved_back_counts_again(self):
        messages.record([group("alice", 1), *(group("bob", n) for n in range(2, 6))], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="group_team")

        recounts.move_read_position(owner_id="alice", conversation_id="group_team", to=3)

        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 2)

    def test_a_position_moved_back_mentions_again(self):
        messages.record(
            [group("alice", 1), group("bob", 3, at_all=True), group("bob", 4, at_accounts=("alice",))], now_s=NOON_S
        )
        messages.record([group("bob", 5, at_accounts=("alice",)), group("bob", 6)], now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (5,)))
        reading.read(owner_id="alice", conversation_id="group_team")

        recounts.move_read_position(owner_id="alice", conversation_id="group_team", to=2)

        row = Conversation.objects.get(owner_id="alice")
        self.assertEqual((row.unread_count, row.group_at_info), (3, '[{"seq":"3","atType":2},{"seq":"4","atType":1}]'))


class ParallelTests(TransactionTestCase):
    """Eight threads with overlapping groups and threads of two, each telling the same messages in another order."""

    def test_each_message_counts_once(self):
        incoming = [group(sender_of(n), n, group_id=f"g{n % 3}") for n in range(1, 60)]
        incoming += [c2c(sender_of(n), peer_of(n), n) for n in range(1, 40)]
        for group_id in ("g0", "g1", "g2"):
            for user_id in feeding.ROSTER:
                GroupMember.objects.create(
                    group_id=group_id, user_id=user_id, events='[[0,"member"]]', is_member=True, member_since_ms=0
                )
        failures: list[Exception] = []

        def run(seed: int) -> None:
            mine = random_module.Random(seed).sample(incoming, len(incoming))
            for start in range(0, len(mine), 7):
                messages.record(mine[start : start + 7], now_s=NOON_S)

        seeds = range(8 if connection.vendor == "postgresql" else 3)
        for thread in [start_thread(partial(run, seed), failures) for seed in seeds]:
            thread.join()

        self.assertEqual(failures, [])
        self.assertEqual(rows(), feeding.rows(incoming))


class PartsTests(TransactionTestCase):
    """One-to-one messages of a request, two a transaction."""

    def setUp(self):
        self.enterContext(mock.patch.object(messages, "C2C_AT_ONCE", 2))
        self.incoming = [c2c(sender_of(n), peer_of(n), n) for n in range(1, 12)]

    def test_each_outcome_is_that_of_its_message(self):
        first = messages.record(self.incoming[:8], now_s=NOON_S)
        second = messages.record(self.incoming, now_s=NOON_S)

        self.assertEqual([outcome.message for outcome in second], self.incoming)
        self.assertEqual([outcome.is_duplicate for outcome in [*first, *second]], [False] * 8 + [True] * 8 + [False] * 3)
        self.assertEqual(rows(), feeding.rows(self.incoming))

    def test_those_without_a_number_are_messages_of_their_own(self):
        incoming = [IncomingMessage(sender="bob", peer="alice", elements=text(f"{n}")) for n in range(5)]

        outcomes = messages.record(incoming, now_s=NOON_S)

        self.assertFalse(any(outcome.is_duplicate for outcome in outcomes))
        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 5)

    def test_a_copy_without_a_time_is_found_in_its_part(self):
        whole = IncomingMessage(sender="bob", peer="alice", time_s=NOON_S - 1000, seq=7, random=7, elements=text("hi"))
        copies = [IncomingMessage(sender="bob", peer="alice", random=7, elements=text("hi")) for _number in range(4)]

        outcomes = messages.record([whole, *copies], now_s=NOON_S)

        self.assertEqual([outcome.is_duplicate for outcome in outcomes], [False, True, True, True, True])

    def test_a_part_that_fails_leaves_those_before_it_and_can_be_sent_again(self):
        parts = iter((fan_out.change_c2c, fan_out.change_c2c, mock.Mock(side_effect=KeyError("broken"))))
        with (
            mock.patch.object(fan_out, "change_c2c", lambda *arguments, **named: next(parts)(*arguments, **named)),
            self.assertRaises(KeyError),
        ):
            messages.record(self.incoming, now_s=NOON_S)
        self.assertEqual(Message.objects.count(), 4)

        outcomes = messages.record(self.incoming, now_s=NOON_S)

        self.assertEqual([outcome.is_duplicate for outcome in outcomes].count(True), 4)
        self.assertEqual(rows(), feeding.rows(self.incoming))

    def test_inside_a_transaction_all_are_one_part(self):
        with transaction.atomic(), mock.patch.object(fan_out, "change_c2c", wraps=fan_out.change_c2c) as change:
            messages.record(self.incoming, now_s=NOON_S)

        self.assertEqual(change.call_count, 1)


class ImportedTests(TestCase):
    def test_news_of_an_early_leave_does_not_take_an_imported_conversation_away(self):
        feeding_members.join("team", ["alice", "bob"], at_ms=0)
        message = {"timestamp": NOON_S, "seq": "1", "elemType": 1, "textElem": {"text": "imported"}}
        conversation = {"conversationID": "group_team", "unreadCount": 2, "lastMessage": message}
        import_records([(1, {"owner": "alice", "conversation": conversation})])
        messages.record([group("bob", 5)], now_s=NOON_S)

        feeding_members.leave("team", ["alice"], at_ms=1000, membership=Membership.LEFT)

        row = Conversation.objects.for_owner("alice").get()
        self.assertEqual((row.unread_count, row.membership), (2, "left"))


class IncompleteTests(TestCase):
    """Messages without time, number or random get these from the server."""

    def test_two_without_a_random_in_one_request_are_two_messages(self):
        incoming = [IncomingMessage(sender="bob", peer="alice", elements=text(words)) for words in ("first", "second")]

        outcomes = messages.record(incoming, now_s=NOON_S)

        self.assertEqual([outcome.is_duplicate for outcome in outcomes], [False, False])
        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 2)

    def test_a_repeat_with_the_same_random_in_one_request_is_one_message(self):
        incoming = [IncomingMessage(sender="bob", peer="alice", random=7, elements=text("hi")) for _time in range(2)]

        outcomes = messages.record(incoming, now_s=NOON_S)

        self.assertEqual([outcome.is_duplicate for outcome in outcomes], [False, True])
        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 1)

    def test_copies_are_found_in_their_own_threads(self):
        randoms = (("alice", 7), ("zoe", 7), ("alice", 8))
        incoming = [IncomingMessage(sender="bob", peer=peer, random=n, elements=text("hi")) for peer, n in randoms]

        first = messages.record(incoming, now_s=NOON_S)
        again = messages.record(incoming, now_s=NOON_S + 9)

        self.assertEqual([outcome.is_duplicate for outcome in [*first, *again]], [False] * 3 + [True] * 3)
        self.assertEqual([outcome.message for outcome in again], [outcome.message for outcome in first])

    def test_the_thread_goes_as_far_as_a_message_that_is_never_shown_last(self):
        messages.record([IncomingMessage(sender="bob", peer="alice", elements=text("hi"), is_shown_last=False)], now_s=NOON_S)

        self.assertEqual(Thread.objects.get().last_position, Message.objects.get().position)


class UnshownTests(TestCase):
    """Messages that are never shown last are counted all the same, and read and deleted all the same."""

    def test_reading_up_to_the_newest_reads_it(self):
        messages.record([c2c("bob", "alice", 1, is_shown_last=False)], now_s=NOON_S)

        reading.read(owner_id="alice", conversation_id="c2c_bob")
        messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1))

        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 0)

    def test_an_earlier_read_leaves_it(self):
        messages.record([c2c("bob", "alice", 1), c2c("bob", "alice", 6, is_shown_last=False)], now_s=NOON_S)

        reading.read(owner_id="alice", conversation_id="c2c_bob", timestamp_s=NOON_S + 1)

        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 1)

    def test_a_repeat_does_not_bring_a_deleted_conversation_back(self):
        incoming = [c2c("bob", "alice", 1), c2c("bob", "alice", 6, is_shown_last=False)]
        messages.record(incoming, now_s=NOON_S)
        deletions.delete(owner_id="alice", conversation_ids=["c2c_bob"])

        messages.record(incoming, now_s=NOON_S)

        self.assertFalse(Conversation.objects.for_owner("alice").exists())
