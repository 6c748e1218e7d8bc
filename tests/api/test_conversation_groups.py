"""getConversationGroupList, createConversationGroup, names and limits: an owner's folders."""

from conversations.models import Owner
from tests.support.acting import GroupTestCase, group_url, quoted, version
from tests.support.api import ids_of, url
from tests.support.cast import BOB, bearer, make_conversation, make_conversations, usersig

GROUPS = url("conversation-groups/")
TEN_CHARACTERS = "十个汉字正好三十字节"
FULL_NAME = TEN_CHARACTERS + "ab"
ODD_NAMES = [
    *("-", "add", "remove", ".", "..", "a b", " ", "a/b", "/", "a?b", "a#b", "a%b", "%2F", "%00", "a+b", "a&name=b", "null"),
    *("😀" * 8, "é", "e\u0301", "\n", "\x01", "\x7f", "'\"\\", "[]", "Work", "work ", FULL_NAME, "x" * 32),
]


class CreateTests(GroupTestCase):
    def setUp(self):
        make_conversation(activity_key=5)
        make_conversation(conversation_id="group_team")

    def test_a_new_group_has_those_members_that_are_there(self):
        with self.assert_versions(2):
            results = self.assert_results(self.create("work", "c2c_x", "c2c_bob", "C2Cbob"), 6004, 0, 6017)

        self.assertEqual([result["conversationID"] for result in results], ["c2c_x", "c2c_bob", "C2Cbob"])
        self.assertEqual((self.names(), self.members("work"), self.groups_of()), (["work"], ["c2c_bob"], ["work"]))

    def test_it_is_there_though_none_of_its_members_is(self):
        with self.assert_versions(1):
            self.assert_results(self.create("work", "c2c_x"), 6004)

        self.assertEqual(self.names(), ["work"])

    def test_one_that_is_there_gets_the_members_it_lacks(self):
        self.create("work")

        with self.assert_versions(1):
            self.assert_results(self.create("work", "c2c_bob", "group_team"), 0, 0)

        self.assertEqual((self.names(), self.members("work")), (["work"], ["c2c_bob", "group_team"]))

    def test_again_is_no_change(self):
        self.create("work")

        with self.assert_no_change():
            self.assert_results(self.create("work"), 0)

    def test_a_conversation_may_be_in_several(self):
        self.create("work")
        self.create("friends")

        self.assertEqual(self.groups_of(), ["friends", "work"])

    def test_membership_is_no_activity(self):
        before = self.shown()

        self.create("work")

        after = self.shown()
        self.assertEqual({key for key in before if before[key] != after[key]}, {"conversationGroupList"})

    def test_an_owner_never_seen_may_begin_with_a_group(self):
        bob = bearer(usersig(BOB))

        response = self.send("POST", GROUPS, {"groupName": "work", "conversationIDList": ["c2c_alice"]}, bob)

        self.assert_results(response, 6004)
        self.assertEqual(response["Owner-Version"], self.get(GROUPS, bob)["Owner-Version"])
        self.assertEqual(self.get(GROUPS, bob).json(), {"conversationGroupList": ["work"]})
        self.assertEqual(self.names(), [])


class NameTests(GroupTestCase):
    def setUp(self):
        make_conversation()

    def test_32_bytes_are_taken_and_33_are_51011(self):
        self.assertEqual((len(FULL_NAME), len(FULL_NAME.encode())), (12, 32))
        self.assert_results(self.create(FULL_NAME), 0)
        self.create("work")

        for name in (FULL_NAME + "c", TEN_CHARACTERS + "一", "x" * 33, "x" * 1000):
            with self.subTest(name[:40]), self.assert_no_change():
                self.assertIn("32", self.assert_problem(self.create(name), 400, 51011, "groupName")["detail"])
                self.assert_problem(self.rename("work", name), 400, 51011, "newName")

    def test_an_empty_name_is_6017(self):
        self.create("work")

        with self.assert_no_change():
            self.assert_problem(self.create(""), 400, 6017, "groupName")
            self.assert_problem(self.rename("work", ""), 400, 6017, "newName")

    def test_a_name_is_text_that_can_be_kept(self):
        self.create("work")

        for name in (7, 0, 1.5, True, False, None, [], ["work"], {}, "a\0b", "\0"):
            with self.subTest(name=name), self.assert_no_change():
                self.assert_problem(self.create(name), 400, 6017, "groupName")
                self.assert_problem(self.rename("work", name), 400, 6017, "newName")
        for name in ("\ud800", "a\udfff"):
            self.assert_problem(self.create(name), 400, 6017, "body")
            self.assert_problem(self.rename("work", name), 400, 6017, "body")

    def test_every_name_can_be_created_filled_renamed_and_deleted(self):
        for name in ODD_NAMES:
            with self.subTest(name):
                self.assert_results(self.create(name, "c2c_x"), 6004)
                self.assert_results(self.add(name, "c2c_bob"), 0)
                self.assertEqual((self.names(), self.groups_of(), self.members(name)), ([name], [name], ["c2c_bob"]))
                self.assert_results(self.remove(name, "c2c_bob"), 0)
                self.assertEqual(self.rename(name, "other").json(), {"conversationGroupList": ["other"]})
                self.assertEqual(self.rename("other", name).json(), {"conversationGroupList": [name]})
                self.assertEqual(self.delete(group_url(name)).json(), {"conversationGroupList": []})

    def test_every_name_can_be_given_by_dash(self):
        for name in ODD_NAMES:
            with self.subTest(name):
                self.create(name)

                response = self.delete(url("conversation-groups/-/", name=name))

                self.assertEqual(response.json(), {"conversationGroupList": []})

    def test_a_slash_in_the_path_is_404_and_says_what_to_do(self):
        self.create("a/b")

        for path in ("", "add/", "remove/"):
            response = self.send("DELETE", url(f"conversation-groups/{quoted('a/b')}/{path}"))
            self.assertIn("?name=", self.assert_problem(response, 404, 60009)["detail"])

    def test_names_that_look_alike_are_different(self):
        alike = ["work", "Work", "work ", "é", "e\u0301", "ｗork"]

        for name in alike:
            self.create(name)

        self.assertEqual(self.names(), sorted(alike))

    def test_a_dash_without_a_name_is_no_group_even_where_one_is_called_so(self):
        self.create("-")

        with self.assert_no_change():
            response = self.send("DELETE", url("conversation-groups/-/"))

        self.assert_problem(response, 400, 6017, "name")


