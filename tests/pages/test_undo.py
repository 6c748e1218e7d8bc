"""Corrections are taken back from their notice and from the history, unless something newer stands against it."""

from unittest import mock
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversations import acting
from conversations.actions import deletions, pins, reading, recounts, settings
from conversations.feeding import members, messages
from conversations.formats import at_info
from conversations.models import AccessLogEntry, Conversation, ConversationEvent
from conversations.staff import corrections, undo
from tests.pages.test_corrections import CORRECT, AsChanger, action_url, row
from tests.support.cast import make_conversation, make_conversations
from tests.support.messages import NOON_S, c2c, group
from tests.support.staff import colleague, make_deleted, support, viewer

UNDO = reverse("conversation-undo")
READ_STATE = ("unread_count", "imported_unread", "group_read_sequence", "c2c_read_timestamp", "group_at_info")


def state(conversation_id: str = "c2c_bob") -> dict:
    return Conversation.objects.values(*READ_STATE).get(owner_id="alice", conversation_id=conversation_id)


class AsUndoer(AsChanger):
    def undo_url(self, **named: str) -> str:
        return f"{UNDO}?{urlencode({'owner': 'alice'} | named)}"

    def last(self, count: int = 1) -> str:
        """The address that the notice of the last correction has."""
        pk = LogEntry.objects.latest("pk").pk
        return self.undo_url(entries=f"{pk - count + 1}-{pk}")

    def of_event(self, conversation_id: str = "c2c_bob") -> str:
        event = ConversationEvent.objects.of("alice", conversation_id).first()
        return self.undo_url(id=conversation_id, event=str(event.time_us))

    def confirm(self, url: str):
        page = self.client.get(url)
        self.assertEqual(page.status_code, 200)
        seen = [effect.conversation.version for effect, *_texts in page.context["effects"]]
        return self.client.post(url, {"seen": seen}, follow=True)

    def changes_in(self, url: str) -> dict:
        page = self.client.get(url)
        self.assertEqual(page.status_code, 200)
        return {text.field: (text.before, text.after) for text in page.context["effects"][0][2]}


