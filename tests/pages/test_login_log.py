"""Logins to pages and admin: logged with account and address, and seen by staff who may."""

from unittest.mock import patch

from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations.models import LoginLogEntry
from conversations.staff import login_log
from tests.support.admin import listing
from tests.support.cast import usersig, with_key
from tests.support.staff import boss, support

PAGES, ADMIN = reverse("login"), reverse("admin:login")
LOG = listing("loginlogentry")
HERE = "192.0.2.1"


@override_settings(AXES_FAILURE_LIMIT=3)
class LoginLogTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.sue = User.objects.create_user("sue", password="open sesame", is_staff=True)

    def log_in(self, username="sue", password="open sesame", *, at=PAGES, by=HERE):
        return self.client.post(at, {"username": username, "password": password}, HTTP_X_FORWARDED_FOR=by)

    def entries(self) -> list[tuple[str, str, str, int]]:
        return list(LoginLogEntry.objects.order_by("id").values_list("event", "username", "address", "count"))

    def test_each_form_logs_a_login(self):
        self.log_in()
        self.assertEqual(self.entries(), [("in", "sue", HERE, 1)])

        self.client.logout()
        self.log_in(at=ADMIN)

        self.assertEqual(self.entries(), [("in", "sue", HERE, 2)])
        self.assertEqual(LoginLogEntry.objects.get().hour.minute, 0)

    def test_each_form_logs_failures_and_the_lock_out(self):
        for at in (PAGES, ADMIN, PAGES, ADMIN):
            self.log_in(password="wrong", at=at)

        self.assertEqual(self.entries(), [("failed", "sue", HERE, 2), ("locked", "sue", HERE, 2)])

    def test_a_name_that_is_no_account_s_may_be_a_password_and_is_not_stored(self):
        for name in ("open sesame", "nobody", "x" * 5000, "客服", "\x1b[31m", "SUE"):
            self.log_in(name, "wrong")

        self.assertEqual(self.entries(), [("failed", "", HERE, 6)])

    def test_an_hour_has_few_entries_however_many_addresses_try(self):
        with patch.object(login_log, "MAX_ADDRESSES", 3):
            for number in range(1, 8):
                self.log_in(password="wrong", by=f"192.0.2.{number}")

        entries = [("failed", "sue", f"192.0.2.{number}", 1) for number in (1, 2, 3)]
        self.assertEqual(self.entries(), [*entries, ("failed", "sue", "", 4)])

    def test_an_address_that_is_not_valid_is_left_out(self):
        self.client.post(PAGES, {"username": "sue", "password": "wrong"}, HTTP_X_FORWARDED_FOR="x\0y", REMOTE_ADDR="")

        self.assertEqual(self.entries(), [("failed", "sue", "", 1)])

    def test_credentials_of_apps_are_no_logins(self):
        for credential in (with_key(), {"HTTP_AUTHORIZATION": f"Bearer {usersig()}"}, {"HTTP_AUTHORIZATION": "Bearer wrong"}):
            self.client.get("/api/v1/conversations/?owner=alice", **credential)

        self.assertEqual(self.entries(), [])


class SeenTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        now = timezone.now()
        for event, username, address in (("failed", "", HERE), ("in", "sue", "2001:db8::"), ("locked", "tom", HERE)):
            LoginLogEntry.objects.create(hour=now, event=event, username=username, address=address, count=7, last_at=now)
        cls.boss = boss()

    def test_it_is_for_a_lead_and_not_for_support(self):
        self.assertEqual(self.client.get(LOG).status_code, 302)
        self.assertEqual(self.client.get(LOG, **with_key(None)).status_code, 302)
        user = support()
        self.client.force_login(user)
        self.assertEqual(self.client.get(LOG).status_code, 403)
        self.assertNotContains(self.client.get(reverse("admin:index")), LOG)

        user.groups.add(Group.objects.get(name="Lead"))

        self.assertContains(self.client.get(reverse("admin:index")), LOG)
        self.assertContains(self.client.get(LOG), "(unknown account)")

    def test_the_permission_is_enough(self):
        user = User.objects.create_user("carl", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_loginlogentry"))
        self.client.force_login(user)

        self.assertContains(self.client.get(LOG), "tom")

    def test_it_is_searched_by_account_and_by_address(self):
        self.client.force_login(self.boss)

        for query, count in (("sue", 1), (HERE, 2), ("2001:db8::", 1), ("su", 0)):
            with self.subTest(query):
                self.assertEqual(len(self.client.get(LOG, {"q": query}).context["cl"].result_list), count)
        self.assertEqual(len(self.client.get(LOG, {"event": "locked"}).context["cl"].result_list), 1)
        self.assertEqual(self.client.get(LOG, {"event": "lost"}).status_code, 302)

    def test_nobody_changes_or_deletes_it(self):
        self.client.force_login(self.boss)
        entry = LoginLogEntry.objects.get(username="tom")
        address = f"{LOG}{entry.pk}/"

        self.assertEqual(self.client.post(f"{address}change/", {"count": 1}).status_code, 403)
        self.assertEqual(self.client.post(f"{address}delete/", {"post": "yes"}).status_code, 403)
        self.assertEqual(self.client.post(f"{LOG}add/", {}).status_code, 403)
        self.assertTrue(LoginLogEntry.objects.filter(pk=entry.pk, count=7).exists())

    def test_more_entries_cost_no_more_queries(self):
        self.client.force_login(self.boss)
        self.client.get(LOG)
        with CaptureQueriesContext(connection) as few:
            self.client.get(LOG)
        now = timezone.now()
        rows = (LoginLogEntry(hour=now, event="in", username=f"user{n}", count=1, last_at=now) for n in range(60))
        LoginLogEntry.objects.bulk_create(rows)
        with CaptureQueriesContext(connection) as many:
            self.client.get(LOG)

        self.assertEqual(len(few), len(many))
