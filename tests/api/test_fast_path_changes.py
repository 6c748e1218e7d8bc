"""The fast path of calls that change something, and of webhooks: it answers like the long way, byte for byte."""

import json
import time
from io import BytesIO
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client, RequestFactory

from conversations.access import api_keys
from conversations.actions import reading
from conversations.api import fast_path
from conversations.feeding import profiles, reports
from conversations.models import ConversationEvent
from tests.support.acting import ACTIONS, make_scene
from tests.support.api import url
from tests.support.cast import ALICE, BOB, bearer, usersig, with_key
from tests.support.ways import JSON, SECURITY_HEADERS, SameAnswerTestCase, from_server, parts, undone

WRITING = ("read", "write")
TEXT = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]
MESSAGE = {"From_Account": BOB, "To_Account": ALICE, "MsgSeq": 7, "MsgRandom": 7, "MsgTime": 1_700_000_000, "MsgBody": TEXT}
INGEST = (
    ("POST", "messages/", MESSAGE),
    ("POST", "messages/", [MESSAGE, {}]),
    (
        "POST",
        "messages/modify/",
        [
            {
                "From_Account": BOB,
                "To_Account": ALICE,
                "MsgKey": "7_7_1700000000",
                "MsgBody": TEXT,
                "EventTime": 1_700_000_001_000,
            }
        ],
    ),
    ("POST", "messages/recall/", {"From_Account": BOB, "To_Account": ALICE, "MsgKey": "7_7_1700000000"}),
    ("PUT", "groups/team/", {"Name": "Team", "MemberList": [{"Member_Account": ALICE}]}),
    ("POST", "groups/team/members/add/", {"MemberList": [{"Member_Account": BOB}]}),
    ("POST", "groups/team/members/remove/", {"MemberToDel_Account": [BOB]}),
    ("POST", "groups/", [{"GroupId": "team", "Name": "Team"}]),
    ("PUT", "users/bob/", {"Nick": "Bob"}),
    ("POST", "users/", [{"UserID": BOB, "Nick": "Bob"}]),
)


@pytest.mark.slow
class SameChangesTests(SameAnswerTestCase):
    """The calls that change something."""

    def setUp(self):
        self.enterContext(time_machine.travel(time.time(), tick=False))  # some answers have it
        for module in (profiles, reading, reports):  # what is left after it differs on a busy machine
            self.enterContext(mock.patch.object(module, "PATIENCE_S", 60))
        make_scene()

    def assert_same_each(self, credential: dict[str, str], status: int, **parameters: str) -> None:
        for action in ACTIONS:
            with self.subTest(action.name, status=status):
                headers = credential | {"HTTP_X_REQUEST_ID": "same"}
                response = self.assert_same_call(action.method, action.address(**parameters), action.body, headers)
                self.assertIn(response.status_code, (status, 204) if status == 200 else (status,))

    def test_actions(self):
        self.assert_same_each(self.alice, 200)
        self.assert_same_each(with_key(ALICE, WRITING), 200)
        self.assert_same_each(with_key(None, WRITING), 200, owner=ALICE)

    def test_refused_actions(self):
        self.assert_same_each(bearer(usersig(expire_s=-1)), 401)
        self.assert_same_each(self.alice, 403, owner=BOB)
        self.assert_same_each(with_key(ALICE, ["read"]), 403)
        self.assert_same_each(self.alice, 400, nonsense="1")

    def test_refused_bodies(self):
        headers = self.alice | {"HTTP_X_REQUEST_ID": "same"}
        for action in ACTIONS:
            for body in ([], [{}], 7, {"nonsense": 1}, {"conversationIDList": "c2c_bob"}):
                with self.subTest(action.name, body=body):
                    response = self.assert_same_call(action.method, action.address(), body, headers)
                    self.assertEqual(response.status_code, 400)

    def test_ingest(self):
        headers = with_key(None, ["ingest"]) | {"HTTP_X_REQUEST_ID": "same"}
        for method, path, body in INGEST:
            with self.subTest(path):
                self.assertEqual(self.assert_same_call(method, url(path), body, headers).status_code, 200)
                self.assertEqual(self.assert_same_call(method, url(path), body, headers | self.alice).status_code, 403)
                self.assertEqual(self.assert_same_call(method, url(path), 7, headers).status_code, 400)

    def test_who_acted_is_recorded(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE, scopes=WRITING)
        for method, credential, actor in (("PUT", self.alice, "usersig"), ("DELETE", bearer(text), f"key:{key.prefix}")):
            self.send(method, url("conversations/c2c_bob/pin/"), credential=credential)
            self.assertEqual(ConversationEvent.objects.latest("time_us").actor, actor)


