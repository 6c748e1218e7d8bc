"""Old messages go, and nobody's list changes: not then, not by repeats, and not by what comes later."""

from io import StringIO
from unittest import mock

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import TransactionTestCase
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.actions import deletions, reading, recounts
from conversations.choices import Membership
from conversations.exceptions import ServiceUnavailable
from conversations.feeding import members as feeding_members
from conversations.feeding import messages
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall
from conversations.maintenance import pruning, retention, verify
from conversations.models import Conversation, GroupMember, Message, Owner, Thread
from conversations.times import now_s
from tests.support import feeding
from tests.support.hypothesis_profiles import examples
from tests.support.messages import (
    NOON_S,
    c2c,
    events,
    events_with_owners,
    feed_in,
    feed_in_with_owners,
    group,
    group_messages,
    peer_of,
    rows,
    sender_of,
)

EVERYTHING_S = NOON_S + 10**6
C2C_LATER = 20  # numbers from here on are newer than all that `events` has


def set_up_team() -> None:
    for user_id in feeding.ROSTER:
        GroupMember.objects.create(group_id="team", user_id=user_id, events='[[0,"member"]]')


def stored_seqs() -> list[int]:
    """The numbers of the group's stored messages."""
    return [int(position) for position in Message.objects.filter(thread="team").values_list("position", flat=True)]


def state() -> tuple[dict, list]:
    return rows(), list(Owner.objects.order_by("owner_id").values_list("owner_id", "version"))


