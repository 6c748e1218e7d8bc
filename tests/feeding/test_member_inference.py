"""Members who are known by the conversations that they have."""

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from conversations.choices import Membership
from conversations.feeding import member_inference
from conversations.models import Conversation, GroupMember
from conversations.transfer import conversations
from tests.support.cast import ALICE, BOB
from tests.support.members import NOON_MS, joined, left, row_of, tell
from tests.support.messages import NOON_S, group


def import_row(owner_id: str = ALICE, conversation_id: str = "group_team", *, unread: int = 0, seq: int = 0) -> None:
    last = {"lastMessage": {"timestamp": NOON_S + seq, "seq": str(seq), "elemType": 1}} if seq else {}
    conversation = {"conversationID": conversation_id, "unreadCount": unread} | last
    conversations.import_records([(1, {"owner": owner_id, "conversation": conversation})])


class ImportTests(TestCase):
    def test_later_messages_count(self):
        import_row(unread=4, seq=3)

        tell(group(BOB, 5))

        self.assertEqual((row_of().unread_count, row_of().imported_unread), (5, 4))

    def test_stored_ones_count_past_what_was_carried_over(self):
        tell(*(group(BOB, n) for n in range(1, 7)))

        import_row(unread=2, seq=4)

        self.assertEqual((row_of().unread_count, row_of().last_message_position[-1]), (4, "6"))
        self.assertFalse(GroupMember.objects.filter(is_inferred=True).exists())

    def test_told_twice_counts_once(self):
        tell(*(group(BOB, n) for n in range(1, 7)))
        for _time in range(2):
            import_row(unread=2, seq=4)

        self.assertEqual(row_of().unread_count, 4)

    def test_news_of_coming_and_going_is_believed_first(self):
        tell(joined(ALICE, at_ms=NOON_MS + 2000), group(BOB, 1), left(ALICE, at_ms=NOON_MS + 4000), group(BOB, 5))
        Conversation.objects.filter(owner_id=ALICE).delete()

        import_row()

        self.assertEqual((row_of().unread_count, row_of().membership), (0, Membership.LEFT))

    def test_so_it_is_if_the_news_comes_after_it(self):
        import_row(unread=1, seq=1)
        tell(group(BOB, 2), group(BOB, 6))
        self.assertEqual(row_of().unread_count, 3)

        tell(joined(ALICE, at_ms=NOON_MS + 4000))

        self.assertEqual((row_of().unread_count, row_of().imported_unread), (2, 1))

    def test_a_row_that_was_imported_stays_when_its_messages_turn_out_not_to_be_seen(self):
        import_row()
        tell(group(BOB, 2))

        tell(left(ALICE, at_ms=NOON_MS), joined(ALICE, at_ms=NOON_MS + 9000), left(ALICE, at_ms=NOON_MS + 9500))

        self.assertEqual((row_of().unread_count, row_of().last_message, row_of().membership), (0, None, Membership.LEFT))

    @override_settings(SKIP_OWNERS=frozenset({ALICE}))
    def test_accounts_without_a_list_are_not_learnt(self):
        import_row()

        self.assertFalse(GroupMember.objects.exists())

    def test_a_dry_run_learns_nothing(self):
        record = {"owner": ALICE, "conversation": {"conversationID": "group_team"}}
        conversations.import_records([(1, record)], dry_run=True)

        self.assertFalse(GroupMember.objects.exists())

    def test_a_batch_costs_the_same_whatever_its_size(self):
        counts = set()
        for size in (2, 200):
            with CaptureQueriesContext(connection) as captured:
                member_inference.infer_members((f"u{n}", f"group_g{size}_{n % 9}") for n in range(size))
            counts.add(len(captured))

        self.assertEqual(len(counts), 1)
        self.assertEqual(GroupMember.objects.count(), 202)

    def test_what_was_left_half_way_is_finished_later(self):
        tell(group(BOB, 1))
        Conversation.objects.create(
            owner_id=ALICE, conversation_id="group_team", type=2, version=1, created_version=1, last_message=None
        )
        self.assertEqual(member_inference.infer_members([(ALICE, "group_team")]), ["team"])
        self.assertEqual(row_of().unread_count, 0)

        self.assertEqual(member_inference.count_for_inferred(), (1, 0))

        self.assertEqual(row_of().unread_count, 1)
        self.assertEqual(member_inference.groups_to_count(), [])
