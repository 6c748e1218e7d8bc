"""/v4/: who gets in, and what everybody else is answered."""

import logging
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import override_settings

from conversations.actions import deletions
from conversations.api import webhook
from conversations.api.vendor_rest import door
from conversations.models import Conversation, Owner
from imsite.environment import user_ids
from tests.support.acting import make_scene
from tests.support.api import ids_of, url
from tests.support.cast import ALICE, CAROL, SDK_APP_ID, bearer, make_conversation, usersig, with_key
from tests.support.logs import lines
from tests.support.vendor_rest import ADMINISTRATOR, BODIES, VendorRestTestCase, query

# Query strings that open nothing, each with its code.
CLOSED = {
    "no credential at all": ({}, 60012),
    "no SDKAppID": (query(sdkappid=None), 60012),
    "another SDKAppID": (query(sdkappid=SDK_APP_ID + 1), 60006),
    "no identifier": (query(identifier=None), 60004),
    "no UserSig": (query(usersig=None), 70002),
    "an empty UserSig": (query(usersig=""), 70002),
    "no UserSig but some text": (query(usersig="xxx"), 70003),
    "a forged UserSig": (query(usersig=usersig(ADMINISTRATOR, secret_key="another")), 70003),
    "an expired UserSig": (query(usersig=usersig(ADMINISTRATOR, expire_s=-10)), 70001),
    "the UserSig of another app": (query(usersig=usersig(ADMINISTRATOR, sdk_app_id=SDK_APP_ID + 1)), 70014),
    "another user's UserSig": (query(usersig=usersig(ALICE)), 70013),
    "a user of the list": (query(ALICE), 60010),
    "another user": (query(CAROL), 60010),
    "names in capitals": ({name.upper(): value for name, value in query().items()}, 60012),
}


def everything() -> list:
    return [*Owner.objects.order_by("pk").values(), *Conversation.objects.order_by("owner_id", "conversation_id").values()]


class CredentialTests(VendorRestTestCase):
    def setUp(self):
        make_scene()

    def test_the_table_of_bodies_has_every_call(self):
        self.assertEqual(set(BODIES), set(door.CALLS))

    def test_an_administrator_gets_in(self):
        for path in BODIES:
            with self.subTest(path):
                make_scene()
                self.call(path)

    def test_nobody_else_does(self):
        before = everything()
        for path, body in BODIES.items():
            for name, (parameters, code) in CLOSED.items():
                with self.subTest(path, query=name), self.assertNumQueries(0):
                    answer = self.post(path, body, parameters)
                    self.assertEqual(answer["ErrorCode"], code)
                    self.assertEqual(set(answer) - {"ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay"}, set())
        self.assertEqual(everything(), before)

    def test_credentials_of_the_api_open_nothing(self):
        credentials = [with_key(None, scopes=("read", "write", "ingest")), bearer(usersig(ADMINISTRATOR))]
        for path, body in BODIES.items():
            for credential in credentials:
                with self.subTest(path):
                    self.assertEqual(self.post(path, body, {}, **credential)["ErrorCode"], 60012)

    def test_an_administrator_opens_no_other_list_by_the_api(self):
        make_conversation(ADMINISTRATOR, "c2c_dave")
        credential = bearer(usersig(ADMINISTRATOR))

        own, others = self.client.get(url(), **credential), self.client.get(url(owner=ALICE), **credential)

        self.assertEqual(ids_of(own), ["c2c_dave"])
        self.assertEqual(others.status_code, 403)

    @override_settings(IM_ADMINISTRATORS=frozenset({"root", CAROL}))
    def test_the_setting_names_the_administrators(self):
        body = BODIES["recentcontact/get_list"]

        self.assertEqual(self.post("recentcontact/get_list", body, query(CAROL))["ErrorCode"], 0)
        self.assertEqual(self.post("recentcontact/get_list", body)["ErrorCode"], 60010)

    def test_without_administrators_nobody_gets_in(self):
        with override_settings(IM_ADMINISTRATORS=frozenset()):
            for path, body in BODIES.items():
                self.assertEqual(self.post(path, body)["ErrorCode"], 60010)

    def test_without_an_app_or_its_key_it_is_closed(self):
        for closed in ({"IM_SDK_APP_ID": 0}, {"IM_SECRET_KEY": ""}):
            with override_settings(**closed):
                for path, body in BODIES.items():
                    for parameters in (query(), query(sdkappid=0), {}):
                        with self.subTest(path, closed=closed):
                            self.assertEqual(self.post(path, body, parameters)["ErrorCode"], 70016)

    def test_what_the_protocol_has_besides_does_not_matter(self):
        for more in ({"random": None}, {"random": "x"}, {"contenttype": None}, {"apn": 1}):
            with self.subTest(more):
                parameters = query(**more)
                self.assertEqual(
                    self.post("recentcontact/get_list", BODIES["recentcontact/get_list"], parameters)["ErrorCode"], 0
                )

    def test_neither_a_session_nor_a_csrf_token_is_asked_for(self):
        client = self.client_class(enforce_csrf_checks=True)
        self.client = client

        self.call("recentcontact/get_list")

        self.assertEqual(dict(client.cookies), {})


