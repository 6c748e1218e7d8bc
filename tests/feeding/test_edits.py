"""Edited and recalled messages in everybody's conversations, whatever comes first."""

import json
from typing import Any

from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from conversations.actions import deletions
from conversations.choices import ChangedBy
from conversations.feeding import messages, reports
from conversations.formats.messages import C2CRecall, GroupRecall, Mentions, MessageEdit
from conversations.lists import change_feed
from conversations.maintenance import pruning, verify
from conversations.models import Conversation, GroupMember, Message
from conversations.transfer.exports import export_lines
from conversations.unread import explain
from tests.support import feeding
from tests.support.hypothesis_profiles import examples
from tests.support.members import team
from tests.support.messages import NOON_S, c2c, events, feed_in, group, received, text

KEY = {"From_Account": "bob", "To_Account": "alice", "MsgKey": f"1_1_{NOON_S}", "MsgSeq": 1, "MsgRandom": 1, "MsgTime": NOON_S}
NOON_MS = NOON_S * 1000


def body_of(words: str) -> list[dict[str, Any]]:
    return list(text(words))


def edit_c2c(words: str = "rephrased", at_ms: int = NOON_MS, **more: Any) -> None:
    received("C2C.CallbackAfterModifyMsg", KEY | {"MsgBody": body_of(words), "EventTime": at_ms} | more)


def edit_group(seq: int, words: str = "rephrased", at_ms: int = NOON_MS, **more: Any) -> None:
    body = {"GroupId": "team", "MsgSeq": seq, "MsgBody": body_of(words), "EventTime": at_ms, "Operator_Account": "bob"}
    received("Group.CallbackAfterModifyMsg", body | more)


class EditTestCase(TestCase):
    def setUp(self):
        team("alice", "bob")

    def row(self, conversation_id: str = "c2c_bob", owner_id: str = "alice") -> Conversation:
        return Conversation.objects.get(owner_id=owner_id, conversation_id=conversation_id)

    def last(self, conversation_id: str = "c2c_bob", owner_id: str = "alice") -> dict[str, Any]:
        return json.loads(self.row(conversation_id, owner_id).last_message)

    def text(self, *args: str) -> str:
        return self.last(*args)["textElem"]["text"]

    def assert_nowhere(self, words: str) -> None:
        """Nothing of a text is in any row, feed, export, explanation or message."""
        stored = [*Conversation.objects.values_list("last_message", "group_at_info"), *Message.objects.values_list()]
        feeds = [change_feed.read(owner_id, None, 100).changes for owner_id in ("alice", "bob")]
        self.assertNotIn(words, repr((stored, feeds, list(export_lines(Conversation.objects.present())))))
        self.assertEqual(list(verify.findings()), [])


