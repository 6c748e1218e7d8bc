"""pinConversation: at the top, on all devices."""

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation
from tests.support.acting import ActionTestCase
from tests.support.api import conversation_url, ids_of, url
from tests.support.cast import BOB, make_conversation, make_conversations

PIN = url("conversations/c2c_bob/pin/")


def pin_url(conversation_id: str) -> str:
    return f"{conversation_url(conversation_id)}pin/"


class PinTests(ActionTestCase):
    def test_pinning_answers_with_the_conversation_as_it_is_then(self):
        make_conversation(show_name="Bob", unread_count=3)

        response = self.put(PIN)

        self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"))
        self.assertTrue(response.json()["isPinned"])
        self.assertEqual(response.json(), self.shown())

    def test_pinned_ones_keep_their_order_and_an_unpinned_one_goes_back_to_its_place(self):
        ids = [f"c2c_{n}" for n in range(1, 6)]
        for age, conversation_id in enumerate(ids):
            make_conversation(conversation_id=conversation_id, activity_key=100 - age)

        self.put(pin_url("c2c_2"))
        self.put(pin_url("c2c_3"))
        self.assertEqual(ids_of(self.get(url())), ["c2c_2", "c2c_3", "c2c_1", "c2c_4", "c2c_5"])

        self.delete(pin_url("c2c_2"))
        self.delete(pin_url("c2c_3"))
        self.assertEqual(ids_of(self.get(url())), ids)

    def test_pinning_twice_is_one_change(self):
        make_conversation()

        with self.assert_versions(1):
            first, second = self.put(PIN), self.put(PIN)

        self.assertEqual((first.content, first["Owner-Version"]), (second.content, second["Owner-Version"]))

    def test_unpinning_what_is_not_pinned_is_no_change(self):
        make_conversation()

        with self.assert_no_change():
            response = self.delete(PIN)

        self.assertEqual((response.status_code, response.json()["isPinned"]), (200, False))

    def test_nothing_else_changes(self):
        make_conversation(unread_count=3, draft_text="x", custom_data="y", marks=2, recv_opt=1)
        before = self.shown()

        self.put(PIN)
        after = self.delete(PIN).json()

        self.assertEqual(after, before)

    def test_it_costs_the_same_however_long_the_list(self):
        counts = set()
        for more in (1, 200):
            make_conversations(more, start=more)

            with CaptureQueriesContext(connection) as queries:
                self.put(pin_url(f"c2c_peer{more}"))
            counts.add(len(queries))

        self.assertEqual(len(counts), 1)


class LimitTests(ActionTestCase):
    def setUp(self):
        make_conversation()

    def test_the_fiftieth_is_pinned_and_the_fifty_first_is_51012(self):
        make_conversations(49, is_pinned=True)
        make_conversation(conversation_id="c2c_one_more")

        self.assertEqual(self.put(PIN).status_code, 200)
        with self.assert_no_change():
            body = self.assert_problem(self.put(pin_url("c2c_one_more")), 400, 51012)

        self.assertIn("50", body["detail"])

    def test_at_the_limit_a_pinned_one_may_be_pinned_again_and_unpinning_makes_room(self):
        make_conversations(50, is_pinned=True)

        with self.assert_no_change():
            self.assertEqual(self.put(pin_url("c2c_peer7")).status_code, 200)
        self.delete(pin_url("c2c_peer7"))
        self.assertTrue(self.put(PIN).json()["isPinned"])

    def test_deleting_a_pinned_one_makes_room(self):
        make_conversations(50, is_pinned=True)

        self.delete(conversation_url("c2c_peer7"))

        self.assertTrue(self.put(PIN).json()["isPinned"])

    def test_pinned_ones_of_others_do_not_count(self):
        make_conversations(50, BOB, is_pinned=True)

        self.assertTrue(self.put(PIN).json()["isPinned"])

    def test_more_than_the_limit_may_have_been_imported_and_can_be_unpinned(self):
        make_conversations(60, is_pinned=True)

        self.assert_problem(self.put(PIN), 400, 51012)
        self.assertFalse(self.delete(pin_url("c2c_peer7")).json()["isPinned"])
        self.assert_problem(self.put(PIN), 400, 51012)

    @override_settings(MAX_PINNED=1)
    def test_the_limit_is_a_setting(self):
        make_conversation(conversation_id="c2c_a", is_pinned=True)

        body = self.assert_problem(self.put(PIN), 400, 51012)

        self.assertIn("1 conversation can", body["detail"])

    @override_settings(MAX_PINNED=0)
    def test_none_may_be_allowed(self):
        self.assert_problem(self.put(PIN), 400, 51012)
        self.assertFalse(Conversation.objects.filter(is_pinned=True).exists())
