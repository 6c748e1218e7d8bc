"""deleteConversation, deleteConversationList and clearing a history: what goes, what is kept, and what comes back."""

from conversations import positions
from conversations.models import Conversation, Owner
from conversations.times import now_s
from conversations.transfer import conversations
from tests.support.acting import ActionTestCase
from tests.support.api import conversation_url, ids_of, url
from tests.support.cast import ALICE, CAROL, make_conversation

NOON_S = 1_790_000_000
NEWEST = positions.of_group(100)
TEAM = conversation_url("group_team")
CLEAR = f"{TEAM}clear/"
DELETE_MANY = url("conversations/delete/")


def receive(conversation_id: str = "group_team", *, seq: int, unread: int = 0, **more) -> conversations.Summary:
    """A list entry of alice's as her app has it after message `seq`."""
    message = {"timestamp": NOON_S + seq, "seq": str(seq), "random": 3}
    values = {"conversationID": conversation_id, "unreadCount": unread, "lastMessage": message} | more
    return conversations.import_records([(1, {"owner": ALICE, "conversation": values})])


def make_full(conversation_id: str = "group_team") -> Conversation:
    """A group with everything that a row can have."""
    Owner.objects.update_or_create(owner_id=ALICE, defaults={"group_names": '["work"]'})
    return make_conversation(
        conversation_id=conversation_id,
        show_name="Team",
        face_url="https://example.org/team.png",
        recv_opt=2,
        unread_count=12,
        imported_unread=5,
        imported_unread_position=positions.of_group(90),
        last_message='{"msgID":"m"}',
        last_message_position=NEWEST,
        draft_text="I would",
        draft_timestamp=NOON_S,
        is_pinned=True,
        activity_key=(NOON_S + 100) * 10**6,
        group_at_info='[{"seq":"97","atType":1}]',
        marks=1,
        custom_data="vip",
        conversation_groups=1,
        group_read_sequence=88,
    )


class DeleteTests(ActionTestCase):
    def setUp(self):
        make_full()

    def test_it_answers_204_without_a_body_and_with_the_new_version(self):
        with self.assert_versions(1):
            response = self.delete(TEAM)

        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertNotIn("Content-Type", response)
        self.assertEqual(response["Owner-Version"], self.get(url())["Owner-Version"])

    def test_it_is_gone_from_every_read(self):
        self.delete(TEAM)

        self.assert_problem(self.get(TEAM), 404, 6004)
        self.assertEqual(ids_of(self.get(url())), [])
        lookup = self.get(url("conversations/lookup/", id="group_team")).json()
        self.assertEqual([entry["resultCode"] for entry in lookup["unresolved"]], [6004])
        self.assertEqual(set(self.totals().values()), {0})

    def test_again_it_is_6004_and_no_change(self):
        self.delete(TEAM)

        with self.assert_no_change():
            self.assert_problem(self.delete(TEAM), 404, 6004)
            self.assert_results(self.post(DELETE_MANY, {"conversationIDList": ["group_team"]}), 6004)

    def test_groups_marks_receive_option_and_read_position_are_kept_and_all_else_is_emptied(self):
        self.delete(TEAM)

        row = Conversation.objects.get()
        self.assertEqual((row.conversation_groups, row.marks, row.recv_opt, row.group_read_sequence), (1, 1, 2, 88))
        self.assertEqual((row.unread_count, row.imported_unread, row.group_at_info, row.last_message), (0, 0, "[]", None))
        self.assertEqual((row.draft_text, row.is_pinned, row.custom_data), ("", False, ""))

    def test_a_draft_is_cancelled_so_that_an_older_edit_does_not_come_with_the_next_message(self):
        before_s = now_s()
        self.delete(TEAM)

        row = Conversation.objects.get()
        self.assertGreaterEqual(row.draft_timestamp, before_s)

    def test_clear_message_decides_whether_the_messages_go_too(self):
        make_full("group_kept")

        self.delete(TEAM)
        self.delete(conversation_url("group_kept", clearMessage="false"))

        cleared, kept = Conversation.objects.order_by("-conversation_id")
        self.assertEqual((cleared.deleted_position, cleared.cleared_position), (NEWEST, NEWEST))
        self.assertEqual((kept.deleted_position, kept.cleared_position), (NEWEST, positions.NO_POSITION))

    def test_clear_message_is_true_or_false(self):
        for value in ("", "1", "0", "True", "yes", "null"):
            with self.assert_no_change():
                self.assert_problem(self.delete(conversation_url("group_team", clearMessage=value)), 400, 6017, "clearMessage")

    def test_another_owners_of_the_same_name_stays(self):
        make_conversation(CAROL, "group_team", unread_count=3)

        self.delete(TEAM)

        self.assertEqual(Conversation.objects.for_owner(CAROL).get().unread_count, 3)


