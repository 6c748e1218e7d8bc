"""No page shows markup as text: a link that was joined to plain text would."""

from io import StringIO

from django.contrib.admin.utils import quote
from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse

from conversations.access import api_keys
from conversations.models import AccessLogEntry, SavedView
from tests.support.admin import listing, webhook
from tests.support.staff import boss

TABLES = (
    "accesslogentry", "apikey", "conversationrow", "group", "groupmemberrow", "loginlogentry", "messagerow", "owner",
    "savedview", "webhookevent",
)  # fmt: skip


class MarkupTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.boss = boss()
        call_command("create_demo_data", owners=8, force=True, stdout=StringIO())
        webhook()
        api_keys.create_api_key(name="a key", owner_id="alice", scopes=["read"])
        AccessLogEntry.objects.create(username="sue", owner_id="alice")
        SavedView.objects.create(user=cls.boss, name="unread", filters="is:unread")

    def setUp(self):
        self.client.force_login(self.boss)

    def assert_no_markup_as_text(self, url: str) -> None:
        page = self.client.get(url)
        self.assertEqual(page.status_code, 200)
        for markup in ("&lt;a ", "&lt;span", "&lt;pre", "&lt;img", "&lt;time", "&lt;svg"):
            self.assertNotContains(page, markup)

    def test_the_admins_lists_and_rows(self):
        for table in TABLES:
            with self.subTest(table):
                self.assert_no_markup_as_text(listing(table))
                rows = self.client.get(listing(table)).context["cl"].result_list
                self.assertTrue(rows, "there is no row to look at")
                for row in list(rows)[:6]:
                    self.assert_no_markup_as_text(reverse(f"admin:conversations_{table}_change", args=[quote(row.pk)]))

    def test_the_staff_pages(self):
        self.assert_no_markup_as_text(reverse("owner-search"))
        self.assert_no_markup_as_text("/owner/?owner=alice")
        for part in ("messages", "explain", "fields", "json", "history"):
            with self.subTest(part):
                self.assert_no_markup_as_text(f"/conversation/?owner=alice&id=c2c_bob&part={part}")