class UndoTests(AsUndoer):
    def test_the_notice_leads_to_it_and_it_shows_before_and_after(self):
        make_conversation(unread_count=3, imported_unread=3)
        page = self.do("read")
        self.assertContains(page, f'<a class="undo" href="{self.last().replace("&", "&amp;")}" hx-get=')

        self.assertEqual(self.changes_in(self.last())["unreadCount"], ("0", "3"))
        self.assertEqual(row().unread_count, 0)
        done = self.confirm(self.last())

        self.assertContains(done, "Undone. Unread: 0 → 3")
        self.assertEqual((row().unread_count, row().imported_unread), (3, 3))

    def test_each_correction_can_be_taken_back_and_that_as_well(self):
        make_conversation(conversation_id="group_team", unread_count=2, imported_unread=2)
        members.join("team", ["alice"], at_ms=0)
        messages.record([group("bob", number) for number in (1, 2, 3)], now_s=NOON_S)
        of_alice = Conversation.objects.filter(owner_id="alice", conversation_id="group_team")
        of_alice.update(group_at_info=at_info.to_json({2: 1, 9: 3}))
        before = of_alice.values(*READ_STATE, "is_pinned", "marks", "recv_opt").get()
        self.assertEqual(before["unread_count"], 5)
        for action in ("read", "pin", "star", "mute"):
            with self.subTest(action=action):
                self.do(action, "group_team")
                corrected = of_alice.values().get()
                self.confirm(self.last())
                now = of_alice.values(*before).get()
                if action == "read":  # message 2 mentions nobody, as is known by now
                    self.assertEqual(now, before | {"group_at_info": at_info.to_json({9: 3})})
                    before = now
                self.assertEqual(now, before)
                self.confirm(self.of_event("group_team"))
                again = of_alice.values().get()
                for column in before:
                    self.assertEqual(again[column], corrected[column], column)
                self.confirm(self.last())

    def test_what_arrived_since_is_counted_and_stays(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        self.do("read")
        messages.record([c2c("bob", "alice", 30)], now_s=NOON_S + 10)

        self.confirm(self.last())

        self.assertEqual((row().unread_count, row().c2c_read_timestamp), (2, 0))

    def test_something_newer_stands_against_it(self):
        make_conversation(unread_count=3, imported_unread=3)
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        newer = {
            "read": lambda: reading.read(owner_id="alice", conversation_id="c2c_bob", timestamp_s=NOON_S + 50),
            "pin": lambda: pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=False),
            "star": lambda: settings.set_marks(owner_id="alice", conversation_ids=["c2c_bob"], marks=1, enabled=False),
            "mute": lambda: settings.set_receive_option(owner_id="alice", conversation_id="c2c_bob", option=1),
        }
        for action, change in newer.items():
            with self.subTest(action=action):
                self.do(action)
                change()
                before = Conversation.objects.values().get(owner_id="alice")
                for url in (self.last(), self.undo_url(id="c2c_bob", event=self.time_of_the_correction())):
                    self.assertContains(self.client.get(url), "It changed again since then:")
                    self.assertEqual(self.client.get(url).context["change_count"], 0)
                    done = self.client.post(url, {"seen": row().version}, follow=True)
                    self.assertContains(done, "Not changed: bob. It changed again since then:")
                self.assertEqual(Conversation.objects.values().get(owner_id="alice"), before)

    def time_of_the_correction(self) -> str:
        events = ConversationEvent.objects.filter(owner_id="alice", actor=f"staff:{self.user.pk}")
        return str(events.latest("time_us").time_us)

    def test_many_are_taken_back_together_but_for_those_that_changed(self):
        make_conversations(3, unread_count=2, imported_unread=2)
        page = self.do("read", "c2c_peer0", "c2c_peer1", "c2c_peer2", many="1")
        self.assertContains(page, f'<a class="undo" href="{self.last(3).replace("&", "&amp;")}&amp;many=1">Undo</a>')
        with_more = Conversation.objects.get(conversation_id="c2c_peer1")
        recounts.move_read_position(owner_id="alice", conversation_id="c2c_peer1", to=with_more.read_up_to + 5)

        done = self.confirm(self.last(3) + "&many=1")

        self.assertContains(done, "Undone: 2 conversations.")
        self.assertContains(done, "Not changed: peer1")
        self.assertEqual([row(f"c2c_peer{n}").unread_count for n in range(3)], [2, 0, 2])

    def test_one_that_was_deleted_leaves_the_others_to_be_taken_back(self):
        make_conversations(3, unread_count=2, imported_unread=2)
        self.do("read", "c2c_peer0", "c2c_peer1", "c2c_peer2", many="1")
        url = self.last(3) + "&many=1"
        deletions.delete(owner_id="alice", conversation_ids=["c2c_peer1"])

        page = self.client.get(url)
        seen = [effect.conversation.version for effect, *_texts in page.context["effects"]]
        done = self.client.post(url, {"seen": seen}, follow=True)

        self.assertContains(done, "Not changed: peer1. ")
        self.assertContains(done, "Undone: 2 conversations.")

    def test_more_conversations_with_mentions_cost_no_more_queries(self):
        counts = []
        for number in (3, 12):
            ids = [f"group_g{number}_{n}" for n in range(number)]
            for id_ in ids:
                make_conversation(conversation_id=id_, unread_count=1, imported_unread=1, last_message_position=f"{9:020d}")
            Conversation.objects.filter(conversation_id__in=ids).update(group_at_info=at_info.to_json({8: 1, 9: 3}))
            self.do("read", *ids, many="1")
            undone = undo.of_entries("alice", *map(int, self.last(number).rpartition("=")[2].split("-")), user_id=self.user.pk)
            with CaptureQueriesContext(connection) as queries:
                corrections.preview(correction=undone.correction, owner_id="alice", conversation_ids=undone.conversation_ids)
            counts.append(len(queries))
        self.assertEqual(*counts)

    def test_many_with_too_much_to_count_are_refused(self):
        messages.record([c2c("bob", "alice", 1), c2c("carol", "alice", 2)], now_s=NOON_S)
        self.do("read", "c2c_bob", "c2c_carol", many="1")

        with mock.patch.object(recounts, "RECOUNTED_AT_ONCE", 1):
            self.assertContains(self.client.get(self.last(2)), "Select fewer", status_code=400)
        self.assertContains(self.confirm(self.last(2)), "Undone: 2 conversations.")

    def test_a_deleted_one_says_so(self):
        make_conversation()
        self.do("pin")
        url = self.last()
        Conversation.objects.all().delete()
        make_deleted()

        self.assertEqual(self.client.get(url).status_code, 404)

    def test_a_recalculated_number_is_not_offered(self):
        make_conversation()
        Conversation.objects.update(unread_count=5)

        page = self.do("recount")

        self.assertNotContains(page, 'class="undo"')
        self.assertContains(self.client.get(self.last()), "There is nothing here that can be undone.", status_code=400)

    def test_the_history_offers_it_for_corrections_only(self):
        make_conversation()
        settings.set_receive_option(owner_id="alice", conversation_id="c2c_bob", option=2)
        self.do("pin")

        page = self.client.get("/conversation/?owner=alice&id=c2c_bob&part=history")

        self.assertContains(page, 'class="undo" href="/conversation/undo/?owner=alice&amp;id=c2c_bob&amp;event=', count=1)
        users = ConversationEvent.objects.of("alice", "c2c_bob").filter(kind="recv_opt").get()
        url = self.undo_url(id="c2c_bob", event=str(users.time_us))
        self.assertContains(self.client.get(url), "There is nothing here that can be undone.", status_code=400)

    def test_peers_keep_what_they_saw(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        self.do("read")
        seen = Conversation.objects.values("last_message").get(owner_id="bob")

        self.confirm(self.last())

        self.assertEqual(Conversation.objects.values("last_message").get(owner_id="bob"), seen)


class StandsAgainstTests(AsUndoer):
    def test_what_somebody_set_again_later_stays(self):
        make_conversation(is_pinned=True)
        self.do("unpin")
        url = self.last()
        self.client.post(url)
        with acting.acting("staff:1"):
            pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=False)

        done = self.client.post(url, follow=True)

        self.assertContains(done, "It changed again since then: Pinned is now no.")
        self.assertFalse(row().is_pinned)

    def test_the_history_offers_only_what_can_be_undone(self):
        make_conversation()
        self.do("pin"), self.do("star"), self.do("unpin")

        page = self.client.get("/conversation/?owner=alice&id=c2c_bob&part=history")

        offered = [(event.kind, event.can_undo) for event, *_urls in page.context["events"]]
        self.assertEqual(offered, [("Unpinned", True), ("Marks changed", True), ("Pinned", False)])

    def test_a_preview_of_one_logs_that_it_was_opened(self):
        make_conversation()
        self.ask("read")
        self.assertEqual(AccessLogEntry.objects.filter(conversation_id="c2c_bob").count(), 1)


