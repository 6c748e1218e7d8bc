"""What needs attention, on the start page: only what the reader may open, and a calm sentence without any of it."""

from datetime import timedelta
from unittest import mock

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from conversations.choices import InconsistencyKind
from conversations.maintenance import health
from conversations.models import GroupMember, ProfileUpdate, RefusedWebhooks, Verification, WebhookEvent
from conversations.store import inconsistencies
from tests.support.pages import SEARCH, AsSupport
from tests.support.staff import boss, viewer

WEBHOOKS = reverse("admin:conversations_webhookevent_changelist")


class AttentionTests(AsSupport):
    @classmethod
    def make_user(cls) -> User:
        return boss()

    def items(self):
        return [(item.text, item.url) for item in self.get(SEARCH).context["attention"]]

    def everything(self, count: int = 1) -> None:
        now = timezone.now()
        for outcome, age_s in (("failed", 0), ("pending", 600), ("applied", 600)):
            received_at = now - timedelta(seconds=age_s)
            rows = [WebhookEvent(command="x", outcome=outcome, received_at=received_at) for _n in range(count)]
            WebhookEvent.objects.bulk_create(rows)
        RefusedWebhooks.objects.create(reason="clock", hour=now - timedelta(hours=count), count=1200, last_at=now)
        for number in range(count):
            inconsistencies.replace(f"user{number}", [("c2c_bob", InconsistencyKind.UNREAD)])
            ProfileUpdate.objects.create(conversation_id=f"c2c_{count}{number}")

    def test_nothing(self):
        WebhookEvent.objects.create(command="x", outcome="pending")  # being applied
        ProfileUpdate.objects.create(conversation_id="c2c_bob")
        RefusedWebhooks.objects.create(
            reason="clock", hour=timezone.now() - timedelta(days=2), count=1, last_at=timezone.now()
        )  # fmt: skip

        self.assertContains(self.get(SEARCH), "Nothing needs attention among")

    def test_each_kind_leads_to_where_it_is_dealt_with(self):
        self.everything()
        GroupMember.objects.create(group_id="team", user_id="bob", is_inferred=True)

        with mock.patch.object(health, "MAX_COUNTED", 2):
            self.assertEqual(
                self.items(),
                [
                    ("1 failed webhook", f"{WEBHOOKS}?outcome=failed"),
                    ("1 pending webhook, received 10\xa0minutes ago", f"{WEBHOOKS}?outcome=pending"),
                    ("2+ pending updates of names, members and read receipts", reverse("admin:index")),
                    ("1,200 webhooks refused in 24 hours", reverse("admin:conversations_refusedwebhooks_changelist")),
                    ("1 inconsistency found by a check", "/across/?show=unverified"),
                ],
            )
        for _text, url in self.items():
            self.get(url)

    def test_how_old_the_last_check_is(self):
        self.assertNotContains(self.get(SEARCH), "last checked")
        inconsistencies.finish(timezone.now(), lists=1, conversations=2)
        Verification.objects.update(finished_at=timezone.now() - timedelta(days=3))

        self.assertContains(self.get(SEARCH), "All lists were last checked 3\xa0days ago.")
        self.client.force_login(viewer("view_refusedwebhooks"))
        self.assertNotContains(self.get(SEARCH), "last checked")

    def test_numbers_are_bounded(self):
        self.everything(3)

        with mock.patch.object(health, "MAX_COUNTED", 2):
            self.assertIn("2+ failed webhooks", [text for text, _url in self.items()])

    def test_each_line_is_for_those_who_may_open_it(self):
        self.everything()
        self.client.force_login(viewer("view_refusedwebhooks"))
        self.assertEqual([text for text, _url in self.items()], ["1,200 webhooks refused in 24 hours"])
        self.client.force_login(self.user)
        User.objects.filter(username="vera").delete()
        self.client.force_login(viewer())
        page = self.get(SEARCH)
        self.assertIsNone(page.context["attention"])
        self.assertNotContains(page, "attention")
        self.assertContains(page, "Find a user by ID")

    def test_more_of_it_costs_no_more_queries(self):
        self.everything()
        few = self.count_queries(SEARCH)
        self.everything(30)

        self.assertLessEqual(self.count_queries(SEARCH), few)
        self.assertLess(few, 20)

    def test_typing_in_the_box_does_not_ask_for_it(self):
        self.everything()

        self.assertNotIn("attention", self.get(SEARCH, pane="owners", q="a").context)
