"""What an app's SDK reports of its conversations: POST conversations/report/."""

from typing import Any

import orjson
import time_machine
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from conversations.actions import deletions, reading
from conversations.choices import ChangedBy
from conversations.feeding import members, messages, profiles
from conversations.formats.messages import C2CRecall, GroupRecall
from conversations.models import Conversation, Owner
from tests.support.acting import ActionTestCase
from tests.support.api import url
from tests.support.cast import ALICE, BOB, bearer, make_conversations, usersig, with_key
from tests.support.messages import NOON_S, c2c, group

REPORT = url("conversations/report/")


def message(seq: int = 100, sent_s: int = NOON_S, **more: Any) -> dict[str, Any]:
    return {"timestamp": sent_s, "seq": str(seq), "random": 3, "elemType": 1, "textElem": {"text": f"m{seq}"}} | more


def team(**values: Any) -> dict[str, Any]:
    return {"conversationID": "group_team"} | values


def with_bob(**values: Any) -> dict[str, Any]:
    return {"conversationID": "c2c_bob"} | values


class ReportTestCase(ActionTestCase):
    def report(self, *objects: Any, **headers: str):
        return self.send("POST", REPORT, {"conversationList": list(objects)}, **headers)

    def take(self, *objects: dict[str, Any]) -> dict[str, Any]:
        """The last one of the conversations, as it is shown after a report in which all is well."""
        self.assert_results(self.report(*objects), *([0] * len(objects)))
        return self.shown(objects[-1]["conversationID"])

    def unread(self, conversation_id: str = "group_team") -> int:
        return self.shown(conversation_id)["unreadCount"]


class FirstReportTests(ReportTestCase):
    def test_a_conversation_never_seen_is_as_the_app_shows_it(self):
        reported = {
            "conversationID": "group_team", "type": 2, "userID": None, "groupID": "team", "showName": "Team",
            "faceUrl": "https://a/b", "groupType": "Public", "unreadCount": 12, "isPinned": True, "recvOpt": 2,
            "customData": "vip",
            "c2cReadTimestamp": 0, "groupReadSequence": 88, "lastMessage": message(), "draftText": "I",
            "draftTimestamp": NOON_S + 5,
            "groupAtInfoList": [{"seq": "99", "atType": 1}], "conversationGroupList": ["work"], "markList": [1, 1 << 32],
        }  # fmt: skip

        shown = self.take(reported | {"orderkey": 38})

        self.assertEqual({key: shown[key] for key in reported}, reported)
        self.assertEqual(shown["orderkey"], (NOON_S + 5) * 10**6)
        self.assertEqual(Conversation.objects.get().changed_by, ChangedBy.REPORT)

    def test_the_c_apis_dialect_is_taken_too(self):
        reported = {
            "conv_id": "team",
            "conv_type": 2,
            "conv_unread_num": 7,
            "conv_recv_opt": 1,
            "conv_is_pinned": True,
            "conv_owner": ALICE,
        }

        results = self.assert_results(self.report(reported), 0)

        shown = self.shown("group_team")
        self.assertEqual(results[0]["conversationID"], "group_team")
        self.assertEqual((shown["unreadCount"], shown["recvOpt"], shown["isPinned"]), (7, 1, True))

    def test_the_feed_tells_of_it_as_new_and_the_answer_belongs_to_that_version(self):
        response = self.report(team(), with_bob())

        page = self.get(url("changes/")).json()
        self.assertEqual([change["kind"] for change in page["changes"]], ["new", "new"])
        self.assertEqual(page["version"], response["Owner-Version"])

    def test_an_object_with_nothing_but_its_id_begins_a_conversation(self):
        shown = self.take(with_bob())

        self.assertEqual((shown["showName"], shown["unreadCount"], shown["lastMessage"]), ("bob", 0, None))


