"""setConversationCustomData: an app's own 256 bytes with each conversation."""

from tests.support.acting import ActionTestCase
from tests.support.api import url
from tests.support.cast import make_conversation

CUSTOM_DATA = url("conversations/custom-data/")


class CustomDataTestCase(ActionTestCase):
    def keep(self, data, *ids: str):
        return self.post(CUSTOM_DATA, {"conversationIDList": list(ids) or ["c2c_bob"], "customData": data})


class CustomDataTests(CustomDataTestCase):
    def setUp(self):
        make_conversation(activity_key=5, unread_count=1)

    def test_it_comes_back_as_it_was(self):
        for data in ("vip", '{"a": 1}', " a ", "\n", "团队 \U0001f600", "\x01\x7f\u2028", "a" * 256):
            with self.subTest(data[:20]), self.assert_versions(1):
                self.assert_results(self.keep(data), 0)

                self.assertEqual(self.shown()["customData"], data)

    def test_many_get_the_same(self):
        make_conversation(conversation_id="group_team")

        with self.assert_versions(2):
            self.assert_results(self.keep("vip", "group_team", "c2c_x", "c2c_bob"), 0, 6004, 0)

        self.assertEqual(
            [self.shown(conversation_id)["customData"] for conversation_id in ("c2c_bob", "group_team")], ["vip", "vip"]
        )

    def test_empty_text_takes_it_away(self):
        self.keep("vip")

        with self.assert_versions(1):
            self.keep("")

        self.assertEqual(self.shown()["customData"], "")

    def test_the_same_again_is_no_change(self):
        self.keep("vip")

        with self.assert_no_change():
            self.assert_results(self.keep("vip"), 0)

    def test_nothing_else_changes(self):
        before = self.shown()

        self.keep("vip")

        after = self.shown()
        self.assertEqual({key for key in before if before[key] != after[key]}, {"customData"})


class BadCustomDataTests(CustomDataTestCase):
    def setUp(self):
        make_conversation(custom_data="known")

    def assert_refused(self, data, field="customData") -> str:
        with self.subTest(repr(data)[:30]), self.assert_no_change():
            return self.assert_problem(self.keep(data), 400, 6017, field)["detail"]

    def test_256_bytes_are_taken_and_257_refused(self):
        for full in ("a" * 256, "é" * 128, "张" * 85 + "a", "\U0001f600" * 64):
            self.assert_results(self.keep(full), 0)
            self.assertEqual(self.shown()["customData"], full)
            self.assertIn("256", self.assert_refused(full + "a"))
        self.assert_refused("a" * 1_000_000)

    def test_it_has_to_be_text(self):
        for data in (7, 0, 1.5, True, False, None, [], ["x"], {}, {"a": 1}):
            self.assert_refused(data)

    def test_what_can_not_be_kept_is_refused(self):
        self.assert_refused("a\0b")
        self.assert_refused("a\ud800b", "body")
