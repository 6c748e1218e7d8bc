"""cleanConversationUnreadMessageCount: read positions, and the counts and mentions that follow from them."""

import orjson

from conversations import positions
from conversations.actions.read_positions import SEQUENCES_AHEAD
from conversations.formats.checks import INT64_MAX
from conversations.models import Conversation, GroupMember, Message, Owner, Thread
from conversations.times import YEAR_2100_S, from_epoch_s, now_s
from conversations.transfer import conversations
from tests.support.acting import ActionTestCase, version
from tests.support.api import conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, make_conversation, usersig

NOON_S = 1_790_000_000
READ_ALL = url("conversations/read/")


def read_url(conversation_id: str) -> str:
    return f"{conversation_url(conversation_id)}read/"


def mentions(*seqs: int) -> list[dict]:
    return [{"seq": str(seq), "atType": 1} for seq in seqs]


def imported(conversation_id: str = "group_team", *, unread: int = 12, seq: int = 100, sent_s: int = NOON_S, **more) -> None:
    """A conversation of alice's with unread that has no messages here, as an import brings it."""
    message = {"timestamp": sent_s, "seq": str(seq), "random": 3}
    values = {"conversationID": conversation_id, "unreadCount": unread, "lastMessage": message} | more
    conversations.import_records([(1, {"owner": ALICE, "conversation": values})])


class ReadTestCase(ActionTestCase):
    def read(self, conversation_id: str, body=None):
        return self.send("POST", read_url(conversation_id), body)

    def left(self, conversation_id: str, body=None) -> tuple[int, int]:
        """Unread and read position after a read."""
        shown = self.read(conversation_id, body).json()
        return shown["unreadCount"], shown["c2cReadTimestamp" if conversation_id.startswith("c2c_") else "groupReadSequence"]


class OneToOneTests(ReadTestCase):
    def setUp(self):
        imported("c2c_bob")

    def test_a_read_answers_with_the_conversation_as_it_is_then(self):
        response = self.read("c2c_bob", {"cleanTimestamp": NOON_S})

        self.assertEqual((response.status_code, response.json()["unreadCount"]), (200, 0))
        self.assertEqual(response.json(), self.shown())

    def test_a_read_at_or_past_the_newest_message_clears(self):
        for timestamp in (NOON_S, NOON_S + 1):
            Conversation.objects.all().delete()
            imported("c2c_bob")

            self.assertEqual(self.left("c2c_bob", {"cleanTimestamp": timestamp}), (0, timestamp))

    def test_a_read_before_the_newest_message_moves_the_position_only(self):
        self.assertEqual(self.left("c2c_bob", {"cleanTimestamp": NOON_S - 1}), (12, NOON_S - 1))

    def test_zero_absent_and_no_body_read_up_to_the_newest_known_message(self):
        for body in ({"cleanTimestamp": 0}, {"cleanSequence": 0}, {"cleanTimestamp": 0, "cleanSequence": 0}, {}, None):
            with self.subTest(body=body):
                Conversation.objects.all().delete()
                imported("c2c_bob")

                self.assertEqual(self.left("c2c_bob", body), (0, NOON_S))

    def test_the_position_never_goes_back(self):
        self.read("c2c_bob", {"cleanTimestamp": NOON_S + 10})

        for timestamp in (NOON_S + 10, NOON_S + 9, 1, 0):
            with self.assert_no_change():
                self.assertEqual(self.left("c2c_bob", {"cleanTimestamp": timestamp}), (0, NOON_S + 10))

    def test_a_minute_ahead_is_a_clocks_error_and_an_hour_is_refused(self):
        self.assertEqual(self.read("c2c_bob", {"cleanTimestamp": now_s() + 55}).status_code, 200)

        for ahead_s in (65, 3600):
            with self.assert_no_change():
                response = self.read("c2c_bob", {"cleanTimestamp": now_s() + ahead_s})
                self.assertIn("future", self.assert_problem(response, 400, 6017, "cleanTimestamp")["detail"])

    def test_milliseconds_are_named_as_such(self):
        for timestamp in (now_s() * 1000, YEAR_2100_S, INT64_MAX, 10**40):
            with self.assert_no_change():
                body = self.assert_problem(self.read("c2c_bob", {"cleanTimestamp": timestamp}), 400, 6017, "cleanTimestamp")
            self.assertIn("milliseconds", body["detail"])

    def test_it_has_no_sequence(self):
        for body in ({"cleanSequence": 7}, {"cleanTimestamp": NOON_S, "cleanSequence": 7}):
            with self.assert_no_change():
                self.assert_problem(self.read("c2c_bob", body), 400, 6017, "cleanSequence")

    def test_a_read_up_to_a_position_that_came_with_the_import_clears_what_it_carried_over(self):
        Conversation.objects.all().delete()
        imported("c2c_bob", unread=1, c2cReadTimestamp=NOON_S)  # two messages of one second, the first was read

        self.assertEqual(self.left("c2c_bob", {"cleanTimestamp": NOON_S}), (0, NOON_S))

    def test_a_place_in_the_list_and_marks_stay(self):
        Conversation.objects.update(marks=2, draft_text="x", custom_data="y")
        before = self.shown()

        after = self.read("c2c_bob").json()

        self.assertEqual({key for key in before if before[key] != after[key]}, {"unreadCount", "c2cReadTimestamp"})


