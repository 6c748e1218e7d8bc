"""Conversations Admin."""

from datetime import timedelta
from unittest import mock

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.messages import get_messages
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations.actions import pins
from conversations.admin import big_tables, bulk_corrections, conversations
from conversations.models import Conversation, composite_keys
from tests.support.admin import LIST, AsBoss, object_url
from tests.support.cast import make_conversation
from tests.support.staff import ODD_ID, colleague, make_deleted, message, support


def pinned() -> set[tuple[str, str]]:
    return set(Conversation.objects.filter(is_pinned=True).values_list("owner_id", "conversation_id"))


class TwoOwnersTests(AsBoss):
    def setUp(self):
        super().setUp()
        make_conversation("alice", "c2c_bob", show_name="Alice's Bob")
        make_conversation("bob", "c2c_bob", show_name="Bob himself")

    def test_tick_boxes_and_links_name_the_pair(self):
        page = self.client.get(reverse(LIST))

        for owner_id in ("alice", "bob"):
            self.assertContains(page, f'value="{owner_id}/c2c_bob"')
            self.assertContains(page, f'href="{object_url(owner_id, "c2c_bob")}"')

    def test_pinning_one_leaves_the_other_alone(self):
        self.run_action("pin", "alice/c2c_bob")

        self.assertEqual(pinned(), {("alice", "c2c_bob")})

    def test_unpinning_one_leaves_the_other_alone(self):
        Conversation.objects.update(is_pinned=True)

        self.run_action("unpin", "alice/c2c_bob")

        self.assertEqual(pinned(), {("bob", "c2c_bob")})

    def test_an_action_is_logged_under_its_pair_only(self):
        self.run_action("pin", "alice/c2c_bob")

        entry = LogEntry.objects.get()
        self.assertEqual((entry.object_id, entry.get_change_message()), ("alice/c2c_bob", "Changed isPinned false → true."))
        self.assertEqual(entry.get_admin_url(), object_url("alice", "c2c_bob"))
        self.assertEqual(entry.get_edited_object().show_name, "Alice's Bob")
        self.assertContains(self.client.get(object_url("alice", "c2c_bob", "history")), "isPinned false → true")
        self.assertNotContains(self.client.get(object_url("bob", "c2c_bob", "history")), "isPinned false → true")

    def test_each_page_shows_its_own_row(self):
        self.assertContains(self.client.get(object_url("alice", "c2c_bob")), "Alice&#x27;s Bob")
        self.assertContains(self.client.get(object_url("bob", "c2c_bob")), "Bob himself")

    def test_a_bare_conversation_id_opens_and_ticks_nothing(self):
        response = self.client.get(reverse("admin:conversations_conversationrow_change", args=[quote("c2c_bob")]))
        self.run_action("pin", "c2c_bob", "alice/c2c_bob\0", "")

        self.assertRedirects(response, reverse("admin:index"))
        self.assertEqual(pinned(), set())

    def test_selecting_across_pages_keeps_to_the_search(self):
        make_conversation("alice", "c2c_carol")

        self.run_action("pin", "alice/c2c_bob", query="?q=alice", select_across=1)

        self.assertEqual(pinned(), {("alice", "c2c_bob"), ("alice", "c2c_carol")})