class TransportTests(VendorRestTestCase):
    def test_unknown_calls_get_the_envelope(self):
        paths = (
            "", "x", "recentcontact", "recentcontact/", "recentcontact/get", "recentcontact/get_list/x",
            "Recentcontact/get_list", "openim/sendmsg", "openim/get_list", "a/../recentcontact/x", "%0a",
        )  # fmt: skip
        for path in paths:
            with self.subTest(path):
                self.assertEqual(self.post(path, {})["ErrorCode"], 60009)
        response = self.client.get("/v4")
        self.assertEqual((response.status_code, response.json()["ErrorCode"]), (200, 60009))

    def test_other_methods_get_the_envelope(self):
        for path in BODIES:
            for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
                with self.subTest(path, method=method):
                    response = self.client.generic(method, f"/v4/{path}")
                    self.assertEqual((response.status_code, response.json()["ErrorCode"]), (200, 60008))

    def test_a_final_slash_does_not_matter(self):
        self.assertEqual(self.post("recentcontact/get_list/", BODIES["recentcontact/get_list"])["ErrorCode"], 0)

    def test_bodies_that_are_no_json_object(self):
        codes = {"openim": 90001, "recentcontact": 60003, "group_open_http_svc": 60003}
        for path in BODIES:
            for body in (b"", b"{", b"[]", b"7", b"null", b'{"From_Account": NaN}', b'{"a":"\xff"}', b"[" * 100_000):
                with self.subTest(path, body=body[:20]):
                    self.assertEqual(self.post(path, body)["ErrorCode"], codes[path.split("/")[0]])

    def test_a_body_has_the_limit_of_webhooks(self):
        body = b'{"From_Account":"alice","x":"%b"}'
        fitting = body % (b"x" * (webhook.MAX_BYTES - len(body) + 2))

        self.assertEqual(self.post("recentcontact/get_list", fitting)["ErrorCode"], 0)
        self.assertEqual(self.post("recentcontact/get_list", fitting + b" ")["ErrorCode"], 93000)

    def test_keys_that_the_cloud_ignores_are_ignored(self):
        for path in BODIES:
            make_scene()
            with self.subTest(path):
                self.call(path, Unknown=1)

    def test_a_missing_account_and_one_that_is_no_string(self):
        codes = {"recentcontact": 50002, "group_open_http_svc": 10004}
        for path, body in BODIES.items():
            for key in [key for key in body if key.endswith("_Account") and path != "recentcontact/delete"]:
                code = {"Report_Account": 90008, "To_Account": 90003, "Peer_Account": 90003}.get(key) or codes[
                    path.split("/")[0]
                ]
                with self.subTest(path, key=key):
                    for value in (None, "", "a" * 65, "é", "a\n"):
                        self.assert_refused(code, path, **{key: value}, field=key)
                    for value in (7, True, {}):
                        self.assert_refused(60015, path, **{key: value}, field=key)

    def test_a_parameter_more_than_django_takes(self):
        answer = self.post("recentcontact/get_list", {}, {f"p{n}": n for n in range(1001)})

        self.assertEqual(answer["ErrorCode"], 60002)

    def test_a_refused_host_gets_the_envelope_and_its_usersig_is_not_logged(self):
        with self.assertLogs("conversations", "WARNING") as logs:
            answer = self.post("recentcontact/get_list", {}, HTTP_HOST="other.example.org")

        self.assertEqual(answer["ErrorCode"], 60002)
        self.assertNotIn(self.query["usersig"], str(logs.output))

    def test_the_texts_are_in_the_language_of_the_client(self):
        answer = self.post("x", {}, HTTP_ACCEPT_LANGUAGE="en")

        self.assertEqual(answer["ErrorInfo"], "This server does not have this call.")

    def test_without_database_a_call_may_be_repeated(self):
        codes = {"recentcontact": 50005, "openim": 70169, "group_open_http_svc": 10002}
        for path, body in BODIES.items():
            with self.subTest(path), self.failing(OperationalError("gone")), self.assertLogs("conversations", "ERROR") as logs:
                answer = self.post(path, body)
            self.assertEqual(answer["ErrorCode"], codes[path.split("/")[0]])
            self.assertNotIn(self.query["usersig"], str(logs.output))
            self.assertNotIn("gone", answer["ErrorInfo"])

    def test_an_unknown_failure_says_nothing_of_itself_and_is_logged_without_the_usersig(self):
        codes = {"recentcontact": 50004, "openim": 70500, "group_open_http_svc": 10002}
        for path, body in BODIES.items():
            with self.subTest(path), self.failing(RuntimeError("secret")), self.assertLogs(None, logging.DEBUG) as logs:
                answer = self.post(path, body)
            self.assertEqual(answer["ErrorCode"], codes[path.split("/")[0]])
            self.assertNotIn("secret", answer["ErrorInfo"])
            self.assertIn("A request failed", str(logs.output))
            self.assertNotIn(self.query["usersig"], lines(logs.records))

    def failing(self, error: Exception):
        """Fail where each call first needs the database."""
        return mock.patch("django.db.backends.utils.CursorWrapper.execute", side_effect=error)


