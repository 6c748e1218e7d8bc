"""setConversationDraft: what the owner has begun to write, kept for all devices."""

import time_machine

from conversations.formats.checks import INT64_MAX
from conversations.times import YEAR_2100_S, now_s
from tests.support.acting import ActionTestCase
from tests.support.api import ids_of, url
from tests.support.cast import make_conversation

DRAFT = url("conversations/c2c_bob/draft/")
NOON_S = 1_790_000_000


class DraftTests(ActionTestCase):
    def setUp(self):
        make_conversation(activity_key=5, show_name="Bob", unread_count=1)

    def draft(self, text: str, timestamp=None, **more):
        return self.put(DRAFT, {"draftText": text} | ({} if timestamp is None else {"draftTimestamp": timestamp}) | more)

    def test_a_draft_is_kept_with_its_time_and_answered_with_the_conversation(self):
        response = self.draft("I would", NOON_S)

        self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"))
        self.assertEqual((response.json()["draftText"], response.json()["draftTimestamp"]), ("I would", NOON_S))
        self.assertEqual(response.json(), self.shown())

    def test_without_a_time_it_is_now(self):
        before = now_s()

        self.assertTrue(before <= self.draft("x").json()["draftTimestamp"] <= now_s())

    def test_the_order_key_is_the_draft_s_time_while_it_is_newer_and_the_old_one_after(self):
        make_conversation(conversation_id="c2c_later", activity_key=(NOON_S - 60) * 10**6)
        before = self.shown()["orderkey"]

        self.assertEqual(self.draft("x", NOON_S).json()["orderkey"], NOON_S * 10**6)
        self.assertEqual(ids_of(self.get(url())), ["c2c_bob", "c2c_later"])

        self.assertEqual(self.draft("", NOON_S + 1).json()["orderkey"], before)
        self.assertEqual(ids_of(self.get(url())), ["c2c_later", "c2c_bob"])

    def test_a_draft_older_than_the_last_message_moves_nothing(self):
        make_conversation(conversation_id="c2c_later", activity_key=(NOON_S + 60) * 10**6)

        self.put("/api/v1/conversations/c2c_later/draft/", {"draftText": "x", "draftTimestamp": NOON_S})

        self.assertEqual(self.get(url()).json()["conversationList"][0]["orderkey"], (NOON_S + 60) * 10**6)

    def test_text_comes_back_as_it_was(self):
        for text in (" ", " a\n\tb ", "团队 \U0001f600", "\x01\x7f\u2028\ufeff", '"\\/</script>', "a" * 20_000):
            with self.subTest(text[:20]):
                self.assertEqual(self.draft(text).json()["draftText"], text)
                self.assertEqual(self.shown()["draftText"], text)

    def test_nothing_else_changes(self):
        before = self.shown()

        after = self.draft("x").json()

        self.assertEqual({key for key in before if before[key] != after[key]}, {"draftText", "draftTimestamp", "orderkey"})

    def test_the_same_again_is_no_change(self):
        self.draft("x", NOON_S)

        with self.assert_no_change():
            self.draft("x", NOON_S)
            self.draft("x")

    def test_empty_text_cancels(self):
        self.draft("x", NOON_S)

        with self.assert_versions(1):
            shown = self.draft("").json()

        self.assertEqual(shown["draftText"], "")

    def test_cancelling_what_is_not_there_is_no_change(self):
        with self.assert_no_change():
            self.draft("")

    def test_cancelling_what_is_not_there_with_a_time_leaves_the_conversation_in_its_place(self):
        make_conversation(conversation_id="c2c_later", activity_key=6)

        self.draft("", NOON_S)

        self.assertEqual(ids_of(self.get(url())), ["c2c_later", "c2c_bob"])


