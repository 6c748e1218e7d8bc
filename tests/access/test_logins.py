"""Wrong passwords: an account waits, for the address that they came from."""

from datetime import timedelta
from unittest.mock import patch

from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from conversations.access.client_addresses import client_address
from tests.support.api import url
from tests.support.cast import make_conversation, with_key

PAGES, ADMIN = reverse("login"), reverse("admin:login")
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
# As slow as it is safe is for production.
FAST = {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}


@override_settings(**FAST, AXES_FAILURE_LIMIT=3)
class LockTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        for name in ("sue", "tom"):
            User.objects.create_user(name, password="open sesame", is_staff=True)

    def log_in(self, username="sue", password="wrong", *, at=PAGES, by=HERE, **headers):
        return self.client.post(at, {"username": username, "password": password}, HTTP_X_FORWARDED_FOR=by, **headers)

    def fail(self, times=3, **values):
        return [self.log_in(**values).status_code for _time in range(times)]

    def test_after_some_failures_the_right_password_waits_too(self):
        self.assertEqual(self.fail(), [200, 200, 429])

        for at in (PAGES, ADMIN):
            page = self.log_in(password="open sesame", at=at)
            self.assertContains(page, "Too many failed logins for this account. Try again in 15 minutes.", status_code=429)
            self.assertEqual(page["Retry-After"], "900")
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_a_lock_is_logged_with_name_and_address(self):
        with self.assertLogs("imsite.logins", "WARNING") as logs:
            self.fail()

        self.assertEqual([line.getMessage() for line in logs.records], [f"Login locked for sue, from {HERE}"])

    def test_a_password_entered_as_the_name_is_not_logged(self):
        with self.assertLogs("imsite.logins", "WARNING") as logs:
            self.fail(username="open sesame")

        self.assertEqual([line.getMessage() for line in logs.records], [f"Login locked for an unknown account, from {HERE}"])

    def test_the_admins_form_counts_as_well(self):
        self.assertEqual(self.fail(2, at=ADMIN) + self.fail(1), [200, 200, 429])

    def test_it_is_told_in_chinese(self):
        self.fail()

        self.assertContains(self.log_in(HTTP_ACCEPT_LANGUAGE="zh-CN"), "请在 15 分钟后重试", status_code=429)

    def test_neither_other_accounts_nor_other_addresses_wait(self):
        self.fail()

        self.assertEqual(self.log_in("tom", "open sesame").status_code, 302)
        self.assertEqual(self.log_in(password="open sesame", by=ELSEWHERE).status_code, 302)

    def test_what_a_client_writes_before_its_address_changes_nothing(self):
        self.assertEqual([self.log_in(by=f"198.51.100.{n}, {HERE}").status_code for n in range(3)], [200, 200, 429])

    def test_another_browser_changes_nothing(self):
        self.assertEqual([self.log_in(HTTP_USER_AGENT=f"browser {n}").status_code for n in range(3)], [200, 200, 429])

    def test_a_try_while_waiting_costs_no_check_and_is_not_kept(self):
        self.fail()
        attempts = list(AccessAttempt.objects.values())

        with patch("django.contrib.auth.hashers.MD5PasswordHasher.encode") as check:
            self.assertEqual(self.fail(), [429] * 3)

        check.assert_not_called()
        self.assertEqual(list(AccessAttempt.objects.values()), attempts)

    def test_the_wait_ends(self):
        self.fail()
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

        self.assertEqual(self.log_in(password="open sesame").status_code, 302)
        self.assertFalse(AccessAttempt.objects.exists())

    def test_the_right_password_forgets_the_wrong_ones(self):
        self.fail(2)
        self.log_in(password="open sesame")

        self.assertEqual(self.fail(2), [200, 200])

    def test_no_password_is_kept(self):
        self.log_in(password="nearly sesame")

        self.assertNotIn("nearly", str(list(AccessAttempt.objects.values())))

    def test_odd_names_and_addresses_never_fail(self):
        for username in ("x" * 5000, "a\0b", "", "客服", "'"):
            with self.subTest(username[:10]):
                self.assertEqual(self.log_in(username).status_code, 200)
        for by in ("", "unknown", "x" * 500, "192.0.2.1:443", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "\0"):
            with self.subTest(by[:20]):
                self.assertEqual(self.log_in("nobody" + by[-3:].replace("\0", ""), by=by).status_code, 200)

    def test_the_api_asks_nothing_of_it(self):
        self.fail()
        make_conversation()
        key = with_key()
        self.client.get(url(), **key)

        with self.assertNumQueries(2):
            self.assertEqual(self.client.get(url(), **key, HTTP_X_FORWARDED_FOR=HERE).status_code, 200)


class AddressTests(SimpleTestCase):
    def test_of_ipv6_a_whole_home_is_one(self):
        for header, address in {
            "2001:db8:1:2:3::4": "2001:db8:1:2::",
            "::ffff:192.0.2.1": "192.0.2.1",
            "x, 192.0.2.1 ": "192.0.2.1",
            "192.0.2.1, x": "127.0.0.1",
            "": "127.0.0.1",
        }.items():
            with self.subTest(header):
                self.assertEqual(client_address(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=header)), address)
