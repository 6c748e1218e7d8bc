"""Unread totals of a version are added up once, and every change makes another version."""

from django.db import connection, transaction
from django.test import TransactionTestCase

from conversations.actions import pins, reading
from conversations.lists import json_reads
from conversations.models import Conversation, Owner
from tests.support.cast import ALICE, make_conversations


class KnownTotalsTests(TransactionTestCase):
    def setUp(self):
        json_reads._known_totals.clear()
        make_conversations(3, unread_count=2, imported_unread=2)

    def totals(self, *, unread_only: bool = False) -> dict[str, int]:
        conversations = Conversation.objects.for_owner(ALICE)
        return json_reads.totals(conversations.unread() if unread_only else conversations, ALICE)[1]

    def test_they_are_added_up_once_for_each_version_and_filter(self):
        first = self.totals()
        with self.assertNumQueries(1):
            self.assertEqual(self.totals(), first)
        with self.assertNumQueries(2):
            self.assertEqual(self.totals(unread_only=True)["total"], 6)

    def test_a_change_is_seen_at_once(self):
        self.assertEqual(self.totals()["total"], 6)
        reading.read(owner_id=ALICE, conversation_id="c2c_peer1")
        self.assertEqual(self.totals()["total"], 4)

    def test_what_was_rolled_back_is_not_remembered(self):
        with transaction.atomic():
            reading.read(owner_id=ALICE, conversation_id="c2c_peer1")
            self.assertEqual(self.totals()["total"], 4)
            transaction.set_rollback(True)
        pins.set_pinned(owner_id=ALICE, conversation_id="c2c_peer2", pinned=True)  # takes the same version
        self.assertEqual(self.totals()["total"], 6)

    def test_they_do_not_grow_without_limit(self):
        json_reads._known_totals.update({("", "", str(number)): ("", {}) for number in range(json_reads.MAX_KNOWN_TOTALS)})
        self.totals()
        self.assertEqual(len(json_reads._known_totals), 1)

    def test_an_unknown_owner_has_none(self):
        Owner.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM conversations_conversation")
        self.assertEqual(set(self.totals().values()), {0})
