"""News of a group that concern all that was ever said there: counted and shown right, in memory that does not grow with it."""

import tracemalloc
from collections.abc import Callable
from unittest import mock

import orjson
from django.test import TestCase

from conversations.choices import GroupType, Membership
from conversations.feeding import member_inference, members, messages
from conversations.maintenance import verify
from conversations.models import Conversation, Message
from conversations.store import message_reads
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, group

MESSAGES, BODY_BYTES = 600, 20_000
LATER_MS = (NOON_S + 10**6) * 1000


class LongThreadTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        members.join("team", ["alice", "bob", "carol"], at_ms=1000, group_type=GroupType.MEETING)
        messages.record([group("bob", 1)], now_s=NOON_S)
        first = Message.objects.get()
        body = orjson.dumps(orjson.loads(first.body) | {"cloudCustomData": "x" * BODY_BYTES}).decode()
        columns = ({"position": f"{n:020d}", "time_s": NOON_S + n, "random": n} for n in range(2, MESSAGES))
        Message.objects.bulk_create(Message(thread="team", sender="bob", body=body, **values) for values in columns)
        messages.record([group("bob", MESSAGES)], now_s=NOON_S)

    def peak_bytes(self, act: Callable[[], None]) -> int:
        with mock.patch.object(message_reads, "CHUNK", 20):
            tracemalloc.start()
            try:
                act()
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    def assert_small(self, act: Callable[[], None]) -> None:
        # Never were all texts in memory at once.
        self.assertLess(self.peak_bytes(act), MESSAGES * BODY_BYTES / 4)
        self.assertEqual([str(finding) for finding in verify.findings()], [])

    def unread(self) -> dict[str, int]:
        return dict(Conversation.objects.filter(deleted_at=None).values_list("owner_id", "unread_count"))

    def retype(self, type_: GroupType, at_ms: int = LATER_MS) -> None:
        members.join("team", [], at_ms=at_ms, group_type=type_)

    def test_another_type_counts_all_or_nothing(self):
        Conversation.objects.filter(owner_id="carol").update(group_read_sequence=MESSAGES - 7)

        self.assert_small(lambda: self.retype(GroupType.PUBLIC))
        counted = self.unread()
        self.assert_small(lambda: self.retype(GroupType.MEETING, LATER_MS + 1))

        self.assertEqual(counted, {"alice": MESSAGES, "bob": 0, "carol": 7})
        self.assertEqual(set(self.unread().values()), {0})

    def test_a_live_room_takes_all_away_and_a_group_gives_it_back(self):
        self.assert_small(lambda: self.retype(GroupType.AVCHATROOM))
        self.assertEqual(Conversation.objects.exclude(last_message=None).count(), 0)

        self.assert_small(lambda: self.retype(GroupType.PUBLIC, LATER_MS + 1))

        self.assertEqual(self.unread(), {"alice": MESSAGES, "bob": 0, "carol": MESSAGES})

    def test_a_member_who_is_inferred_sees_all(self):
        self.retype(GroupType.PUBLIC)
        make_conversation("dave", "group_team")
        member_inference.infer_members([("dave", "group_team")])

        self.assert_small(lambda: member_inference.count_for_inferred())

        row = Conversation.objects.get(owner_id="dave")
        self.assertEqual((row.unread_count, int(row.last_message_position)), (MESSAGES, MESSAGES))

    def test_who_turns_out_to_have_left_early_sees_nothing_of_it(self):
        self.retype(GroupType.PUBLIC)

        def leave(user_id: str) -> None:
            members.leave("team", [user_id], at_ms=NOON_S * 1000, membership=Membership.LEFT)

        self.assert_small(lambda: leave("alice"))
        self.assert_small(lambda: leave("bob"))  # who sent all of it, and so was there

        self.assertEqual(self.unread(), {"alice": 0, "bob": 0, "carol": MESSAGES})
        places = Conversation.objects.filter(last_message_position__gt="").values_list("owner_id", flat=True)
        self.assertEqual(sorted(places), ["bob", "carol"])
