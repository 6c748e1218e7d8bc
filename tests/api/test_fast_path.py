"""The fast path of the hot reads: it answers like the long way, byte for byte, and answers nothing else."""

from datetime import timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from conversations.access import api_keys
from conversations.api import fast_path
from conversations.api.urls import router
from conversations.models import ApiKey
from imsite import slots
from tests.support.acting import ACTIONS
from tests.support.api import BROWSER, ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, make_conversation, make_conversations, usersig, with_key

CORS = "corsheaders.middleware.CorsMiddleware"
ORIGIN = "https://app.example.org"
HOT = (
    conversation_url("c2c_bob"),
    url("conversations/lookup/", id=["c2c_bob", "c2c_x", "nobody"]),
    url(count=2),
    url("unread/"),
)
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


def from_server(address: str, *, secure: bool, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return the parts of the answer that the web server gives, on this test's connection."""
    environ = RequestFactory().get(address, secure=secure, **headers).environ
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


class SameAnswerTests(ApiTestCase):
    """Each request goes three ways: the web server's, the fast path's and the long one."""

    def setUp(self):
        make_conversations(3)
        make_conversation()
        make_conversation(BOB)

    def assert_same(self, address: str, credential: dict[str, str], *, secure: bool = False, **headers: str) -> HttpResponse:
        """Assert that all ways answer the same, and return the answer."""
        headers = credential | {"HTTP_X_REQUEST_ID": "same"} | headers
        request = RequestFactory().get(address, **headers)
        self.assertIsNotNone(fast_path.hot_read_of(request.META), address)
        short = Client().get(address, secure=secure, **headers)
        with mock.patch.object(fast_path, "hot_read_of", return_value=None):
            long = Client().get(address, secure=secure, **headers)
        self.assertEqual(parts(short), parts(long))
        self.assertEqual(parts(short), from_server(address, secure=secure, **headers))
        return short

    def test_reads(self):
        for address in HOT:
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
                with mock.patch.object(fast_path, "hot_read_of", return_value=None):
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
        for address in HOT:
            etag = self.get(address)["ETag"]

            self.assertEqual(self.assert_same(address, self.alice, HTTP_IF_NONE_MATCH=etag).status_code, 304)

    def test_refusals(self):
        key, expired_key = api_keys.create_api_key(name="app", owner_id=ALICE, expires_at=timezone.now() + timedelta(hours=1))
        ApiKey.objects.filter(prefix=key.prefix).update(expires_at=timezone.now() - timedelta(milliseconds=1))
        for address in HOT:
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
            for address in (*HOT, conversation_url("c2c_x")):
                with self.subTest(address, **headers):
                    self.assert_same(address, self.alice, **headers)

    def test_security_headers(self):
        for address in HOT:
            response = self.assert_same(address, self.alice)

            self.assertLessEqual(set(SECURITY_HEADERS), set(response.headers))
            self.assertNotIn("Strict-Transport-Security", response)

    @override_settings(SECURE_HSTS_SECONDS=60)
    def test_security_headers_of_https(self):
        for headers in ({"secure": True}, {"HTTP_X_FORWARDED_PROTO": "https"}):
            for address in (*HOT, conversation_url("c2c_x")):
                response = self.assert_same(address, self.alice, **headers)

                self.assertEqual(response["Strict-Transport-Security"], "max-age=60")

    @override_settings(CORS_ALLOWED_ORIGINS=[ORIGIN], MIDDLEWARE=[CORS, *settings.MIDDLEWARE])
    def test_cors_headers(self):
        for address in HOT:
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
            for address in (*HOT, url("unread/"), url("nope/")):
                with self.subTest(address, debug=debug), override_settings(DEBUG=debug):
                    refused = self.get(address, HTTP_HOST="evil.example.org")
                    self.assertIn("host name", refused.json()["desc"])
                    self.assert_problem(refused, 400, 6017)
                    self.assertLessEqual(set(SECURITY_HEADERS), set(refused.headers))
        self.assertEqual(self.get(HOT[0], HTTP_HOST="im.example.org").status_code, 200)


class OnlyHotReadsTests(ApiTestCase):
    def is_hot(self, method: str, address: str, **headers: str) -> bool:
        return fast_path.hot_read_of(RequestFactory().generic(method, address, **headers).META) is not None

    def test_three_reads_are_hot(self):
        for address in HOT:
            self.assertTrue(self.is_hot("GET", address, **self.alice))
            self.assertTrue(self.is_hot("GET", address.replace("/?", "?"), **self.alice))
        endpoints = [
            getattr(viewset, name).endpoint
            for _prefix, viewset, _basename in router.registry
            for name in dir(viewset)
            if hasattr(getattr(viewset, name), "endpoint")
        ]
        self.assertEqual(sum(endpoint.is_hot for endpoint in endpoints), len(HOT))

    def test_nothing_else_is(self):
        for address in HOT:
            for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
                self.assertFalse(self.is_hot(method, address, **self.alice))
            self.assertFalse(self.is_hot("GET", address))  # a session, or no credential
            self.assertFalse(self.is_hot("GET", address, **BROWSER))
            self.assertTrue(self.is_hot("GET", address, **self.alice, **BROWSER))  # HTML is for sessions only
        for action in ACTIONS:
            self.assertFalse(self.is_hot(action.method, action.address(), **self.alice))
        for path in ("changes/", "events/", "conversation-groups/", "conversations/mark/", "nope/", ""):
            self.assertFalse(self.is_hot("GET", url(path), **self.alice), path)