class NoticeTests(AsUndoer):
    def test_a_notice_is_not_for_the_next_person_at_the_same_browser(self):
        make_conversation()
        self.client.post(action_url("pin", "c2c_bob"))
        self.client.logout()
        self.client.force_login(support())

        page = self.client.get("/conversation/?owner=alice&id=c2c_bob")

        self.assertNotContains(page, 'class="outcome')


class AtOnceTests(AsUndoer):
    def test_a_reversible_correction_of_one_asks_nothing_and_offers_undo(self):
        make_conversation()

        page = self.client.post(action_url("pin", "c2c_bob"), follow=True)

        self.assertContains(page, "Pinned. <a")
        self.assertContains(page, f'hx-post="{self.last().replace("&", "&amp;")}" hx-include="#csrf"')
        self.assertRegex(
            page.content.decode(),
            '<form id="csrf" hidden><input type="hidden" name="csrfmiddlewaretoken" value="[^"]+"></form>',
        )
        page = self.client.post(self.last(), follow=True)
        self.assertContains(page, "Undone. Pinned: yes → no")
        self.assertFalse(row().is_pinned)

    def test_others_and_many_are_shown_first(self):
        make_conversations(2, unread_count=1, imported_unread=1)
        for url in (action_url("read", "c2c_peer0"), action_url("pin", "c2c_peer0", "c2c_peer1")):
            self.assertContains(self.client.post(url), "<code>seen</code>", status_code=400)
        self.do("read", "c2c_peer0")
        self.assertContains(self.client.post(self.last()), "<code>seen</code>", status_code=400)


