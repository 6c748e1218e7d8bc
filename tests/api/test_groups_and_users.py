"""groups/ and users/: names and rosters that a back end tells, in the vendor's words and in ours."""

from typing import Any
from unittest import mock

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from conversations.feeding import profiles
from conversations.models import Conversation, Group, GroupMember, Owner, ProfileUpdate
from tests.support.api import url
from tests.support.cast import ALICE, BOB, CAROL, make_conversation, with_key
from tests.support.ingest import GROUP, NOON_S, FeedTestCase

TEAM = {"GroupId": "team", "Type": "Public", "Name": "The team", "FaceUrl": "https://example.org/t.png"}
NICK = {"To_Account": BOB, "ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": "Bob"}]}


def members(*user_ids: str) -> list[dict[str, Any]]:
    return [{"Member_Account": user_id} for user_id in user_ids]


class DirectoryTestCase(FeedTestCase):
    def tell(self, body: Any, path: str = "groups/") -> list[dict[str, Any]]:
        response = self.feed(body, path)
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()["results"]

    def put(self, path: str, body: Any, **credential: str) -> HttpResponse:
        return self.client.put(url(path), body, "application/json", **(credential or self.feeder))

    def of_team(self) -> dict[str, str]:
        """Who has the team's conversation, and whether as a member."""
        rows = Conversation.objects.filter(conversation_id="group_team")
        return dict(rows.values_list("owner_id", "membership"))


class GroupsTests(DirectoryTestCase):
    def test_a_group_as_get_group_info_answers(self):
        listed = {"Member_Account": ALICE, "Role": "Owner", "JoinTime": NOON_S - 50, "MsgSeq": 1, "MsgFlag": "AcceptAndNotify"}
        group = TEAM | {"MemberNum": 1, "NextMsgSeq": 9, "Introduction": "x", "AppDefinedData": [], "MemberList": [listed]}
        answer = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "GroupInfo": [group]}

        (result,) = self.tell(answer)

        expected = {"index": 0, "GroupId": "team", "status": "applied", "resultCode": 0, "resultInfo": ""}
        self.assertEqual(result, expected)
        alices = self.conversation(conversation_id="group_team")
        self.assertEqual(
            (alices["showName"], alices["faceUrl"], alices["groupType"]), (TEAM["Name"], TEAM["FaceUrl"], "Public")
        )
        self.assertEqual(alices["orderkey"], (NOON_S - 50) * 10**6)

    def test_one_and_a_list_are_taken_as_well(self):
        self.assertEqual(len(self.tell(TEAM)), 1)
        self.assertEqual(len(self.tell([TEAM, TEAM | {"GroupId": "b"}])), 2)

    def test_good_ones_go_in_and_each_bad_one_says_why(self):
        bad = (
            ({}, "GroupId"),
            (TEAM | {"GroupId": "x" * 97}, "GroupId"),
            (TEAM | {"Name": 7}, "Name"),
            (TEAM | {"Name": "a\0b"}, "Name"),
            (TEAM | {"Type": "Club"}, "Type"),
            (TEAM | {"Nome": "x"}, "Nome"),
            (TEAM | {"MemberList": "bob"}, "MemberList"),
            (TEAM | {"MemberList": [7]}, "MemberList"),
            (TEAM | {"MemberList": [{"Member_Account": ""}]}, "Member_Account"),
            (TEAM | {"MemberList": [{"Member_Account": BOB, "x": 1}]}, "x"),
            (TEAM | {"MemberList": [{"Member_Account": BOB, "JoinTime": NOON_S * 1000}]}, "JoinTime"),
            (TEAM | {"GroupId": "team@TOPIC#_a", "MemberList": members(BOB)}, "MemberList"),
            (TEAM | {"EventTime": (NOON_S + 10**6) * 1000}, "EventTime"),
            ({"GroupId": "gone", "ErrorCode": 10010, "ErrorInfo": "this group does not exist"}, "ErrorCode"),
            (7, ""),
        )

        results = self.tell([*(body for body, _key in bad), TEAM])

        self.assertEqual([result["status"] for result in results], ["refused"] * len(bad) + ["applied"])
        for result, (_body, key) in zip(results, bad):
            self.assertEqual(result["resultCode"], 6017)
            self.assertIn(key, result["resultInfo"])
        self.assertEqual(list(Group.objects.values_list("group_id", flat=True)), ["team"])

    def test_bad_bodies_are_refused_as_a_whole(self):
        for body, field in (
            ([], "body"),
            ([TEAM] * 501, "body"),
            ({"GroupInfo": {}}, "GroupInfo"),
            ({"GroupInfo": [TEAM], "x": 1}, "x"),
        ):
            self.assert_problem(self.feed(body, "groups/"), 400, 6017, field)
        self.assert_problem(self.feed(TEAM, "groups/?owner=alice"), 400, 6017, "owner")

    def test_a_list_that_is_not_the_whole_removes_nobody(self):
        self.tell(TEAM | {"MemberList": members(ALICE)})

        self.tell(TEAM | {"MemberNum": 2, "MemberList": members(BOB)})

        self.assertEqual(self.of_team(), {ALICE: "member", BOB: "member"})

    def test_an_older_answer_undoes_nothing(self):
        self.tell(TEAM | {"LastInfoTime": NOON_S - 10, "Name": "new"})
        self.tell(TEAM | {"LastInfoTime": NOON_S - 20, "Name": "old"})

        self.assertEqual(Group.objects.get().name, "new")

    def test_names_that_need_more_time_are_pending(self):
        make_conversation(ALICE, "group_team")
        with mock.patch.object(profiles, "PATIENCE_S", 0):
            (result,) = self.tell(TEAM)
            self.assertEqual(self.put("groups/team/", {"Name": "x"}).json(), {"status": "pending"})

        self.assertEqual(result["status"], "pending")
        self.assertTrue(ProfileUpdate.objects.exists())


