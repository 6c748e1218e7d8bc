"""What bodies and addresses of the changing calls may be: whatever is wrong is named, and nothing is done."""

from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from conversations.formats import conversation
from tests.support.acting import (
    ACTIONS,
    NO_OBJECTS,
    ON_LISTED,
    ON_MANY,
    ON_ONE,
    WITHOUT_FIELDS,
    ActionTestCase,
    make_scene,
    quoted,
    version,
)
from tests.support.api import url
from tests.support.cast import make_conversation

MALFORMED_IDS = {
    "C2Cbob": "c2c_bob",
    "GROUPteam": "group_team",
    "@TGS#2J4SZEAEL": "group_@TGS#2J4SZEAEL",
    "group_@TGS": "%23",
    "bob": "c2c_",
    "c2c_": "c2c_",
    "c2c_" + "u" * 65: "64",
    "group_" + "g" * 97: "96",
    "c2c_张": "printable ASCII",
    "c2c_a\0b": "printable ASCII",
    "c2c_a\nb": "printable ASCII",
    "c2c_" + "x" * 10_000: "64",
}
WITH_SLASH = "group_a/b"


class BodyTests(ActionTestCase):
    def setUp(self):
        make_scene()

    def test_what_is_no_json_object_is_refused(self):
        for action in ACTIONS:
            for body in NO_OBJECTS:
                with self.subTest(action.name, body=body[:40]), self.assert_no_change():
                    self.assert_problem(self.act(action, body=body), 400, 6017)

    def test_unknown_keys_are_refused_by_name(self):
        for action in ACTIONS:
            with self.subTest(action.name), self.assert_no_change():
                body = (action.body or {}) | {"owner": "carol", "conversationId": 1}
                self.assert_problem(self.act(action, body=body), 400, 6017, "conversationId", "owner")

    def test_a_key_given_twice_is_refused_by_name(self):
        for action in ACTIONS:
            for key in action.body or {"a": 1}:
                with self.subTest(action.name, key=key), self.assert_no_change():
                    self.assert_problem(self.act(action, body=f'{{"{key}":1,"{key}":1}}'.encode()), 400, 6017, key)

    def test_each_field_is_needed_unless_it_has_a_default(self):
        with_default = {"cleanTimestamp", "clearMessage"}
        for action in ACTIONS:
            for key in (action.body or {}).keys() - with_default:
                body = {name: value for name, value in action.body.items() if name != key}
                with self.subTest(action.name, key=key), self.assert_no_change():
                    self.assert_problem(self.act(action, body=body), 400, 6017, key)

    def test_null_is_no_value(self):
        for action in ACTIONS:
            for key in (action.body or {}).keys() - {"draftText"}:  # there it cancels, as in the SDK
                with self.subTest(action.name, key=key), self.assert_no_change():
                    self.assert_problem(self.act(action, body=action.body | {key: None}), 400, 6017, key)

    def test_a_body_without_any_field_is_the_same_as_an_empty_object(self):
        for action in WITHOUT_FIELDS:
            for body in (None, b"{}", b" {} \n"):
                with self.subTest(action.name, body=body):
                    make_scene(for_unpin=action.name == "unpin")
                    self.assertIn(self.act(action, body=body).status_code, (200, 204))

    def test_only_json_is_taken(self):
        for action in ACTIONS:
            for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", ""):
                with self.subTest(action.name, content_type=content_type), self.assert_no_change():
                    response = self.client.generic(action.method, action.address(), b'{"a":1}', content_type, **self.alice)
                    self.assert_problem(response, 415, 6017)

    def test_json_may_name_its_charset(self):
        address = url("conversations/c2c_bob/draft/")

        response = self.client.put(address, '{"draftText":"张"}', "application/json; charset=utf-8", **self.alice)

        self.assertEqual(response.json()["draftText"], "张")

    def test_a_huge_body_is_93000(self):
        body = b" " * (settings.MAX_BODY_BYTES + 1)
        for action in ACTIONS:
            with self.subTest(action.name), self.assert_no_change():
                self.assert_problem(self.act(action, body=body), 413, 93000, "body")

    @override_settings(MAX_BODY_BYTES=1000)
    def test_a_body_at_the_limit_is_taken(self):
        body = b'{"scope":"all"}'

        self.assertEqual(self.post(url("conversations/read/"), body.ljust(1000)).status_code, 200)
        self.assert_problem(self.post(url("conversations/read/"), body.ljust(1001)), 413, 93000)