class AgainTests(ReportTestCase):
    def test_the_same_again_changes_nothing(self):
        reported = (
            team(unreadCount=12, lastMessage=message(), groupReadSequence=88, groupAtInfoList=[{"seq": "99", "atType": 1}]),
            with_bob(unreadCount=1, lastMessage=message(), c2cReadTimestamp=NOON_S, draftText="x", draftTimestamp=NOON_S),
            {
                "conversationID": "c2c_eve",
                "draftText": "undated",
                "markList": [2],
                "isPinned": True,
                "conversationGroupList": ["a"],
            },
        )
        self.report(*reported)

        with self.assert_no_change():
            self.assert_results(self.report(*reported), 0, 0, 0)
            self.assert_results(self.report(*reported[::-1]), 0, 0, 0)

    def test_one_conversation_twice_in_a_list_is_one_change(self):
        shown = self.take(team(recvOpt=2, lastMessage=message(101)), team(recvOpt=1, lastMessage=message(100)))

        self.assertEqual((shown["recvOpt"], shown["lastMessage"]["seq"]), (1, "101"))
        self.assertEqual(Owner.objects.get().version, 1)

    def test_what_an_object_does_not_tell_stays(self):
        before = self.take(
            team(isPinned=True, markList=[1], customData="x", recvOpt=2, conversationGroupList=["work"], draftText="d",
                 draftTimestamp=NOON_S, lastMessage=message(), unreadCount=3, showName="Team")
        )  # fmt: skip

        with self.assert_no_change():
            after = self.take(team(), team(isPinned=None, markList=None, customData=None, draftText=None, lastMessage=None))

        self.assertEqual(after, before)


class SettingsTests(ReportTestCase):
    def test_they_are_as_the_last_report_tells_them(self):
        self.take(team(isPinned=True, markList=[1, 8], customData="x", recvOpt=2, conversationGroupList=["work", "a"]))

        shown = self.take(team(isPinned=False, markList=[], customData="", recvOpt=0, conversationGroupList=["a"]))

        self.assertEqual(
            [shown[key] for key in ("isPinned", "markList", "customData", "recvOpt", "conversationGroupList")],
            [False, [], "", 0, ["a"]],
        )

    def test_the_later_draft_stands_whichever_comes_last(self):
        edits = [with_bob(draftText=text, draftTimestamp=NOON_S + n) for n, text in enumerate(("a", "b", "c"))]
        for order in (edits, edits[::-1]):
            self.assertEqual(self.take(*order)["draftText"], "c")

    def test_a_draft_cancelled_with_its_time_goes_and_one_without_a_time_is_no_news(self):
        self.take(with_bob(draftText="a", draftTimestamp=NOON_S))

        self.assertEqual(self.take(with_bob(draftText="", draftTimestamp=0))["draftText"], "a")
        self.assertEqual(self.take(with_bob(draftText="b", draftTimestamp=0))["draftText"], "a")
        self.assertEqual(self.take(with_bob(draftText=None, draftTimestamp=NOON_S + 1))["draftText"], "")

    def test_a_draft_of_the_future_is_named_and_the_rest_is_taken(self):
        with time_machine.travel(NOON_S + 100, tick=False):
            reported = with_bob(draftText="a", draftTimestamp=NOON_S + 161, lastMessage=message(), recvOpt=2)
            results = self.assert_results(self.report(reported), 6017)

        shown = self.shown()
        self.assertIn("draftTimestamp", results[0]["resultInfo"])
        self.assertEqual((shown["draftText"], shown["recvOpt"], shown["orderkey"]), ("", 2, NOON_S * 10**6))

    @override_settings(MAX_PINNED=2)
    def test_a_pin_without_room_is_named_and_the_rest_is_taken(self):
        self.take(*({"conversationID": f"c2c_{n}", "isPinned": True} for n in range(2)))

        results = self.report(
            with_bob(isPinned=True, recvOpt=2, customData="x"), with_bob(), {"conversationID": "c2c_1", "isPinned": True}
        )

        self.assert_results(results, 51012, 0, 0)
        self.assertEqual([self.shown()[key] for key in ("isPinned", "recvOpt", "customData")], [False, 2, "x"])

    @override_settings(MAX_PINNED=0)
    def test_a_read_beside_a_pin_without_room_is_counted(self):
        messages.record([group("alice", 1), *(group("bob", n) for n in range(2, 9))], now_s=NOON_S)

        self.assert_results(self.report(team(isPinned=True, groupReadSequence=6)), 51012)

        self.assertEqual(self.unread(), 2)

    @override_settings(MAX_PINNED=2)
    def test_what_the_same_report_unpins_makes_room(self):
        self.take(*({"conversationID": f"c2c_{n}", "isPinned": True} for n in range(2)))

        self.take(with_bob(isPinned=True), {"conversationID": "c2c_1", "isPinned": False})

        self.assertTrue(self.shown()["isPinned"])
        self.assertEqual(Conversation.objects.filter(is_pinned=True).count(), 2)

    def test_too_many_conversation_groups_are_named_and_the_rest_is_taken(self):
        self.take(with_bob(conversationGroupList=[f"g{n}" for n in range(20)]))

        self.assert_results(self.report(team(conversationGroupList=["one more"], recvOpt=2)), 51010)

        self.assertEqual([self.shown("group_team")[key] for key in ("conversationGroupList", "recvOpt")], [[], 2])

    def test_a_full_conversation_group_takes_no_more(self):
        make_conversations(1000, conversation_groups=1)
        Owner.objects.update(group_names='["full","other"]')

        self.assert_results(self.report(with_bob(conversationGroupList=["full", "other"])), 51008)

        self.assertEqual(self.shown()["conversationGroupList"], ["other"])

    def test_an_option_that_one_to_one_does_not_know_is_named_and_the_rest_is_taken(self):
        self.take(with_bob(recvOpt=2))

        (result,) = self.assert_results(self.report(with_bob(recvOpt=3, isPinned=True)), 6017)

        self.assertIn("recvOpt", result["resultInfo"])
        self.assertEqual([self.shown()[key] for key in ("recvOpt", "isPinned")], [2, True])