class ComesBackTests(ActionTestCase):
    def setUp(self):
        make_full()

    def test_an_older_or_the_same_message_does_not_bring_it_back(self):
        for parameters in ({}, {"clearMessage": "false"}):
            Conversation.objects.all().delete()
            make_full()
            self.delete(conversation_url("group_team", **parameters))

            with self.assert_no_change():
                for seq in (99, 100):
                    receive(seq=seq, unread=3, orderkey=(1 << 53) - 1)

    def test_a_draft_without_a_newer_message_does_not_either(self):
        self.delete(TEAM)

        with self.assert_no_change():
            receive(seq=100, draftText="x", draftTimestamp=NOON_S + 1000)

    def test_a_newer_message_starts_the_conversation_anew(self):
        self.delete(TEAM)

        receive(seq=101, unread=1)

        shown = self.shown("group_team")
        self.assertEqual((shown["unreadCount"], shown["lastMessage"]["seq"], shown["groupReadSequence"]), (1, "101", 88))
        self.assertEqual((shown["draftText"], shown["isPinned"], shown["customData"]), ("", False, ""))
        self.assertEqual(shown["groupAtInfoList"], [])

    def test_what_was_unread_before_the_deletion_does_not_count_again(self):
        self.delete(TEAM)

        receive(seq=103, unread=15)  # the app had not heard of the deletion

        self.assertLessEqual(self.shown("group_team")["unreadCount"], 3)

    def test_mentions_from_before_the_deletion_do_not_come_back(self):
        self.delete(TEAM)

        receive(seq=103, unread=3, groupAtInfoList=[{"seq": "97", "atType": 1}, {"seq": "102", "atType": 1}])

        self.assertEqual(self.shown("group_team")["groupAtInfoList"], [{"seq": "102", "atType": 1}])

    def test_it_is_new_in_the_feed_then(self):
        deleted = self.delete(TEAM)["Owner-Version"]
        receive(seq=101, unread=1)

        changes = self.get(url("changes/", since=deleted)).json()["changes"]

        self.assertEqual([change["kind"] for change in changes], ["new"])


class DeleteManyTests(ActionTestCase):
    def setUp(self):
        make_full()
        make_full("group_other")

    def delete_many(self, *ids: str, **more):
        return self.post(DELETE_MANY, {"conversationIDList": list(ids)} | more)

    def test_each_has_its_result_and_all_that_are_there_go(self):
        with self.assert_versions(2):
            self.assert_results(self.delete_many("c2c_x", "group_other", "GROUPteam", "group_team"), 6004, 0, 6017, 0)

        self.assertEqual(ids_of(self.get(url())), [])

    def test_totals_follow(self):
        self.assertEqual((self.totals()["muted"], self.totals()["mentions"]), (24, 2))

        self.delete_many("group_team")
        self.assertEqual((self.totals()["muted"], self.totals()["mentions"]), (12, 1))

    def test_messages_go_unless_they_are_to_be_kept(self):
        for more, cleared in (({}, NEWEST), ({"clearMessage": True}, NEWEST), ({"clearMessage": False}, positions.NO_POSITION)):
            with self.subTest(more):
                Conversation.objects.all().delete()
                make_full()

                self.delete_many("group_team", **more)

                self.assertEqual(Conversation.objects.get().cleared_position, cleared)

    def test_clear_message_is_true_or_false(self):
        for value in (1, 0, "true", "false", "", None, [], {}):
            with self.subTest(value=value), self.assert_no_change():
                self.assert_problem(self.delete_many("group_team", clearMessage=value), 400, 6017, "clearMessage")


class ClearTests(ActionTestCase):
    def setUp(self):
        make_full()

    def clear(self):
        return self.send("POST", CLEAR)

    def test_messages_and_their_counts_go_and_all_else_stays(self):
        before = self.shown("group_team")

        with self.assert_versions(1):
            response = self.clear()

        after = response.json()
        self.assertEqual(after, self.shown("group_team"))
        changed = {key for key in before if before[key] != after[key]}
        self.assertEqual(changed, {"unreadCount", "groupAtInfoList", "lastMessage"})
        self.assertEqual((after["unreadCount"], after["groupAtInfoList"], after["lastMessage"]), (0, [], None))

    def test_its_place_in_the_list_stays(self):
        make_conversation(conversation_id="c2c_bob", is_pinned=True, activity_key=1)

        self.clear()

        self.assertEqual(ids_of(self.get(url())), ["group_team", "c2c_bob"])

    def test_again_is_no_change(self):
        self.clear()

        with self.assert_no_change():
            self.assertEqual(self.clear().status_code, 200)

    def test_one_without_messages_has_nothing_to_clear(self):
        make_conversation(draft_text="x")

        with self.assert_no_change():
            self.assertEqual(self.send("POST", conversation_url("c2c_bob") + "clear/").status_code, 200)

    def test_cleared_messages_do_not_come_back_and_later_ones_do(self):
        self.clear()

        receive(seq=100, unread=12, orderkey=(NOON_S + 200) * 10**6)
        self.assertEqual((self.shown("group_team")["unreadCount"], self.shown("group_team")["lastMessage"]), (0, None))

        receive(seq=201, unread=1)
        self.assertEqual(self.shown("group_team")["lastMessage"]["seq"], "201")

    def test_what_was_unread_before_it_does_not_count_again(self):
        self.clear()

        receive(seq=103, unread=15)

        self.assertLessEqual(self.shown("group_team")["unreadCount"], 3)

    def test_totals_follow(self):
        self.clear()

        self.assertEqual(set(self.totals().values()), {0})
