"""Staff puts an owner's list right from the pages: shown before, done once, logged."""

import json
import re
from unittest import mock
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversations.actions import pins, reading, recounts
from conversations.feeding import messages
from conversations.models import Conversation, Owner
from conversations.staff import corrections
from tests.support.cast import make_conversation, make_conversations, with_key
from tests.support.messages import NOON_S, c2c
from tests.support.staff import ODD_ID, colleague, make_deleted, support, viewer

CORRECT = reverse("conversation-correct")
CHANGERS = ("change_conversation",)


def action_url(action: str, *conversation_ids: str, owner: str = "alice", **also: str) -> str:
    ids = [("id", conversation_id) for conversation_id in conversation_ids]
    return f"{CORRECT}?{urlencode([('owner', owner), ('action', action), *ids, *also.items()])}"


def row(conversation_id: str = "c2c_bob", owner_id: str = "alice") -> Conversation:
    return Conversation.objects.get(owner_id=owner_id, conversation_id=conversation_id)


class AsChanger(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = viewer(*CHANGERS)

    def setUp(self):
        self.client.force_login(self.user)

    def ask(self, action, *ids, status=200, **also):
        page = self.client.get(action_url(action, *ids or ["c2c_bob"], **also))
        self.assertEqual(page.status_code, status)
        return page

    def do(self, action, *ids, seen=None, client=None, **also):
        ids = ids or ("c2c_bob",)
        seen = [row(conversation_id).version for conversation_id in ids] if seen is None else seen
        return (client or self.client).post(action_url(action, *ids, **also), {"seen": seen}, follow=True)


class DeedTests(AsChanger):
    def test_what_will_change_is_told_and_nothing_changes(self):
        make_conversation(
            conversation_id="group_team", unread_count=7, imported_unread=7, group_read_sequence=35,
            last_message_position=f"{42:020d}", group_at_info='[{"seq":"40","atType":1}]',
        )  # fmt: skip
        before = Conversation.objects.values().get()

        page = self.ask("read", "group_team")

        effects = {effect.field: (effect.before, effect.after) for effect in page.context["effects"][0][2]}
        self.assertEqual(effects, {"unreadCount": ("7", "0"), "groupReadSequence": ("35", "42"), "groupAtInfoList": ("1", "0")})
        self.assertEqual(Conversation.objects.values().get(), before)
        self.assertFalse(LogEntry.objects.exists())

    def test_each_deed_does_what_it_says_and_back(self):
        make_conversation(unread_count=3, imported_unread=3)

        for action, field, before, after in (
            ("read", "unreadCount", 3, 0),
            ("pin", "isPinned", False, True),
            ("unpin", "isPinned", True, False),
            ("star", "markList", [], [1]),
            ("unstar", "markList", [1], []),
            ("recount", "unreadCount", 5, 0),
            ("mute", "recvOpt", 0, 2),
            ("unmute", "recvOpt", 2, 0),
        ):
            with self.subTest(action=action):
                if action == "recount":  # a number that no message accounts for
                    Conversation.objects.update(unread_count=5)
                answer = self.do(action)

                self.assertRedirects(answer, "/conversation/?owner=alice&id=c2c_bob")
                entry = LogEntry.objects.latest("pk")
                logged = json.loads(entry.change_message)[0]
                self.assertEqual(logged["action"], action)
                self.assertIn({"field": field, "before": before, "after": after}, logged["changes"])
                self.assertEqual((entry.user, entry.object_id), (self.user, "alice/c2c_bob"))
                self.assertIn(f"{field} {json.dumps(before)} → {json.dumps(after)}", entry.get_change_message())

    def test_the_row_is_as_after_the_owners_own_action(self):
        for owner in ("alice", "bob"):
            make_conversation(owner, "group_team", unread_count=3, imported_unread=3, last_message_position=f"{9:020d}")

        self.do("read", "group_team")
        reading.read(owner_id="bob", conversation_id="group_team")

        columns = ("unread_count", "imported_unread", "group_read_sequence", "version", "changed_by")
        self.assertEqual(
            *(list(Conversation.objects.filter(owner_id=owner_id).values(*columns)) for owner_id in ("alice", "bob"))
        )

    def test_the_result_is_told_and_seen_in_the_history(self):
        make_conversation(unread_count=3, imported_unread=3)

        page = self.do("read")

        self.assertContains(page, 'role="status">Marked as read. Unread: 3 → 0')
        history = self.client.get("/conversation/?owner=alice&id=c2c_bob&part=history")
        self.assertContains(history, "by vera")
        self.assertContains(history, "Unread: 3 → 0")
        zh = self.client.get("/conversation/?owner=alice&id=c2c_bob&part=history", headers={"accept-language": "zh-hans"})
        self.assertContains(zh, "3 → 0")

    def test_a_second_click_does_nothing(self):
        make_conversation(unread_count=3, imported_unread=3)
        seen = [row().version]
        self.do("read", seen=seen)
        version = row().version

        page = self.do("read", seen=seen)

        self.assertContains(page, "No change needed.")
        self.assertEqual((row().version, LogEntry.objects.count()), (version, 1))

    def test_what_changed_meanwhile_is_asked_about_anew(self):
        make_conversation(unread_count=3, imported_unread=3)
        seen = [row().version]
        pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=True)

        page = self.do("read", seen=seen)

        self.assertContains(page, "The conversation changed in the meantime.", status_code=409)
        self.assertContains(page, f'name="seen" value="{row().version}"', status_code=409)
        self.assertEqual((row().unread_count, LogEntry.objects.count()), (3, 0))

    @override_settings(MAX_PINNED=1)
    def test_a_refusal_is_told_before_and_after(self):
        make_conversation(), make_conversation(conversation_id="c2c_carol", is_pinned=True)

        self.assertContains(self.ask("pin"), "At most 1 conversation can be pinned.")
        self.assertNotContains(self.ask("pin"), "<button>Pin</button>")
        self.assertContains(self.do("pin"), "Not changed: bob. At most 1 conversation can be pinned.")

    def test_only_what_makes_sense_is_offered(self):
        make_conversation(is_pinned=True)

        page = self.client.get("/conversation/?owner=alice&id=c2c_bob")

        self.assertEqual([offer.name for offer in page.context["corrections"]], ["unread", "recount", "unpin", "star", "mute"])

    def test_the_way_back_keeps_the_lists_filters(self):
        make_conversation(unread_count=1, imported_unread=1)

        answer = self.do("read", hasUnreadCount="true")

        self.assertRedirects(answer, "/conversation/?owner=alice&id=c2c_bob&hasUnreadCount=true")

    def test_odd_ids_work(self):
        make_conversation("alice", ODD_ID, unread_count=1, imported_unread=1, show_name="<b>")

        self.assertNotContains(self.ask("read", ODD_ID), "<b>")
        self.do("read", ODD_ID)

        self.assertEqual(row(ODD_ID).unread_count, 0)

    def test_htmx_gets_the_dialog_and_then_the_pane(self):
        make_conversation(unread_count=1, imported_unread=1)

        dialog = self.client.get(action_url("read", "c2c_bob"), headers={"HX-Request": "true", "HX-Target": "correction"})
        self.assertNotContains(dialog, "<html")
        self.assertContains(dialog, "<form")

    def test_more_rows_cost_no_more_queries(self):
        make_conversation(unread_count=1, imported_unread=1)
        self.do("star")
        with CaptureQueriesContext(connection) as few:
            self.do("pin")
        make_conversations(60, unread_count=1, imported_unread=1)
        self.do("star", "c2c_peer7")  # opens it, which is logged once an hour
        with CaptureQueriesContext(connection) as many:
            self.do("pin", "c2c_peer7")

        self.assertEqual(len(few), len(many))


