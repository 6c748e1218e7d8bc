"""Who is in a conversation group: add, remove, and what a renamed or deleted group means to its members."""

from unittest.mock import patch

from conversations.models import Conversation, Owner
from tests.support.acting import GroupTestCase, group_url
from tests.support.api import conversation_url, url
from tests.support.cast import ALICE, BOB, bearer, make_conversation, usersig


class MemberTests(GroupTestCase):
    def setUp(self):
        make_conversation()
        make_conversation(conversation_id="group_team")
        self.create("work")

    def test_adding_what_is_in_and_removing_what_is_not_are_no_change(self):
        with self.assert_no_change():
            self.assert_results(self.add("work", "c2c_bob"), 0)
            self.assert_results(self.remove("work", "group_team"), 0)

    def test_adding_and_removing_change_what_is_there(self):
        with self.assert_versions(1):
            self.assert_results(self.add("work", "c2c_x", "group_team", "c2c_bob"), 6004, 0, 0)
        self.assertEqual(self.members("work"), ["c2c_bob", "group_team"])

        with self.assert_versions(1):
            self.assert_results(self.remove("work", "c2c_bob", "c2c_x"), 0, 6004)
        self.assertEqual(self.members("work"), ["group_team"])

    def test_an_unknown_group_is_51009(self):
        for response in (
            *(self.add("Work", "c2c_bob"), self.remove("Work", "c2c_bob"), self.rename("Work", "job")),
            *(self.delete(group_url("Work")), self.delete(url("conversation-groups/-/", name=""))),
            *(self.delete(url("conversation-groups/-/", name="x" * 5000)), self.delete(group_url("null"))),
        ):
            with self.assert_no_change():
                self.assert_problem(response, 404, 51009)

    def test_an_owner_never_seen_has_none(self):
        bob, ids = bearer(usersig(BOB)), {"conversationIDList": ["c2c_alice"]}

        for method, address, body in (
            ("POST", group_url("work", "add/"), ids),
            ("POST", group_url("work", "remove/"), ids),
            ("PATCH", group_url("work"), {"newName": "job"}),
            ("DELETE", group_url("work"), None),
        ):
            with self.assert_no_change():
                self.assert_problem(self.send(method, address, body, bob), 404, 51009)

    def test_a_deleted_conversation_is_in_no_group_but_comes_back_into_it(self):
        self.delete(conversation_url("c2c_bob"))

        self.assertEqual((self.members("work"), self.names()), ([], ["work"]))
        self.assertEqual(Conversation.objects.get(conversation_id="c2c_bob").conversation_groups, 1)


class RenameTests(GroupTestCase):
    def setUp(self):
        make_conversation()
        make_conversation(conversation_id="group_team")
        self.create("work", "c2c_bob", "group_team")
        self.create("friends")

    def test_members_follow_and_each_takes_a_version(self):
        with self.assert_versions(3):
            response = self.rename("work", "job")

        self.assertEqual(response.json(), {"conversationGroupList": ["friends", "job"]})
        self.assertEqual((self.groups_of(), self.members("job"), self.members("work")), (
            ["friends", "job"], ["c2c_bob", "group_team"], []
        ))  # fmt: skip

    def test_one_without_members_takes_one_version(self):
        self.remove("friends", "c2c_bob")

        with self.assert_versions(1):
            self.rename("friends", "family")

    def test_to_its_own_name_is_no_change(self):
        with self.assert_no_change():
            self.assertEqual(self.rename("work", "work").json(), {"conversationGroupList": ["friends", "work"]})

    def test_to_a_name_that_is_taken_is_409(self):
        with self.assert_no_change():
            self.assert_problem(self.rename("work", "friends"), 409, 6017, "newName")

    def test_it_answers_with_the_new_version(self):
        response = self.rename("work", "job")

        self.assertEqual(response["Owner-Version"], self.get(url("conversation-groups/"))["Owner-Version"])
        self.assertNotIn("ETag", response)


class DeleteTests(GroupTestCase):
    def setUp(self):
        make_conversation()
        self.create("work")
        self.create("friends")

    def test_its_conversations_stay(self):
        with self.assert_versions(2):
            response = self.delete(group_url("work"))

        self.assertEqual(response.json(), {"conversationGroupList": ["friends"]})
        self.assertEqual(self.groups_of(), ["friends"])

    def test_again_it_is_51009(self):
        self.delete(group_url("work"))

        with self.assert_no_change():
            self.assert_problem(self.delete(group_url("work")), 404, 51009)

    def test_a_group_of_the_same_name_starts_empty(self):
        self.delete(group_url("work"))

        self.create("work", "c2c_x")

        self.assertEqual((self.members("work"), self.groups_of()), ([], ["friends"]))

    def test_a_conversation_deleted_before_does_not_come_back_into_the_next_group(self):
        self.delete(conversation_url("c2c_bob"))

        self.delete(group_url("work"))
        self.create("next", "c2c_x")

        self.assertEqual(Conversation.objects.get().conversation_groups, 0b10)
        self.assertEqual(Owner.objects.get(owner_id=ALICE).group_names, '["next","friends"]')

    def test_a_failure_half_way_leaves_all_as_it_was(self):
        with (
            self.assert_no_change(),
            patch("conversations.actions.groups.save_conversations", side_effect=RuntimeError),
            self.assertLogs("conversations.api", "ERROR"),
        ):
            self.assert_problem(self.delete(group_url("work")), 500, 50004)
            self.assert_problem(self.rename("work", "job"), 500, 50004)
