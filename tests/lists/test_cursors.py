"""nextSeq: every row once, on this list only."""

import base64
from itertools import chain

from django.test import SimpleTestCase, override_settings

from conversations.exceptions import InvalidParameter
from conversations.lists import cursors
from conversations.lists.cursors import Cursor
from conversations.models import Conversation
from tests.support.api import ApiTestCase, ids_of, url
from tests.support.cast import ALICE, BOB, bearer, make_conversation, make_conversations, usersig

A_PLACE = Cursor(True, 1_760_000_000_000_001, "group_a b/c")


class CursorTests(SimpleTestCase):
    def test_a_place_comes_back_as_it_was(self):
        for place in (A_PLACE, Cursor(False, 0, "c2c_b"), Cursor(False, (1 << 53) - 1, "group_ a  b ")):
            text = cursors.next_seq(place, owner_id=ALICE, bound_to="type=1")

            self.assertEqual(cursors.after(text, owner_id=ALICE, bound_to="type=1"), place)

    def test_the_version_of_the_page_before_comes_back_as_well(self):
        text = cursors.next_seq(A_PLACE, owner_id=ALICE, bound_to="", seen="7.12")

        self.assertEqual(cursors.place(text, owner_id=ALICE, bound_to=""), (A_PLACE, "7.12"))
        self.assertEqual(cursors.after(text, owner_id=ALICE, bound_to=""), A_PLACE)

    def test_the_first_page_has_two_names(self):
        for text in ("", "0"):
            self.assertIsNone(cursors.after(text, owner_id=ALICE, bound_to=""))

    def test_text_of_another_list_or_of_none_is_refused(self):
        text = cursors.next_seq(A_PLACE, owner_id=ALICE, bound_to="type=1")
        place, _colon, signature = text.partition(":")
        unsigned = base64.urlsafe_b64encode(b'[true,5,"c2c_b"]').decode().rstrip("=")
        forged = (unsigned, f"{unsigned}:", f"{unsigned}:{signature}", f"{place}:{signature[::-1]}")

        for bad in (
            text[:-1],
            text[:4],
            text + "A",
            text + " ",
            "x" + text,
            *forged,
            "1",
            "-1",
            "00",
            "null",
            "张",
            ":",
            "张:张",
        ):
            with self.subTest(bad), self.assertRaises(InvalidParameter):
                cursors.after(bad, owner_id=ALICE, bound_to="type=1")
        for owner_id, bound_to in ((BOB, "type=1"), (ALICE, "type=2"), (ALICE, "")):
            with self.assertRaises(InvalidParameter):
                cursors.after(text, owner_id=owner_id, bound_to=bound_to)

    def test_text_of_another_server_is_refused(self):
        text = cursors.next_seq(A_PLACE, owner_id=ALICE, bound_to="")

        with override_settings(SECRET_KEY="another"), self.assertRaises(InvalidParameter):
            cursors.after(text, owner_id=ALICE, bound_to="")


class WalkTests(ApiTestCase):
    def walk(self, **parameters):
        """The IDs of each page, following nextSeq to its end."""
        pages, next_seq = [], ""
        while next_seq != "0":
            response = self.get(url(nextSeq=next_seq, **parameters))
            body = response.json()
            pages.append(ids_of(response))
            next_seq = body["nextSeq"]
            self.assertEqual(body["isFinished"], next_seq == "0")
        return pages

    def test_three_thousand_rows_of_one_order_key_each_come_once(self):
        make_conversations(1500, activity_key=7, is_pinned=True)
        make_conversations(1500, start=1500, activity_key=7)
        pinned = sorted(f"c2c_peer{n}" for n in range(1500))
        whole = pinned + sorted(f"c2c_peer{n}" for n in range(1500, 3000))

        for count in (500, 499, 43):
            pages = self.walk(count=count)
            self.assertEqual(list(chain(*pages)), whole)
            self.assertEqual({len(page) for page in pages[:-1]}, {count})
        self.assertEqual(list(chain(*self.walk(count=500, isPinned="true"))), pinned)
        self.assertEqual(list(chain(*self.walk(count=400, search="peer"))), whole)

    def test_a_list_that_fills_its_last_page_needs_no_empty_one(self):
        make_conversations(10)

        self.assertEqual([len(page) for page in self.walk(count=5)], [5, 5])

    def test_rows_that_stay_come_once_while_others_move_go_and_come(self):
        rows = make_conversations(60)
        for n, row in enumerate(rows):
            row.activity_key = 1000 - n
        Conversation.objects.bulk_update(rows, ["activity_key"])
        seen, next_seq = [], ""

        for step in range(100):
            body = self.get(url(nextSeq=next_seq, count=7)).json()
            seen += [row["conversationID"] for row in body["conversationList"]]
            next_seq = body["nextSeq"]
            if next_seq == "0":
                break
            theirs = Conversation.objects.for_owner(ALICE)
            theirs.filter(conversation_id=f"c2c_peer{59 - step}").update(is_pinned=True)
            theirs.filter(conversation_id=f"c2c_peer{step}").update(activity_key=2000 + step)
            theirs.filter(conversation_id=seen[-1]).delete()
            make_conversation(conversation_id=f"c2c_new{step}", activity_key=3000 + step)

        stayed = {f"c2c_peer{n}" for n in range(step, 60 - step)}
        self.assertEqual(sorted(id_ for id_ in seen if id_ in stayed), sorted(stayed))

    def test_the_page_after_a_deleted_row_is_the_same(self):
        make_conversations(9, activity_key=1)
        first = self.get(url(count=4)).json()
        Conversation.objects.filter(conversation_id=first["conversationList"][-1]["conversationID"]).delete()

        rest = self.get(url(count=9, nextSeq=first["nextSeq"]))

        self.assertEqual(ids_of(rest), [f"c2c_peer{n}" for n in range(4, 9)])

    def test_extra_and_count_may_change_on_the_way(self):
        make_conversations(9)
        next_seq = self.get(url(count=2)).json()["nextSeq"]

        self.assertEqual(len(ids_of(self.get(url(count=3, extra="true", nextSeq=next_seq)))), 3)

    def test_a_cursor_of_another_list_is_refused_by_name(self):
        make_conversations(9)
        make_conversations(9, owner_id=BOB)
        plain = self.get(url(count=2)).json()["nextSeq"]
        filtered = self.get(url(count=2, type=1)).json()["nextSeq"]

        for address, credential in (
            (url(count=2, nextSeq=plain), bearer(usersig(BOB))),
            (url(count=2, nextSeq=plain, type=1), self.alice),
            (url(count=2, nextSeq=filtered), self.alice),
            (url(count=2, nextSeq=filtered, type=0), self.alice),
            (url(count=2, nextSeq=filtered, type=1, isPinned="false"), self.alice),
            (url(count=2, nextSeq=plain[:-2]), self.alice),
            (url(nextSeq="garbage"), self.alice),
            (url(nextSeq="1"), self.alice),
            (url(nextSeq="\0"), self.alice),
            (url(nextSeq="x" * 20_000), self.alice),
        ):
            with self.subTest(address[:60]), self.assertNumQueries(0):
                self.assert_problem(self.get(address, credential), 400, 6017, "nextSeq")