class GroupTests(ReadTestCase):
    def test_a_partial_read_lowers_what_an_import_carried_over_to_what_can_be_left(self):
        imported(unread=12, seq=100)

        for sequence, left in ((80, 12), (88, 12), (89, 11), (95, 5), (99, 1), (100, 0)):
            self.assertEqual(self.left("group_team", {"cleanSequence": sequence}), (left, sequence))

    def test_a_partial_read_lowers_the_counted_ones_behind_it_too(self):
        # 10 up to number 90 were carried over, 5 came after them.
        make_conversation(
            conversation_id="group_team",
            unread_count=15,
            imported_unread=10,
            imported_unread_position=positions.of_group(90),
            last_message_position=positions.of_group(95),
        )
        GroupMember.objects.create(group_id="team", user_id=ALICE, events='[[0,"member"]]')
        for seq in range(91, 96):
            Message.objects.create(thread="team", position=positions.of_group(seq), sender=BOB, time_s=NOON_S, body="{}")

        for sequence, left in ((70, 15), (85, 10), (90, 5), (93, 2), (95, 0)):
            self.assertEqual(self.left("group_team", {"cleanSequence": sequence}), (left, sequence))

    def test_reading_past_mentions_removes_them(self):
        imported(groupAtInfoList=mentions(97, 98, 103))

        for sequence, left in ((96, (97, 98, 103)), (97, (98, 103)), (101, (103,)), (103, ())):
            shown = self.read("group_team", {"cleanSequence": sequence}).json()
            self.assertEqual(shown["groupAtInfoList"], mentions(*left))

    def test_a_mention_with_nothing_unread_is_read_as_well(self):
        imported(unread=0, groupAtInfoList=mentions(97, 99))

        shown = self.read("group_team", {"cleanSequence": 97}).json()

        self.assertEqual(shown["groupAtInfoList"], mentions(99))
        self.assertEqual(self.totals()["mentions"], 1)

    def test_zero_absent_and_no_body_read_up_to_the_newest_known_message(self):
        for body in ({"cleanSequence": 0}, {"cleanTimestamp": 0}, {}, None):
            with self.subTest(body=body):
                Conversation.objects.all().delete()
                imported(groupAtInfoList=mentions(97))

                self.assertEqual(self.left("group_team", body), (0, 100))
                self.assertEqual(self.shown("group_team")["groupAtInfoList"], [])

    def test_a_mention_may_be_the_newest_known(self):
        imported(groupAtInfoList=mentions(105))

        self.assertEqual(self.left("group_team"), (0, 105))

    def test_without_any_message_unread_is_cleared_and_the_position_stays(self):
        make_conversation(conversation_id="group_team", unread_count=4, imported_unread=4)

        self.assertEqual(self.left("group_team"), (0, 0))

    def test_the_position_never_goes_back(self):
        imported()
        self.read("group_team", {"cleanSequence": 95})

        for sequence in (95, 94, 1):
            with self.assert_no_change():
                self.assertEqual(self.left("group_team", {"cleanSequence": sequence}), (5, 95))

    def test_a_read_up_to_a_position_that_came_with_the_import_removes_mentions_and_unread_before_it(self):
        imported(unread=3, groupReadSequence=100, groupAtInfoList=mentions(97))

        shown = self.read("group_team", {"cleanSequence": 100}).json()

        self.assertEqual((shown["unreadCount"], shown["groupAtInfoList"]), (0, []))

    def test_reading_all_twice_is_one_change(self):
        imported()

        with self.assert_versions(1):
            first, second = self.read("group_team"), self.read("group_team")

        self.assertEqual((first.content, first["Owner-Version"]), (second.content, second["Owner-Version"]))

    def test_a_sequence_past_the_newest_message_stays_for_messages_on_their_way(self):
        imported(seq=100)

        self.assertEqual(self.left("group_team", {"cleanSequence": 100 + SEQUENCES_AHEAD}), (0, 100 + SEQUENCES_AHEAD))

    def test_a_sequence_far_past_the_newest_message_is_refused(self):
        imported(seq=100)

        with self.assert_no_change():
            for sequence in (101 + SEQUENCES_AHEAD, NOON_S, INT64_MAX, INT64_MAX + 1, 10**40):
                self.assert_problem(self.read("group_team", {"cleanSequence": sequence}), 400, 6017, "cleanSequence")

    def test_the_newest_message_is_what_is_stored_too(self):
        imported(seq=100)
        Thread.objects.create(thread="team", last_position=positions.of_group(3 * SEQUENCES_AHEAD))

        self.assertEqual(self.left("group_team", {"cleanSequence": 4 * SEQUENCES_AHEAD})[1], 4 * SEQUENCES_AHEAD)

    def test_where_no_message_is_known_any_may_have_been_read(self):
        make_conversation(conversation_id="group_team")

        self.assertEqual(self.left("group_team", {"cleanSequence": INT64_MAX}), (0, INT64_MAX))

    def test_it_has_no_time(self):
        imported()

        for body in ({"cleanTimestamp": NOON_S}, {"cleanTimestamp": NOON_S, "cleanSequence": 7}):
            with self.assert_no_change():
                self.assert_problem(self.read("group_team", body), 400, 6017, "cleanTimestamp")

    def test_a_later_import_of_an_older_state_does_not_bring_unread_back(self):
        imported(unread=12, seq=100)
        self.read("group_team", {"cleanSequence": 98})

        imported(unread=14, seq=103, sent_s=NOON_S + 1, groupReadSequence=88)

        shown = self.shown("group_team")
        self.assertEqual((shown["unreadCount"], shown["groupReadSequence"]), (5, 98))


