"""Times on pages and in the admin are in the reader's time zone, those of tickets and of the API in UTC."""

from dataclasses import replace

from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name

from conversations.actions import pins
from conversations.feeding import messages
from conversations.models import Conversation, ConversationEvent, Owner
from imsite.time_zones import TimeZoneMiddleware
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, c2c
from tests.support.pages import DETAIL, LIST, AsSupport
from tests.support.staff import boss

# 2025-10-09 08:53:20 UTC, 16:53:20 in Shanghai.
UTC_TEXT, SHANGHAI_TEXT = "2025-10-09 08:53:20 UTC", "2025-10-09 16:53:20"


class TimeZoneTests(AsSupport):
    def setUp(self):
        super().setUp()
        make_conversation()
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=True)
        ConversationEvent.objects.update(time_us=1_760_000_000 * 1_000_000)

    def part(self, part: str, zone: str = "Asia/Shanghai"):
        self.client.cookies["timezone"] = zone
        return self.get(DETAIL, owner="alice", id="c2c_bob", part=part)

    def test_the_readers_zone_with_utc_in_the_title(self):
        self.assertContains(self.part("history"), f'title="{UTC_TEXT}">{SHANGHAI_TEXT}</time>')

    def test_days_begin_when_they_begin_for_the_reader(self):
        late_s = 1_760_000_000 // 86_400 * 86_400 + 20 * 3600
        messages.record([replace(c2c("bob", "alice", 2), time_s=late_s)], now_s=late_s)
        self.assertContains(self.part("messages", "UTC"), "2025-10-09 UTC</time></p>", count=1)
        self.assertContains(self.part("messages", "Asia/Shanghai"), "2025-10-10</time></p>", count=1)

    def test_without_a_zone_and_with_an_unknown_one_it_is_utc_by_name(self):
        del self.client.cookies["sessionid"]
        self.client.force_login(self.user)
        page = self.get(DETAIL, owner="alice", id="c2c_bob", part="history")
        self.assertContains(page, f">{UTC_TEXT}</time>")
        for zone in ("Mars/Olympus", "../etc/passwd", "", "Asia/Shanghai\0", "UTC"):
            with self.subTest(zone=zone):
                self.assertContains(self.part("history", zone), f">{UTC_TEXT}</time>")

    def test_tickets_are_in_utc_and_the_explanation_beside_them_is_not(self):
        Owner.objects.update(version=5)
        page = self.part("explain")
        self.assertRegex(page.context["ticket"], r"\nAs of \S+ \S+ UTC\n")
        self.assertIn(f"{UTC_TEXT} Pinned", page.context["ticket"])
        self.assertContains(page, f"{SHANGHAI_TEXT}</a>")

    def test_the_next_request_is_not_in_that_zone(self):
        self.part("history")
        del self.client.cookies["timezone"]
        self.assertContains(self.get(DETAIL, owner="alice", id="c2c_bob", part="history"), f">{UTC_TEXT}</time>")

    def test_the_api_answers_the_same(self):
        url = reverse("api:conversation-events", args=["c2c_bob"]) + "?owner=alice"
        answers = []
        for zone in ("", "Asia/Shanghai"):
            self.client.cookies["timezone"] = zone
            answers.append(self.client.get(url))

        self.assertEqual([answer.status_code for answer in answers], [200, 200])
        self.assertEqual(answers[0].json()["eventList"][0]["timeUs"], 1_760_000_000 * 1_000_000)
        self.assertEqual(answers[0].content, answers[1].content)

    def test_programs_are_in_utc(self):
        zone_of = TimeZoneMiddleware(lambda request: HttpResponse(get_current_timezone_name()))
        programs = ("/api/v1/unread/", reverse("callbacks-tencent"), "/v4/recentcontact/get_list")
        pages = ("/", "/owner/", "/admin/")
        for path, zone in [(path, "Asia/Shanghai") for path in pages] + [(path, "UTC") for path in programs]:
            with self.subTest(path):
                request = RequestFactory().get(path)
                request.COOKIES["timezone"] = "Asia/Shanghai"
                self.assertEqual(zone_of(request).content.decode(), zone)

    def test_the_admin_too(self):
        self.client.force_login(boss())
        Conversation.objects.update(last_message_at="2025-10-09 08:53:20Z", created_at="2025-10-09 08:53:20Z")
        Owner.objects.update(created_at="2025-10-09 08:53:20Z")
        self.client.cookies["timezone"] = "Asia/Shanghai"
        shown = f'title="{UTC_TEXT}">{SHANGHAI_TEXT}</time>'
        self.assertContains(self.client.get("/admin/conversations/owner/"), shown)
        self.assertContains(self.client.get("/admin/conversations/owner/alice/change/"), shown)

    def test_a_list_shows_the_day_of_the_reader(self):
        self.client.cookies["timezone"] = "Pacific/Kiritimati"
        Conversation.objects.update(last_message_at="2025-10-09 20:00:00Z")
        self.assertContains(self.get(LIST, owner="alice"), ">2025-10-10</time>")

    def test_dates_of_a_search_are_the_readers(self):
        Conversation.objects.update(last_message_at="2025-10-09 20:00:00Z")
        for zone, found in (("Asia/Shanghai", 1), ("UTC", 0)):
            self.client.cookies["timezone"] = zone
            page = self.client.get(LIST, {"owner": "alice", "find": "updated:>2025-10-10"}, follow=True)
            self.assertEqual(len(page.context["entries"]), found, zone)
            self.assertContains(page, 'value="updated:&gt;2025-10-10"')
