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

IMPORTED, END = 12, 100
ONE_TO_ONE_END = 30


def last_message(conversation_id: str, number: int) -> dict[str, Any]:
    """As the SDK gives that message: a group's by its number, one to one by its second."""
    time_s = NOON_S + (number if conversation_id.startswith("group_") else number // 3)
    return {"timestamp": time_s, "seq": str(number), "random": number, "textElem": {"text": f"m{number}"}}


def import_unread(by: str, conversation_id: str = "group_team", end: int = END) -> None:
    """Unread that has no messages here, by an import or a report."""
    reported = {"conversationID": conversation_id, "unreadCount": IMPORTED, "lastMessage": last_message(conversation_id, end)}
    if by == "import":
        conversations.import_records([(1, {"owner": ALICE, "conversation": reported})])
    else:
        reports.record(owner_id=ALICE, objects=[reported], is_vouched_for=True)


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
        import_unread(self.by)
        self.come(97, 100, 101, 102)

        self.assertEqual(self.unread(), IMPORTED + 2)

    def test_a_partial_read_lowers_it_to_what_can_be_left(self):
        import_unread(self.by)
        self.come(101, 102)

        self.assertEqual([self.read(seq) for seq in (88, 90, 99, 100, 101)], [14, 12, 3, 2, 1])

    def test_a_read_past_it_clears_it(self):
        import_unread(self.by)
        self.come(101, 102)

        self.assertEqual(self.read(102), 0)
        self.assertEqual(self.row().imported_unread, 0)

    def test_recalls_take_what_is_stored_after_it_and_nothing_of_it(self):
        import_unread(self.by)
        self.come(99, 101, 102)

        for seq, left in ((101, 13), (99, 13), (98, 13), (102, 12)):
            messages.recall(GroupRecall("team", "", (seq,)))
            self.assertEqual(self.unread(), left)

    def test_a_deletion_drops_it_and_a_return_counts_what_comes_then(self):
        import_unread(self.by)
        self.come(101)
        deletions.delete(owner_id=ALICE, conversation_ids=["group_team"])
        self.come(99, 102)

        self.assertEqual(self.unread(), 1)

    def test_one_to_one_it_stays_until_a_read_past_it(self):
        import_unread(self.by, "c2c_bob", ONE_TO_ONE_END)
        messages.record([c2c("bob", "alice", number) for number in (29, 33, 36)], now_s=NOON_S)
        counts = [self.unread("c2c_bob")]
        for time_s in (9, 10, 11):
            reading.read(owner_id=ALICE, conversation_id="c2c_bob", timestamp_s=NOON_S + time_s)
            counts.append(self.unread("c2c_bob"))
        messages.recall(C2CRecall("bob", "alice", NOON_S + 12, 36, 36))

        self.assertEqual([*counts, self.unread("c2c_bob")], [14, 14, 2, 1, 0])


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
    return len(range(max(END - IMPORTED, up_to) + 1, end + 1))


class AnyOrderTests(PropertyTestCase):
    """One group in which everybody but alice talks; what her devices report is true, each at its moment."""

    @given(events, st.randoms(use_true_random=False))
    @examples(200)
    def test_the_row_is_that_of_the_model(self, story, random):
        # Sooner or later each message comes that any device has seen.
        newest = max((event[1] for event in story if event[0] != "read"), default=END)
        story = [*story, *(("message", number) for number in range(END + 1, newest + 1))]
        story += random.sample(story, len(story) // 2)
        random.shuffle(story)
        import_unread("report")

        for event in story:
            self.happen(*event)

        row = Conversation.objects.get(owner_id=ALICE)
        up_to = max((event[-1] for event in story if event[0] != "message"), default=0)
        self.assertEqual(row.unread_count, left(newest, up_to), story)
        self.assertEqual(row.group_read_sequence, up_to)
        self.assertEqual(orjson.loads(row.last_message)["seq"], str(newest))
        self.assertEqual(row.order_key, max((NOON_S + newest) * 10**6 + (newest if newest > END else 0), 0))
        version = row.version
        for event in story:
            self.happen(*event)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).version, version)

    def happen(self, kind: str, number: int, up_to: int = 0) -> None:
        if kind == "message":
            messages.record([group("bob", number)], now_s=NOON_S)
        elif kind == "read":
            reading.read(owner_id=ALICE, conversation_id="group_team", sequence=number)
        else:
            reported = {
                "conversationID": "group_team",
                "lastMessage": last_message("group_team", number),
                "groupReadSequence": up_to,
                "unreadCount": left(number, up_to),
            }
            outcome = reports.record(owner_id=ALICE, objects=[reported], is_vouched_for=True)
            self.assertEqual(outcome.results[0].code, 0)