class PositionTests(ReportTestCase):
    def test_read_positions_only_rise_and_take_unread_and_mentions_with_them(self):
        ats = [{"seq": str(seq), "atType": 1} for seq in (90, 95)]
        self.take(team(unreadCount=12, lastMessage=message(), groupReadSequence=88, groupAtInfoList=ats))

        read_on = self.take(team(groupReadSequence=94))
        stale = self.take(team(unreadCount=12, lastMessage=message(), groupReadSequence=88, groupAtInfoList=ats))

        for shown in (read_on, stale):
            self.assertEqual((shown["groupReadSequence"], shown["unreadCount"]), (94, 6))
            self.assertEqual(shown["groupAtInfoList"], ats[1:])

    def test_stored_messages_up_to_it_are_no_longer_counted(self):
        messages.record([group("alice", 1), *(group("bob", n) for n in range(2, 9))], now_s=NOON_S)
        messages.record([c2c("bob", "alice", n) for n in range(3, 12)], now_s=NOON_S)

        self.take(team(groupReadSequence=6), with_bob(c2cReadTimestamp=NOON_S + 2))

        self.assertEqual((self.unread(), self.unread("c2c_bob")), (2, 3))

    def test_a_position_far_past_all_that_is_known_is_named_and_the_rest_is_taken(self):
        self.take(team(lastMessage=message(), groupReadSequence=88), with_bob())

        results = self.report(team(groupReadSequence=NOON_S, recvOpt=2), with_bob(c2cReadTimestamp=4_000_000_000, recvOpt=2))

        for result, key in zip(self.assert_results(results, 6017, 6017), ("groupReadSequence", "c2cReadTimestamp")):
            self.assertIn(key, result["resultInfo"])
        team_shown, bob_shown = self.shown("group_team"), self.shown("c2c_bob")
        self.assertEqual((team_shown["groupReadSequence"], team_shown["recvOpt"]), (88, 2))
        self.assertEqual((bob_shown["c2cReadTimestamp"], bob_shown["recvOpt"]), (0, 2))

    def test_a_read_shows_to_the_peer(self):
        messages.record([c2c("bob", "alice", 3)], now_s=NOON_S)

        self.take(with_bob(c2cReadTimestamp=NOON_S + 1))

        self.assertTrue(orjson.loads(Conversation.objects.get(owner_id=BOB).last_message)["isPeerRead"])

    def test_mentions_of_both_sides_unite_and_none_of_a_recalled_message_comes_back(self):
        messages.record([group("alice", 1), group("bob", 2, at_all=True), group("bob", 3), group("bob", 4)], now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (4,)))

        reported = [{"seq": str(seq), "atType": 1} for seq in (2, 3, 4, 9)]
        shown = self.take(team(groupAtInfoList=reported))

        expected = [{"seq": "2", "atType": 2}, {"seq": "3", "atType": 1}, {"seq": "9", "atType": 1}]
        self.assertEqual(shown["groupAtInfoList"], expected)

    def test_a_webhook_that_does_not_tell_of_a_mention_leaves_it_and_a_recall_takes_it(self):
        messages.record([group("alice", 1)], now_s=NOON_S)
        self.take(team(groupAtInfoList=[{"seq": "2", "atType": 1}, {"seq": "3", "atType": 1}]))

        messages.record([group("bob", 2), group("bob", 3)], now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (3,)))

        self.assertEqual(self.shown("group_team")["groupAtInfoList"], [{"seq": "2", "atType": 1}])


