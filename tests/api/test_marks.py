"""markConversation: star, unread, fold, hide and the app's own bits."""

from conversations.choices import ALLOWED_MARKS
from tests.support.acting import ActionTestCase
from tests.support.api import ids_of, url
from tests.support.cast import make_conversation

MARK = url("conversations/mark/")
ALL_MARKS = [1, 2, 4, 8, *(1 << bit for bit in range(32, 64))]


class MarkTestCase(ActionTestCase):
    def mark(self, mark_type, enable=True, *ids: str):
        body = {"conversationIDList": list(ids) or ["c2c_bob"], "markType": mark_type, "enableMark": enable}
        return self.post(MARK, body)

    def marks(self) -> list[int]:
        return self.shown()["markList"]


class MarkTests(MarkTestCase):
    def setUp(self):
        make_conversation(activity_key=5)

    def test_each_mark_is_set_and_taken_away(self):
        for mark in ALL_MARKS:
            with self.subTest(mark=mark):
                with self.assert_versions(1):
                    self.assert_results(self.mark(mark), 0)
                self.assertEqual(self.marks(), [mark])

                with self.assert_versions(1):
                    self.assert_results(self.mark(mark, False), 0)
                self.assertEqual(self.marks(), [])

    def test_several_at_once_join_those_that_are_there(self):
        self.mark(1)

        with self.assert_versions(1):
            self.mark(2 | 8 | 1 << 63)
        self.assertEqual(self.marks(), [1, 2, 8, 1 << 63])

        self.mark(1 | 4 | 1 << 63, False)
        self.assertEqual(self.marks(), [2, 8])

    def test_all_at_once(self):
        self.mark(ALLOWED_MARKS)
        self.assertEqual(self.marks(), ALL_MARKS)

        self.mark(ALLOWED_MARKS, False)
        self.assertEqual(self.marks(), [])

    def test_a_number_may_come_as_text(self):
        for text, marks in (("1", [1]), ("9223372036854775808", [1, 1 << 63]), ("4294967296", [1, 1 << 32, 1 << 63])):
            self.assert_results(self.mark(text), 0)
            self.assertEqual(self.marks(), marks)

    def test_setting_what_is_set_and_taking_what_is_not_are_no_change(self):
        self.mark(3)

        with self.assert_no_change():
            self.assert_results(self.mark(1), 0)
            self.assert_results(self.mark(3), 0)
            self.assert_results(self.mark(8, False), 0)

    def test_only_those_that_change_take_a_version(self):
        make_conversation(conversation_id="group_team", marks=1)

        with self.assert_versions(1):
            self.assert_results(self.mark(1, True, "group_team", "c2c_bob", "c2c_x"), 0, 0, 6004)

    def test_it_is_no_activity_and_no_message(self):
        before = self.shown()

        self.mark(ALLOWED_MARKS)

        after = self.shown()
        self.assertEqual({key for key in before if before[key] != after[key]}, {"markList"})

    def test_lists_and_totals_follow(self):
        make_conversation(conversation_id="group_team")

        self.mark(2 | 1 << 40)

        self.assertEqual(self.totals()["markedUnread"], 1)
        self.assertEqual(ids_of(self.get(url(markType=1 << 40))), ["c2c_bob"])
        self.assertEqual(ids_of(self.get(url(markType=0))), ["group_team"])
        self.mark(2, False)
        self.assertEqual(self.totals()["markedUnread"], 0)


class BadMarkTests(MarkTestCase):
    def setUp(self):
        make_conversation(marks=1)

    def assert_refused(self, mark_type, enable=True, field="markType") -> None:
        with self.subTest(mark_type=mark_type, enable=enable), self.assert_no_change():
            self.assert_problem(self.mark(mark_type, enable), 400, 6017, field)

    def test_none_and_too_many_bits_are_refused(self):
        for mark_type in (0, "0", -1, 1 << 64, (1 << 64) + 1, "18446744073709551616", 10**40):
            self.assert_refused(mark_type)
            self.assert_refused(mark_type, False)

    def test_bits_4_to_31_are_refused_alone_and_among_others(self):
        for bit in range(4, 32):
            self.assert_refused(1 << bit)
            self.assert_refused(1 << bit | 1)
            self.assert_refused(str(1 << bit), False)

    def test_a_mark_is_a_whole_number_or_one_as_text(self):
        for mark_type in (
            *("", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "one", "１", "²", "1" * 21, "1" * 5000),
            *(1.0, 1.5, True, False, None, [], [1], {}, {"markType": 1}),
        ):
            self.assert_refused(mark_type)

    def test_enable_mark_is_true_or_false(self):
        for enable in (1, 0, "true", "false", "", "yes", None, [], {}):
            self.assert_refused(1, enable, "enableMark")