class ActionTests(AsBoss):
    def test_a_row_that_is_pinned_already_is_not_logged(self):
        make_conversation(is_pinned=True)

        self.run_action("pin", "alice/c2c_bob")

        self.assertFalse(LogEntry.objects.exists())

    @override_settings(MAX_PINNED=1)
    def test_a_refused_row_is_told_and_the_others_go_on(self):
        make_conversation("alice", "c2c_bob"), make_conversation("alice", "c2c_carol"), make_conversation("bob", "c2c_carol")

        response = self.run_action("pin", "alice/c2c_bob", "alice/c2c_carol", "bob/c2c_carol")

        texts = [str(text) for text in get_messages(response.wsgi_request)]
        self.assertEqual(pinned(), {("alice", "c2c_bob"), ("bob", "c2c_carol")})
        self.assertEqual(LogEntry.objects.count(), 2)
        self.assertIn("Not changed: carol. At most 1 conversation can be pinned.", texts)
        self.assertIn("Pinned: 2 conversations.", [text.partition(" <a ")[0] for text in texts])
        self.assertIn(">Undo for bob</a>", texts[-1])

    def test_what_will_change_is_told_and_nothing_changes_before(self):
        make_conversation(show_name="Bob"), make_conversation("bob", "c2c_carol", is_pinned=True)
        before = list(Conversation.objects.order_by("owner_id").values())

        page = self.ask("pin", "alice/c2c_bob", "bob/c2c_carol")

        [effect] = page.context["effects"][0][2]
        self.assertEqual((effect.field, effect.before, effect.after), ("isPinned", "no", "yes"))
        self.assertContains(page, "No change needed.")
        self.assertEqual(list(Conversation.objects.order_by("owner_id").values()), before)
        self.assertFalse(LogEntry.objects.exists())

    def test_what_changed_meanwhile_is_asked_again_and_the_others_are_done(self):
        make_conversation(), make_conversation("bob", "c2c_carol")
        seen = dict(self.ask("mute", "alice/c2c_bob", "bob/c2c_carol").context["selected"])
        pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=True)

        again = self.ask("mute", *seen, seen=list(seen.values()))

        self.assertEqual([key for key, _version in again.context["selected"]], ["alice/c2c_bob"])
        self.assertContains(again, "The conversation changed in the meantime.")
        self.assertEqual(list(Conversation.objects.filter(recv_opt=2).values_list("owner_id", flat=True)), ["bob"])

    def test_what_no_page_sent_is_refused(self):
        make_conversation()

        for seen in (["x"], [""], ["9" * 30]):
            with self.subTest(seen=seen):
                response = self.ask("pin", "alice/c2c_bob", seen=seen)
                self.assertRedirects(response, reverse(LIST), fetch_redirect_response=False)
        self.assertEqual(pinned(), set())

    def test_more_than_can_be_told_are_refused(self):
        with mock.patch.object(bulk_corrections, "MAX_SELECTED", 1):
            make_conversation(), make_conversation("bob", "c2c_carol")
            response = self.ask("pin", "alice/c2c_bob", "bob/c2c_carol")

        self.assertEqual(response.status_code, 302)
        self.assertEqual(pinned(), set())

    def test_whoever_may_only_look_is_offered_and_granted_nothing(self):
        make_conversation()
        self.client.force_login(support())

        self.assertNotContains(self.client.get(reverse(LIST)), 'name="action"')
        self.ask("pin", "alice/c2c_bob", seen=[Conversation.objects.get().version])
        self.assertEqual(pinned(), set())

    def test_a_deleted_row_is_refused(self):
        make_deleted()

        response = self.run_action("pin", "alice/c2c_bob")

        self.assertEqual(
            [str(message) for message in get_messages(response.wsgi_request)], ["Not changed: alice c2c_bob. It is deleted."]
        )
        self.assertFalse(LogEntry.objects.exists())

    def test_nothing_is_added_deleted_or_edited_here(self):
        make_conversation()

        self.assertEqual(self.client.get(reverse("admin:conversations_conversationrow_add")).status_code, 403)
        self.assertEqual(self.client.post(object_url("alice", "c2c_bob", "delete"), {"post": "yes"}).status_code, 403)
        self.client.post(object_url("alice", "c2c_bob"), {"show_name": "x", "read_up_to": "0"})
        self.run_action("delete_selected", "alice/c2c_bob", post="yes")
        self.assertEqual(Conversation.objects.get().show_name, "")