class GroupTests(DirectoryTestCase):
    def test_a_member_list_replaces_the_members(self):
        self.put("groups/team/", {"MemberList": members(ALICE, BOB)})

        response = self.put("groups/team/", {"MemberList": [BOB, CAROL]})

        self.assertEqual((response.status_code, response.json()), (200, {"status": "applied"}))
        self.assertEqual(self.of_team(), {ALICE: "left", BOB: "member", CAROL: "member"})

    def test_what_is_absent_stays(self):
        self.put("groups/team/", {"Name": "The team", "MemberList": [ALICE]})

        self.put("groups/team/", {"FaceUrl": "f"})

        alices = self.conversation(conversation_id="group_team")
        self.assertEqual((alices["showName"], alices["faceUrl"]), ("The team", "f"))
        self.assertEqual(self.of_team(), {ALICE: "member"})

    def test_told_twice_changes_nothing_the_second_time(self):
        body = {"Name": "The team", "Type": "Work", "MemberList": [ALICE, BOB]}
        self.put("groups/team/", body)
        before = list(Owner.objects.order_by("owner_id").values_list("owner_id", "version"))

        self.put("groups/team/", body)

        self.assertEqual(list(Owner.objects.order_by("owner_id").values_list("owner_id", "version")), before)

    def test_members_come_and_go(self):
        self.results(GROUP | {"MsgSeq": 1, "MsgTime": NOON_S - 50})

        added = self.feed({"MemberList": [ALICE, *members(BOB)]}, "groups/team/members/add/")
        self.assertEqual((added.status_code, added.json()), (200, {"changed": 1}))
        removed = self.feed({"MemberToDel_Account": [ALICE, CAROL]}, "groups/team/members/remove/")
        self.assertEqual((removed.status_code, removed.json()), (200, {"changed": 1}))
        self.feed({"MemberList": [BOB], "ExitType": "Quit"}, "groups/team/members/remove/")

        self.assertEqual(self.of_team(), {ALICE: "kicked", BOB: "left"})
        self.assertEqual(self.conversation(conversation_id="group_team")["unreadCount"], 0)

    def test_a_time_of_coming_makes_stored_messages_count_from_then(self):
        self.results([GROUP | {"MsgSeq": n, "Random": n, "MsgTime": NOON_S - 100 + n} for n in (10, 20, 30)])

        self.feed({"MemberList": [{"Member_Account": ALICE, "JoinTime": NOON_S - 80}]}, "groups/team/members/add/")

        self.assertEqual(self.conversation(conversation_id="group_team")["unreadCount"], 2)

    def test_an_id_with_a_slash_goes_in_the_query(self):
        self.assertEqual(self.put("groups/-/?id=a%2Fb", {"MemberList": [ALICE]}).status_code, 200)
        self.assertEqual(self.feed({"MemberList": [BOB]}, "groups/-/members/add/?id=a%2Fb").json(), {"changed": 1})
        self.assertEqual(self.feed({"MemberList": [BOB]}, "groups/-/members/remove?id=a%2Fb").json(), {"changed": 1})

        self.assertEqual(Conversation.objects.filter(conversation_id="group_a/b").count(), 2)

    def test_bad_bodies_are_refused_by_name(self):
        for body, field in (
            ({}, "Name"),
            ({"Name": None}, "Name"),
            ({"name": "x"}, "name"),
            ({"GroupId": "team", "Name": "x"}, "GroupId"),
            ({"Name": ["x"]}, "Name"),
            ({"Type": "x"}, "Type"),
            ({"MemberList": [BOB] * 10_001}, "MemberList"),
            ({"MemberList": {"Member_Account": BOB}}, "MemberList"),
            ([], "body"),
        ):
            self.assert_problem(self.put("groups/team/", body), 400, 6017, field)
        for path, body, field in (
            ("add", {}, "MemberList"),
            ("add", {"MemberList": []}, "MemberList"),
            ("add", {"MemberToDel_Account": [BOB]}, "MemberToDel_Account"),
            ("add", {"MemberList": ["x" * 65]}, "Member_Account"),
            ("remove", {"MemberList": [BOB], "ExitType": "Gone"}, "ExitType"),
            ("remove", {"MemberToDel_Account": [7]}, "MemberToDel_Account"),
        ):
            self.assert_problem(self.feed(body, f"groups/team/members/{path}/"), 400, 6017, field)
        self.assert_problem(self.put("groups/-/", {"Name": "x"}), 400, 6017, "id")
        self.assert_problem(self.put("groups/x%40TGS/", {"Name": "x"}), 400, 6017, "GroupId")
        self.assert_problem(self.put("groups/team@TOPIC%23_a/", {"MemberList": [BOB]}), 400, 6017, "MemberList")
        self.assertFalse(Group.objects.exists())

    def test_members_cost_the_same_whatever_their_number(self):
        counts = set()
        self.feed({"MemberList": [BOB]}, "groups/first/members/add/")  # notes when the key was used
        for size in (2, 60):
            with CaptureQueriesContext(connection) as captured:
                self.feed({"MemberList": [f"u{n}" for n in range(size)]}, f"groups/g{size}/members/add/")
            counts.add(len(captured))
            self.assertEqual(GroupMember.objects.filter(group_id=f"g{size}").count(), size)

        self.assertEqual(len(counts), 1)


