"""The fast path of calls with a Bearer credential: it answers like the long way, byte for byte, and answers nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any
from unittest import mock

from django.conf import settings
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from conversations.access import api_keys
from conversations.api import fast_path
from conversations.models import ApiKey, ConversationEvent
from imsite import slots
from tests.support.acting import ACTIONS, ActionTestCase, make_scene
from tests.support.api import BROWSER, ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, make_conversation, make_conversations, usersig, with_key

CORS = "corsheaders.middleware.CorsMiddleware"
JSON = "application/json"
ORIGIN = "https://app.example.org"
READS = (
    conversation_url("c2c_bob"),
    url("conversations/lookup/", id=["c2c_bob", "c2c_x", "nobody"]),
    url(count=2),
    url("unread/"),
)
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
WRITING = ("read", "write")
SECURITY_HEADERS = (
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


def owned(address: str, owner_id: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}owner={owner_id}"


def parts(response: HttpResponse) -> tuple[int, dict[str, str], bytes]:
    return response.status_code, dict(response.items()), response.content


def from_server(environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Return the parts of the answer that the web server gives to a request, on this test's connection."""
    started: list[Any] = []
    own = connections[DEFAULT_DB_ALIAS]
    with mock.patch.object(slots, "_shared_connection", return_value=own):
        application = slots.SlottedApplication(WSGIHandler())
    long_way = mock.patch.object(signals.request_started, "send", side_effect=AssertionError("It took the long way."))
    kept_open = mock.patch.object(own, "close_if_unusable_or_obsolete")  # in the test's transaction
    try:
        with long_way, kept_open:
            body = b"".join(application(environ, lambda *arguments: started.extend(arguments)))
    finally:
        connections[DEFAULT_DB_ALIAS] = own
    return int(started[0].split()[0]), dict(started[1]), body