class ManyTests(AsChanger):
    def test_ticked_conversations_are_done_at_once(self):
        make_conversations(3, unread_count=2, imported_unread=2)

        page = self.do("read", "c2c_peer0", "c2c_peer2", many="1")

        self.assertContains(page, "Marked as read: 2 conversations.")
        self.assertEqual([row(f"c2c_peer{n}").unread_count for n in range(3)], [0, 2, 0])
        self.assertEqual(LogEntry.objects.count(), 2)

    def test_many_cost_a_lock_of_each_peer_and_no_more(self):
        rows = make_conversations(30, unread_count=1, imported_unread=1)
        ids = [conversation.conversation_id for conversation in rows]
        Conversation.objects.filter(conversation_id__in=ids[1::2]).update(is_pinned=True, marks=1, recv_opt=2)
        for correction in corrections.CORRECTIONS.values():
            counts = []
            for some in (ids[:4], ids[2:30]):  # each changes several: the change of one row is fewer statements
                with CaptureQueriesContext(connection) as queries:
                    corrections.preview(correction=correction, owner_id="alice", conversation_ids=some)
                counts.append(len(queries))

            with self.subTest(action=correction.name):
                self.assertEqual(counts[1] - counts[0], 24 * (2 if correction.name == "recount" else 1))

    def test_each_deed_for_many_does_what_it_says_and_logs_each(self):
        rows = make_conversations(2, unread_count=2, imported_unread=2)
        ids = [conversation.conversation_id for conversation in rows]
        for action, column, value in (
            ("mute", "recv_opt", 2),
            ("unmute", "recv_opt", 0),
            ("star", "marks", 1),
            ("unstar", "marks", 0),
            ("pin", "is_pinned", True),
            ("unpin", "is_pinned", False),
            ("read", "unread_count", 0),
        ):
            with self.subTest(action=action):
                LogEntry.objects.all().delete()

                self.do(action, *ids, many="1")

                self.assertEqual(list(Conversation.objects.values_list(column, flat=True)), [value] * 2)
                self.assertEqual(LogEntry.objects.count(), 2)

    def test_recounting_many_sets_each_to_what_is_stored(self):
        messages.record([c2c("bob", "alice", 1), c2c("carol", "alice", 2)], now_s=NOON_S)
        Conversation.objects.filter(owner_id="alice").update(unread_count=9)
        Conversation.objects.filter(conversation_id="c2c_carol").update(unread_count=1)

        self.do("recount", "c2c_bob", "c2c_carol", many="1")

        self.assertEqual((row("c2c_bob").unread_count, row("c2c_carol").unread_count), (1, 1))
        self.assertEqual(LogEntry.objects.count(), 1)

    def test_many_with_too_much_to_count_are_refused_and_one_is_not(self):
        messages.record([c2c("bob", "alice", 1), c2c("carol", "alice", 2)], now_s=NOON_S)

        with mock.patch.object(recounts, "RECOUNTED_AT_ONCE", 1):
            self.assertContains(
                self.ask("recount", "c2c_bob", "c2c_carol", many="1", status=400), "Select fewer", status_code=400
            )
            self.ask("recount", "c2c_bob")
        self.ask("recount", "c2c_bob", "c2c_carol", many="1")

    def test_muting_many_leaves_those_muted_in_another_way(self):
        make_conversation(), make_conversation(conversation_id="group_team", recv_opt=4)

        self.do("mute", "c2c_bob", "group_team", many="1")

        self.assertEqual((row().recv_opt, row("group_team").recv_opt), (2, 4))

    @override_settings(MAX_PINNED=1)
    def test_one_refused_leaves_the_others_done(self):
        make_conversations(2)

        page = self.do("pin", "c2c_peer0", "c2c_peer1", many="1")

        self.assertContains(page, "Not changed: peer1")
        self.assertEqual([row(f"c2c_peer{n}").is_pinned for n in range(2)], [True, False])

    def test_one_that_changed_meanwhile_stops_all(self):
        make_conversations(2, unread_count=2, imported_unread=2)
        seen = [row("c2c_peer0").version, row("c2c_peer1").version - 1]

        page = self.do("read", "c2c_peer0", "c2c_peer1", seen=seen, many="1")

        self.assertEqual(page.status_code, 409)
        self.assertEqual(row("c2c_peer0").unread_count, 2)

    def test_the_list_has_boxes_to_tick_and_all_deeds(self):
        make_conversation()

        offered = [name for name, _label in self.client.get("/owner/?owner=alice").context["bulk_actions"]]
        self.assertEqual(offered, list(corrections.CORRECTIONS))

        self.assertContains(
            self.client.get("/owner/?owner=alice"), '<input type="checkbox" name="id" value="c2c_bob" form="selection"'
        )