class GapTests(ReportTestCase):
    """lastMessage and unreadCount only fill gaps."""

    def test_a_newer_last_message_is_shown_and_an_older_one_not(self):
        for seq, expected in ((100, "100"), (105, "105"), (99, "105")):
            shown = self.take(team(lastMessage=message(seq), unreadCount=seq))

            self.assertEqual((shown["lastMessage"]["seq"], shown["unreadCount"]), (expected, int(expected)))

    def test_of_two_counts_up_to_the_same_message_the_lower_stands(self):
        for count, expected in ((12, 12), (5, 5), (9, 5)):
            self.assertEqual(self.take(team(lastMessage=message(), unreadCount=count))["unreadCount"], expected)

    def test_where_messages_are_stored_their_count_stands(self):
        messages.record([group("alice", 1), *(group("bob", n) for n in range(2, 5))], now_s=NOON_S)

        shown = self.take(team(lastMessage=message(9, NOON_S + 9), unreadCount=30))

        self.assertEqual((shown["unreadCount"], shown["lastMessage"]["seq"]), (3, "9"))

    def test_a_message_that_is_stored_is_shown_as_it_is_stored(self):
        messages.record([group("alice", 1), group("bob", 2), group("bob", 3, is_shown_last=False)], now_s=NOON_S)
        for reported in (message(2, status=6, textElem=None), message(3)):
            self.assertEqual(self.take(team(lastMessage=reported))["lastMessage"]["textElem"], {"text": "g2"})

    def test_a_recalled_message_does_not_come_back(self):
        messages.record([c2c("bob", "alice", 3)], now_s=NOON_S)
        messages.recall(C2CRecall("bob", "alice", NOON_S + 1, 3, 3))

        shown = self.take(with_bob(lastMessage=message(3, NOON_S + 1, random=3), unreadCount=1))

        self.assertEqual((shown["lastMessage"]["status"], shown["unreadCount"]), (6, 0))
        self.assertNotIn("textElem", shown["lastMessage"])

    def test_a_report_before_the_messages_webhook_counts_it_once(self):
        self.take(with_bob(lastMessage=message(3, NOON_S + 1, random=3), unreadCount=1))

        messages.record([c2c("bob", "alice", 3)], now_s=NOON_S)

        shown = self.shown()
        self.assertEqual((shown["unreadCount"], shown["lastMessage"]["textElem"]), (1, {"text": "c3"}))

    def test_cleared_history_does_not_come_back(self):
        self.take(team(lastMessage=message(), unreadCount=3))
        deletions.clear_history(owner_id=ALICE, conversation_id="group_team")

        with self.assert_no_change():
            shown = self.take(team(lastMessage=message(), unreadCount=3))

        self.assertEqual((shown["lastMessage"], shown["unreadCount"]), (None, 0))

    def test_ones_own_message_that_the_peer_has_read_says_so(self):
        reading.record_receipt(BOB, ALICE, time_s=NOON_S)

        shown = self.take(with_bob(lastMessage=message(sender=ALICE, isSelf=True, isPeerRead=False)))

        self.assertTrue(shown["lastMessage"]["isPeerRead"])

    def test_the_order_key_only_rises(self):
        self.take(team(lastMessage=message(105, NOON_S + 9)))

        self.assertEqual(self.take(team(lastMessage=message(), orderkey=17))["orderkey"], (NOON_S + 9) * 10**6)