class NewerWinsTests(ActionTestCase):
    def setUp(self):
        make_conversation(draft_text="known", draft_timestamp=NOON_S)

    def test_an_older_edit_changes_nothing_and_is_answered_with_what_is_known(self):
        for text in ("older", ""):
            with self.assert_no_change():
                shown = self.put(DRAFT, {"draftText": text, "draftTimestamp": NOON_S - 1}).json()

            self.assertEqual((shown["draftText"], shown["draftTimestamp"]), ("known", NOON_S))

    def test_a_newer_edit_wins_and_so_does_the_last_of_the_same_second(self):
        for text, timestamp in (("newer", NOON_S + 1), ("same second", NOON_S + 1), ("", NOON_S + 2)):
            with self.assert_versions(1):
                shown = self.put(DRAFT, {"draftText": text, "draftTimestamp": timestamp}).json()

            self.assertEqual(shown["draftText"], text)

    def test_a_cancelled_draft_is_not_brought_back_by_an_older_edit(self):
        self.put(DRAFT, {"draftText": "", "draftTimestamp": NOON_S + 2})

        with self.assert_no_change():
            shown = self.put(DRAFT, {"draftText": "older", "draftTimestamp": NOON_S + 1}).json()

        self.assertEqual(shown["draftText"], "")

    def test_an_edit_without_a_time_wins_and_the_time_never_goes_back(self):
        with time_machine.travel(NOON_S - 100):
            shown = self.put(DRAFT, {"draftText": "now"}).json()

        self.assertEqual((shown["draftText"], shown["draftTimestamp"]), ("now", NOON_S))

    def test_edits_of_two_devices_end_the_same_in_either_order(self):
        edits = [{"draftText": "a", "draftTimestamp": NOON_S + 1}, {"draftText": "b", "draftTimestamp": NOON_S + 2}]
        for order in (edits, edits[::-1]):
            for edit in order:
                self.put(DRAFT, edit)

            self.assertEqual(self.shown()["draftText"], "b")


class BadDraftTests(ActionTestCase):
    def assert_refused(self, body, *fields: str) -> str:
        with self.assert_no_change():
            return self.assert_problem(self.put(DRAFT, body), 400, 6017, *fields)["detail"]

    def setUp(self):
        make_conversation(draft_text="known", draft_timestamp=NOON_S)

    def test_text_has_to_be_text(self):
        for text in (7, 1.5, True, ["x"], {"text": "x"}, 0, False, [], {}):
            with self.subTest(text=text):
                self.assert_refused({"draftText": text}, "draftText")

    def test_text_has_a_limit(self):
        self.assertIn("20000", self.assert_refused({"draftText": "张" * 20_001}, "draftText"))

    def test_text_that_can_not_be_kept_is_refused(self):
        self.assert_refused({"draftText": "a\0b"}, "draftText")
        self.assert_refused({"draftText": "a\ud800b"}, "body")
        self.assert_refused(b'{"draftText":"\xff"}', "body")

    def test_a_time_has_to_be_a_whole_number(self):
        for timestamp in ("1790000000", "", 1.5, 1790000000.0, True, False, None, [], {}):
            with self.subTest(timestamp=timestamp):
                self.assert_refused({"draftText": "x", "draftTimestamp": timestamp}, "draftTimestamp")

    def test_a_time_in_milliseconds_or_before_1970_is_refused(self):
        for timestamp in (NOON_S * 1000, YEAR_2100_S, INT64_MAX, INT64_MAX + 1, 10**40):
            self.assertIn(
                "milliseconds", self.assert_refused({"draftText": "x", "draftTimestamp": timestamp}, "draftTimestamp")
            )
        self.assert_refused({"draftText": "x", "draftTimestamp": -1}, "draftTimestamp")

    def test_a_minute_ahead_is_a_clocks_error_and_more_is_refused(self):
        with time_machine.travel(NOON_S + 10, tick=False):
            for ahead_s in (61, 3600):
                body = {"draftText": "x", "draftTimestamp": NOON_S + 10 + ahead_s}
                self.assertIn("future", self.assert_refused(body, "draftTimestamp"))

            shown = self.put(DRAFT, {"draftText": "x", "draftTimestamp": NOON_S + 70}).json()

        self.assertEqual(shown["draftTimestamp"], NOON_S + 70)
