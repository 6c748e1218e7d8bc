"""Any messages and recalls, in any order, any number of times, over any number of requests: the rows of a plain model."""

import random as random_module
from typing import Any

import orjson
from django.test import TransactionTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.actions import deletions, reading
from conversations.choices import Membership
from conversations.feeding import members as feeding_members
from conversations.feeding import messages, webhooks
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall, Message
from conversations.lists import change_feed
from conversations.models import Conversation, GroupMember, Owner
from conversations.transfer.conversations import import_records
from tests import feeding

NOON_S = 1_760_000_000
PEOPLE = ("alice", "bob", "carol", "dave", "erin")


def text(words: str) -> tuple[dict[str, Any], ...]:
    return ({"MsgType": "TIMTextElem", "MsgContent": {"Text": words}},)


def c2c(sender: str, peer: str, number: int, **more: Any) -> Message:
    time_s = NOON_S + number // 3
    return Message(sender=sender, peer=peer, time_s=time_s, seq=number, random=number, elements=text(f"c{number}"), **more)


def group(sender: str, number: int, group_id: str = "team", **more: Any) -> Message:
    more = {"time_s": NOON_S + number, "seq": number, "random": number} | more
    return Message(sender=sender, group_id=group_id, elements=text(f"g{number}"), **more)


def sender_of(number: int) -> str:
    """One number is one message, so it always has the same sender."""
    return PEOPLE[number % len(PEOPLE)]


def peer_of(number: int) -> str:
    return PEOPLE[number * 7 // 5 % len(PEOPLE)]


flags = st.fixed_dictionaries({}, optional={"counts_as_unread": st.just(False), "is_shown_last": st.just(False)})
mentions = st.fixed_dictionaries(
    {},
    optional={
        "at_all": st.just(True),
        "at_accounts": st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True).map(tuple),
    },
)
numbers = st.integers(1, 12)
c2c_messages = st.builds(lambda number, more: c2c(sender_of(number), peer_of(number), number, **more), numbers, flags)
group_messages = st.builds(
    lambda number, more, at: group(sender_of(number), number, **more, **at, targets=() if number % 4 else ("alice", "dave")),
    numbers,
    flags,
    mentions,
)
c2c_recalls = st.builds(
    lambda number: C2CRecall(sender_of(number), peer_of(number), NOON_S + number // 3, number, number), numbers
)
group_recalls = st.builds(lambda seqs: GroupRecall("team", "", tuple(seqs), ""), st.lists(numbers, min_size=1, max_size=3))
reads = st.builds(
    lambda number, later: webhook_events.C2CRead(peer_of(number), sender_of(number), NOON_S + number // 3 + later),
    numbers,
    st.integers(-1, 1),
)
moments = st.builds(lambda number, ms: (NOON_S + number) * 1000 + ms, st.integers(0, 13), st.sampled_from((0, 500)))
movers = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True).map(tuple)
joins = st.builds(
    lambda at, members, type_: webhook_events.MembersJoined(
        group_id="team", group_type=type_, event_time_ms=at, members=members
    ),
    moments,
    movers,
    st.sampled_from(("", "", "", "Work", "Meeting")),
)
leaves = st.builds(
    lambda at, members: webhook_events.MembersLeft(
        group_id="team", group_type="", event_time_ms=at, members=members, membership=Membership.LEFT
    ),
    moments,
    movers,
)
kinds = (c2c_messages, group_messages, group_messages, c2c_recalls, group_recalls, reads, joins, leaves)
events = st.lists(st.one_of(*kinds), max_size=14)


def feed_in(items: list, cuts: set[int]) -> None:
    """Messages that stand together are one request, to the next cut; recalls go alone."""
    request: list[Message] = []
    for index, item in enumerate([*items, None]):
        if request and (not isinstance(item, Message) or index in cuts):
            messages.record(request, now_s=NOON_S)
            request = []
        if isinstance(item, Message):
            request.append(item)
        elif item is not None:
            webhooks.apply_event(item, at_ms=0, now_s=NOON_S)


def rows() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (row.owner_id, row.conversation_id): {
            "unread": row.unread_count,
            "last": orjson.loads(row.last_message)["textElem"]["text"] if row.last_message else None,
            "order_key": row.order_key,
            "mentions": {one["seq"]: one["atType"] for one in orjson.loads(row.group_at_info)},
        }
        | ({"peer_read": bool(row.last_message and orjson.loads(row.last_message)["isPeerRead"])} if row.type == 1 else {})
        for row in Conversation.objects.present()
    }


class AnyOrderTests(TestCase):
    @given(events, st.randoms(use_true_random=False), st.sets(st.integers(0, 30), max_size=8))
    @settings(max_examples=250, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def test_the_rows_are_those_of_the_model(self, told, random, cuts):
        for user_id in feeding.ROSTER:
            GroupMember.objects.create(group_id="team", user_id=user_id, events='[[0,"member"]]', is_there=True, since_ms=0)
        again = told + random.sample(told, len(told) // 2)
        random.shuffle(again)

        feed_in(again, cuts)

        self.assertEqual(rows(), feeding.rows(told))
        self.assert_numbered()

    def assert_numbered(self) -> None:
        """Each list's feed has its rows once, and goes as far as its owner."""
        for owner in Owner.objects.all():
            page = change_feed.read(owner.owner_id, None, 100)
            shown = {orjson.loads(one)["conversation"]["conversationID"] for one in page.changes}
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

        reading.move_read_position(owner_id="alice", conversation_id="group_team", to=3)

        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 2)

    def test_a_position_moved_back_mentions_again(self):
        messages.record(
            [group("alice", 1), group("bob", 3, at_all=True), group("bob", 4, at_accounts=("alice",))], now_s=NOON_S
        )
        messages.record([group("bob", 5, at_accounts=("alice",)), group("bob", 6)], now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (5,), ""))
        reading.read(owner_id="alice", conversation_id="group_team")

        reading.move_read_position(owner_id="alice", conversation_id="group_team", to=2)

        row = Conversation.objects.get(owner_id="alice")
        self.assertEqual((row.unread_count, row.group_at_info), (3, '[{"seq":"3","atType":2},{"seq":"4","atType":1}]'))


class ParallelTests(TransactionTestCase):
    """Eight threads with overlapping groups and threads of two, each telling the same messages in another order."""

    def test_each_message_counts_once(self):
        import threading

        from django.db import connection

        told = [group(sender_of(n), n, group_id=f"g{n % 3}") for n in range(1, 60)]
        told += [c2c(sender_of(n), peer_of(n), n) for n in range(1, 40)]
        for group_id in ("g0", "g1", "g2"):
            for user_id in feeding.ROSTER:
                GroupMember.objects.create(
                    group_id=group_id, user_id=user_id, events='[[0,"member"]]', is_there=True, since_ms=0
                )
        failures: list[Exception] = []

        def run(seed: int) -> None:
            mine = random_module.Random(seed).sample(told, len(told))
            try:
                for start in range(0, len(mine), 7):
                    messages.record(mine[start : start + 7], now_s=NOON_S)
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(seed,)) for seed in range(8 if connection.vendor == "postgresql" else 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(failures, [])
        self.assertEqual(rows(), feeding.rows(told))


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
        told = [c2c("bob", "alice", 1), c2c("bob", "alice", 6, is_shown_last=False)]
        messages.record(told, now_s=NOON_S)
        deletions.delete(owner_id="alice", conversation_ids=["c2c_bob"])

        messages.record(told, now_s=NOON_S)

        self.assertFalse(Conversation.objects.for_owner("alice").exists())
