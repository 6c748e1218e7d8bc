"""Why a conversation shows its unread number."""

import json
from io import StringIO
from unittest import mock

import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis.extra.django import TestCase as HypothesisTestCase

from conversations import positions, threads
from conversations.actions import deletions, reading
from conversations.choices import ChangedBy, Membership, NotCountedReason
from conversations.exceptions import ConversationNotFound
from conversations.feeding import members, messages
from conversations.formats.messages import C2CRecall, GroupRecall
from conversations.models import Conversation, Message, Owner, WebhookEvent
from conversations.store import message_reads
from conversations.unread import explain
from conversations.unread.hints import Hint
from conversations.unread.plain_text import on_one_line
from tests.support import feeding
from tests.support import messages as support_messages
from tests.support.cast import FORGED_NAME, make_conversation, unsafe_characters_in
from tests.support.hypothesis_profiles import examples
from tests.support.members import team
from tests.support.messages import NOON_S, c2c, group


def not_counted(explanation) -> dict[NotCountedReason, int]:
    return {omission.reason: omission.count for omission in explanation.not_counted}


class AnyEventsTests(HypothesisTestCase):
    @given(support_messages.events)
    @examples(120)
    def test_the_number_follows_and_every_stored_message_is_accounted_for(self, events):
        team(*feeding.ROSTER)

        support_messages.feed_in(events, set())

        for row in Conversation.objects.present():
            explanation = explain.explain(row.owner_id, row.conversation_id)
            stored = Message.objects.filter(thread=threads.thread_of(row.owner_id, row.conversation_id)).count()
            self.assertEqual((explanation.expected, explanation.agrees), (row.unread_count, True))
            self.assertEqual(explanation.counted + sum(not_counted(explanation).values()), stored)
            self.assertEqual(sum(run.count for run in explanation.runs), explanation.counted)

    @given(support_messages.events_with_owners)
    @examples(120)
    def test_it_agrees_after_what_owners_do_between_them(self, steps):
        team(*feeding.ROSTER)

        support_messages.feed_in_with_owners(steps)

        for row in Conversation.objects.present():
            explanation = explain.explain(row.owner_id, row.conversation_id)
            self.assertEqual((explanation.expected, explanation.agrees), (row.unread_count, True))


