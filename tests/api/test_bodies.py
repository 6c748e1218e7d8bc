"""What a request's body may be, shown on the lookup by POST."""

from django.conf import settings
from django.test import override_settings

from tests.support.api import ApiTestCase, ids_of, url
from tests.support.cast import make_conversation

LOOKUP = url("conversations/lookup/")
GOOD = b'{"conversationIDList":["c2c_bob"]}'


class BodyTests(ApiTestCase):
    def test_bodies_that_are_no_json_object_are_refused(self):
        for body in (
            b"",
            b"{",
            b"[]",
            b'["c2c_bob"]',
            b"7",
            b"null",
            b'"c2c_bob"',
            b'{"conversationIDList":["c2c_bob"]} x',
            b'{"conversationIDList":[NaN]}',
            b'{"conversationIDList":["\\ud800"]}',
            b'{"conversationIDList":["\xff"]}',
            GOOD.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + GOOD,
            b'{"a":' * 100_000,
            b'{"conversationIDList":' + b"[" * 2000 + b"]" * 2000 + b"}",
            b'{"conversationIDList":[' + b"1" * 5000 + b"]}",
        ):
            with self.subTest(body[:60]):
                self.assert_problem(self.post(LOOKUP, body), 400, 6017)

    def test_ids_that_are_no_text_are_refused_by_name(self):
        for ids in ("c2c_bob", 7, None, {"0": "c2c_bob"}, [7], [None], ["c2c_bob", ["c2c_bob"]], [True], [1] * 100_000):
            with self.subTest(repr(ids)[:40]):
                self.assert_problem(self.post(LOOKUP, {"conversationIDList": ids}), 400, 6017, "conversationIDList")

    def test_keys_have_to_be_known_and_given_once(self):
        body = self.assert_problem(self.post(LOOKUP, {"conversationIdList": ["c2c_bob"]}), 400, 6017, "conversationIdList")
        self.assertIn("conversationIdList", body["detail"])
        twice = b'{"conversationIDList":["c2c_bob"],"conversationIDList":["c2c_x"]}'
        self.assert_problem(self.post(LOOKUP, twice), 400, 6017, "conversationIDList")
        self.assert_problem(self.post(LOOKUP, {}), 400, 6017, "conversationIDList")
        many = self.assert_problem(self.post(LOOKUP, {f"key{n}": n for n in range(5000)}), 400, 6017)
        self.assertLess(len(many["errors"]), 20)

    def test_only_json_is_taken(self):
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", ""):
            with self.subTest(content_type):
                self.assert_problem(self.post(LOOKUP, GOOD, content_type), 415, 6017)

    def test_json_may_name_its_charset(self):
        make_conversation()

        self.assertEqual(ids_of(self.post(LOOKUP, GOOD, "application/json; charset=utf-8")), ["c2c_bob"])


class SizeTests(ApiTestCase):
    def padded(self, size: int) -> bytes:
        return GOOD[:-1] + b" " * (size - len(GOOD)) + b"}"

    def test_the_limit_is_exact(self):
        make_conversation()

        self.assertEqual(settings.MAX_BODY_BYTES, 8 * 1024 * 1024)
        self.assertEqual(ids_of(self.post(LOOKUP, self.padded(settings.MAX_BODY_BYTES))), ["c2c_bob"])
        self.assert_problem(self.post(LOOKUP, self.padded(settings.MAX_BODY_BYTES + 1)), 413, 93000, "body")

    @override_settings(MAX_BODY_BYTES=len(GOOD))
    def test_the_limit_is_a_setting(self):
        self.assertEqual(self.post(LOOKUP, GOOD).status_code, 200)
        self.assertIn(str(len(GOOD)), self.assert_problem(self.post(LOOKUP, GOOD + b" "), 413, 93000)["detail"])

    def test_fifty_megabytes_are_too_large(self):
        self.assert_problem(self.post(LOOKUP, self.padded(50 * 1024 * 1024)), 413, 93000)
