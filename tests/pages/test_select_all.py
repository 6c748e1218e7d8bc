"""All conversations that a filter finds are corrected at once: exactly those that the preview showed, or none."""

from unittest import mock
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.test import TestCase
from django.urls import reverse

from conversations.lists.json_reads import sync_token
from conversations.models import Conversation
from conversations.pages import corrections, list_filters
from tests.support.cast import make_conversation, make_conversations
from tests.support.pages import LIST
from tests.support.staff import colleague, make_deleted, message, support, viewer

CORRECT = reverse("conversation-correct")


def url(action: str = "star", **filters: str) -> str:
    return f"{CORRECT}?{urlencode({'owner': 'alice', 'action': action, 'many': '1', 'all': '1'} | filters)}"


def starred() -> set[str]:
    return set(Conversation.objects.filter(marks=1).values_list("conversation_id", flat=True))


class SelectAllTests(TestCase):
    def setUp(self):
        self.client.force_login(viewer("change_conversation"))

    def seen(self, address: str) -> list[int]:
        """The versions that the preview's form has."""
        page = self.client.get(address)
        self.assertEqual(page.status_code, 200)
        return [effect.conversation.version for effect, *_rest in page.context["effects"]]

    def do(self, address: str, seen: list[int]):
        return self.client.post(address, {"seen": seen})

    def test_all_that_the_filters_find_are_previewed_and_corrected(self):
        make_conversations(120, unread_count=1, imported_unread=1)
        make_conversation(conversation_id="c2c_read")
        make_conversation("bob", "c2c_alice", unread_count=1)
        make_deleted(conversation_id="c2c_gone")
        address = url(hasUnreadCount="true", id="c2c_read")

        seen = self.seen(address)
        self.assertEqual((len(seen), starred()), (120, set()))
        answer = self.do(address, seen)

        self.assertRedirects(answer, f"{LIST}?owner=alice&hasUnreadCount=true", fetch_redirect_response=False)
        self.assertEqual(starred(), {f"c2c_peer{number}" for number in range(120)})
        self.assertEqual(LogEntry.objects.count(), 120)
        self.assertContains(self.client.get(answer.url), "Starred: 120 conversations.")

    def test_a_set_that_changed_is_asked_about_again(self):
        make_conversations(3, unread_count=1)
        address = url(hasUnreadCount="true")
        first = Conversation.objects.filter(conversation_id="c2c_peer0")
        for change in (
            lambda: make_conversation(conversation_id="c2c_new", unread_count=1),  # one more
            lambda: first.update(version=99),  # another state
            lambda: first.update(unread_count=0),  # one less
        ):
            seen = self.seen(address)
            change()
            answer = self.do(address, seen)
            self.assertContains(answer, "The matching conversations changed in the meantime.", status_code=409)
            self.assertEqual(starred(), set())

        self.do(address, self.seen(address))

        self.assertEqual(starred(), {"c2c_new", "c2c_peer1", "c2c_peer2"})

    def test_one_in_anothers_place_is_refused(self):
        make_conversations(2, unread_count=1)
        address = url("read", hasUnreadCount="true")
        seen = self.seen(address)
        Conversation.objects.filter(conversation_id="c2c_peer0").update(unread_count=0)
        make_conversation(conversation_id="c2c_peer3", unread_count=1)

        self.assertEqual(self.do(address, seen).status_code, 409)
        self.assertEqual(self.do(address, []).status_code, 409)

    def test_too_many_and_none_are_refused_plainly(self):
        make_conversations(4, unread_count=1)

        with mock.patch.object(corrections, "MAX_MATCHING", 3), mock.patch.object(corrections, "MAX_SELECTED", 2):
            for action, most in (("star", 3), ("unread", 2)):
                for answer in (self.client.get(url(action)), self.client.post(url(action), {"seen": ["1"] * 4})):
                    self.assertContains(answer, f"More than {most} conversations match", status_code=400)
                    self.assertContains(answer, "Add a filter", status_code=400)
            self.assertEqual(len(self.seen(url(search="peer1"))), 1)
        self.assertEqual(starred(), set())
        self.assertContains(self.client.get(url(search="nobody")), "No conversation matches the filters", status_code=400)
        self.assertContains(self.client.get(url(named="x")), "<code>named</code>", status_code=400)
        self.assertContains(self.client.get(url("move_read_position", to="1")), "Select one conversation.", status_code=400)

    def test_five_hundred_fit_one_form(self):
        make_conversations(corrections.MAX_MATCHING)
        seen = self.seen(url())

        self.assertEqual(self.do(url(), seen).status_code, 302)

        self.assertEqual(len(starred()), corrections.MAX_MATCHING)

    def test_the_list_says_how_many_all_are(self):
        make_conversations(3, last_message=message())
        make_conversation(conversation_id="group_peer", unread_count=1)

        for filters, count in (({}, 4), ({"type": "1"}, 3), ({"type": "1", "hasDraft": "false"}, 3), ({"search": "r1"}, 1)):
            self.assertContains(self.client.get(LIST, {"owner": "alice"} | filters), f"all {count} found</label>")
        with mock.patch("conversations.pages.conversation_list.COUNTED_ROWS", 2):
            self.assertContains(self.client.get(LIST, {"owner": "alice"}), "all found</label>")
            with mock.patch("conversations.pages.conversation_list.MAX_MATCHING", 1):
                self.assertNotContains(self.client.get(LIST, {"owner": "alice"}), "all found</label>")
        self.assertIn("all", corrections.PARAMETERS)
        self.assertNotIn("all", list_filters.NOT_FILTERS)  # of the list's own address

    def test_more_than_can_be_corrected_are_not_offered(self):
        make_conversations(4, last_message=message())

        with mock.patch("conversations.pages.conversation_list.MAX_MATCHING", 3):
            self.assertNotContains(self.client.get(LIST, {"owner": "alice"}), 'name="all"')
            self.assertContains(self.client.get(LIST, {"owner": "alice", "search": "r1"}), "all 1 found</label>")

    def test_updates_renew_the_number(self):
        updates = reverse("conversation-updates")
        make_conversations(3, last_message=message())
        for user, times in (("editor", 1), ("viewer", 0)):
            if user == "viewer":
                self.client.force_login(support())
            page = self.client.get(updates, {"owner": "alice", "since": sync_token("alice")})
            self.assertContains(page, "all 3 found</label>", count=times)

    def test_who_may_only_look_may_not(self):
        make_conversation()
        for user, status in ((support(), 403), (colleague(), 403)):
            self.client.force_login(user)
            self.assertEqual(self.client.get(url()).status_code, status)
            self.assertEqual(self.do(url(), [1]).status_code, status)
        self.client.logout()
        self.assertIn("/login/", self.client.get(url()).url)
        self.assertEqual(starred(), set())
