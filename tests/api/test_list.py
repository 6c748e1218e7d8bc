"""getConversationList by filter: what is shown, in which order, and which parameters are refused."""

from itertools import chain
from typing import Any
from unittest import mock

from django.utils import timezone

from conversations.formats import conversation, marks
from conversations.lists import json_reads
from conversations.models import Conversation, Owner
from conversations.times import YEAR_2100_S, from_epoch_s
from tests.support.api import ApiTestCase, ids_of, url
from tests.support.cast import ALICE, CAROL, make_conversation, make_conversations


class ListTests(ApiTestCase):
    def test_pinned_first_then_newest_then_by_id(self):
        make_conversation(conversation_id="c2c_old", activity_key=1)
        make_conversation(conversation_id="c2c_pinned_old", activity_key=2, is_pinned=True)
        make_conversation(conversation_id="c2c_b", activity_key=5)
        make_conversation(conversation_id="c2c_B", activity_key=5)
        make_conversation(conversation_id="c2c_pinned", activity_key=3, is_pinned=True)

        response = self.get(url())

        self.assertEqual(ids_of(response), ["c2c_pinned", "c2c_pinned_old", "c2c_B", "c2c_b", "c2c_old"])

    def test_its_parts_and_objects_are_the_sdks(self):
        make_conversations(3)

        body = self.get(url(count=2)).json()

        self.assertEqual(list(body), ["conversationList", "nextSeq", "isFinished"])
        self.assertEqual({tuple(shown) for shown in body["conversationList"]}, {conversation.KEYS})
        self.assertIsInstance(body["nextSeq"], str)
        self.assertIs(body["isFinished"], False)

    def test_the_last_page_says_so(self):
        make_conversations(3)

        for address in (url(), url(count=3), url(type=1, count=3)):
            body = self.get(address).json()
            self.assertEqual((len(body["conversationList"]), body["nextSeq"], body["isFinished"]), (3, "0", True))

    def test_an_owner_never_seen_has_an_empty_list(self):
        for address in (url(), url(hasUnreadCount="true"), url(conversationGroup="work")):
            response = self.get(address)
            self.assertEqual(response.json(), {"conversationList": [], "nextSeq": "0", "isFinished": True})
        self.assertFalse(Owner.objects.exists())

    def test_deleted_and_other_owners_rows_never_show(self):
        make_conversation(deleted_at=timezone.now(), is_pinned=True)
        make_conversation(owner_id=CAROL)
        make_conversation(conversation_id="c2c_dave")

        for address in (url(), url(count=1), url(search="c2c"), url(type=1), url(hasUnreadCount="false")):
            self.assertEqual(ids_of(self.get(address)), ["c2c_dave"])

    def test_extra_adds_one_key(self):
        make_conversation()

        for address in (url(extra="true"), url(extra="true", type=1)):
            shown = self.get(address).json()["conversationList"][0]
            self.assertEqual(shown["imsite"], {"version": 1, "membership": "member"})

    def test_it_costs_one_query_and_with_filters_two_at_any_size_and_depth(self):
        for more in (10, 1000):
            make_conversations(more, start=more)
            filtered = url(hasUnreadCount="false", search="peer", count=500)
            for address, queries in ((url(count=500), 1), (url(count=5), 1), (url(hasUnreadCount="true"), 1), (filtered, 2)):
                with self.subTest(address), self.assertNumQueries(queries):
                    response = self.get(address)
                if response.json()["nextSeq"] != "0":
                    with self.assertNumQueries(queries):
                        self.get(f"{address}&nextSeq={response.json()['nextSeq']}")


class CountTests(ApiTestCase):
    def test_a_hundred_without_a_count_and_at_most_five_hundred(self):
        make_conversations(600)

        for parameters, shown in (({}, 100), ({"count": 1}, 1), ({"count": 500}, 500), ({"count": 501}, 500)):
            self.assertEqual(len(ids_of(self.get(url(**parameters)))), shown)
        self.assertEqual(len(ids_of(self.get(url(count=10**9)))), 500)

    def test_what_is_no_count_is_refused(self):
        for count in (0, -1, "abc", "1.5", "1e3", " 5", "+5", "", "１２", "0x10", "9" * 5000, "5\0"):
            with self.subTest(count=count):
                self.assert_problem(self.get(url(count=count)), 400, 6017, "count")