class SameWebhookTests(SameAnswerTestCase):
    """Webhooks, with a key, with the cloud's signature, and refused ones."""

    ADDRESS = "/callbacks/tencent/"
    WEBHOOK = MESSAGE | {"CallbackCommand": "C2C.CallbackAfterSendMsg"}

    def assert_same_webhook(self, method: str, address: str, body: Any, headers: dict[str, str]) -> HttpResponse:
        headers = headers | {"HTTP_X_REQUEST_ID": "same"}
        with mock.patch.object(fast_path, "bearer_call", return_value=None):
            environ = {"REQUEST_METHOD": method, "PATH_INFO": address.partition("?")[0]}
            self.assertEqual(fast_path.goes_short_way(environ), method == "POST")
        with mock.patch.object(fast_path, "_is_webhook", return_value=False), undone():
            request = {"method": method, "path": address, "data": json.dumps(body), "content_type": JSON, **headers}
            long = Client().generic(**request)
        with undone():
            short = Client().generic(**request)
        self.assertEqual(parts(short), parts(long))
        self.assertLessEqual(set(SECURITY_HEADERS), set(short.headers))
        return short

    def test_webhooks(self):
        webhook = self.WEBHOOK
        ingest = with_key(None, ["ingest"])
        for address in (self.ADDRESS, self.ADDRESS.rstrip("/"), f"{self.ADDRESS}?CallbackCommand=C2C.CallbackAfterSendMsg"):
            self.assertEqual(self.assert_same_webhook("POST", address, webhook, ingest).status_code, 200)
            self.assert_same_webhook("POST", address, webhook, ingest | {"HTTP_ACCEPT_LANGUAGE": "zh-CN"})
        for method, body, credential, status in (
            ("GET", webhook, ingest, 405),
            ("POST", [], ingest, 400),
            ("POST", {}, ingest, 400),
            ("POST", webhook, with_key(None), 403),
            ("POST", webhook, self.alice, 403),
            ("POST", webhook, {"HTTP_AUTHORIZATION": "Bearer x"}, 403),
            ("POST", webhook, {}, 403),
        ):
            with self.subTest(method, body=body, status=status):
                self.assertEqual(self.assert_same_webhook(method, self.ADDRESS, body, credential).status_code, status)

    def test_a_host_that_is_not_allowed_is_refused(self):
        response = Client().post(self.ADDRESS, {}, JSON, HTTP_HOST="evil.example.org", **with_key(None, ["ingest"]))
        self.assertEqual((response.status_code, response["Content-Type"]), (400, "text/html; charset=utf-8"))

    def test_thousands_of_parameters_are_refused_in_the_envelope(self):
        address = f"{self.ADDRESS}?{'&'.join(f'a{n}=1' for n in range(1500))}"
        refused = self.assert_same_webhook("POST", address, {}, with_key(None, ["ingest"]))
        self.assertEqual((refused.status_code, refused.json()["ActionStatus"]), (400, "FAIL"))

    def test_an_error_of_ours_is_answered_in_the_envelope(self):
        broken = mock.patch("conversations.api.webhook.webhooks.receive", side_effect=ValueError("a mistake"))
        with broken, self.assertLogs("conversations.api.errors", "ERROR"):
            refused = self.assert_same_webhook("POST", self.ADDRESS, self.WEBHOOK, with_key(None, ["ingest"]))
        self.assertEqual((refused.status_code, refused.json()["ErrorCode"]), (500, 50004))

    def test_the_server_takes_the_short_way(self):
        environ = RequestFactory().post(self.ADDRESS, "{}", JSON, **with_key(None, ["ingest"])).environ
        self.assertEqual(from_server(environ | {"wsgi.input": BytesIO(b"{}")})[0], 400)
