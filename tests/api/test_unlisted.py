"""Settings, drafts and reads of conversations that are not in the list: before the first message, or after a deletion."""

from typing import Any

import orjson
import time_machine
from django.test import override_settings

from conversations.actions import deletions, reading
from conversations.feeding import members, messages, profiles
from conversations.maintenance import verify
from conversations.models import Conversation, Owner
from conversations.transfer import conversations
from tests.support.acting import ActionTestCase, version
from tests.support.api import conversation_url, url
from tests.support.cast import ALICE, BOB, bearer, make_conversation, usersig
from tests.support.messages import NOON_S, c2c, group

NEW = conversation_url("c2c_new")
REPORT = url("conversations/report/")


class UnlistedTestCase(ActionTestCase):
    def setUp(self):
        self.clock = self.enterContext(time_machine.travel(NOON_S, tick=False))

    def come(self, *incoming: Any) -> None:
        messages.record(incoming, now_s=NOON_S)

    def feed(self) -> list[str]:
        return [change["kind"] for change in self.get(url("changes/")).json()["changes"]]

    def list(self) -> list[str]:
        return [shown["conversationID"] for shown in self.get(url()).json()["conversationList"]]

    def assert_consistent(self) -> None:
        self.assertEqual(list(verify.findings()), [])


class BeforeTheFirstMessageTests(UnlistedTestCase):
    def test_the_first_message_comes_muted(self):
        shown = self.put(f"{NEW}receive-option/", {"recvOpt": 2})

        self.assertEqual((shown.status_code, shown.json()), (200, self.get(f"{NEW}?placeholder=true").json()))
        self.assertEqual((shown.json()["recvOpt"], shown.json()["showName"]), (2, "new"))
        self.assertEqual((self.list(), self.feed(), version()), ([], [], 0))
        self.assert_problem(self.get(NEW), 404, 6004)
        self.come(c2c("new", ALICE, 1))
        self.assertEqual((self.shown("c2c_new")["recvOpt"], self.totals()["muted"], self.totals()["total"]), (2, 1, 0))
        self.assertEqual(self.feed(), ["new"])
        self.assert_consistent()

    def test_a_message_to_settled_members_comes_muted(self):
        make_conversation(conversation_id="group_team")
        members.join("team", [BOB, ALICE], at_ms=1)
        deletions.delete(owner_id=ALICE, conversation_ids=["group_team"])
        before = version()

        shown = self.put(f"{conversation_url('group_team')}receive-option/", {"recvOpt": 3}).json()
        self.assertEqual((shown["recvOpt"], version()), (3, before))
        self.come(group(BOB, 1))

        self.assertEqual((self.shown("group_team")["recvOpt"], self.totals()["muted"]), (3, 1))
        self.assert_consistent()

    def test_a_topic_that_a_member_has_not_read_yet_can_be_muted(self):
        members.join("@TGS#_team", [BOB, ALICE], at_ms=1)

        self.put(url("conversations/-/receive-option/", id="group_@TGS#_team@TOPIC#_x"), {"recvOpt": 2})

        waiting = Conversation.objects.get(owner_id=ALICE, conversation_id="group_@TGS#_team@TOPIC#_x")
        self.assertEqual((waiting.recv_opt, waiting.version, waiting.created_version), (2, 0, 0))

    def test_what_is_set_already_is_stored_nowhere(self):
        self.assertEqual(self.put(f"{NEW}receive-option/", {"recvOpt": 0}).status_code, 200)
        self.assertEqual(self.put(f"{NEW}draft/", {"draftText": ""}).status_code, 200)

        self.assertFalse(Conversation.objects.exists())

    def test_a_draft_begins_the_conversation(self):
        profiles.set_profiles([profiles.Profile(user_id="new", nick_name="Newton", face_url="https://new", at_ms=1)])

        shown = self.put(f"{NEW}draft/", {"draftText": "hel"}).json()

        self.assertEqual((shown["draftText"], shown["showName"], shown["faceUrl"]), ("hel", "Newton", "https://new"))
        self.assertEqual((shown, [shown["conversationID"]]), (self.shown("c2c_new"), self.list()))
        self.assertEqual((self.feed(), version(), shown["orderkey"] // 10**6), (["new"], 1, NOON_S))
        self.assert_consistent()

    def test_a_draft_begins_what_was_muted_before(self):
        self.put(f"{NEW}receive-option/", {"recvOpt": 2})

        shown = self.put(f"{NEW}draft/", {"draftText": "hel", "draftTimestamp": NOON_S - 5}).json()

        self.assertEqual((shown["recvOpt"], shown["draftTimestamp"], self.feed()), (2, NOON_S - 5, ["new"]))

    def test_groups_only_for_their_members(self):
        members.join("team", [BOB], at_ms=1)
        members.join("gone", [ALICE], at_ms=1)
        deletions.delete(owner_id=ALICE, conversation_ids=["group_gone"])
        members.leave("gone", [ALICE], at_ms=2, membership="left")

        with self.assert_no_change():
            for group_id in ("team", "gone", "never_seen"):
                for call, body in (("receive-option", {"recvOpt": 2}), ("draft", {"draftText": "x"})):
                    self.assert_problem(self.put(f"{conversation_url('group_' + group_id)}{call}/", body), 404, 6004)

    def test_users_without_a_list_get_none(self):
        with override_settings(SKIP_OWNERS=frozenset({ALICE})), self.assert_no_change():
            self.assert_problem(self.put(f"{NEW}draft/", {"draftText": "x"}), 404, 6004)

    def test_a_read_before_the_first_message_is_6004(self):
        self.put(f"{NEW}receive-option/", {"recvOpt": 2})

        with self.assert_no_change():
            self.assert_problem(self.send("POST", f"{NEW}read/", {}), 404, 6004)

    def test_an_import_brings_the_conversation_with_the_setting(self):
        rest = {"Type": 1, "To_Account": "old", "MsgTime": NOON_S}
        for record in ({"conversation": {"conversationID": "c2c_new"}}, {"SessionItem": [rest], "CompleteFlag": 1}):
            name = "old" if "SessionItem" in record else "new"
            self.put(f"{conversation_url(f'c2c_{name}')}receive-option/", {"recvOpt": 2})

            summary = conversations.import_records([(1, record | {"owner": ALICE})])

            self.assertEqual((summary.created, self.shown(f"c2c_{name}")["recvOpt"]), (1, 2))

    def test_a_report_brings_it_with_the_setting(self):
        self.put(f"{NEW}receive-option/", {"recvOpt": 2})

        self.assert_results(self.post(REPORT, {"conversationList": [{"conversationID": "c2c_new"}]}), 0)

        self.assertEqual((self.shown("c2c_new")["recvOpt"], self.feed()), (2, ["new"]))


class AfterADeletionTests(UnlistedTestCase):
    def setUp(self):
        super().setUp()
        self.come(c2c(BOB, ALICE, 3), c2c(ALICE, BOB, 6))
        self.clock.move_to(NOON_S + 60)
        deletions.delete(owner_id=ALICE, conversation_ids=["c2c_bob"], clear_messages=False)
        self.clock.move_to(NOON_S + 61)
        self.since = self.get(url())["Owner-Version"]

    def news(self) -> list[str]:
        return [change["kind"] for change in self.get(url("changes/", since=self.since)).json()["changes"]]

    def report(self, **keys: Any):
        return self.post(REPORT, {"conversationList": [{"conversationID": "c2c_bob"} | keys]})

    def test_a_read_moves_on_and_shows_to_the_peer_and_the_row_stays_away(self):
        self.come(c2c(BOB, ALICE, 9))
        deletions.delete(owner_id=ALICE, conversation_ids=["c2c_bob"])
        before = version()

        shown = self.send("POST", f"{conversation_url('c2c_bob')}read/", {"cleanTimestamp": NOON_S + 61}).json()

        self.assertEqual((shown["c2cReadTimestamp"], self.list(), version()), (NOON_S + 61, [], before))
        bobs = self.get(conversation_url("c2c_alice"), bearer(usersig(BOB))).json()
        self.assertTrue(bobs["lastMessage"]["isPeerRead"])
        self.come(c2c(BOB, ALICE, 12))
        self.assertEqual(self.shown()["c2cReadTimestamp"], NOON_S + 61)

    def test_a_receipt_of_the_cloud_does_the_same(self):
        reading.record_receipt(ALICE, BOB, time_s=NOON_S + 61)

        self.assertEqual((self.list(), self.news()), ([], []))
        self.assertEqual(self.get(f"{conversation_url('c2c_bob')}?placeholder=true").json()["c2cReadTimestamp"], NOON_S + 61)

    def test_a_draft_of_now_brings_it_back_with_what_was_not_cleared(self):
        shown = self.put(f"{conversation_url('c2c_bob')}draft/", {"draftText": "I"}).json()

        self.assertEqual((shown["draftText"], shown["lastMessage"]["textElem"]["text"], self.news()), ("I", "c6", ["new"]))
        self.assert_consistent()

    def test_a_draft_of_before_the_deletion_changes_nothing(self):
        with self.assert_no_change():
            shown = self.put(f"{conversation_url('c2c_bob')}draft/", {"draftText": "I", "draftTimestamp": NOON_S + 60})

        self.assertEqual((shown.status_code, shown.json()["draftText"]), (200, ""))

    def test_a_reported_draft_of_after_it_brings_it_back(self):
        self.assert_results(self.report(draftText="I", draftTimestamp=NOON_S + 61), 0)

        shown = self.shown()
        self.assertEqual((shown["draftText"], shown["lastMessage"]["textElem"]["text"], self.news()), ("I", "c6", ["new"]))
        self.assert_consistent()

    def test_a_reported_draft_of_before_it_is_named_and_the_rest_waits(self):
        for draft in ({"draftText": "I", "draftTimestamp": NOON_S + 60}, {"draftText": "I"}):
            (result,) = self.assert_results(self.report(recvOpt=2, **draft), 6017)
            self.assertIn("draftText", result["resultInfo"])

        self.assertEqual((self.list(), self.news()), ([], []))
        self.assertEqual(self.get(f"{conversation_url('c2c_bob')}?placeholder=true").json()["recvOpt"], 2)

    def test_reported_settings_hold_when_the_next_message_comes(self):
        settings = {"recvOpt": 2, "isPinned": True, "markList": [1], "customData": "vip", "conversationGroupList": ["work"]}

        self.assert_results(self.report(**settings, c2cReadTimestamp=NOON_S + 61), 0)

        self.assertEqual((self.list(), self.news()), ([], ["groups"]))
        self.come(c2c(BOB, ALICE, 300))
        shown = self.shown()
        self.assertEqual({key: shown[key] for key in settings}, settings)
        self.assertEqual((shown["c2cReadTimestamp"], shown["unreadCount"]), (NOON_S + 61, 1))
        self.assert_consistent()

    def test_a_pin_beyond_the_limit_is_named(self):
        with override_settings(MAX_PINNED=0):
            self.assert_results(self.report(isPinned=True, recvOpt=2), 51012)

        self.come(c2c(BOB, ALICE, 300))
        self.assertEqual((self.shown()["isPinned"], self.shown()["recvOpt"]), (False, 2))

    def test_the_same_report_again_changes_nothing(self):
        keys = {
            "recvOpt": 2,
            "isPinned": True,
            "lastMessage": orjson.loads(Conversation.objects.get(owner_id=BOB).last_message),
        }
        self.report(**keys)

        with self.assert_no_change():
            self.assert_results(self.report(**keys), 0)

    def test_the_name_on_return_is_that_of_now(self):
        profiles.set_profiles([profiles.Profile(user_id=BOB, nick_name="Bobby", face_url="", at_ms=1)])

        shown = self.put(f"{conversation_url('c2c_bob')}draft/", {"draftText": "I"}).json()

        self.assertEqual(shown["showName"], "Bobby")
        self.assertEqual(Owner.objects.get(owner_id=ALICE).version, Conversation.objects.get(owner_id=ALICE).version)