class UnreadTests(AsUndoer):
    def test_the_newest_message_that_counts_is_unread_again(self):
        members.join("team", ["alice"], at_ms=0)
        messages.record([group("bob", 1), group("bob", 2), group("alice", 3)], now_s=NOON_S)
        self.do("read", "group_team")

        page = self.do("unread", "group_team")

        self.assertContains(page, "Marked as unread. Unread: 0 → 1")
        self.assertEqual(state("group_team")["group_read_sequence"], 1)
        self.confirm(self.last())
        self.assertEqual((state("group_team")["unread_count"], state("group_team")["group_read_sequence"]), (0, 3))

    def test_each_message_leads_to_reading_up_to_it_or_to_unread_from_it(self):
        members.join("team", ["alice"], at_ms=0)
        messages.record([group("bob", 1), group("alice", 2), group("bob", 3)], now_s=NOON_S)
        self.do("move_read_position", "group_team", to="2")

        page = self.client.get("/conversation/?owner=alice&id=group_team")

        offered = [reading for _bubble, _url, reading in page.context["bubbles"]]
        self.assertEqual([reading and (str(reading[0]), reading[1].rpartition("=")[2]) for reading in offered],
                         [("Mark as unread from here", "0"), None, ("Read up to here", "3")])  # fmt: skip
        for _label, url in filter(None, offered):
            self.assertEqual(self.client.get(url).status_code, 200)
        self.client.force_login(support())
        self.assertNotContains(self.client.get("/conversation/?owner=alice&id=group_team"), CORRECT)

    def test_where_nothing_counts_it_says_so(self):
        make_conversation()
        messages.record([c2c("alice", "bob", 1)], now_s=NOON_S)

        self.assertContains(self.ask("unread"), "No recent message in this conversation can be unread.")

    def test_read_up_to_a_message(self):
        members.join("team", ["alice"], at_ms=0)
        messages.record([group("bob", number) for number in (1, 2, 3)], now_s=NOON_S)

        self.do("move_read_position", "group_team", to="2")
        self.assertEqual(state("group_team")["unread_count"], 1)
        self.do("move_read_position", "group_team", to="0")
        self.assertEqual(state("group_team")["unread_count"], 3)

        for to in ("", "-1", "x", "9" * 30):
            page = self.client.get(action_url("move_read_position", "group_team", to=to))
            self.assertContains(page, "<code>to</code>", status_code=400)
        url = action_url("move_read_position", "group_team", "c2c_bob", to="1")
        self.assertContains(self.client.get(url), "<code>id</code>", status_code=400)


class RefusedTests(AsUndoer):
    def test_what_can_not_be_is_named(self):
        make_conversation()
        self.do("pin")
        for named, field in (
            ({}, "entries"),
            ({"entries": "1"}, "entries"),
            ({"entries": "x-y"}, "entries"),
            ({"entries": "999999-9999999"}, "entries"),
            ({"id": "c2c_bob", "event": "yesterday"}, "event"),
            ({"id": "c2c_bob", "event": "1"}, "event"),
            ({"id": "bob", "event": "1"}, "conversationID"),
        ):
            with self.subTest(named=named):
                self.assertContains(self.client.get(self.undo_url(**named)), f"<code>{field}</code>", status_code=400)
        self.assertContains(self.client.get(self.last() + "&colour=red"), "<code>colour</code>", status_code=400)

    def test_only_one_correction_is_taken_back_at_a_time(self):
        make_conversation()
        self.do("pin"), self.do("star")
        self.assertEqual(self.changes_in(self.last(2)), {"isPinned": ("yes", "no")})

    def test_another_owners_entries_are_not_there(self):
        make_conversation("bob", "c2c_carol")
        self.client.post(action_url("pin", "c2c_carol", owner="bob"))
        self.assertContains(self.client.get(self.last()), "<code>entries</code>", status_code=400)


class DoorTests(TestCase):
    def setUp(self):
        make_conversation()
        self.changer = viewer("change_conversation")
        self.client.force_login(self.changer)
        self.client.post(action_url("pin", "c2c_bob"), follow=True)
        pk = LogEntry.objects.latest("pk").pk
        event = ConversationEvent.objects.latest("time_us")
        self.by_entries = f"{UNDO}?owner=alice&entries={pk}-{pk}"
        self.by_event = f"{UNDO}?owner=alice&id=c2c_bob&event={event.time_us}"

    def test_who_may_not_change_may_not_undo(self):
        for user in (colleague(), support()):
            self.client.force_login(user)
            for url in (self.by_entries, self.by_event):
                self.assertEqual(self.client.get(url).status_code, 403)
                self.assertEqual(self.client.post(url).status_code, 403)
        self.assertNotContains(self.client.get("/conversation/?owner=alice&id=c2c_bob&part=history"), UNDO)
        self.client.logout()
        self.assertIn("/login/", self.client.post(self.by_entries).url)
        self.assertTrue(row().is_pinned)

    def test_a_colleagues_notice_is_not_found_and_the_history_is(self):
        other = colleague()
        other.is_staff = True
        other.is_superuser = True
        other.save()
        self.client.force_login(other)
        self.assertEqual(self.client.post(self.by_entries).status_code, 400)
        self.client.post(self.by_event)
        self.assertFalse(row().is_pinned)