class ReasonTests(TestCase):
    def test_each_reason_in_a_group_is_told_once(self):
        team()
        messages.record([group("bob", n) for n in range(1, 4)], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="group_team", sequence=2)
        incoming = [
            group("alice", 4), group("bob", 5, counts_as_unread=False), group("bob", 6, targets=("alice",)), group("bob", 7),
            group("bob", 8),
        ]  # fmt: skip
        messages.record(incoming, now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (7, 9)))

        explanation = explain.explain("alice", "group_team")

        self.assertEqual([ref.seq for ref in explanation.newest], [8, 3])
        self.assertEqual(
            not_counted(explanation),
            {
                NotCountedReason.READ: 2, NotCountedReason.OWN: 1, NotCountedReason.NO_UNREAD: 1,
                NotCountedReason.TARGETED: 1, NotCountedReason.RECALLED: 1,
                NotCountedReason.UNKNOWN: 1,
            },
        )  # fmt: skip

    def test_what_was_said_while_away_is_left_out_by_when_that_was(self):
        members.join("team", ["bob"], at_ms=NOON_S * 1000)
        members.join("team", ["alice"], at_ms=(NOON_S + 3) * 1000)
        members.leave("team", ["alice"], at_ms=(NOON_S + 5) * 1000, membership=Membership.LEFT)
        messages.record([group("bob", n) for n in (1, 2, 3, 4, 6, 7, 8)], now_s=NOON_S)

        explanation = explain.explain("alice", "group_team")

        self.assertEqual((explanation.unread, explanation.counted), (2, 2))
        self.assertEqual(not_counted(explanation), {NotCountedReason.BEFORE_JOINING: 2, NotCountedReason.AFTER_LEAVING: 3})

    def test_a_meeting_counts_nothing(self):
        team()
        messages.record([group("bob", 1, group_type="Meeting"), group("bob", 2)], now_s=NOON_S)

        self.assertEqual(not_counted(explain.explain("alice", "group_team")), {NotCountedReason.UNCOUNTED_GROUP: 2})

    def test_cleared_and_deleted_ones_are_told_apart(self):
        messages.record([c2c("bob", "alice", n) for n in range(1, 4)], now_s=NOON_S)
        deletions.delete(owner_id="alice", conversation_ids=["c2c_bob"], clear_messages=False)
        messages.record([c2c("bob", "alice", n) for n in (6, 9)], now_s=NOON_S)
        deletions.clear_history(owner_id="alice", conversation_id="c2c_bob")
        messages.record([c2c("bob", "alice", 12)], now_s=NOON_S)

        explanation = explain.explain("alice", "c2c_bob")

        self.assertEqual(explanation.counted, 1)
        self.assertEqual(not_counted(explanation), {NotCountedReason.DELETED: 3, NotCountedReason.CLEARED: 2})

    def test_what_was_carried_over_counts_and_its_messages_do_not_again(self):
        place = positions.of_group(3)
        team()
        make_conversation("alice", "group_team", unread_count=12, imported_unread=12, imported_unread_position=place)
        messages.record([group("bob", n) for n in range(1, 6)], now_s=NOON_S)

        explanation = explain.explain("alice", "group_team")

        self.assertEqual((explanation.unread, explanation.expected, explanation.counted), (14, 14, 2))
        self.assertEqual((explanation.imported, explanation.imported_end.seq), (12, 3))
        self.assertEqual(not_counted(explanation), {NotCountedReason.IMPORTED: 3})

    def test_runs_join_messages_that_count_one_after_the_other(self):
        team()
        messages.record([group("carol" if n == 5 else "bob", n) for n in range(1, 9)], now_s=NOON_S)

        explanation = explain.explain("carol", "group_team")

        self.assertEqual([(run.first.seq, run.last.seq, run.count) for run in explanation.runs], [(6, 8, 3), (1, 4, 4)])

    def test_the_muted_ones_are_of_another_total(self):
        make_conversation("alice", "c2c_bob", recv_opt=2)
        make_conversation("alice", "group_team", recv_opt=4)

        muted, other = (explain.explain("alice", id_).as_text() for id_ in ("c2c_bob", "group_team"))

        text = (
            "Not included: the conversation is muted and counts in the muted total (receive without notification, recvOpt 2)."
        )
        self.assertIn(text, muted)
        self.assertIn("Included: the conversation is not muted (receive mentions only, recvOpt 4).", other)

    def test_the_last_change_is_named(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1))

        explanation = explain.explain("alice", "c2c_bob")

        self.assertEqual((explanation.version, explanation.changed_by), (2, ChangedBy.RECALL))
        self.assertIn("Last change\n  A recall, ", explanation.as_text())
        self.assertIn("(version 2)", explanation.as_text())

    def test_plain_words_come_before_the_clouds(self):
        messages.record([c2c("bob", "alice", 1, counts_as_unread=False)], now_s=NOON_S)

        explanation = explain.explain("alice", "c2c_bob")

        self.assertIn("Sent with NoUnread: 1", explanation.as_text())
        self.assertEqual(
            [section.title for section in explanation.sections][:2], ["Read position", "Messages that don't count"]
        )

    def test_a_last_message_of_an_import_is_told_of_and_no_other(self):
        make_conversation("alice", "c2c_bob", last_message='{"sender": "bob"}')
        make_conversation("alice", "c2c_carol")

        imported, empty = (explain.explain("alice", id_).as_text() for id_ in ("c2c_bob", "c2c_carol"))

        self.assertIn("Only the last message is known, from an import or a report, so messages can't be counted", imported)
        self.assertNotIn("No message is stored.", imported)
        self.assertIn("No message is stored.", empty)