@contextmanager
def undone() -> Iterator[None]:
    """Run the block, and roll back what it did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class SameAnswerTestCase(ActionTestCase):
    """Each request goes three ways: the web server's, the fast path's and the long one."""

    def assert_same(self, address: str, credential: dict[str, str], *, secure: bool = False, **headers: str) -> HttpResponse:
        """Assert that all ways answer the same, and return the answer."""
        headers = credential | {"HTTP_X_REQUEST_ID": "same"} | headers
        return self.assert_same_call("GET", address, None, headers, secure=secure)

    def assert_same_call(
        self, method: str, address: str, body: Any, headers: dict[str, str], *, secure: bool = False
    ) -> HttpResponse:
        """Assert that all ways answer the same to a call, and return the answer. The call changes nothing for good."""
        data = json.dumps(body) if body is not None else ""
        request = {"method": method, "path": address, "data": data, "content_type": JSON, "secure": secure, **headers}
        self.assertIsNotNone(fast_path.bearer_call(RequestFactory().generic(**request).META), address)
        with undone():
            short = Client().generic(**request)
        with undone(), mock.patch.object(fast_path, "bearer_call", return_value=None):
            long = Client().generic(**request)
        with undone():
            served = from_server(RequestFactory().generic(**request).environ | {"wsgi.input": BytesIO(data.encode())})
        self.assertEqual(parts(short), parts(long))
        self.assertEqual(parts(short), served)
        return short


class SameReadsTests(SameAnswerTestCase):
    """The reads that are asked for most."""

    def setUp(self):
        make_conversations(3)
        make_conversation()
        make_conversation(BOB)

    def test_reads(self):
        for address in READS:
            for credential in (self.alice, with_key(ALICE)):
                with self.subTest(address):
                    self.assertEqual(self.assert_same(address, credential).status_code, 200)
                    self.assert_same(address.replace("/?", "?"), credential)
                    self.assert_same(owned(address, ALICE) + "&extra=true", credential)
            self.assertEqual(self.assert_same(owned(address, BOB), with_key(None)).status_code, 200)

    def test_a_line_break_at_the_end_is_no_part_of_any_address(self):
        for address in (url(), conversation_url("c2c_bob"), url("conversations/lookup/")):
            with self.subTest(address):
                response = self.client.get(f"{address}%0A", **self.alice)
                with mock.patch.object(fast_path, "bearer_call", return_value=None):
                    long = self.client.get(f"{address}%0A", **self.alice)
                self.assertEqual(response.status_code, long.status_code)
                self.assertIn(response.status_code, (400, 404))

    def test_ids_that_a_path_holds_oddly(self):
        make_conversation(conversation_id="group_a/b")
        for conversation_id in ("group_a.b", "group_a,b", "group_a%2Cb"):
            make_conversation(conversation_id=conversation_id)
            self.assertEqual(self.assert_same(conversation_url(conversation_id), self.alice).status_code, 200)
        self.assertEqual(self.assert_same(url("conversations/-/", id="group_a/b"), self.alice).status_code, 200)
        self.assert_same(url("conversations/-/"), self.alice)
        self.assert_same(conversation_url("c2c_dave", placeholder="true"), self.alice)

    def test_unchanged_lists(self):
        for address in READS:
            etag = self.get(address)["ETag"]

            self.assertEqual(self.assert_same(address, self.alice, HTTP_IF_NONE_MATCH=etag).status_code, 304)

    def test_refusals(self):
        key, expired_key = api_keys.create_api_key(name="app", owner_id=ALICE, expires_at=timezone.now() + timedelta(hours=1))
        ApiKey.objects.filter(prefix=key.prefix).update(expires_at=timezone.now() - timedelta(milliseconds=1))
        for address in READS:
            for credential, parameters, status in (
                (bearer(expired_key), {}, 401),
                (bearer(usersig(expire_s=-1)), {}, 401),
                (bearer(usersig(secret_key="another")), {}, 401),
                ({"HTTP_AUTHORIZATION": "Basic YTpi"}, {}, 401),
                ({"HTTP_AUTHORIZATION": ""}, {}, 401),
                (self.alice, {"owner": CAROL}, 403),
                (with_key(None, ["ingest"]), {"owner": ALICE}, 403),
                (with_key(None), {}, 400),
                (self.alice, {"extra": "yes"}, 400),
                (self.alice, {"nonsense": "1"}, 400),
            ):
                with self.subTest(address, status=status):
                    query = "&".join(f"{name}={value}" for name, value in parameters.items())
                    refused = self.assert_same(f"{address}{'&' if '?' in address else '?'}{query}", credential)
                    self.assertEqual(refused.status_code, status)
        self.assertEqual(self.assert_same(conversation_url("c2c_x"), self.alice).status_code, 404)
        self.assertEqual(self.assert_same(conversation_url("C2Cbob"), self.alice).status_code, 400)
        self.assertEqual(self.assert_same(url(activeSince="now"), self.alice).status_code, 400)

    def test_languages(self):
        for headers in (
            {"HTTP_ACCEPT_LANGUAGE": "zh-CN"},
            {"HTTP_ACCEPT_LANGUAGE": "fr"},
            {"HTTP_COOKIE": f"{settings.LANGUAGE_COOKIE_NAME}=zh-hans"},
            {"HTTP_COOKIE": f"{settings.LANGUAGE_COOKIE_NAME}=zh-hans", "HTTP_ACCEPT_LANGUAGE": "en"},
        ):
            for address in (*READS, conversation_url("c2c_x")):
                with self.subTest(address, **headers):
                    self.assert_same(address, self.alice, **headers)

    def test_security_headers(self):
        for address in READS:
            response = self.assert_same(address, self.alice)

            self.assertLessEqual(set(SECURITY_HEADERS), set(response.headers))
            self.assertNotIn("Strict-Transport-Security", response)

    @override_settings(SECURE_HSTS_SECONDS=60)
    def test_security_headers_of_https(self):
        for headers in ({"secure": True}, {"HTTP_X_FORWARDED_PROTO": "https"}):
            for address in (*READS, conversation_url("c2c_x")):
                response = self.assert_same(address, self.alice, **headers)

                self.assertEqual(response["Strict-Transport-Security"], "max-age=60")

    @override_settings(CORS_ALLOWED_ORIGINS=[ORIGIN], MIDDLEWARE=[CORS, *settings.MIDDLEWARE])
    def test_cors_headers(self):
        for address in READS:
            for credential in (self.alice, {"HTTP_AUTHORIZATION": "Bearer x"}):
                named = self.assert_same(address, credential, HTTP_ORIGIN=ORIGIN)
                other = self.assert_same(address, credential, HTTP_ORIGIN="https://elsewhere.example.org")

                self.assertEqual(named["Access-Control-Allow-Origin"], ORIGIN)
                self.assertNotIn("Access-Control-Allow-Origin", other)


class HostTests(ApiTestCase):
    @override_settings(ALLOWED_HOSTS=["im.example.org"])
    def test_a_host_that_is_not_allowed_is_refused_on_both_ways(self):
        make_conversation()
        for debug in (True, False):
            for address in (*READS, url("unread/"), url("nope/")):
                with self.subTest(address, debug=debug), override_settings(DEBUG=debug):
                    refused = self.get(address, HTTP_HOST="evil.example.org")
                    self.assertIn("host name", refused.json()["desc"])
                    self.assert_problem(refused, 400, 6017)
                    self.assertLessEqual(set(SECURITY_HEADERS), set(refused.headers))
        self.assertEqual(self.get(READS[0], HTTP_HOST="im.example.org").status_code, 200)


class SameChangesTests(SameAnswerTestCase):
    """The calls that change something."""

    def setUp(self):
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


class OnlyOrdinaryCallsTests(ApiTestCase):
    def is_short(self, method: str, address: str, **headers: str) -> bool:
        return fast_path.bearer_call(RequestFactory().generic(method, address, **headers).META) is not None

    def test_all_calls_with_a_credential_go_the_short_way(self):
        for address in READS:
            self.assertTrue(self.is_short("GET", address, **self.alice))
            self.assertTrue(self.is_short("GET", address.replace("/?", "?"), **self.alice))
            self.assertTrue(self.is_short("GET", address, **self.alice, **BROWSER))  # HTML is for sessions only
        for action in ACTIONS:
            self.assertTrue(self.is_short(action.method, action.address(), **self.alice), action.name)

    def test_nothing_else_does(self):
        for address in READS:
            for method in ("HEAD", "PUT", "PATCH", "OPTIONS", "TRACE"):
                self.assertFalse(self.is_short(method, address, **self.alice))
            self.assertFalse(self.is_short("GET", address))  # a session, or no credential
            self.assertFalse(self.is_short("GET", address, **BROWSER))
        for action in ACTIONS:
            self.assertFalse(self.is_short(action.method, action.address()), action.name)
            self.assertFalse(self.is_short("OPTIONS", action.address(), **self.alice))
        for path in ("events/", "conversations/mark/", "nope/", ""):
            self.assertFalse(self.is_short("GET", url(path), **self.alice), path)

    def test_a_body_that_is_no_json_of_known_length_goes_the_long_way(self):
        address = url("conversations/mark/")
        for more in (
            {"content_type": "text/plain", "data": "{}"},
            {"content_type": "multipart/form-data; boundary=x", "data": "{}"},
            {"content_type": "", "data": "{}"},
            {"content_type": JSON, "data": "{}", "CONTENT_LENGTH": "two"},
            {"content_type": JSON, "data": "{}", "HTTP_TRANSFER_ENCODING": "chunked"},
        ):
            with self.subTest(**more):
                self.assertFalse(self.is_short("POST", address, **self.alice, **more))
        self.assertTrue(self.is_short("POST", address, content_type=f"{JSON}; charset=utf-8", data="{}", **self.alice))
