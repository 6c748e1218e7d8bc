"""Looking into a list is kept, changes nothing, and needs a reason where the setting says so."""

from datetime import timedelta
from urllib.parse import urlencode

import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.feeding import messages
from conversations.models import AccessLogEntry, Conversation, Message, Owner
from tests.support.admin import listing, page, webhook
from tests.support.api import url as api_url
from tests.support.cast import make_conversation, with_key
from tests.support.messages import NOON_S, c2c, received
from tests.support.pages import DETAIL, LIST, REASON, SEARCH, UPDATES, AsSupport
from tests.support.staff import boss, message

ASKED = override_settings(VIEW_REASON_REQUIRED=True)


class LookTests(AsSupport):
    def looks(self):
        """Of the lists themselves."""
        entries = AccessLogEntry.objects.filter(conversation_id="").order_by("id")
        return list(entries.values_list("username", "owner_id", "reason"))

    def opened(self):
        entries = AccessLogEntry.objects.exclude(conversation_id="").order_by("id")
        return list(entries.values_list("owner_id", "conversation_id", "reason"))

    def test_one_hour_of_a_session_is_one_entry_for_each_owner(self):
        make_conversation()
        with time_machine.travel(NOON_S // 3600 * 3600, tick=False) as clock:
            for _again in range(2):
                self.get(LIST, owner="alice"), self.get(DETAIL, owner="alice", id="c2c_bob"), self.get(UPDATES, owner="alice")
            self.get(LIST, pane="list", owner="bob")
            clock.shift(3600)
            self.get(LIST, owner="alice")

        self.assertEqual(self.looks(), [("sue", "alice", ""), ("sue", "bob", ""), ("sue", "alice", "")])

    def test_each_conversation_opened_is_an_entry_once_an_hour(self):
        for conversation_id in ("c2c_bob", "group_team"):
            make_conversation(conversation_id=conversation_id)
        bob, team = {"owner": "alice", "id": "c2c_bob"}, {"owner": "alice", "id": "group_team"}
        with time_machine.travel(NOON_S // 3600 * 3600, tick=False) as clock:
            self.client.post(f"{REASON}?owner=alice", {"reason": "ticket 17"})
            for _again in range(2):
                self.get(DETAIL, **bob), self.get(DETAIL, pane="panel", **team), self.get(DETAIL, part="fields", **bob)
            self.get(DETAIL, 404, owner="alice", id="c2c_nobody")
            self.assertEqual(self.opened(), [("alice", "c2c_bob", "ticket 17"), ("alice", "group_team", "ticket 17")])
            clock.shift(3600)
            self.get(DETAIL, **team)

        self.assertEqual(self.opened()[2:], [("alice", "group_team", "ticket 17")])
        self.assertEqual(self.looks(), [("sue", "alice", "ticket 17")] * 2)

    def test_a_conversation_that_is_logged_costs_no_statement(self):
        make_conversation()
        self.get(LIST, owner="alice")
        with self.captured() as list_only:
            self.get(LIST, pane="panel", owner="alice")
        self.get(DETAIL, pane="panel", owner="alice", id="c2c_bob")
        with self.captured() as opened:
            self.get(DETAIL, pane="panel", owner="alice", id="c2c_bob")

        for statements in (list_only, opened):
            written = [query["sql"] for query in statements if query["sql"].startswith(("INSERT", "UPDATE"))]
            self.assertEqual(written, [])

    def captured(self):
        return CaptureQueriesContext(connection)

    def test_a_session_remembers_a_bounded_number_of_conversations_of_this_hour(self):
        with time_machine.travel(NOON_S // 3600 * 3600, tick=False) as clock:
            for number in range(55):
                make_conversation(conversation_id=f"c2c_u{number}")
                self.get(DETAIL, pane="panel", owner="alice", id=f"c2c_u{number}")
            self.assertEqual(len(self.client.session["views"]["alice"][2]), 50)
            clock.shift(3600)
            self.get(LIST, owner="bob")
            self.assertEqual(len(self.client.session["views"]["alice"]), 2)

    def test_a_session_from_before_conversations_were_logged_goes_on(self):
        make_conversation()
        session = self.client.session
        session["views"] = {"alice": [NOON_S // 3600, "ticket 17"]}
        session.save()

        with time_machine.travel(NOON_S, tick=False):
            self.get(DETAIL, owner="alice", id="c2c_bob")

        self.assertEqual((self.looks(), self.opened()), ([], [("alice", "c2c_bob", "ticket 17")]))

    def test_searching_owners_is_none(self):
        self.get(SEARCH, q="a")

        self.assertEqual(self.looks(), [])

    def test_looking_changes_nothing_of_the_owners(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        stored = [table.objects.order_by("owner_id").values() for table in (Conversation, Owner)]
        before = [list(rows.all()) for rows in stored]

        for part in ("messages", "explain", "fields", "json", "history"):
            self.get(DETAIL, owner="alice", id="c2c_bob", part=part)

        self.assertEqual([list(rows.all()) for rows in stored], before)

    def test_the_page_says_that_it_only_looks(self):
        Owner.objects.create(owner_id="alice", nick_name="Alice Wang")

        page = self.get(LIST, owner="alice")
        self.assertContains(page, "read-only</summary>")
        self.assertContains(page, "Viewing Alice Wang's list. Viewing never marks anything as read.")

    def test_a_session_remembers_a_bounded_number_of_owners(self):
        for number in range(105):
            self.get(LIST, pane="rows", owner=f"u{number}")

        self.assertEqual(len(self.client.session["views"]), 100)

    @ASKED
    def test_a_reason_is_asked_for_before_anything_shows(self):
        make_conversation(show_name="Secret Bob", last_message=message())

        for url, query in ((LIST, {}), (DETAIL, {"id": "c2c_bob"}), (UPDATES, {"since": "0"})):
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
                self.assertContains(page, "Enter a reason", status_code=400)
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
        AccessLogEntry.objects.create(username="sue", owner_id="alice", reason="ticket 17")
        AccessLogEntry.objects.create(username="samantha", owner_id="bob")
        entry = AccessLogEntry.objects.get(owner_id="alice")

        page = self.get("/admin/conversations/accesslogentry/", q="alice")

        self.assertContains(page, "ticket 17")
        self.assertNotContains(page, "samantha")
        address = f"/admin/conversations/accesslogentry/{entry.pk}/"
        self.assertEqual(self.client.post(address + "delete/", {"post": "yes"}).status_code, 403)
        self.assertEqual(self.client.post(address + "change/", {"reason": "x"}).status_code, 403)

    def test_the_admin_selects_them_by_date(self):
        self.client.force_login(boss())
        for name, days in (("new", 0), ("older", 3), ("old", 40)):
            entry = AccessLogEntry.objects.create(username=name, owner_id="alice", conversation_id=f"c2c_{name}")
            AccessLogEntry.objects.filter(pk=entry.pk).update(viewed_at=timezone.now() - timedelta(days=days))
        log = "/admin/conversations/accesslogentry/"

        def names(**query):
            return [entry.username for entry in self.get(log, **query).context["cl"].result_list]

        self.assertEqual(names(), ["new", "older", "old"])
        self.assertEqual(names(viewed="day"), ["new"])
        self.assertEqual(names(viewed="week"), ["new", "older"])
        self.assertEqual(set(names(viewed="week", q="alice")), {"new", "older"})
        self.assertEqual(names(viewed="0-1"), [])
        self.assertContains(self.get(log), "c2c_older")
        self.get(log, 302, viewed="x")

    def test_who_looked_is_for_a_lead_and_not_for_support(self):
        looks = "/admin/conversations/accesslogentry/"
        self.assertNotContains(self.get(LIST, owner="alice"), looks)
        self.get(looks, 403)

        self.user.user_permissions.add(Permission.objects.get(codename="view_accesslogentry"))

        self.assertContains(self.get(LIST, owner="alice"), f'href="{looks}?q=alice"')
        self.get(looks)


class ElsewhereTests(AsSupport):
    """Not only the pages show lists: the API with a staff session and the admin's rows do as well."""

    def setUp(self):
        super().setUp()
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        self.good = webhook("carol")
        self.bad = received("C2C.CallbackAfterSendMsg", {"From_Account": 7})
        sent = Message.objects.get(thread="alice\x1fbob")
        self.doors = {
            page("conversationrow", "alice", "c2c_bob"): "alice",
            page("conversationrow", "alice", "c2c_bob").replace("/change/", "/history/"): "alice",
            page("messagerow", sent.thread, sent.position): "bob",
            page("webhookevent", str(self.good.pk)): "carol",
            page("webhookevent", str(self.bad.pk)): f"webhook {self.bad.pk}",
            api_url(owner="alice"): "alice",
            api_url("changes/", owner="alice"): "alice",
            api_url("conversations/c2c_bob/", owner="alice"): "alice",
        }

    def test_each_door_is_kept_once_an_hour(self):
        for url, owner_id in self.doors.items():
            with self.subTest(url=url):
                self.client.force_login(self.user)  # another session
                AccessLogEntry.objects.all().delete()
                for _again in range(2):
                    self.assertEqual(self.client.get(url).status_code, 200)
                lists, opened = (entries.values_list("owner_id", "conversation_id") for entries in self.logged())
                self.assertEqual(list(lists), [(owner_id, "")])
                self.assertEqual(list(opened), [("alice", "c2c_bob")] if self.is_of_one(url) else [])
                self.client.logout()

    def is_of_one(self, url):
        return "conversationrow" in url or "/conversations/c2c_bob/" in url

    def logged(self):
        """The entries of lists, and those of conversations."""
        mine = AccessLogEntry.objects.filter(username="sue")
        return mine.filter(conversation_id=""), mine.exclude(conversation_id="")

    def test_the_lists_of_the_admin_and_the_feeds_other_webhooks_are_none(self):
        group = received("Group.CallbackAfterGroupInfoChanged", {"GroupId": "team", "Name": "Team"})
        lists = [listing(table) for table in ("conversationrow", "messagerow", "webhookevent")]
        for url in (*lists, page("webhookevent", str(group.pk))):
            self.assertEqual(self.client.get(url).status_code, 200)

        self.assertFalse(AccessLogEntry.objects.exists())

    @ASKED
    def test_each_door_asks_for_a_reason(self):
        for url, owner_id in self.doors.items():
            with self.subTest(url=url):
                refused = self.client.get(url)
                if url.startswith("/api/"):
                    self.assertEqual((refused.status_code, refused.json()["code"]), (403, 10007))
                    self.assertIn("enter a reason", refused.json()["detail"])
                else:
                    self.assertRedirects(refused, f"{REASON}?{urlencode({'owner': owner_id, 'next': url})}")
                self.client.post(f"{REASON}?{urlencode({'owner': owner_id})}", {"reason": "17"})
                self.assertEqual(self.client.get(url).status_code, 200)
                session = self.client.session
                del session["views"]
                session.save()

    @ASKED
    def test_what_is_ticked_in_the_admin_asks_for_a_reason_too(self):
        self.client.force_login(boss())
        form = {"action": "mute", "_selected_action": ["alice/c2c_bob", "bob/c2c_alice"], "index": 0}
        self.client.post(f"{REASON}?owner=bob", {"reason": "17"})

        version = Conversation.objects.get(owner_id="bob").version
        for more in ({}, {"seen": ["1", str(version)]}):
            answer = self.client.post(listing("conversationrow"), form | more)

            texts = [str(text) for text in get_messages(answer.wsgi_request)]
            self.assertIn("Not changed: alice. Open the list of alice in the staff pages first and enter a reason.", texts)
        self.assertEqual(dict(Conversation.objects.values_list("owner_id", "recv_opt")), {"alice": 0, "bob": 2, "carol": 0})
        self.assertEqual(set(AccessLogEntry.objects.values_list("owner_id", flat=True)), {"bob"})

    def test_a_conversation_that_is_not_there_is_not_opened_through_the_api(self):
        self.assertEqual(self.client.get(api_url("conversations/c2c_nobody/", owner="alice")).status_code, 404)
        self.assertEqual(self.client.options(api_url("conversations/c2c_bob/", owner="alice")).status_code, 200)

        self.assertFalse(AccessLogEntry.objects.exclude(conversation_id="").exists())

    @ASKED
    def test_a_service_needs_none(self):
        self.client.logout()

        self.assertEqual(self.client.get(api_url(owner="alice"), **with_key(None)).status_code, 200)
        self.assertFalse(AccessLogEntry.objects.exists())

    def test_what_staff_changes_through_the_api_is_logged_by_its_address(self):
        self.user.user_permissions.add(Permission.objects.get(codename="change_conversation"))
        pin = api_url("conversations/c2c_bob/pin/", owner="alice")

        self.assertEqual(self.client.put(pin).status_code, 200)
        self.assertEqual(self.client.put(api_url("conversations/c2c_nobody/pin/", owner="alice")).status_code, 404)

        entry = LogEntry.objects.get()
        self.assertEqual((entry.user, entry.object_id, entry.get_change_message()), (self.user, "alice", f"PUT {pin} → 200"))