class FilterTests(ApiTestCase):
    """Each filter on three rows, of which it takes some."""

    def setUp(self):
        make_conversation(
            conversation_id="c2c_bob",
            activity_key=3,
            show_name="Bob 100%",
            unread_count=2,
            is_pinned=True,
            marks=marks.to_signed(1 | 1 << 63),
            last_message="{}",
            last_message_at=from_epoch_s(1_000),
        )
        make_conversation(
            conversation_id="group_team",
            activity_key=2,
            show_name="团队",
            recv_opt=2,
            marks=1 << 40,
            conversation_groups=0b100,
            group_at_info='[{"seq":"1","atType":1}]',
            last_message="{}",
            last_message_at=from_epoch_s(2_000),
        )
        make_conversation(conversation_id="group_x_y", activity_key=1, show_name="a\\b")
        Owner.objects.named(ALICE).update(group_names='["empty",null,"工作"]')

    def test_each_selects_what_it_says(self):
        bob, team, plain = "c2c_bob", "group_team", "group_x_y"
        for name, value, selected in (
            ("type", 0, [bob, team, plain]),
            ("type", 1, [bob]),
            ("type", 2, [team, plain]),
            ("hasUnreadCount", "true", [bob]),
            ("hasUnreadCount", "false", [team, plain]),
            ("hasGroupAtInfo", "true", [team]),
            ("hasGroupAtInfo", "false", [bob, plain]),
            ("isPinned", "true", [bob]),
            ("isPinned", "false", [team, plain]),
            ("hasDraft", "true", []),
            ("isMuted", "true", [team]),
            ("isMuted", "false", [bob, plain]),
            ("recvOpt", 0, [bob, plain]),
            ("recvOpt", 2, [team]),
            ("recvOpt", 4, []),
            ("markType", 0, [plain]),
            ("markType", 1, [bob]),
            ("markType", 2, []),
            ("markType", 1 << 63, [bob]),
            ("markType", 1 << 40 | 1 << 63, [bob, team]),
            ("conversationGroup", "工作", [team]),
            ("conversationGroup", "", [bob, plain]),
            ("conversationGroup", "empty", []),
            ("conversationGroup", "unknown", []),
            ("conversationGroup", "null", []),
            ("search", "BOB", [bob]),
            ("search", "队", [team]),
            ("search", "group_", [team, plain]),
            ("search", "%", [bob]),
            ("search", "x_y", [plain]),
            ("search", "a\\b", [plain]),
            ("search", "' OR 1=1 --", []),
            ("search", " ", [bob]),
            ("activeSince", 1_000, [bob, team]),
            ("activeSince", 1_001, [team]),
            ("activeBefore", 2_000, [bob]),
            ("activeBefore", 2_001, [bob, team]),
        ):
            with self.subTest(**{name: value}):
                self.assertEqual(ids_of(self.get(url(**{name: value}))), selected)

    def test_two_hold_together(self):
        self.assertEqual(ids_of(self.get(url(type=2, hasGroupAtInfo="false"))), ["group_x_y"])
        self.assertEqual(ids_of(self.get(url(activeSince=1_000, activeBefore=2_000, search="Bob"))), ["c2c_bob"])

    def test_every_filter_is_part_of_the_one_statement_after_that_which_bounds_it(self):
        with self.assertNumQueries(2):
            self.get(url(conversationGroup="工作"))
        with self.assertNumQueries(2):
            self.get(url(type=2, markType=1, search="x", isPinned="false", recvOpt=0, activeSince=1, conversationGroup=""))

    def test_bad_values_are_refused_by_name(self):
        for name, values in {
            "type": ("3", "-1", "c2c", "1.0", ""),
            "hasUnreadCount": ("1", "True", "yes", ""),
            "hasGroupAtInfo": ("0", "FALSE", ""),
            "isPinned": ("null", ""),
            "recvOpt": ("5", "-1", "x", ""),
            "markType": ("-1", "16", str(1 << 31), str(1 << 64), "9" * 30, "1,2", "star", "¹", "", " ", "+1", "1\x1f"),
            "search": ("", "x" * 101, "a\0b"),
            "activeSince": ("now", "-1", str(YEAR_2100_S), "1760000000000", "9" * 6000, "", " ", "\t", "+", "1.0", "1 "),
            "activeBefore": ("2020-01-01", "-5", str(YEAR_2100_S * 1000), "", "1.", "1_000", "+1", "１０"),
        }.items():
            for value in values:
                with self.subTest(**{name: value[:20]}):
                    body = self.assert_problem(self.get(url(**{name: value})), 400, 6017, name)
                    self.assertIn(name, body["detail"])

    def test_milliseconds_are_called_by_their_name(self):
        body = self.assert_problem(self.get(url(activeSince=1_760_000_000_000)), 400, 6017, "activeSince")

        self.assertEqual(body["detail"], "activeSince: Give epoch seconds; this looks like milliseconds.")

    def test_several_bad_values_are_named_together(self):
        self.assert_problem(self.get(url(type="x", isPinned="x", recvOpt="x")), 400, 6017, "type", "isPinned", "recvOpt")

    def test_unknown_and_doubled_parameters_are_refused_by_name(self):
        self.assert_problem(self.get(url(ispinned="true")), 400, 6017, "ispinned")
        self.assert_problem(self.get(url(offset=10)), 400, 6017, "offset")
        self.assert_problem(self.get(url(id="c2c_bob")), 400, 6017, "id")
        for name in ("type", "count", "nextSeq", "owner", "search"):
            self.assert_problem(self.get(f"{url()}?{name}=1&{name}=1"), 400, 6017, name)

    def test_text_that_is_not_utf8_is_refused(self):
        self.assert_problem(self.get(f"{url()}?search=%FF"), 400, 6017, "query")

    def test_utf8_need_not_be_escaped(self):
        raw = "search=队".encode().decode("latin-1")

        response = self.client.generic("GET", url(), QUERY_STRING=raw, **self.alice)

        self.assertEqual(ids_of(response), ["group_team"])

    def test_every_row_is_on_one_side_of_each_yes_or_no(self):
        for name in ("hasUnreadCount", "hasGroupAtInfo", "isPinned", "hasDraft", "isMuted"):
            sides = [ids_of(self.get(url(**{name: value}))) for value in ("true", "false")]
            self.assertEqual(len(sides[0] + sides[1]), Conversation.objects.for_owner(ALICE).count())