class DeletedTests(ReportTestCase):
    def setUp(self):
        self.take(team(lastMessage=message(), unreadCount=3, isPinned=True))
        deletions.delete(owner_id=ALICE, conversation_ids=["group_team"])

    def test_an_older_or_equal_last_message_does_not_bring_it_back(self):
        with self.assert_no_change():
            self.assert_results(self.report(team(lastMessage=message()), team(), team(unreadCount=9)), 0, 0, 0)

    def test_a_newer_one_does_with_what_came_since(self):
        shown = self.take(team(lastMessage=message(102), unreadCount=5))

        self.assertEqual((shown["unreadCount"], shown["isPinned"], shown["lastMessage"]["seq"]), (2, False, "102"))
        self.assertEqual(self.get(url("changes/")).json()["changes"][0]["kind"], "new")

    def test_what_only_remembers_a_read_is_no_deletion(self):
        reading.record_receipt(ALICE, BOB, time_s=NOON_S)

        shown = self.take(with_bob())

        self.assertEqual(shown["c2cReadTimestamp"], NOON_S)


class NameTests(ReportTestCase):
    def name(self, *reported: str, conversation_id: str = "c2c_bob") -> str:
        return self.take(*({"conversationID": conversation_id, "showName": name} for name in reported))["showName"]

    def profile(self, nick: str, at_ms: int) -> None:
        profiles.set_profiles([profiles.Profile(user_id=BOB, nick_name=nick, face_url="https://bob", at_ms=at_ms)])

    def test_what_the_app_shows_is_better_than_the_id_and_the_nick(self):
        self.profile("Bob", 1)

        self.assertEqual(self.name("", "bob"), "Bob")
        self.assertEqual(self.name("Bobby"), "Bobby")

    def test_a_remark_stays_when_the_nick_changes_and_an_old_nick_does_not_come_back(self):
        self.profile("Bob", 1)
        self.profile("Robert", 2)

        self.assertEqual(self.name("Bob"), "Robert")
        self.assertEqual(self.name("Bobby", "Bob", "bob", ""), "Bobby")
        self.assertEqual(self.name("Robert"), "Robert")

    def test_a_groups_own_name_is_better_and_without_one_the_app_knows(self):
        self.assertEqual(self.name("Team", conversation_id="group_team"), "Team")

        members.join("team", [ALICE], at_ms=1)
        profiles.set_group_info(profiles.GroupInfo(group_id="team", name="The team", face_url="https://team", at_ms=1))

        self.assertEqual(self.name("Team", conversation_id="group_team"), "The team")

    def test_an_avatar_fills_where_none_is_known(self):
        self.assertEqual(self.take(with_bob(faceUrl="https://old"))["faceUrl"], "https://old")
        self.profile("Bob", 1)
        self.assertEqual(self.take(with_bob(faceUrl="https://old"))["faceUrl"], "https://bob")