class HintTests(TestCase):
    def hints(self, conversation_id: str = "c2c_bob") -> set[Hint]:
        return set(explain.explain("alice", conversation_id).hints)

    def test_a_wrong_number_is_said_to_be_wrong(self):
        make_conversation(unread_count=7)

        explanation = explain.explain("alice", "c2c_bob")

        self.assertEqual((explanation.unread, explanation.expected, explanation.agrees), (7, 0, False))
        self.assertIn(Hint.DISAGREES, explanation.hints)

    def test_reads_that_never_came_are_asked_for(self):
        messages.record([c2c("bob", "alice", 1), group("alice", 1), group("bob", 2)], now_s=NOON_S)

        self.assertEqual(self.hints(), {Hint.NEVER_READ, Hint.NO_READ_WEBHOOK})
        self.assertEqual(self.hints("group_team"), {Hint.GROUP_NEVER_READ})

    def test_a_read_webhook_answers_the_question(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        WebhookEvent.objects.create(command="C2C.CallbackAfterMsgReport", body="{}", outcome="applied")

        self.assertEqual(self.hints(), {Hint.NEVER_READ})

    def test_webhooks_that_failed_are_told(self):
        make_conversation()
        WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", body="{}", outcome="failed")

        self.assertEqual(self.hints(), {Hint.WEBHOOKS_WAIT})

    @override_settings(SKIP_OWNERS=["alice"])
    def test_an_unknown_member_and_a_skipped_account_are_told(self):
        make_conversation("alice", "group_team")

        self.assertEqual(self.hints("group_team"), {Hint.NOT_A_MEMBER, Hint.SKIPPED})

    def test_a_settled_conversation_needs_nothing(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="c2c_bob")

        self.assertEqual(self.hints(), set())


class BoundTests(TestCase):
    def test_longer_threads_cost_no_more_queries(self):
        team()
        messages.record([group("bob", n) for n in range(1, 5)], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="group_team", sequence=2)
        few = self.queries()
        messages.record([group("bob", n) for n in range(5, 80)], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="group_team", sequence=40)

        self.assertEqual(self.queries(), few)
        self.assertLessEqual(few, 14)

    def queries(self) -> int:
        with CaptureQueriesContext(connection) as context:
            explain.explain("alice", "group_team")
        return len(context)

    def test_no_more_messages_are_read_than_the_bounds_allow(self):
        team()
        messages.record([group("bob", n) for n in range(1, 60)], now_s=NOON_S)
        reading.read(owner_id="alice", conversation_id="group_team", sequence=30)

        with mock.patch.multiple(explain, EXAMINED=10, COUNTED_PER_PLACE=5):
            explanation = explain.explain("alice", "group_team")
            whole = explain.explain("alice", "group_team", examine_all=True)

        self.assertEqual((explanation.expected, explanation.counted, explanation.agrees), (None, 10, True))
        self.assertIn(Hint.TOO_MANY, explanation.hints)
        self.assertEqual([(omission.count, omission.is_at_least) for omission in explanation.not_counted], [(5, True)])
        self.assertEqual((whole.expected, whole.counted), (29, 29))

    def test_the_text_of_a_message_is_not_read(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        with CaptureQueriesContext(connection) as context:
            explain.explain("alice", "c2c_bob")

        selected = [query["sql"].partition(" FROM ")[0] for query in context.captured_queries]
        self.assertFalse([sql for sql in selected if '"last_message",' in sql or '"body",' in sql])

    def test_more_runs_than_are_shown_are_cut(self):
        team()
        messages.record([group("alice" if n % 2 else "bob", n) for n in range(1, 90)], now_s=NOON_S)

        explanation = explain.explain("alice", "group_team")

        self.assertEqual(
            (explanation.counted, len(explanation.runs), len(explanation.newest)),
            (44, explain.RUNS_SHOWN, explain.NEWEST_SHOWN),
        )


class DeletedTests(TestCase):
    def test_a_deleted_conversation_counts_nothing_and_says_so(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        deletions.delete(owner_id="alice", conversation_ids=["c2c_bob"])

        explanation = explain.explain("alice", "c2c_bob")

        self.assertTrue(explanation.is_deleted and explanation.agrees)
        self.assertIn("is deleted", explanation.headline)

    def test_one_that_never_was_is_not_found(self):
        with self.assertRaises(ConversationNotFound):
            explain.explain("alice", "c2c_bob")


class NamesFromOutsideTests(TestCase):
    def test_they_forge_no_line_of_a_ticket_and_steer_no_terminal(self):
        make_conversation(show_name=FORGED_NAME, unread_count=5)
        Owner.objects.filter(owner_id="alice").update(nick_name=FORGED_NAME)
        explanation = explain.explain("alice", "c2c_bob")
        out = StringIO()
        with self.assertRaises(SystemExit):
            call_command("explain_unread", "alice", "c2c_bob", stdout=out)

        for text in (explanation.as_text("https://im.example/"), out.getvalue()):
            self.assertEqual(unsafe_characters_in(text), "")
            self.assertEqual(len(text.split("\n\n")[0].splitlines()), 4 if "https:" in text else 3)
            self.assertTrue(text.startswith("Conversation: Bob␣␣0 unread"))
        self.assertEqual(explanation.name, FORGED_NAME)  # as JSON it is what it is

    def test_what_people_write_stays(self):
        for name in ("李雷 & 韩梅梅", "שלום عليكم", "👩\u200d👩\u200d👧 <b>", "नमस्\u200dते", "a  b\xa0c"):
            self.assertEqual(on_one_line(name), name)


class CommandTests(TestCase):
    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("explain_unread", *arguments, stdout=out)
        return out.getvalue()

    def test_it_says_what_counts_without_its_text(self):
        messages.record([c2c("bob", "alice", 1), c2c("bob", "alice", 2)], now_s=NOON_S)

        text = self.run_command("alice", "c2c_bob")

        self.assertIn("2 unread messages since 2025-10-09 08:53:20 UTC.", text)
        self.assertNotIn("http", text)
        self.assertIn("bob, 2025-10-09 08:53:20 UTC", text)
        self.assertNotIn("c1", text)

    def test_senders_have_their_nicks_beside_their_ids(self):
        messages.record([group("alice", 1), group("carol", 2), group("bob", 3)], now_s=NOON_S)
        Owner.objects.filter(owner_id="alice").update(nick_name="Alice Wang")
        Owner.objects.filter(owner_id="bob").update(nick_name=FORGED_NAME)

        lines = self.run_command("alice", "group_team").splitlines()

        sender = on_one_line(FORGED_NAME)
        self.assertIn(f"  Seq 3, {sender} (bob), 2025-10-09 08:53:23 UTC", lines)
        self.assertIn("  Seq 2, carol, 2025-10-09 08:53:22 UTC", lines)
        self.assertIn("newest: Seq 1, Alice Wang (alice), ", "\n".join(lines))
        self.assertIn(f"Newest stored message: Seq 3, {sender} (bob), ", "\n".join(lines))

    def test_a_wrong_number_is_exit_status_1(self):
        make_conversation(unread_count=7)

        with self.assertRaises(SystemExit) as caught:
            self.run_command("alice", "c2c_bob")

        self.assertEqual(caught.exception.code, 1)

    @time_machine.travel(NOON_S, tick=False)
    def test_it_says_of_what_it_speaks_and_when(self):
        make_conversation(show_name="Bob Li")
        Owner.objects.filter(owner_id="alice").update(nick_name="Alice Wang")

        head = self.run_command("alice", "c2c_bob").splitlines()[:4]

        about = ["Conversation: Bob Li (c2c_bob)", "User: Alice Wang (alice)", "As of 2025-10-09 08:53:20 UTC", ""]
        self.assertEqual(head, about)

    def test_json_has_every_fact(self):
        messages.record([group("alice", 1), group("bob", 2)], now_s=NOON_S)

        explanation = json.loads(self.run_command("alice", "group_team", "--json"))

        self.assertEqual((explanation["unread"], explanation["expected"], explanation["newest"][0]["seq"]), (1, 1, 2))
        self.assertEqual(explanation["not_counted"][0]["reason"], "own")

    def test_it_speaks_chinese(self):
        make_conversation()

        with translation.override("zh-hans"):
            text = self.run_command("alice", "c2c_bob")

        self.assertIn("会话：bob", text)

    def test_bad_ids_are_refused_with_the_reason(self):
        Owner.objects.create(owner_id="alice")
        for owner, id_, reason in (
            ("", "c2c_bob", "Invalid user ID"),
            ("alice", "C2Cbob", "Use c2c_bob"),
            ("nobody", "c2c_bob", "Unknown user nobody."),
            ("alice", "c2c_bob", "Conversation c2c_bob not found"),
            ("alice", "c2c_\0", "Expected c2c_<userID>"),
        ):
            with self.subTest(id=id_), self.assertRaisesMessage(CommandError, reason):
                self.run_command(owner, id_)


class OutlineTests(TestCase):
    def test_an_outline_knows_all_but_the_text(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        messages.recall(C2CRecall("bob", "alice", NOON_S, 2, 2))

        outlines = list(message_reads.outlines("alice\x1fbob", ""))

        self.assertEqual([(message.body, message.is_recalled) for message in outlines], [(None, True), ("", False)])