class WebhookTests(EditTestCase):
    def test_one_to_one_both_sides_show_it_and_nothing_else_changes(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        before = self.row()

        edit_c2c()

        after = self.row()
        self.assertEqual((self.text(), self.text("c2c_alice", "bob")), ("rephrased", "rephrased"))
        self.assertEqual((after.unread_count, after.order_key), (before.unread_count, before.order_key))
        self.assertEqual((after.version, after.changed_by), (before.version + 1, ChangedBy.EDIT))
        self.assertTrue(self.last("c2c_alice", "bob")["isSelf"])
        self.assert_nowhere('"c1"')

    def test_in_a_group_and_before_its_message(self):
        edit_group(1)

        messages.record([group("bob", 1)], now_s=NOON_S)

        self.assertEqual((self.text("group_team"), self.row("group_team").unread_count), ("rephrased", 1))
        self.assert_nowhere("g1")

    def test_of_two_the_newest_holds_whichever_comes_first(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        edit_c2c("third", NOON_MS + 2)
        edit_c2c("second", NOON_MS + 1)
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        self.assertEqual(self.text(), "third")
        self.assert_nowhere("second")

    def test_mentions_come_and_go(self):
        messages.record([group("bob", 1), group("bob", 2, at_accounts=("alice",))], now_s=NOON_S)

        edit_group(1, GroupAtInfo=[{"GroupAtAllFlag": 0, "GroupAt_Account": "alice"}])
        edit_group(2, GroupAtInfo=[])

        self.assertEqual(self.row("group_team").group_at_info, '[{"seq":"1","atType":1}]')
        self.assertEqual(self.last("group_team")["groupAtUserList"], [])
        self.assertEqual(list(verify.findings()), [])

    def test_without_mentions_in_it_they_stay(self):
        messages.record([group("bob", 1, at_accounts=("alice",), cloud_custom_data="data")], now_s=NOON_S)

        edit_group(1)

        self.assertEqual(self.row("group_team").group_at_info, '[{"seq":"1","atType":1}]')
        self.assertEqual(self.last("group_team")["cloudCustomData"], "data")

    def test_of_a_recalled_message_it_changes_nothing(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1))
        before = self.row()

        edit_c2c()

        self.assertEqual((self.row().last_message, self.row().version), (before.last_message, before.version))
        self.assert_nowhere("rephrased")

    def test_of_a_message_that_is_not_the_last_no_row_changes(self):
        messages.record([c2c("bob", "alice", 1), c2c("bob", "alice", 3)], now_s=NOON_S)
        before = self.row()

        edit_c2c()

        self.assertEqual((self.row().last_message, self.row().version), (before.last_message, before.version))
        self.assert_nowhere("c1")

    def test_of_a_pruned_message_it_is_nothing_new(self):
        messages.record([c2c("bob", "alice", number) for number in (1, 2, 30, 33)], now_s=NOON_S)
        deletions.clear_history(owner_id="alice", conversation_id="c2c_bob")
        pruning.prune(before_s=NOON_S + 5)
        self.assertEqual(Message.objects.count(), 3)

        edit_c2c()

        self.assertEqual(Message.objects.count(), 3)
        self.assert_nowhere("rephrased")

    def test_a_deleted_conversation_does_not_come_back(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        deletions.delete(owner_id="alice", conversation_ids=["c2c_bob"])

        edit_c2c()

        self.assertIsNotNone(self.row().deleted_at)

    def test_a_last_message_that_only_a_report_brought_is_edited_and_recalled(self):
        reported = {
            "timestamp": NOON_S,
            "seq": "1",
            "random": 1,
            "sender": "bob",
            "elemType": 1,
            "textElem": {"text": "early"},
        }
        report = {"conversationID": "c2c_bob", "lastMessage": reported}
        reports.record(owner_id="alice", objects=[report])

        edit_c2c()
        self.assertEqual(self.text(), "rephrased")
        reports.record(owner_id="alice", objects=[report])
        self.assertEqual(self.text(), "rephrased")
        messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1, "bob"))
        reports.record(owner_id="alice", objects=[report])

        self.assertEqual((self.last()["status"], self.last()["revokerInfo"]), (6, {"userID": "bob"}))
        self.assert_nowhere("reported")
        self.assert_nowhere("rephrased")

    def test_the_explanation_stays(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        before = explain.explain("alice", "c2c_bob")

        edit_c2c()

        after = explain.explain("alice", "c2c_bob")
        self.assertEqual((after.unread, after.expected, after.newest), (before.unread, before.expected, before.newest))


class RecallTests(EditTestCase):
    def test_the_newest_message_becomes_a_notice_for_everybody(self):
        messages.record([group("bob", 1), group("bob", 2, at_all=True, cloud_custom_data="secret")], now_s=NOON_S)

        body = {"GroupId": "team", "MsgSeqList": [{"MsgSeq": 2}], "Operator_Account": "carol", "EventTime": str(NOON_MS)}
        received("Group.CallbackAfterRecallMsg", body)

        row, last = self.row("group_team"), self.last("group_team")
        self.assertEqual((row.unread_count, row.group_at_info), (1, "[]"))
        self.assertEqual((last["seq"], last["status"], last["sender"], last["elemType"]), ("2", 6, "bob", 0))
        self.assertEqual((last["revokerInfo"], last["cloudCustomData"], last["groupAtUserList"]), ({"userID": "carol"}, "", []))
        self.assertEqual(self.last("group_team", "bob")["status"], 6)
        for words in ("g2", "secret"):
            self.assert_nowhere(words)

    def test_an_edited_one_too_whatever_comes_first(self):
        events = (
            lambda: messages.record([c2c("bob", "alice", 1)], now_s=NOON_S),
            edit_c2c,
            lambda: messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1)),
        )
        for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            with self.subTest(order=order):
                Conversation.objects.all().delete()
                Message.objects.all().delete()
                for number in order:
                    events[number]()
                self.assertEqual((self.last()["status"], self.row().unread_count), (6, 0))
                self.assert_nowhere("rephrased")
                self.assert_nowhere('"c1"')

    def test_a_report_of_the_recalled_one_agrees(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        body = self.last() | {"status": 6}

        reports.record(owner_id="alice", objects=[{"conversationID": "c2c_bob", "lastMessage": body}])
        reported = self.last()
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        self.assertEqual(self.last(), reported)
        messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1))

        self.assertEqual(self.last(), reported)
        self.assertEqual(self.row().unread_count, 0)
        self.assert_nowhere('"c1"')