class BadObjectTests(ReportTestCase):
    def test_a_bad_object_is_named_and_spoils_nothing(self):
        bad = (
            7, None, "c2c_bob", [], {}, {"conversationID": "C2Cbob"}, {"conversationID": 7}, {"conversationID": "c2c_a\0b"},
            team(type=1), team(userID="bob"), team(groupType="AVChatRoom"),
            {"conv_id": "team", "conv_type": 2, "conv_owner": "carol"},
        )  # fmt: skip
        for item in bad:
            with self.subTest(repr(item)[:60]):
                results = self.report(with_bob(recvOpt=2), item, with_bob(recvOpt=0)).json()["results"]

                self.assertEqual([bool(result["resultCode"]) for result in results], [False, True, False])
                self.assertNotEqual(results[1]["resultInfo"], "")
        self.assertEqual([row.conversation_id for row in Conversation.objects.all()], ["c2c_bob"])

    def test_a_value_that_cannot_be_used_costs_its_key_and_changes_nothing_stored(self):
        before = self.take(
            team(isPinned=True, markList=[1], customData="x", recvOpt=2, conversationGroupList=["work"], draftText="d",
                 draftTimestamp=NOON_S, lastMessage=message(), unreadCount=3, showName="Team", faceUrl="https://a/b")
        )  # fmt: skip
        bad = (
            {"isPinned": 1}, {"unreadCount": "3"}, {"unreadCount": -1}, {"unreadCount": 1 << 40}, {"recvOpt": 5},
            {"markList": [16]}, {"markList": "1"}, {"customData": "x" * 257}, {"showName": "a\0b"}, {"faceUrl": 7},
            {"lastMessage": []}, {"lastMessage": {"timestamp": "1"}}, {"lastMessage": {"text": "x" * 70_000}},
            {"lastMessage": {"n": 1 << 70}}, {"lastMessage": {"t": "\0"}}, {"lastMessage": message(sent_s=4_000_000_000)},
            {"orderkey": (1 << 53) - 1}, {"groupAtInfoList": [{"seq": "1", "atType": 1}] * 1001},
            {"conversationGroupList": ["x" * 33]}, {"draftTimestamp": NOON_S * 1000}, {"draftText": 7}, {"groupType": "Team"},
        )  # fmt: skip
        for values in bad:
            with self.subTest(repr(values)[:60]):
                (key,) = values
                with self.assert_no_change():
                    results = self.report(team(**values)).json()["results"]

                self.assertTrue(results[0]["resultCode"])
                self.assertIn(key, results[0]["resultInfo"])
                self.assertEqual(self.shown("group_team"), before)

                self.report(team(**values) | {"groupReadSequence": self.shown("group_team")["groupReadSequence"] + 1})
                self.assertGreater(self.shown("group_team")["groupReadSequence"], before["groupReadSequence"])
                before = self.shown("group_team")

    def test_a_key_without_a_place_is_named_and_the_rest_is_taken(self):
        draft = {
            "draft_msg": {"message_elem_array": [{"elem_type": 0, "text_elem_content": "half"}]},
            "draft_user_define": "app's own",
            "draft_edit_time": NOON_S,
        }
        c_api = {"conv_id": "team", "conv_type": 2, "conv_recv_opt": 2, "conv_draft": draft}

        results = self.assert_results(self.report(c_api, with_bob(recvOpt=2, future=1)), 6017, 6017)

        self.assertIn("draft_user_define: ", results[0]["resultInfo"])
        self.assertIn("future: ", results[1]["resultInfo"])
        team_shown, bob_shown = self.shown("group_team"), self.shown("c2c_bob")
        self.assertEqual((team_shown["recvOpt"], team_shown["draftText"], bob_shown["recvOpt"]), (2, "half", 2))

    def test_every_part_that_is_not_taken_is_named(self):
        with time_machine.travel(NOON_S, tick=False), override_settings(MAX_PINNED=0):
            reported = with_bob(future=1, draftText="a", draftTimestamp=NOON_S + 100, isPinned=True, recvOpt=2)
            (result,) = self.assert_results(self.report(reported), 6017)

        for part in ("future", "draftTimestamp", "pinned"):
            self.assertIn(part, result["resultInfo"])
        self.assertEqual(self.shown("c2c_bob")["recvOpt"], 2)

    def test_a_web_conversation_is_taken(self):
        web = {
            "conversationID": "C2Cuser7", "type": "C2C", "messageRemindType": "AcceptNotNotify",
            "lastMessage": {"lastTime": NOON_S, "messageForShow": "hi"},
            "userProfile": {"userID": "user7", "nick": "Seven", "avatar": ""}, "groupProfile": None,
        }  # fmt: skip
        self.assert_results(self.report(web), 0)

        shown = self.shown("c2c_user7")
        self.assertEqual((shown["conversationID"], shown["showName"], shown["recvOpt"]), ("c2c_user7", "Seven", 2))
        self.assertEqual(shown["lastMessage"]["textElem"], {"text": "hi"})
        self.assert_results(self.report(web | {"messageRemindType": "AcceptAndNotify"}), 0)
        self.assertEqual(self.shown("c2c_user7")["recvOpt"], 0)

    def test_none_and_101_are_51006(self):
        with self.assert_no_change():
            for objects in ([], [with_bob()] * 101):
                self.assert_problem(self.report(*objects), 400, 51006, "conversationList")
        self.assert_results(self.report(*[with_bob()] * 100), *[0] * 100)

    def test_a_body_without_a_list_is_refused(self):
        with self.assert_no_change():
            for body in ({}, {"conversationList": {}}, {"conversationList": "c2c_bob"}, {"conversationList": None}):
                self.assert_problem(self.send("POST", REPORT, body), 400, 6017, "conversationList")
            self.assert_problem(self.send("POST", REPORT, {"conversationList": [with_bob()], "x": 1}), 400, 6017, "x")

    def test_five_megabytes_are_one_bad_object(self):
        self.assert_results(self.report(with_bob(lastMessage={"text": "x" * 5_000_000}), team()), 6017, 0)

    def test_only_bad_ones_create_no_owner(self):
        with self.assert_no_change():
            response = self.report({"conversationID": "bob"})

        self.assertEqual((response["Owner-Version"], Owner.objects.count()), ("0", 0))