class AddressTests(ActionTestCase):
    def setUp(self):
        make_scene()

    def test_unknown_parameters_and_those_given_twice_are_refused_by_name(self):
        for action in ACTIONS:
            with self.subTest(action.name), self.assert_no_change():
                self.assert_problem(self.act(action, ownr="alice"), 400, 6017, "ownr")
                self.assert_problem(self.act(action, id="c2c_bob"), 400, 6017, "id")
                self.assert_problem(self.act(action, name="work"), 400, 6017, "name")
                twice = f"{action.address()}?owner=alice&owner=alice"
                self.assert_problem(self.send(action.method, twice, action.body), 400, 6017, "owner")

    def test_parameters_that_are_not_utf8_are_refused(self):
        for action in ACTIONS:
            for parameters in ("owner=%FF", "%FF=1", "owner=%ED%A0%80"):
                with self.subTest(action.name), self.assert_no_change():
                    address = f"{action.address()}?{parameters}"
                    self.assert_problem(self.send(action.method, address, action.body), 400, 6017, "query")

    def test_extra_is_for_calls_that_answer_with_a_conversation(self):
        for action in ACTIONS:
            with self.subTest(action.name):
                make_scene()
                if action in ON_ONE[:-1]:
                    shown = self.act(action, extra="true").json()
                    self.assertEqual(tuple(shown), (*conversation.KEYS, "imsite"))
                    self.assertEqual(shown["imsite"], {"version": version(), "membership": "member"} | shown["imsite"])
                    self.assert_problem(self.act(action, extra="1"), 400, 6017, "extra")
                else:
                    self.assert_problem(self.act(action, extra="true"), 400, 6017, "extra")


class OneIdTests(ActionTestCase):
    def with_id(self, action, conversation_id):
        return action._replace(path=action.path.replace("c2c_bob", quoted(conversation_id)))

    def test_an_unknown_one_is_6004_and_named(self):
        make_scene()

        for action in ON_LISTED:
            with self.subTest(action.name), self.assert_no_change():
                body = self.assert_problem(self.act(self.with_id(action, "c2c_carol")), 404, 6004)
                self.assertIn("c2c_carol", body["detail"])

    def test_a_malformed_one_is_6017_with_the_right_form_and_costs_no_query(self):
        for action in ON_ONE:
            for malformed, right in MALFORMED_IDS.items():
                in_path, dashed = self.with_id(action, malformed), self.with_id(action, "-")
                for asked, parameters in ((in_path, {}), (dashed, {"id": malformed})):
                    with self.subTest(action.name, malformed=malformed[:40]), self.assertNumQueries(0):
                        body = self.assert_problem(self.act(asked, **parameters), 400, 6017, "conversationID")
                        self.assertIn(right, body["detail"])

    def test_one_with_a_slash_goes_by_dash(self):
        for action in ON_ONE:
            with self.subTest(action.name):
                make_scene(for_unpin=True)
                make_conversation(conversation_id=WITH_SLASH, unread_count=1, is_pinned=action.name == "unpin")
                body = {"cleanSequence": 0} if action.name == "read" else action.body
                before = version()

                response = self.act(self.with_id(action, "-"), body=body, id=WITH_SLASH)

                self.assertEqual(version(), before + 1)
                if response.content:
                    self.assertEqual(response.json()["conversationID"], WITH_SLASH)

    def test_one_with_a_slash_in_the_path_is_404_and_says_what_to_do(self):
        make_conversation(conversation_id=WITH_SLASH)

        for action in ON_ONE:
            with self.subTest(action.name), self.assert_no_change():
                body = self.assert_problem(self.act(self.with_id(action, WITH_SLASH)), 404, 60009)
                self.assertIn("?id=", body["detail"])

    def test_dash_needs_an_id_and_only_one(self):
        make_scene()

        for action in ON_ONE:
            dashed = self.with_id(action, "-")
            twice = f"{dashed.address(id='c2c_bob')}&id=c2c_bob"
            with self.subTest(action.name), self.assert_no_change():
                self.assert_problem(self.act(dashed), 400, 6017, "id")
                self.assert_problem(self.act(dashed, id=""), 400, 6017, "conversationID")
                self.assert_problem(self.send(action.method, twice, action.body), 400, 6017, "id")

    def test_a_deleted_one_is_as_unknown(self):
        make_scene()
        self.delete(url("conversations/c2c_bob/"))

        for action in ON_LISTED:
            if action.name != "read":
                with self.subTest(action.name), self.assert_no_change():
                    self.assert_problem(self.act(action), 404, 6004)