class LimitTests(GroupTestCase):
    def test_the_twentieth_is_taken_and_the_twenty_first_is_51010(self):
        make_conversation()
        for n in range(20):
            self.assert_results(self.create(f"group {n}"), 0)

        with self.assert_no_change():
            self.assert_problem(self.create("one more"), 400, 51010)
            self.assert_problem(self.create("one more", "c2c_x"), 400, 51010)
            self.assert_results(self.create("group 7"), 0)
        self.assertEqual(len(self.groups_of()), 20)

    def test_deleting_one_makes_room_and_its_place_is_empty(self):
        make_conversation()
        for n in range(20):
            self.create(f"group {n}")

        self.delete(group_url("group 7"))
        self.assert_results(self.create("one more", "c2c_x"), 6004)

        self.assertEqual((len(self.names()), self.members("one more")), (20, []))

    def test_the_thousandth_is_taken_and_the_next_is_51008_for_that_id(self):
        make_conversation()
        make_conversation(conversation_id="group_team")
        make_conversations(999, conversation_groups=1)
        Owner.objects.update(group_names='["work"]')

        with self.assert_versions(1):
            results = self.assert_results(self.add("work", "c2c_peer1", "c2c_bob", "group_team", "c2c_x"), 0, 0, 51008, 6004)

        self.assertIn("1000", results[2]["resultInfo"])
        with self.assert_no_change():
            self.assert_results(self.create("work", "group_team"), 51008)
        self.remove("work", "c2c_peer1")
        self.assert_results(self.add("work", "group_team"), 0)

    def test_a_full_group_can_be_renamed_and_deleted(self):
        make_conversations(1000, conversation_groups=1)
        Owner.objects.update(group_names='["work"]')

        with self.assert_versions(1001):
            self.rename("work", "job")
        self.assertEqual(len(ids_of(self.get(url(conversationGroup="job", count=500)))), 500)
        with self.assert_versions(1001):
            self.delete(group_url("job"))
        self.assertEqual(self.members("job"), [])

    def test_the_number_of_queries_does_not_grow_with_the_group(self):
        for more in (10, 500):
            make_conversations(more, start=more, conversation_groups=1)
            Owner.objects.update(group_names='["work"]')
            with self.assertNumQueries(3):
                self.get(GROUPS), self.get(GROUPS), self.get(GROUPS)


class ListTests(GroupTestCase):
    def test_names_are_sorted_and_an_owner_never_seen_has_none(self):
        for name in ("b", "a", "张", "B"):
            self.create(name, "c2c_x")

        self.assertEqual(self.names(), ["B", "a", "b", "张"])
        self.assertEqual(self.get(GROUPS, bearer(usersig(BOB))).json(), {"conversationGroupList": []})

    def test_an_unchanged_list_is_304_and_a_changed_one_is_not(self):
        self.create("a", "c2c_x")
        tag = self.get(GROUPS)["ETag"]

        self.assertEqual(self.get(GROUPS, HTTP_IF_NONE_MATCH=tag).status_code, 304)
        self.create("b", "c2c_x")
        self.assertEqual(self.get(GROUPS, HTTP_IF_NONE_MATCH=tag).status_code, 200)

    def test_it_says_which_version_it_shows_and_costs_one_query(self):
        self.create("a", "c2c_x")

        with self.assertNumQueries(1):
            response = self.get(GROUPS)

        self.assertEqual(response["Owner-Version"].split(".")[1], str(version()))

    def test_unknown_parameters_are_refused(self):
        for name in ("name", "count", "extra", "id"):
            self.assert_problem(self.get(url("conversation-groups/", **{name: "true"})), 400, 6017, name)