class WhoTests(ReportTestCase):
    def test_a_report_goes_to_the_credentials_own_list(self):
        for credential in (bearer(usersig(BOB)), with_key(BOB, ["write"])):
            self.assert_results(self.report(team(), credential=credential), 0)

        self.assertEqual([row.owner_id for row in Conversation.objects.all()], [BOB])

    def test_a_service_names_the_owner(self):
        response = self.send(
            "POST", url("conversations/report/", owner=BOB), {"conversationList": [team()]}, with_key(None, ["write"])
        )

        self.assert_results(response, 0)
        self.assertEqual(Conversation.objects.get().owner_id, BOB)

    def test_a_key_that_only_feeds_is_refused(self):
        with self.assert_no_change():
            body = {"conversationList": [team()]}
            self.assert_problem(
                self.send("POST", url("conversations/report/", owner=ALICE), body, with_key(None, ["ingest"])), 403, 10007
            )


class MemberTests(ReportTestCase):
    """Who reports a group's conversation is shown its messages only with proof of being in there."""

    def setUp(self):
        super().setUp()
        messages.record([group("bob", 100)], now_s=NOON_S)

    def newest_shown(self) -> str | None:
        """What alice is shown when something more is said."""
        messages.record([group("bob", 101)], now_s=NOON_S)
        shown = self.shown("group_team")["lastMessage"]
        return shown and shown["textElem"]["text"]

    def of_stored(self, **more: Any) -> dict[str, Any]:
        return message(sent_s=NOON_S + 100, sender="bob", random=100, textElem={"text": "g100"}) | more

    def test_a_claim_alone_shows_nothing(self):
        self.take(team(unreadCount=1))

        self.assertIsNone(self.newest_shown())

    def test_a_claim_alone_tells_nothing_of_what_is_said_in_the_group(self):
        claim = team(lastMessage=message(seq=7))

        self.take(claim)
        messages.record([group("bob", 101)], now_s=NOON_S)
        self.take(claim)
        read = self.send("POST", url("conversations/group_team/read/"), {}).json()
        far = self.report(team(groupReadSequence=10**12)).json()["results"][0]["resultInfo"]

        self.assertEqual(read["groupReadSequence"], 7)
        self.assertIn("newest message (7)", far)

    def test_a_claim_does_not_tell_which_numbers_there_are(self):
        for seq in (100, 101):
            self.assertEqual(self.take(team(lastMessage=message(seq=seq)))["lastMessage"]["seq"], str(seq))

    def test_a_guessed_message_shows_nothing(self):
        for guess in (
            {"random": 99}, {"sender": "carol"}, {"seq": "99"}, {"timestamp": NOON_S}, {"timestamp": NOON_S + 200},
            {"textElem": {"text": "g"}}, {"textElem": None}, {"textElem": {}}, {"textElem": {"text": None}},
        ):  # fmt: skip
            self.take(team(lastMessage=self.of_stored(**guess)))

        self.assertNotEqual(self.newest_shown(), "g101")

    def test_the_last_message_as_members_know_it_makes_a_member(self):
        self.take(team(lastMessage=self.of_stored()))

        self.assertEqual(self.newest_shown(), "g101")

    def test_the_time_may_differ_as_clocks_do(self):
        self.take(team(lastMessage=self.of_stored(timestamp=NOON_S + 130)))

        self.assertEqual(self.newest_shown(), "g101")

    def test_a_service_is_believed(self):
        service = with_key(None, scopes=("write",))

        response = self.send("POST", url("conversations/report/", owner=ALICE), {"conversationList": [team()]}, **service)

        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.newest_shown(), "g101")