class ManyIdsTests(ActionTestCase):
    def setUp(self):
        make_scene()

    def asked(self, action, ids):
        return self.act(action, body=action.body | {"conversationIDList": ids})

    def test_none_and_more_than_a_hundred_are_51006(self):
        for action in ON_MANY:
            for ids in ([], [f"c2c_{n}" for n in range(101)], ["c2c_bob"] * 101, ["c2c_bob"] * 1000, [7] * 100_000):
                with self.subTest(action.name, count=len(ids)), self.assert_no_change():
                    self.assert_problem(self.asked(action, ids), 400, 51006, "conversationIDList")

    def test_a_hundred_are_taken(self):
        for action in ON_MANY:
            with self.subTest(action.name):
                self.assert_results(self.asked(action, [f"c2c_{n}" for n in range(100)]), *[6004] * 100)

    def test_what_is_no_list_of_text_is_refused_by_name(self):
        for action in ON_MANY:
            for ids in ("c2c_bob", 7, True, {"0": "c2c_bob"}, [7], [None], ["c2c_bob", ["c2c_bob"]], [True], [{}]):
                with self.subTest(action.name, ids=ids), self.assert_no_change():
                    self.assert_problem(self.asked(action, ids), 400, 6017, "conversationIDList")

    def test_each_id_has_its_result_in_the_order_asked_and_one_bad_spoils_nothing(self):
        for action in ON_MANY:
            with self.subTest(action.name):
                make_scene()
                before = version()

                ids = ["c2c_carol", "group_team", "C2Cbob", "c2c_bob", ""]
                results = self.assert_results(self.asked(action, ids), 6004, 0, 6017, 0, 6017)

                self.assertEqual([result["conversationID"] for result in results], ids)
                self.assertGreaterEqual(version() - before, 2)

    def test_malformed_ones_are_6017_with_the_right_form(self):
        for action in ON_MANY:
            with self.subTest(action.name):
                results = self.assert_results(self.asked(action, list(MALFORMED_IDS)), *[6017] * len(MALFORMED_IDS))

                for result in results:
                    self.assertIn(MALFORMED_IDS[result["conversationID"]], result["resultInfo"])

    def test_one_asked_twice_is_answered_twice_and_changed_once(self):
        for action in ON_MANY:
            with self.subTest(action.name):
                make_scene()
                before = version()

                self.assert_results(self.asked(action, ["c2c_bob", "c2c_x", "c2c_bob", "c2c_x"]), 0, 6004, 0, 6004)

                # A new group takes a version of its own.
                self.assertEqual(version() - before, 2 if action.name == "create group" else 1)

    def test_one_with_a_slash_is_as_any_other(self):
        for action in ON_MANY:
            with self.subTest(action.name):
                make_scene()
                make_conversation(conversation_id=WITH_SLASH, conversation_groups=1)

                self.assert_results(self.asked(action, [WITH_SLASH, "group_a%2Fb"]), 0, 6004)

    def test_the_number_of_queries_is_the_same_for_one_and_a_hundred(self):
        for action in ON_MANY:
            make_scene()
            make_conversation(conversation_id="group_first", conversation_groups=1)
            counts = set()
            for ids in (["group_first"], [f"c2c_{n}" for n in range(99)] + ["group_team"]):
                new_group = {"groupName": str(len(ids))} if "groupName" in action.body else {}
                with CaptureQueriesContext(connection) as queries:
                    self.act(action, body=action.body | {"conversationIDList": ids} | new_group)
                counts.add(len(queries))
            self.assertEqual(len(counts), 1, action.name)