later_numbers = st.integers(C2C_LATER, C2C_LATER + 6)
later = st.lists(
    st.one_of(
        later_numbers.map(lambda number: c2c(sender_of(number), peer_of(number), number * 3)),
        later_numbers.map(lambda number: group(sender_of(number), number)),
        later_numbers.map(lambda n: C2CRecall(sender_of(n), peer_of(n), NOON_S + n, n * 3, n * 3)),
        later_numbers.map(lambda number: GroupRecall("team", "", (number,))),
        later_numbers.map(lambda number: webhook_events.C2CRead(peer_of(number), sender_of(number), NOON_S + number - 4)),
    ),
    max_size=10,
)
untargeted = group_messages.filter(lambda message: not message.targets)
c2c_numbers = st.integers(1, 30)
before = st.lists(
    st.one_of(
        untargeted, c2c_numbers.map(lambda number: c2c(sender_of(number), peer_of(number), number)),
        c2c_numbers.map(lambda number: C2CRecall(sender_of(number), peer_of(number), NOON_S + number // 3, number, number)),
    ),
    max_size=14,
)  # fmt: skip


class AnyEventsTests(TestCase):
    @given(events, st.integers(0, 14), st.sampled_from((0, 5, 9)))
    @examples(150)
    def test_nothing_changes_and_repeats_stay_repeats(self, what, cut_s, read_to):
        set_up_team()
        feed_in(what, set())
        if Conversation.objects.for_owner("alice").filter(conversation_id="group_team").exists():
            reading.read(owner_id="alice", conversation_id="group_team", sequence=read_to)
        before = state()

        pruning.prune(before_s=NOON_S + cut_s)
        pruned = state()
        feed_in(what, set())

        self.assertEqual(pruned, before)
        self.assertEqual(state(), before)
        self.assertEqual(list(verify.findings()), [])

    @given(events_with_owners, st.integers(0, 14))
    @examples(120)
    def test_nothing_changes_for_owners_who_do_something_between_them(self, steps, cut_s):
        set_up_team()
        feed_in_with_owners(steps)
        before = state()

        pruning.prune(before_s=NOON_S + cut_s)

        self.assertEqual(state(), before)
        self.assertEqual(list(verify.findings()), [])

    @given(before, later, st.integers(0, 12))
    @examples(150)
    def test_what_comes_later_does_what_it_would_have_done(self, what, more, cut_s):
        set_up_team()
        feed_in(what, set())

        pruning.prune(before_s=NOON_S + cut_s)
        feed_in(more, set())

        self.assertEqual(rows(), feeding.rows(what + more))


class PruningTests(TransactionTestCase):
    def setUp(self):
        set_up_team()
        messages.record([group("bob", number) for number in range(1, 10)], now_s=NOON_S)

    def read_by(self, *owner_ids: str, sequence: int = 0) -> None:
        for owner_id in owner_ids:
            reading.read(owner_id=owner_id, conversation_id="group_team", sequence=sequence)

    def row(self, owner_id: str = "alice") -> Conversation:
        return Conversation.objects.get(owner_id=owner_id, conversation_id="group_team")

    def test_what_anybody_has_unread_stays(self):
        self.read_by("alice")
        self.read_by("carol", sequence=6)

        count = pruning.prune(before_s=EVERYTHING_S)

        self.assertEqual((count, stored_seqs()), (6, [7, 8, 9]))
        self.read_by("carol", sequence=8)
        self.assertEqual(self.row("carol").unread_count, 1)

    def test_what_is_young_stays_whatever_is_read(self):
        self.read_by("alice", "carol")

        pruning.prune(before_s=NOON_S + 5)

        self.assertEqual(stored_seqs(), [4, 5, 6, 7, 8, 9])
        self.assertEqual(Thread.objects.get(thread="team").pruned_position[-1], "3")

    def test_who_left_holds_nothing_but_what_is_unread_there(self):
        self.read_by("alice", "carol")
        feeding_members.join("team", ["dave"], at_ms=(NOON_S + 9) * 1000 + 999)
        feeding_members.leave("team", ["dave"], at_ms=(NOON_S + 10) * 1000, membership=Membership.LEFT)
        self.assertFalse(Conversation.objects.for_owner("dave").filter(unread_count__gt=1).exists())

        pruning.prune(before_s=EVERYTHING_S)

        self.assertEqual(stored_seqs(), [9])

    def test_what_one_member_sees_last_stays_though_others_see_more(self):
        self.read_by("alice", "carol")
        feeding_members.leave("team", ["alice"], at_ms=(NOON_S + 5) * 1000 + 1, membership=Membership.LEFT)
        messages.record([group("bob", 10, targets=("carol",))], now_s=NOON_S)

        pruning.prune(before_s=EVERYTHING_S)

        self.assertEqual(stored_seqs(), [5, 9, 10])

    def test_a_mention_can_still_be_recalled(self):
        messages.record([group("bob", 10, at_accounts=("alice",), counts_as_unread=False), group("bob", 11)], now_s=NOON_S)
        self.read_by("carol")
        self.read_by("alice", sequence=9)

        pruning.prune(before_s=EVERYTHING_S)
        messages.recall(GroupRecall("team", "", (10,)))

        self.assertEqual(orjson.loads(self.row().group_at_info), [])

    def test_a_recall_of_what_was_pruned_does_nothing_and_keeps_nothing(self):
        self.read_by("alice", "carol")
        pruning.prune(before_s=EVERYTHING_S)
        before = state()

        messages.recall(GroupRecall("team", "", (1, 2, 3)))

        self.assertEqual((state(), stored_seqs()), (before, [9]))

    def test_a_repeat_is_told_as_one(self):
        self.read_by("alice", "carol")
        pruning.prune(before_s=EVERYTHING_S)

        outcomes = messages.record([group("bob", 1), group("bob", 9), group("bob", 10)], now_s=NOON_S)

        self.assertEqual([outcome.is_duplicate for outcome in outcomes], [True, True, False])
        self.assertEqual((self.row().unread_count, stored_seqs()), (1, [9, 10]))

    def test_copies_of_one_to_one_messages_are_not_stored_again(self):
        for peer in ("alice", "zoe"):
            old = [c2c("bob", peer, number) for number in range(1, 4)]
            messages.record([*old, c2c("bob", peer, 100)], now_s=NOON_S)
            reading.read(owner_id=peer, conversation_id="c2c_bob")
        pruning.prune(before_s=NOON_S + 5)
        kept = set(Message.objects.values_list("thread", "position"))
        copies = [c2c("bob", peer, number) for peer in ("alice", "zoe") for number in (1, 2)]

        outcomes = messages.record([*copies, c2c("bob", "zoe", 101)], now_s=NOON_S)

        self.assertEqual([outcome.is_duplicate for outcome in outcomes], [True] * 4 + [False])
        new = set(Message.objects.values_list("thread", "position")) - kept
        self.assertEqual(new, {(c2c("bob", "zoe", 101).thread, c2c("bob", "zoe", 101).position)})

    def test_a_recalled_newest_one_is_kept_for_its_notice(self):
        self.read_by("alice", "carol")
        messages.record([group("bob", 100)], now_s=NOON_S)
        pruning.prune(before_s=NOON_S + 50)

        messages.recall(GroupRecall("team", "", (100,)))
        pruning.prune(before_s=EVERYTHING_S)

        last = orjson.loads(self.row().last_message)
        self.assertEqual((last["seq"], last["status"]), ("100", 6))
        self.assertTrue(Message.objects.filter(thread="team", position__endswith="100").exists())

    def test_a_position_moved_back_counts_what_is_kept(self):
        self.read_by("alice", "carol")
        messages.record([group("bob", 10)], now_s=NOON_S)
        pruning.prune(before_s=EVERYTHING_S)

        recounts.move_read_position(owner_id="alice", conversation_id="group_team", to=0)
        messages.record([group("bob", number) for number in range(1, 10)], now_s=NOON_S)

        self.assertEqual(self.row().unread_count, Message.objects.filter(thread="team").count())

    def test_a_late_leave_does_not_take_a_conversation_whose_messages_are_gone(self):
        self.read_by("alice", "carol")
        messages.record([group("bob", 100, targets=("carol",))], now_s=NOON_S)
        pruning.prune(before_s=EVERYTHING_S)
        order_key = self.row("carol").order_key

        feeding_members.leave("team", ["carol"], at_ms=NOON_S * 1000, membership=Membership.LEFT)

        self.assertEqual((self.row("carol").order_key, self.row("carol").deleted_at), (order_key, None))

    def test_a_deleted_conversation_holds_nothing(self):
        self.read_by("carol")
        deletions.delete(owner_id="alice", conversation_ids=["group_team"], clear_messages=True)

        pruning.prune(before_s=EVERYTHING_S)

        self.assertEqual(stored_seqs(), [9])

    def test_a_dry_run_counts_and_changes_nothing(self):
        self.read_by("alice", "carol")

        count = pruning.prune(before_s=EVERYTHING_S, dry_run=True)

        self.assertEqual((count, len(stored_seqs())), (8, 9))
        self.assertEqual(Thread.objects.get(thread="team").pruned_position, "")

    def test_more_than_a_transaction_takes_goes_as_well(self):
        self.read_by("alice", "carol")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pruning, "MESSAGES_PER_TRANSACTION", 2)
            patch.setattr(pruning, "THREADS_PER_QUERY", 1)
            messages.record([c2c("bob", "alice", number) for number in range(3)], now_s=NOON_S)
            reading.read(owner_id="alice", conversation_id="c2c_bob")

            count = pruning.prune(before_s=EVERYTHING_S)

        self.assertEqual((count, Message.objects.count()), (10, 2))

    def test_queries_do_not_grow_with_members_or_messages(self):
        def check(members: int, first: int) -> None:
            for number in range(members):
                GroupMember.objects.create(group_id="team", user_id=f"member{first}_{number}", events='[[0,"member"]]')
            messages.record([group("bob", number) for number in range(first, first + 3 * members)], now_s=NOON_S)
            self.read_by(*Conversation.objects.values_list("owner_id", flat=True), sequence=first)
            with self.assertNumQueries(QUERIES):
                pruning.prune(before_s=NOON_S + first + members)
            self.assertEqual(min(stored_seqs()), first + 1)

        check(2, 100)
        check(20, 200)


# Threads twice (the second time none are left); where the thread's old messages end and the newest of them; lock, messages,
# rows, group and members, what goes and how far; a transaction.
QUERIES = 13


class CommandTests(TransactionTestCase):
    def run_command(self, *arguments: str) -> list[str]:
        out = StringIO()
        call_command("prune", *arguments, stdout=out)
        return out.getvalue().splitlines()

    def test_it_says_what_it_did(self):
        now = now_s()
        messages.record([c2c("bob", "alice", 3 * (days - 1)) for days in (1, 2)], now_s=now)
        reading.read(owner_id="alice", conversation_id="c2c_bob")

        dry = self.run_command("--message-days", "1", "--dry-run")
        wet = self.run_command("--message-days", "1")

        self.assertEqual((dry[0], dry[-1]), ("1 messages would be deleted.", "Dry run: nothing was changed."))
        self.assertEqual(wet[0], "1 messages deleted.")
        self.assertEqual(Message.objects.count(), 1)

    def test_messages_are_kept_unless_a_setting_says_otherwise(self):
        messages.record([c2c("bob", "alice", 3 * (days - 1)) for days in (1, 2)], now_s=now_s())
        reading.read(owner_id="alice", conversation_id="c2c_bob")

        self.assertNotIn("1 messages deleted.", self.run_command())
        with self.settings(MESSAGE_DAYS=1):
            self.assertIn("1 messages deleted.", self.run_command())

    def test_a_failure_of_any_kind_does_not_end_the_process(self):
        # An end would end the servers of `make serve`, too.
        failures = [OperationalError("gone"), ServiceUnavailable("busy"), RuntimeError("a bug")]
        for failure in failures:
            pauses = mock.Mock(side_effect=[None, KeyboardInterrupt])
            with (
                self.subTest(failure),
                mock.patch("conversations.management.commands.prune.time.sleep", pauses),
                mock.patch.object(retention, "prune", side_effect=failure),
                self.assertLogs("conversations.management.commands.prune", "WARNING") as logs,
                self.assertRaises(KeyboardInterrupt),
            ):
                self.run_command("--every", "24")
            self.assertEqual((len(logs.records), pauses.call_args.args), (2 * len(retention.KINDS), (24 * 3600,)))

    def test_numbers_must_make_sense(self):
        for option in ("--message-days", "--every"):
            for number in ("0", "-1", "99999999999"):
                with (
                    self.subTest(option, number=number),
                    self.assertRaisesMessage(CommandError, f"{option} must be between 1 and"),
                ):
                    self.run_command(option, number)