class CostTests(ReportTestCase):
    def statements(self, count: int, start: int) -> int:
        reported = [
            {"conversationID": f"{kind}_x{start + n}", "unreadCount": 2, "lastMessage": message(), "isPinned": False,
             "markList": [1], "groupAtInfoList": [], "conversationGroupList": ["work"], read: 5}
            for n in range(count)
            for kind, read in (("c2c", "c2cReadTimestamp"), ("group", "groupReadSequence"))
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            self.assert_results(self.report(*reported), *[0] * len(reported))
        return len(captured)

    def test_a_hundred_cost_as_much_as_two_new_ones_or_known_ones(self):
        self.statements(1, 900)
        new = self.statements(1, 0), self.statements(50, 100)
        Conversation.objects.update(marks=0)
        known = self.statements(1, 0), self.statements(50, 100)

        self.assertEqual((new[0], known[0]), (new[1], known[1]))

    def test_reads_of_a_hundred_with_stored_messages_cost_as_much_as_two(self):
        counts = []
        for start, count in ((0, 2), (1000, 100)):
            messages.record([c2c(f"p{start + n}", "alice", 3) for n in range(count)], now_s=NOON_S)
            messages.record([c2c(f"p{start + n}", "alice", 30) for n in range(count)], now_s=NOON_S)
            reported = [{"conversationID": f"c2c_p{start + n}", "c2cReadTimestamp": NOON_S + 2} for n in range(count)]
            with CaptureQueriesContext(connection) as captured:
                self.assert_results(self.report(*reported), *[0] * count)
            counts.append(len(captured))

        self.assertEqual(counts[0], counts[1])
        self.assertEqual(set(Conversation.objects.for_owner(ALICE).values_list("unread_count", flat=True)), {1})