class BadRequestTests(AsChanger):
    def test_what_can_not_be_is_named(self):
        make_conversation()

        for url, field in (
            (action_url("explode", "c2c_bob"), "action"),
            (action_url("read"), "id"),
            (action_url("read", *(f"c2c_{n}" for n in range(51))), "id"),
            (action_url("read", "C2Cbob"), "conversationID"),
            (action_url("read", "c2c_bob", owner=""), "owner"),
            (action_url("read", "c2c_bob", colour="red"), "colour"),
        ):
            with self.subTest(url=url):
                self.assertContains(self.client.get(url), f"<code>{field}</code>", status_code=400)

    def test_a_form_that_is_not_the_pages_is_refused(self):
        make_conversation(unread_count=1, imported_unread=1)

        for seen in ([], ["1", "1"], ["x"], ["-1"], ["9" * 30], ["١"]):
            with self.subTest(seen=seen):
                self.assertContains(self.do("read", seen=seen), "<code>seen</code>", status_code=400)
        self.assertEqual(row().unread_count, 1)

    def test_another_owners_or_deleted_ones_are_not_there(self):
        make_conversation("bob", "c2c_alice"), make_deleted(conversation_id="c2c_gone")

        for conversation_id in ("c2c_alice", "c2c_gone"):
            self.ask("read", conversation_id, status=404)
            self.assertEqual(self.do("read", conversation_id, seen=[1]).status_code, 404)
        self.assertFalse(Owner.objects.filter(owner_id="nobody").exists())