class BadReadTests(ReadTestCase):
    def test_positions_are_whole_numbers(self):
        imported("c2c_bob")
        imported("group_team")

        for conversation_id, field in (("c2c_bob", "cleanTimestamp"), ("group_team", "cleanSequence")):
            for value in ("1", "", 1.5, 1.0, True, False, None, [1], {"seq": 1}, -1, -(1 << 70)):
                with self.subTest(field, value=value), self.assert_no_change():
                    self.assert_problem(self.read(conversation_id, {field: value}), 400, 6017, field)


class ReadAllTests(ReadTestCase):
    def setUp(self):
        imported("c2c_bob", unread=1)
        imported("c2c_dave", unread=0)
        imported("group_team", unread=20, groupAtInfoList=mentions(97))
        imported("group_quiet", unread=0, groupAtInfoList=mentions(98))
        imported("group_muted", unread=300, recvOpt=2)

    def read_all(self, scope: str):
        return self.post(READ_ALL, {"scope": scope})

    def test_each_scope_reads_its_own_and_says_how_many_changed(self):
        for scope, changed, totals in (
            ("c2c", 1, (20, 300, 2, 2)),
            ("group", 3, (0, 0, 0, 0)),
            ("all", 0, (0, 0, 0, 0)),
        ):
            with self.assert_versions(changed):
                response = self.read_all(scope)

            self.assertEqual(response.json(), {"changed": changed, "pending": 0})
            shown = self.totals()
            self.assertEqual(tuple(shown[key] for key in ("total", "muted", "conversations", "mentions")), totals)

    def test_all_reads_everything(self):
        with self.assert_versions(4):
            self.assertEqual(self.read_all("all").json(), {"changed": 4, "pending": 0})

        self.assertEqual(set(self.totals().values()), {0})
        self.assertEqual(self.shown("c2c_bob")["c2cReadTimestamp"], NOON_S)
        self.assertEqual(self.shown("group_team")["groupReadSequence"], 100)

    def test_the_answer_belongs_to_the_new_version(self):
        response = self.read_all("all")

        self.assertEqual(response["Owner-Version"].split(".")[1], str(version()))
        self.assertNotIn("ETag", response)

    def test_again_is_no_change(self):
        self.read_all("all")

        with self.assert_no_change():
            self.assertEqual(self.read_all("all").json(), {"changed": 0, "pending": 0})

    def test_the_unread_mark_stays(self):
        Conversation.objects.filter(conversation_id="c2c_bob").update(marks=2)

        self.read_all("all")

        self.assertEqual((self.shown()["markList"], self.totals()["markedUnread"]), ([2], 1))

    def test_deleted_ones_and_those_of_others_stay_as_they_are(self):
        make_conversation(CAROL, unread_count=9)
        self.delete(conversation_url("group_team"))

        self.assertEqual(self.read_all("all").json(), {"changed": 3, "pending": 0})
        self.assertEqual(Conversation.objects.get(owner_id=CAROL).unread_count, 9)

    def test_an_owner_never_seen_has_nothing_to_read(self):
        response = self.send("POST", READ_ALL, {"scope": "all"}, bearer(usersig(BOB)))

        self.assertEqual((response.json(), response["Owner-Version"]), ({"changed": 0, "pending": 0}, "0"))
        self.assertFalse(Owner.objects.filter(owner_id=BOB).exists())

    def test_there_are_three_scopes(self):
        for scope in ("", "C2C", "c2c ", "groups", "none", 0, 1, True, False, None, [], ["all"], {}, {"all": 1}, "a" * 100_000):
            with self.subTest(scope=repr(scope)[:20]), self.assert_no_change():
                self.assert_problem(self.read_all(scope), 400, 6017, "scope")