class SearchTests(AsBoss):
    def setUp(self):
        super().setUp()
        for pair in (("alice", "c2c_bob"), ("bob", "c2c_alice"), ("carol", "group_bob"), ("carol", "c2c_bobby")):
            make_conversation(*pair)

    def test_an_id_finds_its_list_and_its_conversations(self):
        self.assertEqual(self.listed(q="bob"), [("alice", "c2c_bob"), ("bob", "c2c_alice"), ("carol", "group_bob")])

    def test_a_conversation_id_finds_it_with_every_owner(self):
        self.assertEqual(self.listed(q="group_bob"), [("carol", "group_bob")])

    def test_a_pasted_space_does_no_harm(self):
        self.assertEqual(self.listed(q=" group_bob "), [("carol", "group_bob")])

    def test_where_no_id_is_exact_its_beginning_is_enough(self):
        everything = [("alice", "c2c_bob"), ("bob", "c2c_alice"), ("carol", "c2c_bobby"), ("carol", "group_bob")]
        self.assertEqual(self.listed(q="bo"), everything)
        self.assertEqual(self.listed(q="c2c_bobb"), [("carol", "c2c_bobby")])
        self.assertEqual(self.listed(q="ob"), [])

    def test_what_is_found_can_be_sorted_by_last_message(self):
        for days, conversation_id in ((3, "c2c_bobby"), (1, "group_bob")):
            last_at = timezone.now() - timedelta(days=days)
            Conversation.objects.filter(conversation_id=conversation_id).update(last_message_at=last_at)
        make_conversation("carol", "c2c_dave")

        by_id, newest, oldest = (self.listed(q="carol", **order) for order in ({}, {"o": "-6"}, {"o": "6"}))

        self.assertEqual([id_ for _owner, id_ in by_id], ["c2c_bobby", "c2c_dave", "group_bob"])
        self.assertEqual([id_ for _owner, id_ in newest], ["group_bob", "c2c_bobby", "c2c_dave"])
        self.assertEqual(oldest, newest[::-1])
        self.assertContains(self.client.get(reverse(LIST), {"q": "carol"}), "sortable column-last_at")
        self.assertNotContains(self.client.get(reverse(LIST)), "sortable column")

    def test_of_a_user_with_too_many_the_newest_are_found(self):
        for number in range(5):
            make_conversation("dora", f"c2c_{number}", last_message_at=timezone.now() - timedelta(days=9 - number))

        with mock.patch.object(conversations, "MAX_COUNTED", 3):
            newest, oldest = (self.listed(q="dora", o=order) for order in ("-6", "6"))
            page = self.client.get(reverse(LIST), {"q": "dora"})

        self.assertEqual([id_ for _owner, id_ in newest], ["c2c_4", "c2c_3", "c2c_2"])
        self.assertEqual([id_ for _owner, id_ in oldest], ["c2c_0", "c2c_1", "c2c_2"])
        self.assertContains(page, "sortable column-last_at")

    def test_too_many_of_many_users_cannot_be_sorted(self):
        for number in range(5):
            make_conversation(f"user{number}", "group_big", last_message_at=timezone.now() - timedelta(days=9 - number))

        for text in ("group_big", "use", "big"):
            with self.subTest(text), mock.patch.object(conversations, "MAX_COUNTED", 3):
                self.assertEqual([owner for owner, _id in self.listed(q=text, o="-6")], ["user0", "user1", "user2"])
                self.assertNotContains(self.client.get(reverse(LIST), {"q": text, "o": "-6"}), "sortable column")

    def test_odd_text_is_no_error(self):
        for text in ("%", "'", "\\", "爱", "x" * 5000, "a\0b"):
            with self.subTest(text=text[:10]):
                self.assertEqual(self.client.get(reverse(LIST), {"q": text}).status_code, 200)


