"""Unread counts and reads by the vendor's REST API."""

import json

from conversations.actions import recounts
from conversations.exceptions import ConversationNotFound
from conversations.feeding import messages
from conversations.formats.messages import IncomingMessage
from conversations.maintenance import verify
from conversations.models import Conversation, Group, Owner
from conversations.times import now_s
from tests.support.acting import make_scene, version
from tests.support.cast import ALICE, BOB, make_conversation, make_conversations
from tests.support.members import team
from tests.support.messages import NOON_S, c2c, group
from tests.support.vendor_rest import VendorRestTestCase

NUMBER, READ, SET = "openim/get_c2c_unread_msg_num", "openim/admin_set_msg_read", "group_open_http_svc/set_unread_msg_num"


def record(*incoming: IncomingMessage) -> None:
    messages.record(list(incoming), now_s=NOON_S + 100)


class CountTests(VendorRestTestCase):
    def test_the_total_has_one_to_one_conversations_only_muted_ones_too(self):
        make_conversation(ALICE, "c2c_bob", unread_count=3)
        make_conversation(ALICE, "c2c_dave", unread_count=4, recv_opt=2)
        make_conversation(ALICE, "group_team", unread_count=50)
        make_conversation(BOB, "c2c_carol", unread_count=600)

        with self.assertNumQueries(1):
            self.assertEqual(self.call(NUMBER), {"AllC2CUnreadMsgNum": 7})

    def test_counts_by_peer(self):
        make_conversation(ALICE, "c2c_bob", unread_count=3)
        peers = ["nobody", "bob", "bob"]

        with self.assertNumQueries(1):
            answer = self.call(NUMBER, Peer_Account=peers)

        expected = [{"Peer_Account": "nobody", "C2CUnreadMsgNum": 0}, {"Peer_Account": "bob", "C2CUnreadMsgNum": 3}]
        self.assertEqual(answer, {"C2CUnreadMsgNumList": expected})

    def test_accounts_that_cannot_be_are_listed_as_errors(self):
        answer = self.call(NUMBER, Peer_Account=["é", "bob", "", "a" * 65])

        self.assertEqual(answer["C2CUnreadMsgNumList"], [{"Peer_Account": "bob", "C2CUnreadMsgNum": 0}])
        self.assertEqual(answer["ErrorList"], [{"Peer_Account": peer, "ErrorCode": 70107} for peer in ("é", "", "a" * 65)])

    def test_more_peers_than_the_cloud_takes(self):
        make_conversations(1000, unread_count=1)
        peers = [f"peer{number}" for number in range(1001)]

        with self.assertNumQueries(1):
            answer = self.call(NUMBER, Peer_Account=peers[:1000])

        self.assertEqual(sum(item["C2CUnreadMsgNum"] for item in answer["C2CUnreadMsgNumList"]), 1000)
        self.assert_refused(90003, NUMBER, Peer_Account=peers, field="Peer_Account")

    def test_an_unknown_user_and_no_peers(self):
        self.assertEqual(self.call(NUMBER, To_Account="nobody"), {"AllC2CUnreadMsgNum": 0})
        self.assertEqual(self.call(NUMBER, Peer_Account=[]), {"AllC2CUnreadMsgNum": 0})
        self.assert_refused(60015, NUMBER, Peer_Account=[7], field="Peer_Account")
        self.assert_refused(90003, NUMBER, Peer_Account="bob", field="Peer_Account")