class DoorTests(TestCase):
    def setUp(self):
        make_conversation(unread_count=3, imported_unread=3)
        self.url, self.form = action_url("read", "c2c_bob"), {"seen": row().version}

    def assert_untouched(self):
        self.assertEqual((row().unread_count, LogEntry.objects.count()), (3, 0))

    def test_who_may_only_look_has_no_buttons_and_is_refused(self):
        for user in (support(), viewer("read_text")):
            self.client.force_login(user)
            with self.subTest(user=user):
                page = self.client.get("/conversation/?owner=alice&id=c2c_bob")
                self.assertNotContains(page, CORRECT)
                self.assertNotContains(page, 'form="selection"')
                self.assertEqual(self.client.get(self.url).status_code, 403)
                self.assertEqual(self.client.post(self.url, self.form).status_code, 403)
        self.assert_untouched()

    def test_other_staff_is_refused(self):
        self.client.force_login(colleague())

        self.assertEqual(self.client.post(self.url, self.form).status_code, 403)
        self.assert_untouched()

    def test_the_permission_alone_does_not_make_one_staff(self):
        user = viewer(*CHANGERS)
        user.is_staff = False
        user.save(update_fields=["is_staff"])
        self.client.force_login(user)

        self.assertEqual(self.client.post(self.url, self.form).status_code, 403)
        self.assert_untouched()

    def test_the_anonymous_are_sent_to_log_in(self):
        for credential in ({}, with_key(scopes=("read", "write")), with_key(None, scopes=("read", "write", "ingest"))):
            answer = self.client.post(self.url, self.form, **credential)
            self.assertTrue(answer.url.startswith(reverse("login")))
        self.assert_untouched()

    def test_without_the_csrf_token_nothing_happens(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(viewer(*CHANGERS))

        self.assertEqual(client.post(self.url, self.form).status_code, 403)
        self.assert_untouched()


class LockTests(TestCase):
    def test_reader_and_peer_are_locked_in_their_order_before_anything_is_done(self):
        messages.record([c2c("bob", "zoe", 1)], now_s=NOON_S)

        with CaptureQueriesContext(connection) as captured:
            corrections.preview(correction=corrections.CORRECTIONS["read"], owner_id="zoe", conversation_ids=["c2c_bob"])

        owners = re.findall(r"FROM conversations_owner WHERE owner_id = '(\w+)'", " ".join(query["sql"] for query in captured))
        self.assertEqual(owners[:2], ["bob", "zoe"])