class UsersTests(DirectoryTestCase):
    def test_users_as_portrait_get_answers(self):
        make_conversation(ALICE, "c2c_bob")
        image = {"Tag": "Tag_Profile_IM_Image", "Value": "https://example.org/b.png"}
        user = NICK | {"ProfileItem": [*NICK["ProfileItem"], image], "ResultCode": 0, "ResultInfo": ""}
        answer = {"UserProfileItem": [user], "ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "ErrorDisplay": ""}

        (result,) = self.tell(answer, "users/")

        expected = {"index": 0, "To_Account": BOB, "status": "applied", "resultCode": 0, "resultInfo": ""}
        self.assertEqual(result, expected)
        alices = self.conversation()
        self.assertEqual((alices["showName"], alices["faceUrl"]), ("Bob", image["Value"]))

    def test_good_ones_go_in_and_each_bad_one_says_why(self):
        bad = (
            ({"To_Account": BOB}, "ProfileItem"),
            (NICK | {"To_Account": ""}, "To_Account"),
            (NICK | {"ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": ["x"]}]}, "Value"),
            (NICK | {"Nick": "x"}, "Nick"),
            (NICK | {"ResultCode": 40003, "ResultInfo": "no such user"}, "no such user"),
            (None, ""),
        )

        results = self.tell([*(body for body, _key in bad), NICK], "users/")

        self.assertEqual([result["status"] for result in results], ["refused"] * len(bad) + ["applied"])
        for result, (_body, key) in zip(results, bad):
            self.assertIn(key, result["resultInfo"])

    def test_put_changes_what_it_names(self):
        make_conversation(ALICE, "c2c_bob", face_url="f")

        response = self.put("users/bob/", {"Nick": "Bob"})

        self.assertEqual((response.status_code, response.json()), (200, {"status": "applied"}))
        self.assertEqual((self.conversation()["showName"], self.conversation()["faceUrl"]), ("Bob", "f"))

    def test_a_time_in_the_body_decides_which_is_newer(self):
        self.put("users/bob/", {"Nick": "Bob"})
        self.put("users/bob/", {"Nick": "too late", "EventTime": (NOON_S - 1) * 1000})

        self.assertEqual(Owner.objects.get(owner_id=BOB).nick_name, "Bob")

    def test_an_id_with_a_slash_goes_in_the_query(self):
        self.assertEqual(self.put("users/-/?id=a%2Fb", {"Nick": "x"}).status_code, 200)

        self.assertEqual(Owner.objects.get(owner_id="a/b").nick_name, "x")

    def test_bad_bodies_are_refused_by_name(self):
        for body, field in (({}, "Nick"), ({"nick": "x"}, "nick"), ({"FaceUrl": 7}, "FaceUrl"), ({"Nick": "\0"}, "Nick")):
            self.assert_problem(self.put("users/bob/", body), 400, 6017, field)
        self.assert_problem(self.put(f"users/{'x' * 65}/", {"Nick": "x"}), 400, 6017, "To_Account")
        self.assert_problem(self.feed([], "users/"), 400, 6017, "body")
        self.assertFalse(Owner.objects.exists())

    def test_users_nobody_talks_to_cost_little_each(self):
        counts = []
        for size in (1, 21):
            users = [NICK | {"To_Account": f"u{size}-{n}"} for n in range(size)]
            with CaptureQueriesContext(connection) as captured:
                self.tell(users, "users/")
            counts.append(len(captured))

        self.assertLessEqual((counts[1] - counts[0]) / 20, 8)


