"""POST messages/ and messages/recall/: what a back end feeds, in the vendor's words."""

import json
from typing import Any

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.feeding import members
from conversations.models import Conversation, Group, GroupMember, Message, Owner
from tests.support.api import url
from tests.support.cast import ALICE, with_key
from tests.support.ingest import GROUP, NOON_S, TEXT, FeedTestCase

C2C = {"From_Account": "bob", "To_Account": ALICE, "MsgSeq": 1, "MsgRandom": 7, "MsgTime": NOON_S, "MsgBody": TEXT}


class MessageTests(FeedTestCase):
    def test_a_message_makes_the_conversation_of_both(self):
        (result,) = self.results(C2C)

        expected = {"status": "applied", "resultCode": 0, "resultInfo": "", "MsgKey": f"1_7_{NOON_S}", "MsgTime": NOON_S}
        self.assertEqual(result, {"index": 0, **expected})
        alices, bobs = self.conversation(), self.conversation("bob", "c2c_alice")
        self.assertEqual((alices["unreadCount"], alices["showName"], alices["orderkey"]), (1, "bob", NOON_S * 10**6 + 1))
        self.assertEqual(alices["lastMessage"]["textElem"]["text"], "hi")
        self.assertEqual((bobs["unreadCount"], bobs["lastMessage"]["isSelf"], bobs["lastMessage"]["userID"]), (0, True, ALICE))

    def test_the_same_again_is_a_duplicate_and_changes_nothing(self):
        self.results(C2C)
        version = Owner.objects.get(owner_id=ALICE).version

        again = self.results([C2C, C2C])

        self.assertEqual([result["status"] for result in again], ["duplicate", "duplicate"])
        self.assertEqual(Owner.objects.get(owner_id=ALICE).version, version)

    def test_good_ones_go_in_and_each_bad_one_says_why(self):
        bad = (C2C | {"MsgBody": []}, C2C | {"From_Account": ""}, C2C | {"MsgTime": NOON_S * 1000}, C2C | {"MsgTyme": 1}, 7)

        results = self.results([*bad, C2C])

        self.assertEqual([result["status"] for result in results], ["refused"] * len(bad) + ["applied"])
        for result, field in zip(results, ("MsgBody", "From_Account", "MsgTime", "MsgTyme")):
            self.assertEqual(result["resultCode"], 6017)
            self.assertIn(field, result["resultInfo"])

    def test_what_is_missing_is_given_and_a_repeat_is_known_by_its_random(self):
        for body in ({"From_Account": "bob", "To_Account": ALICE, "MsgRandom": 9, "MsgBody": TEXT}, GROUP):
            first, second = self.results([body, body])
            third = self.results(body)[0]

            self.assertEqual(first["MsgTime"], NOON_S)
            self.assertEqual([result["status"] for result in (first, second, third)], ["applied", "duplicate", "duplicate"])
            self.assertEqual(first | {"status": "", "index": 0}, third | {"status": "", "index": 0})

    def test_after_five_minutes_the_same_random_is_another_message(self):
        self.results(GROUP)

        with time_machine.travel(NOON_S + 301, tick=False):
            (later,) = self.results(GROUP)

        self.assertEqual((later["status"], later["MsgSeq"]), ("applied", 2))

    def test_a_group_message_without_number_takes_the_next(self):
        results = self.results([GROUP | {"Random": n} for n in range(3)] + [GROUP | {"Random": 50, "MsgSeq": 20}])
        (after,) = self.results(GROUP | {"Random": 60})

        self.assertEqual([result["MsgSeq"] for result in results], [1, 2, 3, 20])
        self.assertEqual(after["MsgSeq"], 21)

    def test_members_get_it_and_its_mentions(self):
        GroupMember.objects.create(group_id="team", user_id=ALICE, events='[[0,"member"]]')

        self.results(GROUP | {"GroupAtInfo": [{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": ALICE}]})

        alices = self.conversation(conversation_id="group_team")
        self.assertEqual((alices["unreadCount"], alices["groupAtInfoList"]), (1, [{"seq": "1", "atType": 3}]))
        self.assertEqual(self.conversation("bob", "group_team")["unreadCount"], 0)

    def test_what_should_not_count_or_show_does_not(self):
        self.results(C2C)
        self.results(C2C | {"MsgSeq": 2, "SendMsgControl": ["NoUnread"]})
        self.results(C2C | {"MsgSeq": 3, "SendMsgControl": ["NoLastMsg"]})
        self.results(C2C | {"MsgSeq": 4, "OnlineOnlyFlag": 1})

        alices = self.conversation()
        self.assertEqual((alices["unreadCount"], alices["lastMessage"]["seq"]), (2, "2"))
        self.assertFalse(Message.objects.filter(position__endswith="00000000040000000007").exists())

    def test_a_meeting_counts_nothing_and_a_live_room_makes_no_rows(self):
        for type_ in ("Meeting", "AVChatRoom"):
            Group.objects.create(group_id=type_, type=type_)
            GroupMember.objects.create(group_id=type_, user_id=ALICE, events='[[0,"member"]]')
            self.results(GROUP | {"GroupId": type_})

        self.assertEqual(self.conversation(conversation_id="group_Meeting")["unreadCount"], 0)
        self.assertFalse(Conversation.objects.filter(conversation_id="group_AVChatRoom").exists())

    def test_a_message_to_oneself_is_one_conversation_without_unread(self):
        self.results(C2C | {"To_Account": "bob"})

        row = Conversation.objects.get()
        self.assertEqual((row.owner_id, row.conversation_id, row.unread_count), ("bob", "c2c_bob", 0))

    def test_a_deleted_conversation_comes_back_with_what_is_new_only(self):
        self.results([C2C, C2C | {"MsgSeq": 2}])
        self.client.delete(url("conversations/c2c_bob/"), **self.alice)

        self.results(C2C | {"MsgSeq": 1, "MsgRandom": 6})  # late, before the deletion
        self.assertFalse(Conversation.objects.for_owner(ALICE).exists())
        self.results(C2C | {"MsgSeq": 3})

        self.assertEqual(self.conversation()["unreadCount"], 1)

    def test_one_to_five_hundred(self):
        for body in ([], [C2C] * 501):
            self.assert_problem(self.feed(body), 400, 6017, "body")
        self.assertEqual(len(self.results([C2C] * 500)), 500)

    def test_a_group_of_any_size_costs_the_same_statements(self):
        self.results(C2C)  # the key's first use is noted
        counts: dict[str, set[int]] = {}
        for size in (3, 120):
            group_id = f"g{size}"
            members.join(group_id, [ALICE, *(f"u{n}" for n in range(size))], at_ms=0)
            sent = [GROUP | {"GroupId": group_id, "MsgSeq": 10 * n, "Random": n} for n in range(1, 43)]
            for name, messages in {
                "first": sent[:1],
                "one": sent[2:3],
                "mention": [sent[3] | {"GroupAtInfo": [{"GroupAtAllFlag": 1}]}],
                "many": sent[4:40],
                "late": sent[1:2],
                "targeted": [sent[41] | {"To_Account": ["u0"]}],
                "repeats": sent[:40],
            }.items():
                with CaptureQueriesContext(connection) as captured:
                    self.results(messages)
                counts.setdefault(name, set()).add(len(captured))
            self.assertEqual(Conversation.objects.filter(conversation_id=f"group_{group_id}").count(), size + 2)

        self.assertEqual({name for name, sizes in counts.items() if len(sizes) > 1}, set())


class ModifyTests(FeedTestCase):
    """Bodies of modify_c2c_msg and modify_group_msg."""

    NEW = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "edited"}}]

    def modify(self, body: Any) -> list[dict[str, Any]]:
        response = self.feed(body, "messages/modify/")
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()["results"]

    def test_each_has_a_result(self):
        GroupMember.objects.create(group_id="team", user_id=ALICE, events='[[0,"member"]]')
        self.results([C2C, GROUP | {"MsgSeq": 5}])
        c2c = {"From_Account": "bob", "To_Account": ALICE, "MsgKey": f"{C2C['MsgSeq']}_7_{NOON_S}", "MsgBody": self.NEW}
        edits = [c2c | {"EventTime": 5000}, {"GroupId": "team", "MsgSeq": 5, "CloudCustomData": "d"}, {"GroupId": "team"}]

        applied = self.modify(edits)

        self.assertEqual([result["status"] for result in applied], ["applied", "applied", "refused"])
        self.assertEqual(applied[0]["MsgKey"], c2c["MsgKey"])
        self.assertEqual((applied[1]["MsgSeq"], applied[1]["EventTime"]), (5, NOON_S * 1000))
        self.assertEqual(self.modify(edits[0])[0]["status"], "duplicate")
        self.assertEqual(self.conversation()["lastMessage"]["textElem"], {"text": "edited"})
        group_message = self.conversation(conversation_id="group_team")["lastMessage"]
        self.assertEqual((group_message["textElem"], group_message["cloudCustomData"]), ({"text": "hi"}, "d"))

    def test_bad_bodies_are_refused_by_name(self):
        c2c = {"From_Account": "bob", "To_Account": ALICE, "MsgKey": f"1_7_{NOON_S}"}
        for body, field in (
            (c2c, "MsgBody"),
            (c2c | {"MsgBody": []}, "MsgBody"),
            (c2c | {"MsgBody": self.NEW, "GroupAtInfo": []}, "GroupAtInfo"),
            (c2c | {"MsgBody": self.NEW, "Text": "x"}, "Text"),
            ({"From_Account": "bob", "To_Account": ALICE, "MsgBody": self.NEW}, "MsgKey"),
            ({"GroupId": "team", "MsgBody": self.NEW}, "MsgSeq"),
            ({"GroupId": "team", "MsgSeq": 1, "MsgBody": self.NEW, "EventTime": (NOON_S + 10**6) * 1000}, "EventTime"),
            ({"GroupId": "team", "MsgSeq": 1, "CloudCustomData": 1}, "CloudCustomData"),
        ):
            with self.subTest(body=body):
                (result,) = self.modify(body)
                self.assertEqual((result["status"], result["resultInfo"].partition(":")[0]), ("refused", field))


class RecallTests(FeedTestCase):
    def test_one_to_one(self):
        self.results([C2C, C2C | {"MsgSeq": 2}])

        response = self.feed({"From_Account": "bob", "To_Account": ALICE, "MsgKey": f"2_7_{NOON_S}"}, "messages/recall/")

        self.assertEqual((response.status_code, response.json()), (200, {}))
        alices = self.conversation()
        last = alices["lastMessage"]
        self.assertEqual((alices["unreadCount"], last["seq"], last["status"], last["elemType"]), (1, "2", 6, 0))
        self.assertNotIn("hi", json.dumps(alices))

    def test_of_a_group_before_the_message_comes(self):
        GroupMember.objects.create(group_id="team", user_id=ALICE, events='[[0,"member"]]')
        self.feed({"GroupId": "team", "MsgSeqList": [{"MsgSeq": 5}]}, "messages/recall/")

        self.results([GROUP | {"MsgSeq": 5}, GROUP | {"MsgSeq": 4, "Random": 1}])

        alices = self.conversation(conversation_id="group_team")
        last = alices["lastMessage"]
        self.assertEqual((alices["unreadCount"], last["seq"], last["status"]), (1, "5", 6))
        self.assertNotIn("hi", json.dumps(alices))

    def test_bad_bodies_are_refused_by_name(self):
        for body, field in (
            ({"From_Account": "bob", "To_Account": ALICE}, "MsgKey"),
            ({"From_Account": "bob", "To_Account": ALICE, "MsgKey": "1_2"}, "MsgKey"),
            ({"GroupId": "team"}, "MsgSeqList"),
            ({"GroupId": "team", "MsgSeqList": []}, "MsgSeqList"),
            ([], "body"),
        ):
            self.assert_problem(self.feed(body, "messages/recall/"), 400, 6017, field)


class AccessTests(FeedTestCase):
    def test_only_a_key_that_may_feed_gets_in(self):
        for path in ("messages/", "messages/recall/"):
            for credential in (with_key(ALICE, ("read", "write")), with_key(None, ("read", "write")), self.alice):
                self.assert_problem(self.feed(C2C, path, **credential), 403, 10007)
            self.assert_problem(self.feed(C2C, path, HTTP_X_NONE="x"), 401, 6014)
        self.assertFalse(Message.objects.exists())