class ReportTests(EditTestCase):
    """Until it is sent, the SDK gives one message other times and states."""

    def state(self, status: int, time_s: int = NOON_S, **more: Any) -> None:
        body = {
            "msgID": "id", "timestamp": time_s, "seq": "9", "random": 9, "sender": "alice", "isSelf": True, "status": status,
            "elemType": 1, "textElem": {"text": "hi"},
        }  # fmt: skip
        reports.record(owner_id="alice", objects=[{"conversationID": "c2c_bob", "lastMessage": body | more}])

    def come(self, time_s: int, **more: Any) -> None:
        """The same message by webhook."""
        body = {"From_Account": "alice", "To_Account": "bob", "MsgSeq": 9, "MsgRandom": 9, "MsgTime": time_s}
        received("C2C.CallbackAfterSendMsg", body | {"MsgBody": body_of("hi"), "SendMsgResult": 0} | more)

    def shown(self) -> tuple[int, int]:
        return self.last()["status"], self.last()["timestamp"]

    def test_sent_at_an_earlier_time_than_its_own_beginning(self):
        self.state(1)
        self.state(2, NOON_S - 1)

        self.assertEqual(self.shown(), (2, NOON_S - 1))
        self.state(1)
        self.assertEqual(self.shown(), (2, NOON_S - 1))

    def test_sent_after_a_failure(self):
        statuses = []
        for status in (1, 3, 1, 2, 1, 3):
            self.state(status)
            statuses.append(self.last()["status"])

        self.assertEqual(statuses, [1, 3, 1, 2, 2, 2])

    def test_the_webhook_ends_it(self):
        for statuses in ((1,), (1, 3), (1, 3, 1, 2)):
            with self.subTest(statuses=statuses):
                Conversation.objects.all().delete()
                Message.objects.all().delete()
                for status in statuses:
                    self.state(status)
                self.come(NOON_S - 1, MsgId="id" if 2 in statuses else "")
                self.assertEqual(self.shown(), (2, NOON_S - 1))
                self.state(1)
                self.state(3)
                self.assertEqual(self.shown(), (2, NOON_S - 1))
                self.assertEqual(list(verify.findings()), [])

    def test_a_message_in_between_is_the_last_one_then(self):
        self.state(1, NOON_S + 5)
        messages.record([c2c("bob", "alice", 6)], now_s=NOON_S)

        self.state(2, NOON_S + 1)

        self.assertEqual((self.text(), self.row().unread_count), ("c6", 1))

    def test_a_reported_edit_of_a_stored_message_shows_until_a_webhook_edits_it(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        body = self.last()
        reports.record(
            owner_id="alice", objects=[{"conversationID": "c2c_bob", "lastMessage": body | {"textElem": {"text": "by app"}}}]
        )
        self.assertEqual(self.text(), "by app")
        reports.record(owner_id="alice", objects=[{"conversationID": "c2c_bob", "lastMessage": body}])
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        self.assertEqual(self.text(), "by app")

        edit_c2c("by webhook")
        reports.record(owner_id="alice", objects=[{"conversationID": "c2c_bob", "lastMessage": body}])

        self.assertEqual((self.text(), self.row().unread_count), ("by webhook", 1))


class AnyOrderTests(PropertyTestCase):
    """Messages, edits and recalls leave the same messages and rows, byte for byte, in any order."""

    @given(events, st.randoms(use_true_random=False))
    @examples(60)
    def test_the_same_is_stored(self, received, random):
        received = [incoming for incoming in received if not hasattr(incoming, "members")]
        outcomes = []
        for _time in range(2):
            for model in (Conversation, Message, GroupMember):
                model.objects.all().delete()
            for user_id in feeding.ROSTER:
                GroupMember.objects.create(
                    group_id="team", user_id=user_id, events='[[0,"member"]]', is_member=True, member_since_ms=0
                )
            feed_in(received, set())
            stored = Message.objects.order_by("thread", "position").values("position", "body", "edit", "at_accounts", "at_all")
            rows = Conversation.objects.order_by("owner_id", "conversation_id")
            outcomes.append(
                (list(stored), list(rows.values_list("owner_id", "conversation_id", "last_message", "unread_count")))
            )
            received = [*received, *random.sample(received, len(received) // 2)]
            random.shuffle(received)

        self.assertEqual(*outcomes)


class BatchTests(EditTestCase):
    def test_edits_of_many_threads_in_one_call(self):
        messages.record([c2c("bob", "alice", 1), group("bob", 1), group("bob", 2)], now_s=NOON_S)
        edits = [
            MessageEdit(sender="bob", peer="alice", time_s=NOON_S, seq=1, random=1, elements=text("n1"), event_time_ms=1),
            MessageEdit(group_id="team", seq=2, elements=text("n2"), mentions=Mentions(True, ()), event_time_ms=1),
        ]

        self.assertEqual(messages.edit(edits), [True, True])
        self.assertEqual(messages.edit(edits), [False, False])

        self.assertEqual((self.text(), self.text("group_team")), ("n1", "n2"))
        self.assertEqual(self.row("group_team").group_at_info, '[{"seq":"2","atType":2}]')
        messages.recall(GroupRecall("team", "", (2,)))
        self.assertEqual(self.row("group_team").group_at_info, "[]")
