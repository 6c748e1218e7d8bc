"""The admin's start page: its numbers, who sees which, and what they cost."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import time_machine
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import SimpleTestCase, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversations.admin_site import table_sizes
from conversations.admin_site.dashboard import size_display
from conversations.admin_site.table_sizes import Size
from conversations.models import Conversation, Message, Owner, WebhookEvent, WebhookOutcome
from tests.support.cast import make_conversations
from tests.support.staff import boss, colleague, support

HOME = reverse("admin:index")
NOW = datetime(2026, 5, 20, 12, 2, 30, tzinfo=UTC)


def receive(count: int = 1, *, minutes_ago: float = 1, outcome: str = "applied") -> None:
    received_at = NOW - timedelta(minutes=minutes_ago)
    WebhookEvent.objects.bulk_create(
        WebhookEvent(command="Group.CallbackAfterSendMsg", body="{}", outcome=outcome, received_at=received_at)
        for _ in range(count)
    )


def store(count: int = 1, *, minutes_ago: float = 1) -> None:
    start = Message.objects.count()
    Message.objects.bulk_create(
        Message(thread="team", position=f"{start + n:030d}", created_at=NOW - timedelta(minutes=minutes_ago))
        for n in range(count)
    )


def staff_with(*codenames: str) -> User:
    user = User.objects.create_user("-".join(codenames) or "none", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@time_machine.travel(NOW, tick=False)
class HomeCase(TestCase):
    def cards(self, user: User | None = None) -> dict:
        self.client.force_login(user or boss())
        return {card.label: card for card in self.client.get(HOME).context["cards"]}

    def value(self, label: str) -> str:
        return self.cards()[label].value


class NumbersTests(HomeCase):
    def test_an_empty_server_says_that_there_is_nothing(self):
        cards = self.cards()

        self.assertEqual(
            {label: card.value for label, card in cards.items()},
            {
                "Users": "0",
                "Conversations": "0",
                "Failed webhooks": "0",
                "Oldest pending webhook": "none",
                "Webhooks refused in 24 hours": "0",
                "Messages in the last hour": "0",
                "Webhooks in the last hour": "0",
            },
        )
        self.assertFalse(any(card.is_bad for card in cards.values()))

    def test_owners_and_conversations_are_counted_exactly_while_they_are_few(self):
        make_conversations(1_204)
        Owner.objects.create(owner_id="bob")

        cards = self.cards()

        self.assertEqual((cards["Users"].value, cards["Conversations"].value), ("2", "1,204"))

    def test_failed_webhooks_are_counted_and_stand_out(self):
        receive(3, outcome=WebhookOutcome.FAILED)
        receive(2)

        card = self.cards()["Failed webhooks"]

        self.assertEqual((card.value, card.is_bad), ("3", True))

    def test_the_oldest_webhook_not_applied_tells_its_age(self):
        receive(minutes_ago=5, outcome=WebhookOutcome.PENDING)
        receive(minutes_ago=90, outcome=WebhookOutcome.FAILED)

        card = self.cards()["Oldest pending webhook"]

        self.assertEqual((card.value.replace("\xa0", " "), card.is_bad), ("5 minutes", True))

    def test_one_that_has_just_come_is_nothing_to_worry_about(self):
        receive(minutes_ago=0.01, outcome=WebhookOutcome.PENDING)

        self.assertFalse(self.cards()["Oldest pending webhook"].is_bad)

    def test_the_last_hour_is_what_came_in_it(self):
        for minutes_ago in (0, 59.9, 60.1, 2000):
            store(2, minutes_ago=minutes_ago)
            receive(3, minutes_ago=minutes_ago)

        cards = self.cards()

        self.assertEqual(cards["Messages in the last hour"].value, "4")
        self.assertEqual(cards["Webhooks in the last hour"].value, "6")

    def test_the_chart_has_a_bar_for_each_five_minutes(self):
        store(1, minutes_ago=58)
        store(8, minutes_ago=12)
        store(4, minutes_ago=1)

        card = self.cards()["Messages in the last hour"]

        self.assertEqual([bar.height for bar in card.chart], [6, 1, 1, 1, 1, 1, 1, 1, 1, 48, 1, 24])
        self.assertEqual((card.chart[0].title, card.chart[-1].title), ("11:02–11:07: 1", "11:57–12:02: 4"))
        self.assertEqual(card.chart_description, "Per 5 minutes: 1, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 4")

    def test_the_chart_is_drawn_without_inline_style_or_script(self):
        store()
        self.client.force_login(boss())

        page = self.client.get(HOME)

        self.assertContains(page, "<rect", count=2 * 2 * table_sizes.BARS)
        for inline in ("style=", "<style", "onclick", "<script>"):
            self.assertNotContains(page, inline)

    def test_a_number_of_webhooks_leads_to_just_these(self):
        receive(2, outcome=WebhookOutcome.FAILED)
        receive(3, minutes_ago=200)
        receive(minutes_ago=100, outcome=WebhookOutcome.PENDING)
        cards = self.cards()

        found = {
            label: self.client.get(cards[label].url).context["cl"].result_count
            for label in ("Failed webhooks", "Oldest pending webhook", "Webhooks in the last hour")
        }

        self.assertEqual(found, {"Failed webhooks": 2, "Oldest pending webhook": 1, "Webhooks in the last hour": 2})

    def test_a_link_leads_to_the_list_behind_a_number(self):
        receive(outcome=WebhookOutcome.FAILED)
        urls = [card.url for card in self.cards().values() if card.url]

        for url in urls:
            with self.subTest(url):
                self.assertEqual(self.client.get(url).status_code, 200)
        self.assertIn(reverse("admin:conversations_conversationrow_changelist"), [urlsplit(url).path for url in urls])


class ManyRowsTests(HomeCase):
    def test_what_is_past_the_bound_is_told_as_more_and_not_read(self):
        store(7)
        receive(7, outcome=WebhookOutcome.FAILED)

        with (
            mock.patch.object(table_sizes, "COUNTED_PER_BAR", 5),
            mock.patch("conversations.admin_site.dashboard.MAX_FAILED_COUNTED", 5),
        ):
            cards = self.cards()

        self.assertEqual(cards["Messages in the last hour"].value, "5+")
        self.assertEqual(cards["Failed webhooks"].value, "5+")

    @mock.patch.object(table_sizes, "COUNTED_EXACTLY", 100)
    def test_a_large_table_is_estimated_by_postgresql_and_bounded_elsewhere(self):
        make_conversations(345)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE conversations_conversation")
            self.assertEqual(table_sizes.size_of(Conversation), Size(345, is_estimate=True))
            self.assertEqual(self.value("Conversations"), "about 345")
        else:
            self.assertEqual(table_sizes.size_of(Conversation), Size(100, is_more=True))
            self.assertEqual(self.value("Conversations"), "100+")

    def test_a_table_never_analysed_is_at_least_what_was_counted(self):
        with mock.patch.object(table_sizes, "COUNTED_EXACTLY", 5):
            receive(9)
            self.assertIn(table_sizes.size_of(WebhookEvent), (Size(5, is_more=True), Size(9, is_estimate=True)))

    def test_an_estimate_has_three_digits(self):
        self.assertEqual(size_display(Size(12_345_678, is_estimate=True)), "about 12,300,000")

    def test_queries_do_not_grow_with_the_rows(self):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                self.assertEqual(self.client.get(HOME).status_code, 200)
            return len(captured)

        self.client.force_login(boss())
        few = queries()
        make_conversations(300)
        store(200)
        receive(200)
        receive(50, outcome=WebhookOutcome.FAILED)
        receive(50, outcome=WebhookOutcome.PENDING)

        self.assertEqual(queries(), few)
        with self.assertNumQueries(11):  # session, user, its log, one for each of seven cards, whether there is an owner
            self.client.get(HOME)

    def test_every_count_is_read_from_an_index(self):
        counted = {
            "webhook_to_do": WebhookEvent.objects.to_do(WebhookOutcome.FAILED)[:5],
            "message_by_arrival": Message.objects.filter(created_at__gte=NOW).values("created_at")[:5],
            "webhook_by_time": WebhookEvent.objects.filter(received_at__gte=NOW).values("received_at")[:5],
        }
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
        for index, rows in counted.items():
            with self.subTest(index):
                self.assertIn(index, rows.explain())


class WhoTests(HomeCase):
    def test_who_is_not_logged_in_is_sent_to_log_in(self):
        self.assertRedirects(self.client.get(HOME), f"{reverse('admin:login')}?next={HOME}")

    def test_staff_without_a_permission_see_no_number(self):
        self.assertEqual(self.cards(colleague()), {})

    def test_support_see_what_feeds_the_lists_too(self):
        labels = {
            "Users", "Conversations", "Messages in the last hour", "Webhooks in the last hour", "Failed webhooks",
            "Oldest pending webhook", "Webhooks refused in 24 hours",
        }  # fmt: skip

        self.assertEqual(self.cards(support()).keys(), labels)

    def test_each_number_needs_the_permission_for_its_table(self):
        for codename, labels in {
            "view_owner": {"Users"},
            "view_conversation": {"Conversations"},
            "view_message": {"Messages in the last hour"},
            "view_refusedwebhooks": {"Webhooks refused in 24 hours"},
            "view_webhookevent": {"Webhooks in the last hour", "Failed webhooks", "Oldest pending webhook"},
        }.items():
            with self.subTest(codename):
                self.assertEqual(self.cards(staff_with(codename)).keys(), labels)

    def test_what_may_not_be_seen_is_not_even_read(self):
        self.client.force_login(staff_with("view_owner"))

        with CaptureQueriesContext(connection) as captured:
            self.client.get(HOME)

        read = " ".join(query["sql"] for query in captured)
        self.assertIn("conversations_owner", read)
        for table in ("conversations_message", "conversations_webhookevent", '"conversations_conversation"'):
            self.assertNotIn(table, read)


@override_settings(IM_SDK_APP_ID=0, IM_CALLBACK_TOKEN="")
class FirstStepsTests(HomeCase):
    def page(self, user: User | None = None) -> str:
        self.client.force_login(user or boss())
        return self.client.get(HOME).content.decode()

    def test_while_nothing_is_there_it_says_how_something_comes(self):
        page = self.page()

        self.assertIn("No conversations yet", page)
        for way in ("http://testserver/callbacks/tencent/", "create_api_key backend", "import_conversations FILE.jsonl"):
            self.assertIn(way, page)
        self.assertIn("rejected until IM_SDK_APP_ID", page)
        self.assertNotIn("create_demo_data", page)

    @override_settings(IM_SDK_APP_ID=1400000000, IM_CALLBACK_TOKEN="token", DEBUG=True)
    def test_it_asks_for_no_setting_that_is_there_and_offers_the_demo_where_it_can_be(self):
        page = self.page()

        self.assertNotIn("refused until", page)
        self.assertIn("create_demo_data", page)

    def test_only_a_superuser_reads_commands(self):
        page = self.page(staff_with("view_owner"))

        self.assertIn("No conversations yet", page)
        self.assertIn("Ask an administrator", page)
        self.assertNotIn("manage.py", page)

    def test_it_goes_with_the_first_owner_and_is_for_who_may_see_owners(self):
        self.assertNotIn("No conversations yet", self.page(staff_with("view_webhookevent")))
        Owner.objects.create(owner_id="alice")

        self.assertNotIn("No conversations yet", self.page())


class TablesTests(HomeCase):
    def setUp(self):
        self.client.force_login(boss())

    def test_what_has_no_form_is_there_to_view(self):
        have_forms = {f"/admin/{path}/" for path in ("conversations/conversationrow", "auth/user", "auth/group")}
        tables = [table for app in self.client.get(HOME).context["app_list"] for table in app["models"]]

        for table in tables:
            with self.subTest(table["admin_url"]):
                self.assertEqual(table["view_only"], table["admin_url"] not in have_forms)

    def test_a_table_has_its_name_for_a_heading(self):
        tables = [table for app in self.client.get(HOME).context["app_list"] for table in app["models"]]

        for table in tables:
            with self.subTest(table["admin_url"]):
                page = self.client.get(table["admin_url"])
                self.assertContains(page, f"<h1>{table['name']}</h1>", html=True)
                self.assertNotContains(page, f"Select {table['name'].lower()[:-1]} to")

    def test_no_two_tables_have_one_name(self):
        names = [model["name"] for app in self.client.get(HOME).context["app_list"] for model in app["models"]]

        self.assertEqual(len(names), len(set(map(str.lower, map(str, names)))))
        self.assertTrue({"Chat groups", "Staff groups", "Received webhooks"} <= {str(name) for name in names})


class HeaderTests(HomeCase):
    def test_the_header_says_where_one_is(self):
        self.client.force_login(boss())

        self.assertContains(self.client.get(HOME), '<span class="environment">production</span>', html=True)
        with self.settings(DEBUG=True):
            self.assertContains(self.client.get(HOME), '<span class="environment is-demo">demo</span>', html=True)
        self.assertContains(self.client.get(HOME), "| imsite (production)</title>")

    def test_links_are_only_to_what_one_may_open(self):
        pages, checker = f'href="{reverse("owner-search")}"', f'href="{reverse("admin:usersig")}"'
        for user, links in ((boss(), (pages, checker)), (support(), (pages,)), (colleague(), ())):
            self.client.force_login(user)
            page = self.client.get(HOME)
            for link in (pages, checker):
                (self.assertContains if link in links else self.assertNotContains)(page, link)


class LookTests(SimpleTestCase):
    def test_every_colour_that_is_used_is_defined(self):
        """A mistyped name would leave the colour to whatever is around."""
        folder = Path(settings.BASE_DIR, "conversations/static/conversations")
        colours, admin, site = ((folder / name).read_text() for name in ("colors.css", "admin.css", "site.css"))

        for text in (admin, site):
            defined = set(re.findall(r"(--[a-z-]+):", colours + text))
            self.assertEqual(set(re.findall(r"var\((--[a-z-]+)", text)) - defined, set())