class PeerSeesTests(ReadTestCase):
    """What alice reads, bob sees in his last message."""

    def setUp(self):
        self.sent = {"timestamp": NOON_S, "sender": BOB, "isSelf": True, "isPeerRead": False}
        self.make_peers_row(BOB)
        make_conversation(unread_count=1, last_message_position=positions.of_c2c(NOON_S, 1, 1))

    def make_peers_row(self, owner_id: str, **message) -> None:
        make_conversation(owner_id, "c2c_alice", last_message=orjson.dumps(self.sent | message).decode())

    def is_shown_as_read(self, owner_id: str = BOB) -> bool | None:
        return orjson.loads(Conversation.objects.get(owner_id=owner_id).last_message).get("isPeerRead")

    def test_a_read_shows_and_takes_one_version_of_the_peers(self):
        self.read("c2c_bob", {"cleanTimestamp": NOON_S})

        self.assertTrue(self.is_shown_as_read())
        self.assertEqual((version(BOB), Conversation.objects.get(owner_id=BOB).version), (2, 2))

    def test_again_changes_nothing(self):
        self.read("c2c_bob")

        with self.assert_no_change():
            self.read("c2c_bob")

    def test_a_read_before_the_message_shows_nothing(self):
        self.read("c2c_bob", {"cleanTimestamp": NOON_S - 1})

        self.assertFalse(self.is_shown_as_read())

    def test_reading_everything_shows_to_every_peer(self):
        self.make_peers_row(CAROL)
        make_conversation(conversation_id="c2c_carol", unread_count=1, last_message_position=positions.of_c2c(NOON_S, 1, 1))

        self.post(READ_ALL, {"scope": "all"})

        self.assertEqual([self.is_shown_as_read(owner_id) for owner_id in (BOB, CAROL)], [True, True])

    def test_reading_groups_shows_nothing(self):
        self.post(READ_ALL, {"scope": "group"})

        self.assertFalse(self.is_shown_as_read())

    def test_the_readers_own_message_and_one_deleted_stay_as_they_are(self):
        Conversation.objects.filter(owner_id=BOB).update(last_message='{"timestamp":5,"isSelf":false}')
        self.make_peers_row(CAROL)
        Conversation.objects.filter(owner_id=CAROL).update(deleted_at=from_epoch_s(1))
        make_conversation(conversation_id="c2c_carol", unread_count=1, last_message_position=positions.of_c2c(NOON_S, 1, 1))

        self.post(READ_ALL, {"scope": "c2c"})

        self.assertEqual((self.is_shown_as_read(), self.is_shown_as_read(CAROL)), (None, False))

    def test_a_peer_never_seen_becomes_no_owner(self):
        make_conversation(conversation_id="c2c_carol", unread_count=1, last_message_position=positions.of_c2c(NOON_S, 1, 1))

        self.read("c2c_carol")

        self.assertFalse(Owner.objects.filter(owner_id=CAROL).exists())
