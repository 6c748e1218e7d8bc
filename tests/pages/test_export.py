"""A filter's conversations as a file."""

from unittest.mock import patch
from urllib.parse import urlencode

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from conversations.models import Conversation
from conversations.pages import export as pages_export
from conversations.transfer import exports
from tests.support.cast import make_conversation, make_conversations, with_key
from tests.support.pages import LIST, REASON
from tests.support.staff import colleague, message, support, viewer

EXPORT = reverse("conversation-export")


def reader_without_owners():
    """Who may export, and not look at owners Admin."""
    user = viewer("read_text")
    user.user_permissions.remove(Permission.objects.get(codename="view_owner"))
    return user


def export_url(owner: str = "alice", **filters: str) -> str:
    return f"{EXPORT}?{urlencode({'owner': owner} | filters)}"


class ExportTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = support()

    def setUp(self):
        self.client.force_login(self.user)

    def export(self, **filters):
        answer = self.client.post(export_url(**filters))
        self.assertEqual(answer.status_code, 200)
        return answer.getvalue()

    def test_it_is_what_the_command_gives(self):
        make_conversations(3, unread_count=1, imported_unread=1, last_message=message())
        make_conversation("bob", "c2c_alice")

        self.assertEqual(self.export(), b"".join(exports.export_lines(Conversation.objects.for_owner("alice"))))

    def test_a_client_that_reads_slowly_holds_no_connection_to_the_database(self):
        make_conversations(3)
        answer = self.client.post(export_url())

        with self.assertNumQueries(0):
            lines = b"".join(answer)

        self.assertEqual(len(lines), int(answer["Content-Length"]))

    def test_the_filters_hold(self):
        make_conversation(conversation_id="c2c_bob", unread_count=1), make_conversation(conversation_id="group_team")

        lines = self.export(hasUnreadCount="true").splitlines()

        self.assertEqual([orjson.loads(line)["conversation"]["conversationID"] for line in lines], ["c2c_bob"])

    def test_it_comes_as_a_file(self):
        answer = self.client.post(export_url('a/"b'))

        self.assertEqual(answer["Content-Type"], "application/x-ndjson")
        self.assertEqual(answer["Content-Disposition"], r'attachment; filename="a_\"b.jsonl"')
        self.assertEqual(answer.getvalue(), b"")

    def test_it_is_logged(self):
        make_conversations(2, unread_count=1, imported_unread=1)

        self.export(hasUnreadCount="true", activeBefore="1d")
        self.export(hasUnreadCount="true")

        entry = LogEntry.objects.latest("pk")
        self.assertEqual((entry.user, entry.object_id), (self.user, "alice"))
        self.assertEqual(entry.get_change_message(), 'export "is:unread" → 2')

    def test_the_list_leads_to_who_exported(self):
        make_conversation()
        self.export(isPinned="false")

        log = reverse("admin:conversations_owner_history", args=["alice"])
        self.assertContains(self.client.get("/owner/?owner=alice"), f'href="{log}"')
        self.assertContains(self.client.get(log), "export &quot;is:unpinned&quot; → 1")
        self.client.force_login(reader_without_owners())
        self.assertNotContains(self.client.get("/owner/?owner=alice"), log)

    def test_more_than_the_limit_is_refused_and_not_cut(self):
        make_conversations(3)

        with patch.object(pages_export, "MAX_EXPORTED", 2):
            answer = self.client.post(export_url())

        self.assertContains(answer, "More than 2 conversations", status_code=413)
        self.assertFalse(LogEntry.objects.exists())

    def test_a_bad_filter_is_named(self):
        for filters, name in (({"type": "9"}, "type"), ({"colour": "red"}, "colour"), ({"owner": ""}, "owner")):
            answer = self.client.post(export_url(**filters))
            self.assertContains(answer, f"<code>{name}</code>", status_code=400)

    def test_more_rows_cost_no_more_queries(self):
        make_conversation(last_message=message())
        self.export()
        with CaptureQueriesContext(connection) as few:
            self.export()
        make_conversations(60, last_message=message())
        with CaptureQueriesContext(connection) as many:
            self.export()

        self.assertEqual(len(few), len(many))

    def test_the_list_has_the_button_for_those_only_who_may_read(self):
        make_conversation()

        self.assertContains(
            self.client.get("/owner/?owner=alice&isPinned=false"), f'action="{EXPORT}?owner=alice&amp;isPinned=false"'
        )
        self.client.force_login(viewer())
        self.assertNotContains(self.client.get("/owner/?owner=alice"), EXPORT)


class DoorTests(TestCase):
    def setUp(self):
        make_conversation(last_message=message())

    def test_nobody_else_gets_the_file(self):
        for user in (colleague(), viewer("change_conversation")):
            self.client.force_login(user)
            self.assertEqual(self.client.post(export_url()).status_code, 403)
        self.client.logout()
        for credential in ({}, with_key(), with_key(None)):
            self.assertTrue(self.client.post(export_url(), **credential).url.startswith(reverse("login")))
        self.assertFalse(LogEntry.objects.exists())

    def test_a_session_that_is_gone_leads_to_the_list_with_its_filters(self):
        make_conversation(conversation_id="group_team", show_name="The team")
        here = export_url("alice", type="2", conversationGroup="")
        onward = here.replace(EXPORT, LIST)
        entering = self.client.post(here).url

        self.assertEqual(entering, f"{reverse('login')}?{urlencode({'next': onward}, safe='/')}")
        self.client.force_login(support())
        self.assertContains(self.client.get(onward), "The team")
        self.assertEqual(self.client.post(EXPORT).status_code, 400)
        self.client.logout()
        self.assertEqual(self.client.post(EXPORT).url, f"{reverse('login')}?next={reverse('owner-search')}")

    @override_settings(VIEW_REASON_REQUIRED=True)
    def test_a_reason_leads_to_the_list_with_its_filters(self):
        here = export_url("alice", isPinned="true")
        self.client.force_login(support())

        asked = self.client.post(here).url
        given = self.client.post(asked, {"reason": "ticket 7"}).url

        self.assertEqual((asked.split("?")[0], given), (REASON, here.replace(EXPORT, LIST)))
        self.assertEqual(self.client.get(given).status_code, 200)

    def test_what_is_no_page_says_so_to_who_opens_it(self):
        addresses = (export_url(), f"{reverse('saved-view-change')}?owner=alice")
        for enter in (lambda: None, lambda: self.client.force_login(support())):
            enter()
            for address in addresses:
                with self.subTest(address):
                    answer = self.client.get(address)
                    self.assertContains(answer, "Method not allowed. Use POST.", status_code=405)
                    self.assertContains(answer, f'href="{LIST}?owner=alice"', status_code=405)

    def test_a_link_or_another_site_can_not_start_it(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(support())

        refused = client.get(export_url())
        self.assertEqual((refused.status_code, refused["Allow"]), (405, "POST"))
        self.assertEqual(client.post(export_url()).status_code, 403)
