"""Messages, groups, members and webhooks Admin."""

from unittest import mock

from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversations.actions import recounts
from conversations.admin import big_tables
from conversations.choices import Membership
from conversations.feeding import members, messages
from conversations.models import Conversation, Group, GroupMember, GroupMemberRow, Message, WebhookEvent
from conversations.models.messages import MessageRow
from tests.support.admin import listing, page, webhook
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, c2c, group, received
from tests.support.staff import boss, colleague, support, viewer

SECRET = "the secret word"
TABLES = ("messagerow", "group", "groupmemberrow", "webhookevent")


def feed() -> None:
    members.join("team", ["alice", "bob"], at_ms=NOON_S * 1000)
    messages.record([group("bob", 1), group("bob", 2, group_id="other team")], now_s=NOON_S)
    webhook(text=SECRET)


class AsBoss(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.boss = boss()

    def setUp(self):
        self.client.force_login(self.boss)

    def listed(self, table: str, **query) -> list:
        return list(self.client.get(listing(table), query).context["cl"].result_list)

    def count_queries(self, url: str, **query) -> int:
        with CaptureQueriesContext(connection) as context:
            self.assertEqual(self.client.get(url, query).status_code, 200)
        return len(context)


class MessageTests(AsBoss):
    def setUp(self):
        super().setUp()
        feed()

    def threads(self, text: str) -> set[str]:
        return {message.thread for message in self.listed("messagerow", q=text)}

    def test_a_group_and_a_pair_in_either_order_find_their_threads(self):
        for text, threads in (
            ("team", {"team"}),
            ("other team", {"other team"}),
            ("alice bob", {"alice\x1fbob"}),
            (" bob  alice ", {"alice\x1fbob"}),
            ("bob", set()),
            ("爱", set()),
            ("a\0b", {"alice\x1fbob", "team", "other team"}),  # refused by the search box itself, which shows all
            ("x " * 5000, set()),
        ):
            with self.subTest(text=text[:10]):
                self.assertEqual(self.threads(text), threads)

    def test_the_newest_come_first(self):
        messages.record([group("bob", n) for n in (3, 5, 4)], now_s=NOON_S)

        self.assertEqual([int(message.position) for message in self.listed("messagerow", q="team")], [5, 4, 3, 1])

    def test_each_has_its_page_with_links_to_all_around_it(self):
        message = Message.objects.get(thread="alice\x1fbob")

        shown = self.client.get(page("messagerow", message.thread, message.position))

        self.assertContains(shown, SECRET)
        for pair in (("alice", "c2c_bob"), ("bob", "c2c_alice")):
            self.assertContains(shown, page("conversationrow", *pair))
        self.assertContains(shown, "received=")

    def test_a_group_message_links_to_its_group_and_members(self):
        message = Message.objects.get(thread="team")

        shown = self.client.get(page("messagerow", message.thread, message.position))

        self.assertContains(shown, page("group", "team"))
        self.assertContains(shown, listing("groupmemberrow") + "?q=team")

    def test_a_position_alone_opens_nothing(self):
        position = Message.objects.get(thread="team").position

        for text in (position, f"/{position}", f"team/{position}\0", "team/x"):
            with self.subTest(text=text):
                self.assertFalse(MessageRow.objects.filter(pk=text).exists())

    def test_nothing_is_changed_here(self):
        message = Message.objects.get(thread="team")
        url = page("messagerow", message.thread, message.position)

        self.assertEqual(self.client.post(url, {"sender": "x"}).status_code, 403)
        self.assertEqual(self.client.get(reverse("admin:conversations_messagerow_add")).status_code, 403)

    def test_more_messages_cost_no_more_queries(self):
        few = self.count_queries(listing("messagerow"), q="team")
        messages.record([group("bob", n) for n in range(3, 40)], now_s=NOON_S)

        self.assertEqual(self.count_queries(listing("messagerow"), q="team"), few)


class GroupTests(AsBoss):
    def setUp(self):
        super().setUp()
        feed()
        members.leave("team", ["alice"], at_ms=(NOON_S + 60) * 1000, membership=Membership.KICKED)

    def test_groups_are_found_by_how_their_id_begins(self):
        self.assertEqual([group.group_id for group in self.listed("group", q="te")], ["team"])
        self.assertEqual([group.group_id for group in self.listed("group")], ["other team", "team"])

    def test_a_group_links_to_members_messages_and_conversations(self):
        shown = self.client.get(page("group", "team"))

        self.assertContains(shown, listing("groupmemberrow") + "?q=team")
        self.assertContains(shown, listing("messagerow") + "?q=team")
        self.assertContains(shown, listing("conversationrow") + "?q=group_team")

    def test_who_was_there_when_a_group_ended_is_in_it_no_more(self):
        members.dissolve("team", [], at_ms=(NOON_S + 120) * 1000)

        shown = self.client.get(page("groupmemberrow", "team", "bob"))

        self.assertContains(shown, "dissolved")

    def test_members_are_found_by_group_and_by_user(self):
        for text, found in (
            ("team", [("team", "alice"), ("team", "bob")]),
            ("bob", [("other team", "bob"), ("team", "bob")]),
            ("tea", [("team", "alice"), ("team", "bob")]),
            ("eam", []),
        ):
            with self.subTest(text=text):
                self.assertEqual([(member.group_id, member.user_id) for member in self.listed("groupmemberrow", q=text)], found)

    def test_a_member_tells_since_when_and_why(self):
        shown = self.client.get(page("groupmemberrow", "team", "alice"))

        self.assertContains(shown, "2025-10-09 08:53:20 UTC: member")
        self.assertContains(shown, "2025-10-09 08:54:20 UTC: removed")
        self.assertContains(shown, page("conversationrow", "alice", "group_team"))

    def test_members_of_two_groups_are_two_rows(self):
        self.assertEqual(GroupMemberRow.objects.get(pk="team/bob").group_id, "team")
        self.assertFalse(GroupMemberRow.objects.filter(pk__in=["bob", "team", "/bob", "team/"]).exists())

    def test_more_members_cost_no_more_queries(self):
        few = [self.count_queries(listing(table)) for table in ("group", "groupmemberrow")]
        for n in range(30):
            GroupMember.objects.create(group_id=f"g{n}", user_id="bob", events='[[0,"member"]]')
            Group.objects.create(group_id=f"g{n}")

        self.assertEqual([self.count_queries(listing(table)) for table in ("group", "groupmemberrow")], few)


class CallbackTests(AsBoss):
    def test_filters_divide_by_command_outcome_and_time(self):
        good = webhook()
        bad = received("Group.CallbackAfterSendMsg", {"GroupId": 1})
        moment = WebhookEvent.objects.get(pk=good.pk).received_at
        at_s = int(moment.timestamp())

        for query, found in (
            ({"outcome": "applied"}, [good]),
            ({"outcome": "failed"}, [bad]),
            ({"command": "Group.CallbackAfterSendMsg"}, [bad]),
            ({"command": "Group.CallbackAfterSendMsg", "outcome": "applied"}, []),
            ({"received": "hour"}, [bad, good]),
            ({"received": f"{at_s - 60}-{at_s + 60}"}, [bad, good]),
            ({"received": f"{at_s - 60}-{at_s - 30}"}, []),
            ({"q": str(good.pk)}, [good]),
            ({"q": "bob"}, []),
            ({"q": "9" * 40}, []),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.listed("webhookevent", **query), found)

    def test_an_unknown_value_is_not_taken_for_no_filter(self):
        for query in (
            {"command": "x"},
            {"outcome": "x"},
            {"received": "1"},
            {"received": "1-x"},
            {"received": "1-99999999999"},
        ):
            with self.subTest(query=query):
                self.assertRedirects(self.client.get(listing("webhookevent"), query), listing("webhookevent") + "?e=1")

    def test_filters_stand_on_a_large_table_because_indexes_serve_them(self):
        webhook()

        with mock.patch.object(big_tables, "SMALL_TABLE", 0):
            self.assertEqual(len(self.listed("webhookevent", outcome="applied")), 1)

    def test_a_page_shows_the_body_and_what_it_is_about(self):
        callback = webhook(text="<b>bold</b>")

        shown = self.client.get(page("webhookevent", str(callback.pk)))

        self.assertContains(shown, "&quot;Text&quot;: &quot;&lt;b&gt;bold&lt;/b&gt;&quot;")
        self.assertContains(shown, page("conversationrow", "alice", "c2c_bob"))

    def test_a_body_that_is_gone_or_odd_is_no_error(self):
        for body in ("", "{", "[]", '{"GroupId":1}'):
            with self.subTest(body=body):
                callback = WebhookEvent.objects.create(command="Group.CallbackAfterSendMsg", body=body)
                self.assertEqual(self.client.get(page("webhookevent", str(callback.pk))).status_code, 200)

    def test_replaying_applies_and_logs_each(self):
        first, second = webhook(seq=1), webhook(seq=2)
        bad = received("Group.CallbackAfterSendMsg", {"GroupId": 1})
        Message.objects.all().delete()
        Conversation.objects.all().delete()

        selected = [first.pk, second.pk, bad.pk]
        response = self.client.post(listing("webhookevent"), {"action": "replay", "_selected_action": selected, "index": 0})

        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 2)
        texts = [str(text) for text in get_messages(response.wsgi_request)]
        self.assertEqual(texts, ["2 webhooks were replayed.", "1 webhook failed again."])
        self.assertEqual(
            [(entry.object_id, entry.get_change_message()) for entry in LogEntry.objects.order_by("object_id")],
            [(str(event), "Changed outcome applied → applied.") for event in selected[:2]]
            + [(str(bad.pk), "Changed outcome failed → failed.")],
        )

    def test_more_webhooks_cost_no_more_queries(self):
        webhook()
        few = self.count_queries(listing("webhookevent"), outcome="applied")
        for n in range(2, 30):
            webhook(seq=n)

        self.assertEqual(self.count_queries(listing("webhookevent"), outcome="applied"), few)


