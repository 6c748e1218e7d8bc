"""What staff set by hand Admin: how far an owner has read, back as well."""

import json
import re

import orjson
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations import positions
from conversations.actions import reading
from conversations.feeding import messages
from conversations.models import Conversation, Owner
from conversations.times import YEAR_2100_S
from tests.support.admin import AsBoss, object_url
from tests.support.cast import ALICE, BOB, make_conversation
from tests.support.messages import NOON_S, c2c
from tests.support.staff import make_deleted, support

END = positions.of_group(20)


class ReadPositionTests(AsBoss):
    def setUp(self):
        super().setUp()
        make_conversation(
            conversation_id="group_g",
            unread_count=7,
            imported_unread=7,
            imported_unread_position=END,
            last_message_position=END,
        )
        self.url = object_url(ALICE, "group_g")

    def test_it_goes_forward_and_back_and_each_move_is_logged(self):
        self.client.post(self.url, {"read_up_to": "18"})
        forward = Conversation.objects.get()
        self.client.post(self.url, {"read_up_to": "5"})

        back = Conversation.objects.get()
        self.assertEqual((forward.group_read_sequence, forward.unread_count), (18, 2))
        self.assertEqual(back.group_read_sequence, 5)
        texts = [entry.get_change_message() for entry in LogEntry.objects.order_by("id")]
        self.assertIn("groupReadSequence 0 → 18", texts[0])
        self.assertIn("unreadCount 7 → 2", texts[0])
        self.assertIn("groupReadSequence 18 → 5", texts[1])

    def test_the_same_again_changes_nothing(self):
        version = Owner.objects.get(owner_id=ALICE).version

        self.client.post(self.url, {"read_up_to": "0"})

        self.assertEqual(Owner.objects.get(owner_id=ALICE).version, version)

    def test_what_is_no_position_is_refused_at_its_field(self):
        make_conversation(conversation_id="c2c_bob")
        for url, values in (
            (self.url, ("", "x", "-1", str(1 << 63))),
            (object_url(ALICE, "c2c_bob"), (str(YEAR_2100_S), "1760000000000")),
        ):
            for value in values:
                with self.subTest(value):
                    page = self.client.post(url, {"read_up_to": value})
                    self.assertTrue(page.context["adminform"].form.errors["read_up_to"])

    def test_whoever_may_only_look_sees_no_such_field_and_is_refused(self):
        self.client.force_login(support())

        page = self.client.get(self.url)
        self.assertNotContains(page, "read_up_to")
        self.assertEqual(self.client.post(self.url, {"read_up_to": "5"}).status_code, 403)

    def test_a_deleted_conversation_is_only_shown(self):
        make_deleted()
        deleted = Conversation.objects.exclude(deleted_at=None).get()

        page = self.client.get(object_url(deleted.owner_id, deleted.conversation_id))

        self.assertEqual(page.status_code, 200)
        self.assertNotContains(page, "read_up_to")

    def test_ticked_rows_are_marked_as_read_and_each_is_logged(self):
        make_conversation(conversation_id="group_read")

        self.run_action("read", "alice/group_g", "alice/group_read")

        self.assertFalse(Conversation.objects.unread().exists())
        self.assertEqual([json.loads(entry.change_message)[0]["action"] for entry in LogEntry.objects.all()], ["read"])

    def test_moving_back_leaves_what_is_read_read(self):
        reading.read(owner_id=ALICE, conversation_id="group_g")

        self.client.post(self.url, {"read_up_to": "5"})

        row = Conversation.objects.get()
        self.assertEqual((row.group_read_sequence, row.unread_count), (5, 0))

    def test_what_is_read_by_it_shows_to_the_peer_and_stays_so(self):
        messages.record([c2c(BOB, ALICE, 0), c2c(BOB, ALICE, 9)], now_s=NOON_S)
        shown = []

        for to in (NOON_S + 2, NOON_S + 3, NOON_S):
            self.client.post(object_url(ALICE, "c2c_bob"), {"read_up_to": str(to)})
            row = Conversation.objects.get(owner_id=BOB)
            shown.append((orjson.loads(row.last_message)["isPeerRead"], row.version))

        before = shown[0][1]
        self.assertEqual(shown, [(False, before), (True, before + 1), (True, before + 1)])

    def test_reader_and_peer_are_locked_in_their_order(self):
        messages.record([c2c(BOB, "zoe", 1)], now_s=NOON_S)

        with CaptureQueriesContext(connection) as captured:
            self.client.post(object_url("zoe", "c2c_bob"), {"read_up_to": str(NOON_S)})

        owners = re.findall(r"FROM conversations_owner WHERE owner_id = '(\w+)'", " ".join(query["sql"] for query in captured))
        self.assertEqual(owners[:2], [BOB, "zoe"])
