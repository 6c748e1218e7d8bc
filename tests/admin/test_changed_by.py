"""Each row says what changed it last, and when."""

from django.test import TestCase
from django.utils import timezone

from conversations.actions import pins, reading, settings
from conversations.choices import ChangedBy
from conversations.feeding import messages
from conversations.formats.messages import C2CRecall
from conversations.models import Conversation
from conversations.transfer.conversations import import_records
from tests.support.messages import NOON_S, c2c


class ChangedByTests(TestCase):
    def assert_changed_by(self, by: ChangedBy) -> None:
        row = Conversation.objects.get(owner_id="alice", conversation_id="c2c_bob")
        self.assertEqual(row.changed_by, by)
        self.assertLess((timezone.now() - row.changed_at).total_seconds(), 60)

    def test_it_is_the_newest_change(self):
        messages.record([c2c("bob", "alice", 1), c2c("bob", "alice", 2)], now_s=NOON_S)
        self.assert_changed_by(ChangedBy.MESSAGE)

        reading.read(owner_id="alice", conversation_id="c2c_bob", timestamp_s=NOON_S)
        self.assert_changed_by(ChangedBy.READ)

        messages.recall(C2CRecall("bob", "alice", NOON_S, 2, 2))
        self.assert_changed_by(ChangedBy.RECALL)

        settings.set_marks(owner_id="alice", conversation_ids=["c2c_bob"], marks=1, enabled=True)
        self.assert_changed_by(ChangedBy.MARK)

    def test_what_changes_nothing_is_not_told(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=False)

        self.assert_changed_by(ChangedBy.MESSAGE)

    def test_an_import_is_told(self):
        list_entry = {"owner": "alice", "conversation": {"conversationID": "c2c_bob", "orderkey": 5}}

        import_records([(1, list_entry)])

        self.assert_changed_by(ChangedBy.IMPORT)
