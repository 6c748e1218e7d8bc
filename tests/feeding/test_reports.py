"""Imported unread among messages, reads and recalls; and reports of any devices, in any order."""

from typing import Any

import orjson
from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from conversations.actions import deletions, reading
from conversations.feeding import messages, reports
from conversations.formats.messages import C2CRecall, GroupRecall
from conversations.models import Conversation
from conversations.transfer import conversations
from conversations.unread import counts
from tests.support.cast import ALICE
from tests.support.hypothesis_profiles import examples
from tests.support.messages import NOON_S, c2c, group

CARRIED, END = 12, 100
ONE_TO_ONE_END = 30


def last_message(conversation_id: str, number: int) -> dict[str, Any]:
    """As the SDK gives that message: a group's by its number, one to one by its second."""
    time_s = NOON_S + (number if conversation_id.startswith("group_") else number // 3)
    return {"timestamp": time_s, "seq": str(number), "random": number, "textElem": {"text": f"m{number}"}}


def carry_over(by: str, conversation_id: str = "group_team", end: int = END) -> None:
    """Unread that has no messages here, by an import or a report."""
    told = {"conversationID": conversation_id, "unreadCount": CARRIED, "lastMessage": last_message(conversation_id, end)}
    if by == "import":
        conversations.import_records([(1, {"owner": ALICE, "conversation": told})])
    else:
        reports.record(owner_id=ALICE, objects=[told], is_vouched_for=True)


class CarriedOver:
    """What holds of unread whichever of both carried it over."""

    by: str

    def row(self, conversation_id: str = "group_team") -> Conversation:
        return Conversation.objects.get(owner_id=ALICE, conversation_id=conversation_id)

    def unread(self, conversation_id: str = "group_team") -> int:
        row = self.row(conversation_id)
        self.assertEqual(row.unread_count, counts.count_unread(row))
        return row.unread_count

    def come(self, *numbers: int) -> None:
        messages.record([group("bob", number) for number in numbers], now_s=NOON_S)

    def read(self, seq: int) -> int:
        reading.read(owner_id=ALICE, conversation_id="group_team", sequence=seq)
        return self.unread()

    def test_later_messages_are_counted_on_top_and_those_within_are_in_it(self):
        carry_over(self.by)
        self.come(97, 100, 101, 102)

        self.assertEqual(self.unread(), CARRIED + 2)

    def test_a_partial_read_lowers_it_to_what_can_be_left(self):
        carry_over(self.by)
        self.come(101, 102)

        self.assertEqual([self.read(seq) for seq in (88, 90, 99, 100, 101)], [14, 12, 3, 2, 1])

    def test_a_read_past_it_clears_it(self):
        carry_over(self.by)
        self.come(101, 102)

        self.assertEqual(self.read(102), 0)
        self.assertEqual(self.row().imported_unread, 0)

    def test_recalls_take_what_is_stored_after_it_and_nothing_of_it(self):
        carry_over(self.by)
        self.come(99, 101, 102)

        for seq, left in ((101, 13), (99, 13), (98, 13), (102, 12)):
            messages.recall(GroupRecall("team", "", (seq,)))
            self.assertEqual(self.unread(), left)

    def test_a_deletion_drops_it_and_a_return_counts_what_comes_then(self):
        carry_over(self.by)
        self.come(101)
        deletions.delete(owner_id=ALICE, conversation_ids=["group_team"])
        self.come(99, 102)

        self.assertEqual(self.unread(), 1)

    def test_one_to_one_it_stays_until_a_read_past_it(self):
        carry_over(self.by, "c2c_bob", ONE_TO_ONE_END)
        messages.record([c2c("bob", "alice", number) for number in (29, 33, 36)], now_s=NOON_S)
        found = [self.unread("c2c_bob")]
        for time_s in (9, 10, 11):
            reading.read(owner_id=ALICE, conversation_id="c2c_bob", timestamp_s=NOON_S + time_s)
            found.append(self.unread("c2c_bob"))
        messages.recall(C2CRecall("bob", "alice", NOON_S + 12, 36, 36))

        self.assertEqual([*found, self.unread("c2c_bob")], [14, 14, 2, 1, 0])


class ImportedTests(CarriedOver, TestCase):
    by = "import"


class ReportedTests(CarriedOver, TestCase):
    by = "report"


# ---- Any order --------------------------------------------------------------------------------

numbers = st.integers(END + 1, END + 9)
sent = st.builds(lambda number: ("message", number), numbers)
read = st.builds(lambda seq: ("read", seq), st.integers(END - 14, END + 9))
# What a device showed at some moment: the messages up to one, and read up to another.
shown = st.builds(lambda end, up_to: ("report", end, up_to), st.integers(END, END + 9), st.integers(END - 14, END + 9))
events = st.lists(st.one_of(sent, sent, read, shown), max_size=12)


def left(end: int, up_to: int) -> int:
    """Unread in a group where all of the last ones up to `end` count: the imported ones, and each after them."""
    return len(range(max(END - CARRIED, up_to) + 1, end + 1))


class AnyOrderTests(PropertyTestCase):
    """One group in which everybody but alice talks; what her devices told is true, each at its moment."""

    @given(events, st.randoms(use_true_random=False))
    @examples(200)
    def test_the_row_is_that_of_the_model(self, told, random):
        # Sooner or later each message comes that any device has seen.
        newest = max((one[1] for one in told if one[0] != "read"), default=END)
        told = [*told, *(("message", number) for number in range(END + 1, newest + 1))]
        told += random.sample(told, len(told) // 2)
        random.shuffle(told)
        carry_over("report")

        for one in told:
            self.happen(*one)

        row = Conversation.objects.get(owner_id=ALICE)
        up_to = max((one[-1] for one in told if one[0] != "message"), default=0)
        self.assertEqual(row.unread_count, left(newest, up_to), told)
        self.assertEqual(row.group_read_sequence, up_to)
        self.assertEqual(orjson.loads(row.last_message)["seq"], str(newest))
        self.assertEqual(row.order_key, max((NOON_S + newest) * 10**6 + (newest if newest > END else 0), 0))
        version = row.version
        for one in told:
            self.happen(*one)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).version, version)

    def happen(self, kind: str, number: int, up_to: int = 0) -> None:
        if kind == "message":
            messages.record([group("bob", number)], now_s=NOON_S)
        elif kind == "read":
            reading.read(owner_id=ALICE, conversation_id="group_team", sequence=number)
        else:
            told = {
                "conversationID": "group_team",
                "lastMessage": last_message("group_team", number),
                "groupReadSequence": up_to,
                "unreadCount": left(number, up_to),
            }
            done = reports.record(owner_id=ALICE, objects=[told], is_vouched_for=True)
            self.assertEqual(done.results[0].code, 0)