class EmptyNameTests(DirectoryTestCase):
    def test_an_unknown_key_or_parameter_without_a_name_is_named(self):
        c2c = {"From_Account": "bob", "To_Account": "alice", "MsgKey": "1_1_1"}
        for method, path, body in (
            (self.client.put, "groups/team/", {"Name": "x", "": 1}),
            (self.client.post, "groups/team/members/add/", {"MemberList": ["bob"], "": 1}),
            (self.client.put, "users/bob/", {"Nick": "x", "": 1}),
            (self.client.post, "messages/recall/", c2c | {"": 1}),
            (self.client.post, "messages/recall/", '{"": 1, "": 1}'),
            (self.client.post, "messages/recall/?=1", c2c),
        ):
            with self.subTest(path, body=body):
                answer = method(url(path), body, "application/json", **self.feeder)
                refused = self.assert_problem(answer, 400, 6017, '""')
                self.assertFalse(refused["detail"].startswith(":"))

    def test_it_is_named_of_a_users_call(self):
        read = self.client.post(url("conversations/read/"), {"scope": "all", "": 1}, "application/json", **self.alice)
        self.assert_problem(read, 400, 6017, '""')


class AccessTests(DirectoryTestCase):
    def test_only_a_key_that_may_feed_gets_in(self):
        requests = (
            ("post", "groups/", TEAM),
            ("put", "groups/team/", {"Name": "x"}),
            ("post", "groups/team/members/add/", {"MemberList": [BOB]}),
            ("post", "groups/team/members/remove/", {"MemberList": [BOB]}),
            ("post", "users/", NICK),
            ("put", "users/bob/", {"Nick": "x"}),
        )
        credentials = (
            with_key(ALICE, ("read", "write")),
            with_key(BOB, ("read",)),
            with_key(None, ("read", "write")),
            self.alice,
        )
        for method, path, body in requests:
            with self.subTest(path):
                ask = getattr(self.client, method)
                for credential in credentials:
                    self.assert_problem(ask(url(path), body, "application/json", **credential), 403, 10007)
                self.assert_problem(ask(url(path), body, "application/json"), 401, 6014)
        self.assertFalse(Group.objects.exists() or Conversation.objects.exists() or Owner.objects.exists())
