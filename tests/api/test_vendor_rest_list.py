"""recentcontact/get_list and delete: every conversation once, in the order of the API, whatever its age and number."""

import json
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import Conversation, Message
from conversations.times import to_epoch_s
from tests.support.acting import make_scene
from tests.support.api import ids_of, url
from tests.support.cast import ALICE, BOB, bearer, make_conversation, make_conversations, usersig
from tests.support.vendor_rest import BODIES, VendorRestTestCase

GET_LIST = "recentcontact/get_list"
PLACE = ("TimeStamp", "StartIndex", "TopTimeStamp", "TopStartIndex")
NOON_S = 1_760_000_000
MESSAGE = {"last_message": json.dumps({"timestamp": NOON_S})}
SAMPLES = Path(__file__).parent.parent / "payloads"
INT32_MAX = (1 << 31) - 1


def name_of(item: dict) -> str:
    return f"c2c_{item['To_Account']}" if item["Type"] == 1 else f"group_{item['GroupId']}"


class ListTestCase(VendorRestTestCase):
    def page(self, place: dict | None = None, **changes) -> dict:
        return self.call(GET_LIST, **(place or {}), **changes)

    def pages(self, between=lambda number: None, **changes) -> list[dict]:
        """Return all pages, as a back end reads them that sends the four numbers back."""
        pages = [self.page(**changes)]
        while not pages[-1]["CompleteFlag"]:
            between(len(pages))
            pages.append(self.page({key: pages[-1][key] for key in PLACE}, **changes))
        return pages

    def names(self, **changes) -> list[str]:
        return [name_of(item) for page in self.pages(**changes) for item in page["SessionItem"]]

    def as_in_the_api(self) -> list[str]:
        ids, next_seq, credential = [], "", bearer(usersig(ALICE))
        while next_seq != "0":
            response = self.client.get(url(nextSeq=next_seq, count=500), **credential)
            ids, next_seq = ids + ids_of(response), response.json()["nextSeq"]
        return ids


class ItemTests(ListTestCase):
    def test_an_answer_has_the_keys_of_the_sample(self):
        sample = json.loads((SAMPLES / "recentcontact_get_list.response.json").read_text())
        make_conversation(ALICE, "c2c_bob", is_pinned=True, activity_key=NOON_S * 1_000_000, **MESSAGE)
        make_conversation(ALICE, "group_team", activity_key=NOON_S * 1_000_000, **MESSAGE)

        answer = self.post(GET_LIST, BODIES[GET_LIST])

        self.assertEqual(set(answer), set(sample))
        self.assertEqual(
            answer["SessionItem"],
            [
                {"Type": 1, "To_Account": "bob", "MsgTime": NOON_S, "TopFlag": 1},
                {"Type": 2, "GroupId": "team", "MsgTime": NOON_S, "TopFlag": 0},
            ],
        )

    def test_the_time_is_that_of_the_last_message_or_of_the_newest_activity(self):
        make_conversation(ALICE, "c2c_bob", activity_key=5, draft_text="x", draft_timestamp=NOON_S + 9, **MESSAGE)
        make_conversation(ALICE, "group_new", activity_key=(NOON_S + 7) * 1_000_000 + 3)

        self.assertEqual([item["MsgTime"] for item in self.page()["SessionItem"]], [NOON_S, NOON_S + 7])

    def test_an_unknown_user_has_an_empty_list(self):
        answer = self.page(From_Account="nobody")

        self.assertEqual((answer["SessionItem"], answer["CompleteFlag"]), ([], 1))

    def test_conversations_without_a_message_are_asked_for(self):
        make_conversations(150, activity_key=7)
        make_conversations(150, start=150, activity_key=7, **MESSAGE)

        self.assertEqual(len(self.names(AssistFlags=7)), 300)
        with_message = sorted(f"c2c_peer{number}" for number in range(150, 300))
        for flags in (0, 1, 5, 61):
            self.assertEqual(self.names(AssistFlags=flags), with_message)

    def test_deleted_conversations_and_those_of_others_are_left_out(self):
        make_scene()
        make_conversation(BOB, "c2c_carol")
        self.call("recentcontact/delete")

        self.assertEqual(self.names(), ["group_team"])

    def test_bad_numbers(self):
        for key in (*PLACE, "AssistFlags"):
            for value in (-1, 1.5, True, "x", [], 1 << 63):
                with self.subTest(key, value=value):
                    self.assert_refused(50002, GET_LIST, field=key, **{key: value})

    def test_the_largest_numbers_are_places(self):
        make_scene()
        largest = {"TimeStamp": 1 << 33, "StartIndex": (1 << 53) - 1}
        for body in (largest, {f"Top{key}": value for key, value in largest.items()}, {"StartIndex": (1 << 53) - 1}):
            self.page(body)

    def test_numbers_may_be_text_or_absent(self):
        make_scene()

        self.assertEqual(self.call(GET_LIST, {"From_Account": ALICE, "TimeStamp": "0", "AssistFlags": "7"})["CompleteFlag"], 1)


