"""Refused webhooks are counted, for staff, metrics and log, and can't flood any of them."""

from unittest import mock

from django.contrib.auth.models import Group, User
from django.db import OperationalError
from django.test import TestCase
from django.urls import reverse

from conversations.feeding import refused_webhooks
from conversations.logs import sparing
from conversations.models import RefusedWebhooks, WebhookEvent
from tests.feeding.test_webhooks import WebhookTestCase, signed
from tests.support.cast import with_key
from tests.support.staff import boss


class RefusedTests(WebhookTestCase):
    def setUp(self):
        super().setUp()
        refused_webhooks._counts.__init__()
        sparing.__init__()
        self.clock = self.enterContext(mock.patch.object(refused_webhooks.time, "monotonic", return_value=1000.0))

    def counts(self) -> dict[str, int]:
        return dict(RefusedWebhooks.objects.values_list("reason", "count"))

    def refuse(self, query: dict | None = None, body: object = None, **headers: str) -> None:
        self.clock.return_value += 1
        self.assert_refused(self.send(*([body] if body else []), query=query, **headers), 400 if body else 403)

    def test_each_reason_is_counted_by_itself(self):
        good = signed()
        self.refuse({**good, "SdkAppid": 1})
        self.refuse({name: value for name, value in good.items() if name != "Sign"})
        self.refuse({**good, "Sign": "0" * 64})
        self.refuse(signed(time_s=1))
        self.refuse({}, HTTP_AUTHORIZATION="Bearer imk_0123456789ab_x")
        self.refuse({}, **with_key(owner_id=None, scopes=["read"]))
        self.refuse(good, body="no JSON")

        reasons = ("app_id", "unsigned", "signature", "clock", "credential", "scope", "body")
        self.assertEqual(self.counts(), dict.fromkeys(reasons, 1))
        self.assertFalse(WebhookEvent.objects.exists())

    def test_the_database_has_one_statement_a_second_and_the_whole_number(self):
        bad = {**signed(), "Sign": "0" * 64}
        self.refuse(bad)
        for _n in range(5):
            with self.assertNumQueries(0):
                self.send(query=bad)
        self.assertEqual(self.counts(), {"signature": 1})

        self.refuse(bad)

        self.assertEqual(self.counts(), {"signature": 7})

    def test_the_log_names_reason_and_address_and_no_sign(self):
        with self.assertLogs(refused_webhooks.logger, "WARNING") as logged:
            self.refuse({**signed(), "Sign": "5ec7e7" * 8}, HTTP_X_FORWARDED_FOR="203.0.113.7")

        self.assertEqual([line.getMessage() for line in logged.records], ["Webhook refused (signature), from 203.0.113.7"])
        self.assertEqual(RefusedWebhooks.objects.get().address, "203.0.113.7")

    def test_without_the_database_the_answer_is_the_same(self):
        with mock.patch.object(RefusedWebhooks.objects, "update_or_create", side_effect=OperationalError("away")):
            self.refuse({**signed(), "Sign": "0" * 64})

        self.assertEqual(self.counts(), {})


class PagesTests(TestCase):
    def setUp(self):
        refused_webhooks._counts.__init__()
        for reason in ("clock", "clock", "scope"):
            with mock.patch.object(refused_webhooks.time, "monotonic", return_value=0):
                refused_webhooks._counts.__init__()
                refused_webhooks.record(refused_webhooks.WebhookRefusal(reason), "203.0.113.7")

    def test_the_start_page_and_the_list_show_them(self):
        self.client.force_login(boss())

        start = self.client.get(reverse("admin:index"))
        rows = self.client.get(reverse("admin:conversations_refusedwebhooks_changelist"))

        self.assertContains(start, "Webhooks refused in 24 hours")
        self.assertContains(start, "RequestTime outside CALLBACK_WINDOW_S")
        self.assertContains(rows, "203.0.113.7")

    def test_support_sees_them_and_nobody_changes_them(self):
        user = User.objects.create_user("sue", is_staff=True)
        user.groups.add(Group.objects.get(name="Support"))
        stranger = User.objects.create_user("tom", is_staff=True)
        rows = reverse("admin:conversations_refusedwebhooks_changelist")

        for login, status in ((user, 200), (stranger, 403)):
            self.client.force_login(login)
            self.assertEqual(self.client.get(rows).status_code, status)
        self.client.force_login(boss())
        self.assertEqual(self.client.get(reverse("admin:conversations_refusedwebhooks_add")).status_code, 403)