class FilterTests(AsBoss):
    def setUp(self):
        super().setUp()
        make_conversation("alice", "c2c_all", unread_count=2, is_pinned=True, marks=-(1 << 63), draft_text="well")
        make_conversation("alice", "group_none")

    def test_each_filter_divides_the_rows(self):
        for name in ("unread", "pinned", "marked", "draft"):
            with self.subTest(name=name):
                self.assertEqual(self.listed(**{name: "1"}), [("alice", "c2c_all")])
                self.assertEqual(self.listed(**{name: "0"}), [("alice", "group_none")])
        self.assertEqual(self.listed(type="2"), [("alice", "group_none")])

    def test_mention_last_message_and_deletion_divide_them_too(self):
        hour_ago, long_ago = (timezone.now() - timedelta(days=days) for days in (0.04, 40))
        make_deleted(owner_id="alice", conversation_id="c2c_gone", last_message_at=long_ago)
        mention = '[{"seq":"1","atType":1}]'
        Conversation.objects.filter(conversation_id="c2c_all").update(group_at_info=mention, last_message_at=hour_ago)

        for query, ids in (
            ({"mention": "1"}, ["c2c_all"]), ({"mention": "0"}, ["c2c_gone", "group_none"]),
            ({"deleted": "1"}, ["c2c_gone"]), ({"deleted": "0"}, ["c2c_all", "group_none"]),
            ({"last": "day"}, ["c2c_all"]), ({"last": "month"}, ["c2c_all"]), ({"last": "older"}, ["c2c_gone"]),
            ({"last": "never"}, ["group_none"]), ({"last": f"0-{long_ago.timestamp() + 60:.0f}"}, ["c2c_gone"]),
        ):  # fmt: skip
            with self.subTest(query):
                self.assertEqual([id_ for _owner, id_ in self.listed(**query)], ids)

    def test_an_unknown_value_is_not_taken_for_no_filter(self):
        self.assertRedirects(self.client.get(reverse(LIST), {"type": "9"}), reverse(LIST) + "?e=1")

    def test_other_lookups_are_refused(self):
        for name in ("show_name__icontains", "last_message__regex", "owner_id"):
            with self.subTest(name=name):
                self.assertEqual(self.client.get(reverse(LIST), {name: "a"}).status_code, 400)

    def test_a_large_table_is_filtered_only_within_a_search(self):
        with mock.patch.object(big_tables, "SMALL_TABLE", 1):
            page = self.client.get(reverse(LIST), {"pinned": "1"})
            within = self.listed(pinned="1", q="alice")
            unfiltered = self.listed()

        self.assertContains(page, "Search for a user or a conversation first")
        self.assertEqual(len(page.context["cl"].result_list), 0)
        self.assertEqual(within, [("alice", "c2c_all")])
        self.assertEqual(len(unfiltered), 2)


class FormTests(AsBoss):
    def test_the_read_position_comes_first_and_internal_state_is_folded(self):
        make_conversation("alice", "group_team", group_read_sequence=1038)

        page = self.client.get(object_url("alice", "group_team")).content.decode()

        self.assertLess(page.index("id_read_up_to"), page.index("Unread explained"))
        self.assertRegex(page, r"<details[^>]*>\s*<summary>\s*<h2[^>]*>\s*Internal state")

    def test_without_the_right_to_correct_it_is_a_text(self):
        make_conversation("alice", "group_team", group_read_sequence=1038)
        make_conversation("alice", "c2c_bob", c2c_read_timestamp=1_760_000_000)
        make_conversation("alice", "c2c_carol")
        self.client.force_login(support())

        for id_, shown in (
            ("group_team", "#1038"), ("c2c_bob", "2025-10-09 08:53:20 UTC"), ("c2c_carol", "No read position is known."),
        ):  # fmt: skip
            page = self.client.get(object_url("alice", id_))
            self.assertContains(page, shown)
            self.assertNotContains(page, "id_read_up_to")


class ListCostTests(AsBoss):
    def queries(self, **query):
        with CaptureQueriesContext(connection) as context:
            self.assertEqual(self.client.get(reverse(LIST), query).status_code, 200)
        return [captured["sql"] for captured in context.captured_queries]

    def test_more_rows_cost_no_more_queries(self):
        make_conversation("alice", "c2c_first", last_message=message(), conversation_groups=1)
        few = len(self.queries())
        for number in range(40):
            make_conversation("alice", f"c2c_{number}", last_message=message(), conversation_groups=1, marks=1)

        self.assertEqual(len(self.queries()), few)

    def test_nothing_counts_the_whole_table(self):
        make_conversation()

        for query in ({}, {"q": "alice"}, {"pinned": "0"}, {"pinned": "0", "q": "alice"}):
            counts = [sql for sql in self.queries(**query) if "COUNT(" in sql.upper() and "conversations_" in sql]
            with self.subTest(query=query):
                self.assertTrue(counts)
                self.assertTrue(all(" LIMIT " in sql for sql in counts), counts)

    def test_a_count_that_stopped_early_says_so(self):
        for number in range(4):
            make_conversation("alice", f"c2c_{number}")

        with mock.patch.object(big_tables, "MAX_COUNTED", 3):
            page = self.client.get(reverse(LIST))

        self.assertContains(page, "3+ rows")

    def test_the_order_stays_whatever_the_url_asks(self):
        for pair in (("bob", "c2c_a"), ("alice", "c2c_b"), ("alice", "c2c_a")):
            make_conversation(*pair)

        self.assertEqual(self.listed(o="-3.2"), [("alice", "c2c_a"), ("alice", "c2c_b"), ("bob", "c2c_a")])