class ReadTests(VendorRestTestCase):
    def row(self, owner_id: str = ALICE, conversation_id: str = "c2c_bob") -> Conversation:
        return Conversation.objects.get(owner_id=owner_id, conversation_id=conversation_id)

    def test_everything_until_now_is_read_and_the_peer_sees_it(self):
        record(c2c("bob", "alice", 1), c2c("bob", "alice", 4))

        self.assertEqual(self.call(READ), {})

        self.assertEqual(self.row().unread_count, 0)
        self.assertTrue(json.loads(self.row(BOB, "c2c_alice").last_message)["isPeerRead"])

    def test_messages_after_the_time_stay_unread(self):
        record(c2c("bob", "alice", 1), c2c("bob", "alice", 4))

        for time in (NOON_S, str(NOON_S)):
            self.call(READ, MsgReadTime=time)
            self.assertEqual((self.row().unread_count, self.row().c2c_read_timestamp), (1, NOON_S))

    def test_a_read_may_come_before_its_messages(self):
        self.call(READ, MsgReadTime=NOON_S)
        self.assertFalse(Conversation.objects.for_owner(ALICE).exclude(created_version=0).exists())

        record(c2c("bob", "alice", 1), c2c("bob", "alice", 4))

        self.assertEqual(self.row().unread_count, 1)

    def test_times_that_are_refused(self):
        for time in (now_s() + 3600, 1 << 62, -1, "x", [], NOON_S * 1000):
            with self.subTest(time):
                self.assert_refused(90001, READ, MsgReadTime=time, field="MsgReadTime")
        self.assertFalse(Owner.objects.exists())


class SetUnreadTests(VendorRestTestCase):
    def row(self) -> Conversation:
        return Conversation.objects.get(owner_id=ALICE, conversation_id="group_team")

    def set(self, count: int) -> Conversation:
        self.assertEqual(self.call(SET, UnreadMsgNum=count), {})
        return self.row()

    def setUp(self):
        team("alice", "bob")
        record(*(group("bob", number, at_accounts=("alice",) if number in (2, 9) else ()) for number in range(1, 11)))

    def test_the_newest_messages_become_unread(self):
        for count in (3, 0, 10, 5):
            with self.subTest(count):
                row = self.set(count)
                self.assertEqual((row.unread_count, row.group_read_sequence), (count, 10 - count))
                self.assertEqual(list(verify.findings()), [])

    def test_no_more_than_the_group_has(self):
        self.assertEqual(self.set(11).unread_count, 10)

    def test_later_messages_and_reads_count_from_there(self):
        self.set(3)
        record(group("bob", 11))
        self.assertEqual(self.row().unread_count, 4)

        recounts.recount_each(owner_id=ALICE, conversation_ids=["group_team"])
        self.assertEqual(self.row().unread_count, 4)
        recounts.move_read_position(owner_id=ALICE, conversation_id="group_team", to=9)
        self.assertEqual(self.row().unread_count, 2)
        recounts.move_read_position(owner_id=ALICE, conversation_id="group_team", to=11)
        self.assertEqual(self.row().unread_count, 0)

    def test_mentions_that_are_read_go(self):
        self.assertEqual([entry["seq"] for entry in json.loads(self.set(3).group_at_info)], ["9"])
        self.assertEqual(self.set(0).group_at_info, "[]")

    def test_setting_the_same_again_is_no_change(self):
        self.set(3)
        before = version()

        self.set(3)

        self.assertEqual(version(), before)

    def test_without_known_messages_the_number_is_taken(self):
        make_conversation(ALICE, "group_new")

        self.call(SET, GroupId="new", UnreadMsgNum=7)

        self.assertEqual(Conversation.objects.for_owner(ALICE).get(conversation_id="group_new").unread_count, 7)

    def test_groups_without_unread_counts_stay_at_0_without_an_error(self):
        for group_type in ("Meeting", "AVChatRoom"):
            Group.objects.filter(group_id="team").update(type=group_type)
            Conversation.objects.for_owner(ALICE).update(unread_count=0)
            with self.subTest(group_type):
                self.assertEqual(self.set(3).unread_count, 0)
                self.call(SET, Member_Account="nobody", UnreadMsgNum=3)

    def test_who_has_no_such_conversation(self):
        self.assert_refused(10010, SET, GroupId="none")
        self.assert_refused(10010, SET, Member_Account="nobody")
        with self.assertRaises(ConversationNotFound):
            recounts.set_unread(owner_id="nobody", group_id="team", count=1)

    def test_bad_input(self):
        for count in (None, -1, 1.5, "x", 1 << 31):
            self.assert_refused(10004, SET, UnreadMsgNum=count, field="UnreadMsgNum")
        for group_id in (None, "", 7, "é", "a" * 97):
            self.assert_refused(10015, SET, GroupId=group_id, field="GroupId")

    def test_the_number_is_that_of_a_scene_of_reports_too(self):
        make_scene()

        self.assertEqual(self.set(5).unread_count, 5)
