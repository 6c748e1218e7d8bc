"""Coming into a group, leaving it, and what its type is: what becomes of the members' conversations."""

from itertools import permutations

import orjson
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from conversations.actions import deletions
from conversations.choices import Membership
from conversations.formats import webhook_events
from conversations.models import Conversation, Group, GroupMember, Message, Owner, Thread
from tests.support.cast import ALICE, BOB
from tests.support.members import NOON_MS, joined, left, row_of, tell
from tests.support.messages import group

CLUB, TOPIC = "@TGS#_club", "@TGS#_club@TOPIC#_news"


class ComingTests(TestCase):
    def test_it_begins_a_conversation_that_the_feed_tells(self):
        tell(joined(ALICE, at_ms=NOON_MS + 7))

        row = row_of()
        self.assertEqual((row.order_key, row.unread_count, row.last_message), ((NOON_MS + 7) * 1000, 0, None))
        self.assertEqual((row.show_name, row.created_version, row.changed_by), ("team", 1, "roster"))

    def test_what_was_said_before_is_not_shown(self):
        tell(group(BOB, 1), joined(ALICE, at_ms=NOON_MS + 5000), group(BOB, 9))

        row = row_of()
        self.assertEqual((row.unread_count, orjson.loads(row.last_message)["textElem"]["text"]), (1, "g9"))

    def test_a_deletion_stands_until_somebody_comes_in_later(self):
        tell(joined(ALICE))
        deletions.delete(owner_id=ALICE, conversation_ids=["group_team"])
        deleted_ms = int(Conversation.objects.get().deleted_at.timestamp() * 1000)

        tell(joined(ALICE), joined(ALICE, at_ms=NOON_MS + 1), left(ALICE, at_ms=NOON_MS + 2))
        self.assertIsNone(row_of())

        tell(joined(ALICE, at_ms=deleted_ms + 1000))
        self.assertEqual(row_of().order_key, (deleted_ms + 1000) * 1000)

    def test_a_live_room_has_no_rows_whenever_its_type_is_told(self):
        events = (joined(ALICE, BOB), group(BOB, 1), group(BOB, 2, group_type="AVChatRoom"))
        for order in permutations(events):
            tell(*order)

            self.assertFalse(Conversation.objects.present().exists())
            for model in (Conversation, GroupMember, Owner):
                model.objects.all().delete()
            Group.objects.all().delete()
            Message.objects.all().delete()
            Thread.objects.all().delete()

    @override_settings(SKIP_OWNERS=frozenset({ALICE}))
    def test_accounts_without_a_list_get_none(self):
        tell(joined(ALICE, BOB))

        self.assertEqual(list(Conversation.objects.values_list("owner_id", flat=True)), [BOB])

    def test_it_costs_the_same_whatever_the_groups_size(self):
        counts = set()
        for size in (3, 60):
            tell(joined(*(f"u{n}" for n in range(size)), group_id=f"g{size}"), group("u1", 1, group_id=f"g{size}"))
            with CaptureQueriesContext(connection) as captured:
                tell(joined(ALICE, BOB, at_ms=NOON_MS + 5000, group_id=f"g{size}"))
            counts.add(len(captured))

        self.assertEqual(len(counts), 1)


class GoingTests(TestCase):
    def test_the_conversation_stays_and_says_so(self):
        tell(joined(ALICE), group(BOB, 1), left(ALICE, at_ms=NOON_MS + 2000), group(BOB, 3))

        row = row_of()
        self.assertEqual((row.unread_count, row.membership), (1, Membership.LEFT))

    def test_a_dissolved_group_says_so_to_all(self):
        tell(joined(ALICE), group(BOB, 1))

        tell(webhook_events.GroupDissolved(group_id="team", group_type="", event_time_ms=NOON_MS + 2000, members=()))

        self.assertEqual({row_of(user_id).membership for user_id in (ALICE, BOB)}, {Membership.DISSOLVED})

    def test_a_dissolution_and_a_coming_told_in_any_order_are_the_same(self):
        dissolved = webhook_events.GroupDissolved(
            group_id="team", group_type="", event_time_ms=NOON_MS + 9000, members=(ALICE,)
        )
        events = (group(BOB, 1), group(BOB, 5), joined(ALICE, at_ms=NOON_MS + 4000), dissolved)
        outcomes = set()
        for number, order in enumerate(permutations(events)):
            with self.subTest(number):
                tell(*order)
                row = row_of()
                outcomes.add((row.unread_count, row.order_key, row.membership, row.last_message))
                for model in (Conversation, GroupMember, Group, Message, Thread):
                    model.objects.all().delete()

        self.assertEqual(len(outcomes), 1)


class TopicTests(TestCase):
    def in_topic(self, sender: str, number: int):
        return group(sender, number, group_id=CLUB, topic_id=TOPIC, group_type="Community")

    def test_they_follow_their_groups_roster(self):
        tell(
            joined(ALICE, group_id=CLUB),
            self.in_topic(BOB, 1),
            left(ALICE, at_ms=NOON_MS + 2000, group_id=CLUB),
        )
        tell(self.in_topic(BOB, 3))

        row = row_of(conversation_id=f"group_{TOPIC}")
        self.assertEqual((row.unread_count, row.membership), (1, Membership.LEFT))

    def test_who_speaks_in_one_is_there_in_the_others(self):
        tell(self.in_topic(BOB, 5), group("carol", 6, group_id=CLUB))

        tell(group(ALICE, 4, group_id=CLUB))

        self.assertEqual(row_of(conversation_id=f"group_{TOPIC}").unread_count, 1)

    def test_coming_in_begins_the_groups_own_conversation_only(self):
        tell(self.in_topic(BOB, 1), joined(ALICE, at_ms=NOON_MS + 5000, group_id=CLUB))

        self.assertEqual(
            list(Conversation.objects.for_owner(ALICE).values_list("conversation_id", flat=True)), ["group_" + CLUB]
        )


class TypeTests(TestCase):
    def test_a_meeting_counts_nothing_whenever_that_is_told(self):
        tell(joined(ALICE), group(BOB, 1), group(BOB, 2))
        self.assertEqual(row_of().unread_count, 2)

        tell(joined("carol", at_ms=NOON_MS + 1, group_type="Meeting"))
        self.assertEqual((row_of().unread_count, row_of().group_type), (0, "Meeting"))

        tell(joined("carol", at_ms=NOON_MS + 2, group_type="Work"))
        self.assertEqual((row_of().unread_count, row_of().group_type), (2, "Work"))

    def test_an_older_type_comes_too_late(self):
        tell(joined(ALICE, at_ms=NOON_MS + 2, group_type="Meeting"), joined(BOB, at_ms=NOON_MS + 1, group_type="Work"))

        self.assertEqual(Group.objects.get().type, "Meeting")