class ShownTests(AsBoss):
    def test_a_last_message_is_words_and_json_on_its_rows_page_only(self):
        make_conversation("alice", "group_team", last_message=message(nameCard="Bob", elemType=3, imageElem={"path": "<b>"}))

        page = self.client.get(object_url("alice", "group_team"))

        self.assertNotContains(self.client.get(reverse(LIST)), "[image]")
        self.assertContains(page, "Bob: [image]")
        self.assertContains(page, "&quot;path&quot;: &quot;&lt;b&gt;&quot;")

    def test_a_deleted_row_shows_and_says_so(self):
        make_deleted()

        self.assertContains(self.client.get(reverse(LIST)), '<td class="field-state">deleted</td>', html=True)

    def test_text_from_outside_is_escaped_everywhere(self):
        owner_id, bad = "o/w?n&e%r", "<script>alert(1)</script>"
        last_message = message(textElem={"text": bad})
        make_conversation(owner_id, ODD_ID, show_name=bad, draft_text=bad, custom_data=bad, last_message=last_message)

        self.run_action("pin", composite_keys.to_text(owner_id, ODD_ID))

        own_pages = (object_url(owner_id, ODD_ID, view) for view in ("change", "history"))
        for url in (reverse(LIST), *own_pages, reverse("admin:index")):
            with self.subTest(url=url):
                page = self.client.get(url)
                self.assertEqual(page.status_code, 200)
                self.assertNotContains(page, bad)
                self.assertNotContains(page, "e <script>")
        self.assertEqual(pinned(), {(owner_id, ODD_ID)})

    def test_the_form_links_to_the_page(self):
        make_conversation("alice", ODD_ID)

        page = self.client.get(object_url("alice", ODD_ID))

        self.assertContains(page, "/conversation/?owner=alice&amp;id=c2c_a%2Fb%3Fc%26d%2520%22e+%3Cscript%3E")


class SupportTests(TestCase):
    def setUp(self):
        make_conversation("alice", "c2c_bob")
        self.client.force_login(support())

    def test_support_sees_conversations_and_owners(self):
        for url in (reverse(LIST), object_url("alice", "c2c_bob"), reverse("admin:conversations_owner_changelist")):
            with self.subTest(url=url):
                self.assertEqual(self.client.get(url).status_code, 200)

    def test_the_explanation_for_a_ticket_names_the_page(self):
        url = object_url("alice", "c2c_bob")

        self.assertContains(self.client.get(url), f"\nhttp://testserver{url}\nAs of ")

    def test_support_is_offered_no_action(self):
        page = self.client.get(reverse(LIST))

        self.assertNotContains(page, 'name="action"')
        self.assertNotContains(page, "_selected_action")

    def test_an_action_posted_by_hand_does_nothing(self):
        self.client.post(reverse(LIST), {"action": "pin", "_selected_action": ["alice/c2c_bob"], "index": 0})
        self.client.post(reverse(LIST), {"action": "pin", "_selected_action": ["alice/c2c_bob"], "select_across": 1})

        self.assertEqual(pinned(), set())
        self.assertFalse(LogEntry.objects.exists())

    def test_support_sees_no_api_keys(self):
        self.assertNotContains(self.client.get(reverse("admin:index")), "API key")
        self.assertEqual(self.client.get(reverse("admin:conversations_apikey_changelist")).status_code, 403)


class StrangerTests(TestCase):
    def test_staff_without_the_permission_is_refused(self):
        make_conversation()
        self.client.force_login(colleague())

        for url in (reverse(LIST), object_url("alice", "c2c_bob"), object_url("alice", "c2c_bob", "history")):
            with self.subTest(url=url):
                self.assertEqual(self.client.get(url).status_code, 403)

    def test_the_anonymous_are_sent_to_log_in(self):
        self.assertRedirects(self.client.get(reverse(LIST)), f"{reverse('admin:login')}?next={reverse(LIST)}")