class PageTests(ListTestCase):
    def test_what_the_cloud_caps_is_there(self):
        """More than 100 conversations, and conversations older than seven days."""
        old = to_epoch_s(timezone.now() - timedelta(days=900))
        for number in range(250):
            make_conversation(
                ALICE,
                f"c2c_peer{number}",
                activity_key=(old + number // 3) * 1_000_000 + number % 2,
                is_pinned=number % 50 == 0,
            )

        pages = self.pages()

        self.assertEqual([len(page["SessionItem"]) for page in pages], [100, 100, 50])
        self.assertEqual(self.names(), self.as_in_the_api())

    def test_conversations_of_one_order_key_come_once(self):
        """Also more than a page of them, pinned and not, at any key."""
        for key in (0, 1, 999_999, 1_000_000, NOON_S * 1_000_000, NOON_S * 1_000_000 + 999_999):
            with self.subTest(key):
                Conversation.objects.all().delete()
                make_conversations(230, activity_key=key)
                make_conversations(120, start=230, activity_key=key, is_pinned=True)
                make_conversations(3, start=350, activity_key=key + 1)
                make_conversations(99, start=353, activity_key=max(key - 1, 0), is_pinned=True)

                names = self.names()

                self.assertEqual(names, self.as_in_the_api())
                self.assertEqual(len(set(names)), 452)

    def test_a_client_that_reads_until_a_page_is_empty_ends(self):
        make_conversations(150, activity_key=0, is_pinned=True)
        page = self.pages()[-1]

        after_the_end = self.page({key: page[key] for key in PLACE})

        self.assertEqual((after_the_end["SessionItem"], after_the_end["CompleteFlag"]), ([], 1))

    def test_the_numbers_fit_32_bits(self):
        make_conversations(150, activity_key=NOON_S * 1_000_000)
        make_conversations(150, start=150, is_pinned=True, activity_key=NOON_S * 1_000_000)

        for page in self.pages():
            self.assertLessEqual(max(page[key] for key in PLACE), INT32_MAX)

    def test_a_conversation_that_moves_up_between_two_pages_hides_no_other(self):
        make_conversations(250, activity_key=7)
        wanted = set(self.as_in_the_api())
        rows = Conversation.objects.for_owner(ALICE)

        def move_up(number: int) -> None:
            """Move up what was read, the last of it among them, and some that was not."""
            moved = rows.tied(is_pinned=False, order_key=7).order_by("conversation_id")
            ids = list(moved.values_list("conversation_id", flat=True))
            rows.any_of([ids[0], ids[99], ids[-1]]).update(activity_key=8 + number)
            wanted.discard(ids[-1])

        names = {name_of(item) for page in self.pages(move_up) for item in page["SessionItem"]}

        self.assertLessEqual(wanted, names)

    def test_a_pinned_conversation_that_is_unpinned_between_two_pages_hides_no_other(self):
        make_conversations(130, activity_key=7, is_pinned=True)
        make_conversations(130, start=130, activity_key=7)
        rows = Conversation.objects.for_owner(ALICE)

        names = {
            name_of(item)
            for page in self.pages(lambda number: rows.any_of(["c2c_peer0"]).update(is_pinned=False))
            for item in page["SessionItem"]
        }

        self.assertEqual(names, set(self.as_in_the_api()))

    def test_a_page_costs_the_same_in_a_long_list(self):
        def queries(page: dict) -> tuple[int, dict]:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                answer = self.page({key: page[key] for key in PLACE if key in page})
            return len(captured), answer

        make_conversations(110, activity_key=7)
        first, page = queries({})
        second, _page = queries(page)
        make_conversations(3000, start=110, activity_key=7, is_pinned=True)
        make_conversations(3000, start=3110, activity_key=6)

        first_of_many, page = queries({})
        second_of_many, page = queries(page)

        self.assertEqual((first, second), (2, 2))
        self.assertEqual((first_of_many, second_of_many), (2, 3))


class DeleteTests(VendorRestTestCase):
    def setUp(self):
        make_scene()

    def row(self, conversation_id: str) -> Conversation:
        return Conversation.objects.get(owner_id=ALICE, conversation_id=conversation_id)

    def test_clear_ramble_clears_the_history(self):
        for flag, is_cleared in ((1, True), (0, False), (None, False)):
            make_scene()
            with self.subTest(flag):
                self.assertEqual(self.call("recentcontact/delete", ClearRamble=flag), {"ErrorDisplay": ""})
                row = self.row("c2c_bob")
                self.assertIsNotNone(row.deleted_at)
                self.assertEqual(bool(row.cleared_position), is_cleared)

    def test_a_group_in_each_spelling(self):
        for key in ("ToGroupid", "ToGroupId", "GroupId"):
            make_scene()
            with self.subTest(key):
                self.call("recentcontact/delete", {"From_Account": ALICE, "Type": 2, key: "team", "ClearRamble": 1})
                self.assertIsNotNone(self.row("group_team").deleted_at)

    def test_deleting_twice_or_what_was_never_there_changes_nothing(self):
        self.call("recentcontact/delete")
        version = self.row("c2c_bob").version

        self.call("recentcontact/delete")
        self.call("recentcontact/delete", To_Account="nobody")
        self.call("recentcontact/delete", From_Account="nobody")

        self.assertEqual(self.row("c2c_bob").version, version)
        self.assertEqual(Message.objects.count(), 0)

    def test_bad_input_names_the_key(self):
        delete = "recentcontact/delete"
        self.assert_refused(50002, delete, Type=3, field="Type")
        self.assert_refused(50002, delete, Type="1", field="Type")
        self.assert_refused(50002, delete, Type=2, field="Group")
        self.assert_refused(50002, delete, To_Account="", field="To_Account")
        self.assert_refused(50002, delete, To_Account="é", field="conversationID")
        self.assert_refused(50002, delete, ClearRamble=2, field="ClearRamble")