class TextTests(TestCase):
    """Who may only see that something is there reads no text anywhere Admin."""

    def setUp(self):
        feed()
        bad = f'{{"GroupId":1,"Text":"{SECRET}"}}'
        self.failed = WebhookEvent.objects.create(
            command="Group.CallbackAfterSendMsg", body=bad, outcome="failed", error=SECRET
        )
        Conversation.objects.filter(owner_id="alice").update(draft_text=SECRET, custom_data=SECRET)
        message = Message.objects.get(thread="alice\x1fbob")
        self.urls = [
            *(listing(table) for table in (*TABLES, "conversationrow")),
            page("messagerow", message.thread, message.position),
            page("webhookevent", str(self.failed.pk)),
            page("webhookevent", str(WebhookEvent.objects.get(outcome="applied").pk)),
            page("conversationrow", "alice", "c2c_bob"),
        ]

    def test_without_the_permission_no_text_shows(self):
        self.client.force_login(viewer("view_message", "view_group", "view_groupmember", "view_webhookevent"))

        for url in self.urls:
            with self.subTest(url=url):
                self.assertNotContains(self.client.get(url), SECRET)
        for url in self.urls[5:]:
            with self.subTest(url=url):
                self.assertContains(self.client.get(url), "Hidden: requires the permission")

    def test_with_the_permission_it_shows(self):
        self.client.force_login(support())

        for url in [*self.urls[5:], listing("webhookevent")]:
            with self.subTest(url=url):
                self.assertContains(self.client.get(url), SECRET)
                self.assertNotContains(self.client.get(url), "Hidden: requires the permission")
        for table in ("messagerow", "conversationrow"):  # of many people at once
            self.assertNotContains(self.client.get(listing(table)), SECRET)