class AnswerTests(VendorRestTestCase):
    def test_conversations_of_the_administrator_stay_the_administrators(self):
        make_conversation(ADMINISTRATOR, "c2c_dave")

        self.assertEqual(self.call("recentcontact/get_list")["SessionItem"], [])

    def test_a_change_is_that_of_the_action(self):
        make_scene()
        with mock.patch.object(deletions, "delete_one") as delete_one:
            self.call("recentcontact/delete")

        delete_one.assert_called_once_with(owner_id=ALICE, conversation_id="c2c_bob", clear_messages=True)


@pytest.mark.parametrize(
    ("text", "ids"), [("administrator", {"administrator"}), (" a , b b,,a", {"a", "b b"}), ("", set()), (" , ", set())]
)
def test_the_setting_is_a_list_of_user_ids(monkeypatch, text, ids):
    monkeypatch.setenv("IM_ADMINISTRATORS", text)

    assert user_ids("IM_ADMINISTRATORS") == ids


@pytest.mark.parametrize("text", ["é", "a,b\tc", "a" * 65])
def test_a_setting_that_names_no_user_is_refused(monkeypatch, text):
    monkeypatch.setenv("IM_ADMINISTRATORS", text)

    with pytest.raises(ImproperlyConfigured, match="IM_ADMINISTRATORS"):
        user_ids("IM_ADMINISTRATORS")
