"""A user's unread total, by conversation, the most unread first; muted ones have a total of their own."""

import json
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse

from conversations.lists import unread_shares
from conversations.models import Conversation
from conversations.pages import unread_total
from tests.support.cast import make_conversation, make_conversations
from tests.support.pages import LIST, AsSupport
from tests.support.staff import colleague, make_deleted, viewer

TOTAL = reverse("unread-total")


def some_unread() -> None:
    for id_, count, more in (
        ("c2c_bob", 3, {}), ("group_team", 9, {"show_name": "The team"}), ("c2c_carol", 3, {}), ("c2c_dave", 0, {}),
        ("c2c_spam", 7, {"recv_opt": 2}), ("c2c_erin", 0, {"marks": 2}),
    ):  # fmt: skip
        make_conversation(conversation_id=id_, unread_count=count, **more)
    make_deleted(conversation_id="c2c_gone")


class TotalTests(AsSupport):
    def setUp(self):
        super().setUp()
        some_unread()

    def shown(self, page) -> list[tuple[str, int]]:
        return [(row.conversation_id, row.unread_count) for row, _avatar, _url in page.context["share_rows"]]

    def test_the_largest_come_first_and_each_leads_to_its_explanation(self):
        page = self.get(TOTAL, owner="alice", type="1")

        self.assertEqual(self.shown(page), [("group_team", 9), ("c2c_bob", 3), ("c2c_carol", 3)])
        self.assertContains(page, "<h2>15 unread in total</h2>")
        self.assertContains(page, "in 3 conversations, the most unread first")
        self.assertContains(page, 'href="/conversation/?owner=alice&amp;id=group_team&amp;type=1&amp;part=explain"')

    def test_muted_ones_are_apart(self):
        page = self.get(TOTAL, owner="alice")
        self.assertContains(page, "7 more in muted conversations, which the total leaves out")

        muted = self.get(page.context["muted_shares_url"])

        self.assertEqual(self.shown(muted), [("c2c_spam", 7)])
        self.assertContains(muted, "<h2>7 unread in muted conversations</h2>")

    def test_the_list_leads_there_and_keeps_its_filters(self):
        page = self.get(LIST, owner="alice", type="2")

        url = "/owner/unread/?owner=alice&amp;type=2"
        self.assertContains(page, f'<a href="{url}" title="Unread in total">15 unread</a>')
        self.assertContains(page, f'<a href="{url}&amp;muted=true" title="More unread in muted conversations">+7 muted</a>')

    def test_pages_meet_each_conversation_once(self):
        make_conversations(120, unread_count=4)

        page, found = self.get(TOTAL, owner="alice"), []
        while True:
            found += self.shown(page)
            if not (url := page.context["next_shares_url"]):
                break
            page = self.get(url)

        counts = [count for _id, count in found]
        self.assertEqual((len(set(found)), len(found)), (123, 123))
        self.assertEqual(counts, sorted(counts, reverse=True))

    def test_htmx_gets_the_pane_only(self):
        page = self.get(TOTAL, owner="alice", pane="panel")

        self.assertNotContains(page, 'id="list"')
        self.assertContains(page, "15 unread in total")

    def test_nothing_unread_says_so(self):
        self.assertContains(self.get(TOTAL, owner="nobody"), "No unread messages.")

    def test_bad_values_are_named(self):
        for name, value in (("muted", "yes"), ("after", "x"), ("after", "9" * 30), ("nonsense", "1")):
            self.assertContains(self.get(TOTAL, 400, owner="alice", **{name: value}), name, status_code=400)

    def test_more_conversations_cost_no_more_queries(self):
        few = self.count_queries(TOTAL, pane="panel", owner="alice")
        make_conversations(80, unread_count=4)

        self.assertLessEqual(self.count_queries(TOTAL, pane="panel", owner="alice"), few)

    def test_only_staff_who_may_see_lists(self):
        self.client.logout()
        self.get(TOTAL, 302, owner="alice")
        self.client.force_login(colleague())
        self.get(TOTAL, 403, owner="alice")
        self.client.force_login(viewer())
        self.assertContains(self.get(TOTAL, owner="alice"), "15 unread in total")


class BoundTests(AsSupport):
    def test_of_very_many_the_largest_are_listed_and_the_totals_are_those_of_the_list(self):
        make_conversations(unread_shares.MOST, unread_count=1)
        make_conversation(conversation_id="group_zz_largest", unread_count=7)
        make_conversation(conversation_id="group_zz_muted", unread_count=5, recv_opt=2)

        page = self.get(TOTAL, owner="alice")

        self.assertContains(page, "Only the first 1000 unread conversations are included.")
        self.assertNotContains(page, "the most unread first")
        self.assertEqual(page.context["share_rows"][0][0].conversation_id, "group_zz_largest")
        self.assertEqual(len(page.context["share_rows"]), unread_total.ROWS_SHOWN)
        self.assertContains(page, "<h2>1007 unread in total</h2>")
        self.assertContains(page, "5 more in muted conversations")

    def test_the_command_says_the_same(self):
        make_conversations(unread_shares.MOST, unread_count=1)
        make_conversation(conversation_id="group_zz_largest", unread_count=7)
        out = StringIO()

        call_command("explain_unread", "alice", stdout=out)

        lines = out.getvalue().splitlines()
        self.assertEqual(lines[:2], ["1007 unread in total", "       7  group_zz_largest  zz_largest"])
        self.assertEqual(lines[-1], "Only the first 1000 unread conversations are included.")


class CommandTests(TestCase):
    def test_without_a_conversation_the_total_is_explained(self):
        some_unread()
        out, as_json = StringIO(), StringIO()

        call_command("explain_unread", "alice", stdout=out)
        call_command("explain_unread", "alice", "--json", stdout=as_json)

        self.assertEqual(out.getvalue().splitlines(), [
            "15 unread in total", "       9  group_team  The team", "       3  c2c_bob  bob", "       3  c2c_carol  carol", "",
            "7 unread in muted conversations", "       7  c2c_spam  spam",
        ])  # fmt: skip
        total = json.loads(as_json.getvalue())
        self.assertEqual((total["total"], total["muted"], total["isCut"]), (15, 7, False))
        self.assertEqual(total["conversations"][0], {"conversationID": "group_team", "unreadCount": 9})

    def test_all_messages_are_those_of_a_conversation(self):
        some_unread()

        with self.assertRaisesMessage(CommandError, "--all examines the messages of one conversation: add its ID."):
            call_command("explain_unread", "alice", "--all")

    def test_names_forge_no_line(self):
        make_conversation(show_name="a\nb", unread_count=1)
        out = StringIO()

        call_command("explain_unread", "alice", stdout=out)

        self.assertEqual(len(out.getvalue().splitlines()), 2)
        self.assertEqual(Conversation.objects.get().show_name, "a\nb")