class LongListTests(ApiTestCase):
    """A list of which a page with filters looks at a part only."""

    def setUp(self):
        super().setUp()
        json_reads._end_statement.cache_clear()
        self.addCleanup(json_reads._end_statement.cache_clear)
        self.enterContext(mock.patch.object(json_reads, "SEARCHED_ROWS", 3))
        for number in range(14):
            name = "match" if number in (1, 2, 9, 12) else "other"
            make_conversation(
                conversation_id=f"c2c_{number:02}",
                show_name=name,
                activity_key=100 - number,
                is_pinned=number in (9, 10),
                version=20,
            )
        Owner.objects.update(version=20)

    def pages(self, **query: Any) -> list[list[str]]:
        found, next_seq = [], ""
        while next_seq != "0":
            body = self.get(url(nextSeq=next_seq, **query)).json()
            found.append([shown["conversationID"] for shown in body["conversationList"]])
            next_seq = body["nextSeq"]
            self.assertIs(body["isFinished"], next_seq == "0")
        return found

    def test_a_page_may_hold_few_or_none_and_nothing_is_lost(self):
        # Unpinned in order: 0 1 2, 3 4 5, 6 7 8, 11 12 13.
        self.assertEqual(self.pages(search="match"), [["c2c_09", "c2c_01", "c2c_02"], [], [], ["c2c_12"]])

    def test_any_count_gives_the_same_conversations(self):
        wanted = ["c2c_09", "c2c_01", "c2c_02", "c2c_12"]
        for count in (1, 2, 3, 10):
            with self.subTest(count=count):
                self.assertEqual(list(chain.from_iterable(self.pages(search="match", count=count))), wanted)

    def test_without_a_match_it_ends(self):
        self.assertEqual(self.pages(search="nobody"), [[], [], [], []])

    def test_what_an_index_finds_comes_in_one_page(self):
        Conversation.objects.filter(conversation_id="c2c_13").update(unread_count=1, imported_unread=1)
        self.assertEqual(self.pages(hasUnreadCount="true"), [["c2c_13"]])

    def test_a_short_list_is_not_looked_at_twice(self):
        Owner.objects.update(version=3)
        self.assertEqual(self.pages(search="match"), [["c2c_09", "c2c_01", "c2c_02", "c2c_12"]])