class DoorTests(TestCase):
    def test_support_looks_and_changes_nothing(self):
        self.client.force_login(support())
        callback = webhook()
        LogEntry.objects.all().delete()

        for table in TABLES:
            with self.subTest(table=table):
                self.assertEqual(self.client.get(listing(table)).status_code, 200)
        self.client.post(listing("webhookevent"), {"action": "replay", "_selected_action": [callback.pk], "index": 0})
        self.assertFalse(LogEntry.objects.exists())

    def test_others_are_refused(self):
        feed()
        message = Message.objects.get(thread="team")
        urls = [*(listing(table) for table in TABLES), page("messagerow", message.thread, message.position)]
        for user in (colleague(), viewer()):
            self.client.force_login(user)
            for url in [*urls, page("group", "team"), page("groupmemberrow", "team", "bob")]:
                with self.subTest(user=user, url=url):
                    self.assertEqual(self.client.get(url).status_code, 403)
        self.client.logout()
        for url in urls:
            with self.subTest(url=url):
                self.assertEqual(self.client.get(url).status_code, 302)


class ExplainTests(AsBoss):
    def setUp(self):
        super().setUp()
        feed()

    def test_a_conversations_page_explains_its_number(self):
        shown = self.client.get(page("conversationrow", "alice", "c2c_bob"))

        self.assertContains(shown, "1 unread message: <a")
        self.assertContains(shown, "&amp;at=")
        self.assertContains(shown, "No read receipts received so far.")

    def test_a_deleted_one_is_explained_too(self):
        make_conversation("alice", "c2c_zoe", deleted_at="2025-01-01T00:00:00Z")

        self.assertContains(self.client.get(page("conversationrow", "alice", "c2c_zoe")), "The conversation is deleted")

    def test_it_links_to_thread_group_members_and_peer(self):
        one = self.client.get(page("conversationrow", "alice", "c2c_bob"))
        team = self.client.get(page("conversationrow", "alice", "group_team"))

        self.assertContains(one, listing("messagerow") + "?q=alice+bob")
        self.assertContains(one, page("conversationrow", "bob", "c2c_alice"))
        for url in (listing("messagerow") + "?q=team", page("group", "team"), listing("groupmemberrow") + "?q=team"):
            self.assertContains(team, url)

    def test_recounting_puts_a_number_right_and_logs_from_what_to_what(self):
        Conversation.objects.filter(owner_id="alice", conversation_id="c2c_bob").update(unread_count=7)
        selected = ["alice/c2c_bob", "alice/group_team"]

        form = {"action": "recount", "_selected_action": selected, "index": 0}
        asked = self.client.post(listing("conversationrow"), form).context["selected"]
        response = self.client.post(listing("conversationrow"), form | {"seen": [version for _key, version in asked]})

        self.assertEqual(Conversation.objects.get(owner_id="alice", conversation_id="c2c_bob").unread_count, 1)
        entry = LogEntry.objects.get()
        self.assertEqual((entry.object_id, entry.get_change_message()), ("alice/c2c_bob", "Changed unreadCount 7 → 1."))
        texts = [str(text) for text in get_messages(response.wsgi_request)]
        self.assertEqual(texts, ["Unread recalculated. Unread: 7 → 1"])

    def test_both_sides_of_a_chat_are_read_at_once(self):
        messages.record([c2c("alice", "bob", 70), c2c("bob", "alice", 80)], now_s=NOON_S + 100)
        form = {"action": "read", "_selected_action": ["alice/c2c_bob", "bob/c2c_alice"], "index": 0}
        asked = self.client.post(listing("conversationrow"), form).context["selected"]

        response = self.client.post(listing("conversationrow"), form | {"seen": [version for _key, version in asked]})

        texts = [str(text) for text in get_messages(response.wsgi_request)]
        self.assertEqual([text.partition(" <a ")[0] for text in texts], ["Marked as read: 2 conversations."])
        rows = Conversation.objects.filter(conversation_id__in=("c2c_bob", "c2c_alice"))
        self.assertEqual(set(rows.values_list("unread_count", flat=True)), {0})

    def test_what_is_refused_for_one_owner_is_told_beside_what_is_done_for_another(self):
        Conversation.objects.filter(conversation_id__in=("c2c_bob", "c2c_alice")).update(unread_count=7)
        form = {"action": "recount", "_selected_action": ["alice/c2c_bob", "alice/group_team", "bob/c2c_alice"], "index": 0}
        asked = self.client.post(listing("conversationrow"), form).context["selected"]

        with mock.patch.object(recounts, "RECOUNTED_AT_ONCE", 0):
            response = self.client.post(listing("conversationrow"), form | {"seen": [version for _key, version in asked]})

        texts = [str(text) for text in get_messages(response.wsgi_request)]
        self.assertEqual(texts[1:], ["Unread recalculated. Unread: 7 → 0"])
        self.assertRegex(texts[0], "^Not changed: alice. These conversations have too many")
        numbers = Conversation.objects.filter(conversation_id__in=("c2c_bob", "c2c_alice")).order_by("owner_id")
        self.assertEqual(list(numbers.values_list("unread_count", flat=True)), [7, 0])

    def test_support_may_not_recount(self):
        Conversation.objects.filter(owner_id="alice", conversation_id="c2c_bob").update(unread_count=7)
        self.client.force_login(support())

        self.client.post(listing("conversationrow"), {"action": "recount", "_selected_action": ["alice/c2c_bob"], "index": 0})

        self.assertEqual(Conversation.objects.get(owner_id="alice", conversation_id="c2c_bob").unread_count, 7)
