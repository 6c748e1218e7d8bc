"""The fast path of calls with a Bearer credential: it answers like the long way, byte for byte, and answers nothing else."""

from datetime import timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings
from django.urls import resolve
from django.utils import timezone

from conversations.access import api_keys
from conversations.api import fast_path
from conversations.api.calls import API_PATH
from conversations.models import ApiKey
from tests.support.acting import ACTIONS
from tests.support.api import BROWSER, ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, make_conversation, make_conversations, usersig, with_key
from tests.support.ways import JSON, SECURITY_HEADERS, SameAnswerTestCase

CORS = "corsheaders.middleware.CorsMiddleware"
ORIGIN = "https://app.example.org"
READS = (
    conversation_url("c2c_bob"),
    url("conversations/lookup/", id=["c2c_bob", "c2c_x", "nobody"]),
    url(count=2),
    url("unread/"),
)


def owned(address: str, owner_id: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}owner={owner_id}"


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

    def test_an_address_without_variables_means_the_same_to_django(self):
        plain, _others = fast_path._routes()
        self.assertGreater(len(plain), 10)
        for path, route in plain.items():
            with self.subTest(path):
                self.assertEqual(resolve(f"{API_PATH}{path}/").route, route.name.replace("^", ""))

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

    @pytest.mark.slow
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


class KnownHostTests(SimpleTestCase):
    """A host that was allowed once is not checked again."""

    def setUp(self):
        self.way = fast_path.FastPath(lambda request: HttpResponse())

    def check(self, host: str, **headers: str) -> None:
        self.way._check_host(RequestFactory().get("/", HTTP_HOST=host, **headers))

    def test_neither_refused_nor_long_ones_nor_too_many_are_remembered(self):
        self.assertRaises(DisallowedHost, self.check, "elsewhere.example.org")
        self.check("testserver:" + "1" * 400)
        self.check("testserver")
        self.assertEqual(self.way.allowed_hosts, {"testserver"})

        for port in range(fast_path.MAX_KNOWN_HOSTS):
            self.check(f"testserver:{port}")
        self.assertLessEqual(len(self.way.allowed_hosts), fast_path.MAX_KNOWN_HOSTS)

    def test_a_host_that_a_proxy_names_is_checked_each_time(self):
        self.check("testserver")
        with override_settings(USE_X_FORWARDED_HOST=True):
            self.check("testserver", HTTP_X_FORWARDED_HOST="testserver")
            self.assertRaises(DisallowedHost, self.check, "testserver", HTTP_X_FORWARDED_HOST="elsewhere.example.org")
