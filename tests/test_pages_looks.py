"""Looking into a list is kept, changes nothing, and needs a reason where the setting says so."""

import time_machine
from django.test import override_settings

from conversations import ingest
from conversations.models import Conversation, Look, Owner
from tests.cast import make_conversation
from tests.pages import DETAIL, LIST, NEWS, REASON, SEARCH, AsSupport
from tests.staff import message
from tests.test_ingest import NOON_S, c2c

ASKED = override_settings(VIEW_REASON_REQUIRED=True)


class LookTests(AsSupport):
    def looks(self):
        return list(Look.objects.order_by("id").values_list("username", "owner_id", "reason"))

    def test_one_hour_of_a_session_is_one_entry_for_each_owner(self):
        make_conversation()
        with time_machine.travel(NOON_S // 3600 * 3600, tick=False) as clock:
            for _again in range(2):
                self.get(LIST, owner="alice"), self.get(DETAIL, owner="alice", id="c2c_bob"), self.get(NEWS, owner="alice")
            self.get(LIST, pane="list", owner="bob")
            clock.shift(3600)
            self.get(LIST, owner="alice")

        self.assertEqual(self.looks(), [("sue", "alice", ""), ("sue", "bob", ""), ("sue", "alice", "")])

    def test_searching_owners_is_none(self):
        self.get(SEARCH, q="a")

        self.assertEqual(self.looks(), [])

    def test_looking_changes_nothing_of_the_owners(self):
        ingest.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        before = list(Conversation.objects.values()), list(Owner.objects.values())

        for part in ("messages", "explain", "fields", "json", "history"):
            self.get(DETAIL, owner="alice", id="c2c_bob", part=part)

        self.assertEqual((list(Conversation.objects.values()), list(Owner.objects.values())), before)

    def test_the_page_says_that_it_only_looks(self):
        Owner.objects.create(owner_id="alice", nick_name="Alice Wang")

        self.assertContains(self.get(LIST, owner="alice"), "Viewing as Alice Wang (read-only)")

    def test_a_session_remembers_a_bounded_number_of_owners(self):
        for number in range(105):
            self.get(LIST, pane="rows", owner=f"u{number}")

        self.assertEqual(len(self.client.session["looks"]), 100)

    @ASKED
    def test_a_reason_is_asked_for_before_anything_shows(self):
        make_conversation(show_name="Secret Bob", last_message=message())

        for url, query in ((LIST, {}), (DETAIL, {"id": "c2c_bob"}), (NEWS, {"since": "0"})):
            with self.subTest(url=url):
                response = self.get(url, 302, owner="alice", **query)
                self.assertTrue(response.url.startswith(f"{REASON}?owner=alice&next="))
                self.assertNotContains(response, "Secret Bob", status_code=302)
        self.assertEqual(self.get(LIST, pane="list", owner="alice")["HX-Redirect"], self.get(LIST, 302, owner="alice").url)
        self.assertEqual(self.looks(), [])

    @ASKED
    def test_a_reason_opens_that_owner_and_is_kept(self):
        form = self.get(LIST, 302, owner="alice", type="1").url

        opened = self.client.post(form, {"reason": "  ticket\n 17 "})

        self.assertRedirects(opened, f"{LIST}?owner=alice&type=1", fetch_redirect_response=False)
        self.assertContains(self.get(opened.url), "ticket 17")
        self.get(LIST, 302, owner="bob")
        self.assertEqual(self.looks(), [("sue", "alice", "ticket 17")])

    @ASKED
    def test_no_reason_is_none(self):
        for reason in ("", "   ", "x" * 201, "a\0b"):
            with self.subTest(reason=reason[:5]):
                page = self.client.post(f"{REASON}?owner=alice", {"reason": reason})
                self.assertContains(page, "Say why", status_code=400)
        self.get(LIST, 302, owner="alice")

    def test_nobody_is_led_away(self):
        for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\\evil", "login"):
            with self.subTest(elsewhere=elsewhere):
                answer = self.client.post(f"{REASON}?owner=alice&next={elsewhere}", {"reason": "17"})
                self.assertRedirects(answer, f"{LIST}?owner=alice", fetch_redirect_response=False)

    def test_an_impossible_owner_is_refused(self):
        self.get(REASON, 400, owner="")
        self.assertEqual(self.client.post(f"{REASON}?owner=%E7%88%B1", {"reason": "17"}).status_code, 400)

    def test_the_admin_shows_and_finds_them_and_changes_none(self):
        self.user.is_superuser = True
        self.user.save(update_fields=["is_superuser"])
        Look.objects.create(username="sue", owner_id="alice", reason="ticket 17")
        Look.objects.create(username="sam", owner_id="bob")
        look = Look.objects.get(owner_id="alice")

        page = self.get("/admin/conversations/look/", q="alice")

        self.assertContains(page, "ticket 17")
        self.assertNotContains(page, "sam")
        self.assertEqual(self.client.post(f"/admin/conversations/look/{look.pk}/delete/", {"post": "yes"}).status_code, 403)
        self.assertEqual(self.client.post(f"/admin/conversations/look/{look.pk}/change/", {"reason": "x"}).status_code, 403)
