"""Errors are problem+json with the SDK's code and desc, whatever goes wrong; never a page of Django's."""

import json
from unittest.mock import patch
from urllib.parse import unquote

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory, SimpleTestCase, override_settings
from django.urls import reverse

from conversations.api.errors import problem_response
from imsite import handlers
from tests.support.api import ApiTestCase, conversation_url, url
from tests.support.cast import bearer
from tests.support.logs import lines
from tests.support.staff import boss

SECRET = "password of the database"
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}


class ShapeTests(ApiTestCase):
    def test_each_error_has_the_parts_of_rfc_9457_and_of_on_error(self):
        body = self.assert_problem(self.get(url(count=0)), 400, 6017, "count")

        self.assertEqual(body["type"], "urn:imsite:problem:invalid-parameter")
        self.assertEqual(body["title"], "Invalid parameter")
        self.assertEqual(body["errors"], {"count": [body["detail"]]})

    def test_the_request_id_comes_back_or_is_made(self):
        given = self.get(url(count=0), HTTP_X_REQUEST_ID="abc-123")
        made = [self.get(url(count=0)) for _ in range(2)]

        self.assertEqual((given["X-Request-ID"], given.json()["requestId"]), ("abc-123", "abc-123"))
        self.assertEqual([response["X-Request-ID"] for response in made], [response.json()["requestId"] for response in made])
        self.assertEqual(len({response["X-Request-ID"] for response in made}), 2)

    def test_a_request_id_that_is_no_word_or_too_long_is_replaced(self):
        for odd in ("a\nb", "\xff", "a\x00", "张", "a b", "x" * 65, "<b>", ""):
            self.assertRegex(self.get(url(count=0), HTTP_X_REQUEST_ID=odd)["X-Request-ID"], r"\A[0-9a-f]{32}\Z")
        self.assertEqual(self.get(url(count=0), HTTP_X_REQUEST_ID="x" * 64)["X-Request-ID"], "x" * 64)

    def test_every_answer_has_a_request_id(self):
        for address in (
            url(),
            url("unread/"),
            url(count=0),
            url("events/"),
            "/api/",
            "/api/schema/",
            "/login/",
            "/nowhere/",
            "/favicon.ico",
        ):
            self.assertEqual(self.get(address, HTTP_X_REQUEST_ID="its-own.1_")["X-Request-ID"], "its-own.1_", address)
            self.assertRegex(self.get(address)["X-Request-ID"], r"\A[0-9a-f]{32}\Z")

    def test_a_length_is_given_so_that_a_connection_can_go_on(self):
        response = self.get(url(count=0))

        self.assertEqual(int(response["Content-Length"]), len(response.content))


class HelpfulTests(ApiTestCase):
    """Errors that say what to do."""

    def test_a_token_that_is_neither_key_nor_usersig(self):
        detail = self.assert_problem(self.get(url(), bearer("0123456789abcdef")), 401, 70003)["detail"]

        self.assertEqual(detail, "The credential is neither an API key, which starts with imk_, nor a UserSig.")

    def test_a_bad_choice_names_the_allowed_values(self):
        for name, value, detail in (
            ("isPinned", "1", 'isPinned: "1" is not valid. Use true or false.'),
            ("type", "3", 'type: "3" is not valid. Use a number between 0 and 2.'),
            ("recvOpt", "x", 'recvOpt: "x" is not valid. Use a number between 0 and 4.'),
        ):
            self.assertEqual(self.assert_problem(self.get(url(**{name: value})), 400, 6017, name)["detail"], detail)

    def test_a_wrong_method_has_a_title_of_its_own(self):
        body = self.assert_problem(self.client.put(url(), **self.alice), 405, 60009)

        self.assertEqual((body["type"], body["title"]), ("urn:imsite:problem:method-not-allowed", "Method not allowed"))


class IndexTests(ApiTestCase):
    def test_it_links_to_the_documentation_for_everyone(self):
        for address in ("/api/", "/api", "/api/v1/", "/api/v1"):
            response = self.client.get(address)

            self.assertEqual(response.json()["version"], "1")
            for name in ("docs", "schema"):
                self.assertEqual(self.client.get(response.json()[name]).status_code, 200)

    def test_it_takes_no_other_method(self):
        self.assertEqual(self.assert_problem(self.client.post("/api/"), 405, 60009)["title"], "Method not allowed")


class LanguageTests(ApiTestCase):
    def test_title_detail_and_desc_follow_accept_language(self):
        for address in (url(count=0), conversation_url("C2Cbob"), conversation_url("c2c_x"), "/api/v1/nope"):
            english, chinese = self.get(address).json(), self.get(address, **CHINESE).json()

            for key in ("title", "detail", "desc"):
                self.assertTrue(english[key].isascii(), english[key])
                self.assertFalse(chinese[key].isascii(), chinese[key])
            self.assertEqual((english["code"], english["type"]), (chinese["code"], chinese["type"]))

    def test_reasons_in_a_lookup_do_too(self):
        address = url("conversations/lookup/", id=["c2c_x", "C2Cbob"])

        for entry in self.get(address, **CHINESE).json()["unresolved"]:
            self.assertFalse(entry["resultInfo"].isascii())

    def test_the_language_of_another_request_does_not_stay(self):
        handler = WSGIHandler()
        for address, headers in (
            (reverse("login"), {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}),
            (conversation_url("c2c_x"), CHINESE | self.alice),
            (conversation_url("c2c_x"), self.alice),
        ):
            environ = RequestFactory()._base_environ(PATH_INFO=unquote(address), **headers)
            del environ["HTTP_COOKIE"]  # Django's client always sends one, and the language is looked for in it
            response = handler.get_response(WSGIRequest(environ))
            body = response.content.decode()
            with self.subTest(address, **headers):
                self.assertEqual(response.headers["Content-Language"], "zh-hans" if "HTTP_ACCEPT_LANGUAGE" in headers else "en")
                self.assertEqual(body.isascii(), "HTTP_ACCEPT_LANGUAGE" not in headers)

    def test_unheard_of_languages_are_english(self):
        for language in ("xx", "../../etc", "a" * 10_000, "\xff", ";;,q=", "*"):
            self.assertTrue(self.get(url(count=0), HTTP_ACCEPT_LANGUAGE=language).json()["detail"].isascii())


class AddressTests(ApiTestCase):
    unknown = (
        "/api/v1/nope",
        "/api/v2/conversations/",
        "/api/v1/unread/x",
        "/api/v1//unread/",
    )

    def test_an_unknown_address_is_404_for_everyone_and_every_method(self):
        for address in self.unknown:
            for method in ("get", "post", "put", "patch", "delete", "options"):
                for credential in ({}, self.alice, {"HTTP_AUTHORIZATION": "Bearer x"}, {"HTTP_ACCEPT": "text/html"}):
                    with self.subTest(address=address, method=method, credential=credential):
                        self.assert_problem(getattr(self.client, method)(address, **credential), 404, 60009)

    def test_the_same_in_debug(self):
        with override_settings(DEBUG=True):
            for address in self.unknown:
                self.assert_problem(self.get(address, {"HTTP_ACCEPT": "text/html"}), 404, 60009)

    def test_a_method_that_is_not_there_is_405_with_those_that_are(self):
        for address, allowed in (
            (url(), "GET, HEAD, OPTIONS"),
            (url("changes/"), "GET, HEAD, OPTIONS"),
            (url("conversations/lookup/"), "GET, POST, HEAD, OPTIONS"),
            (url("unread/"), "GET, HEAD, OPTIONS"),
        ):
            for method in ("put", "patch", "delete", "trace"):
                response = getattr(self.client, method)(address, **self.alice)
                self.assert_problem(response, 405, 60009)
                self.assertEqual(response["Allow"], allowed)

    def test_options_tells_the_methods(self):
        response = self.client.options(url(), **self.alice)

        self.assertEqual((response.status_code, response["Allow"]), (200, "GET, HEAD, OPTIONS"))
        self.assertEqual(response["Content-Type"], "application/json")

    def test_a_foreign_host_is_400(self):
        for debug in (True, False):
            with override_settings(DEBUG=debug, ALLOWED_HOSTS=["imsite.example"]):
                for credential in ({}, {"HTTP_ACCEPT": "text/html"}):
                    response = self.get(url(), credential, HTTP_HOST="evil.example")
                    self.assert_problem(response, 400, 6017)


class FailureTests(ApiTestCase):
    def test_an_unknown_failure_is_500_with_its_request_id_logged_and_no_internals(self):
        self.client.force_login(boss())
        for credential, address in (
            (self.alice, url()),
            ({}, url(owner="alice")),
            ({"HTTP_ACCEPT": "text/html"}, url(owner="alice")),
        ):
            for debug in (True, False):
                with (
                    override_settings(DEBUG=debug),
                    patch("conversations.lists.raw_rows.fetch", side_effect=RuntimeError(SECRET)),
                    self.assertLogs("conversations.api", "ERROR") as logs,
                ):
                    response = self.get(address, credential)
                body = self.assert_problem(response, 500, 50004)
                self.assertNotIn(SECRET, response.content.decode())
                self.assertIn(f"request_id={body['requestId']}", lines(logs.records))
                self.assertIn("RuntimeError", lines(logs.records))
                self.assertNotIn(SECRET, lines(logs.records))

    def test_a_log_line_stays_one_line(self):
        with (
            patch("conversations.lists.raw_rows.fetch", side_effect=RuntimeError),
            self.assertLogs("conversations.api", "ERROR") as logs,
        ):
            self.get("/api/v1/conversations/c2c_bob?placeholder=true&owner=alice", HTTP_X_REQUEST_ID="a\nERROR forged")

        self.assertNotIn("forged", lines(logs.records))

    def test_a_database_that_is_away_is_503_and_says_when_to_come_back(self):
        for error in (OperationalError(SECRET), InterfaceError(SECRET)):
            with (
                patch("conversations.lists.raw_rows.fetch", side_effect=error),
                self.assertLogs("conversations.api", "ERROR"),
            ):
                response = self.get(url())

            self.assert_problem(response, 503, 50005)
            self.assertGreater(int(response["Retry-After"]), 0)
            self.assertNotIn(SECRET, response.content.decode())

    def test_a_database_that_is_away_when_a_key_is_looked_up_is_503_too(self):
        with (
            patch("conversations.access.api_keys._stored", side_effect=OperationalError(SECRET)),
            self.assertLogs("conversations.api"),
        ):
            self.assert_problem(self.get(url(), {"HTTP_AUTHORIZATION": "Bearer imk_a_b"}), 503, 50005)


class HandlerTests(SimpleTestCase):
    """What Django calls for failures outside of views."""

    def test_under_the_api_they_answer_in_its_form(self):
        request = RequestFactory().get("/api/v1/unread/")
        with self.assertLogs("conversations.api", "ERROR"):
            try:
                raise OperationalError
            except OperationalError:
                away = handlers.server_error(request)

        self.assertEqual((away.status_code, json.loads(away.content)["code"]), (503, 50005))
        for response, status in (
            (handlers.bad_request(request, SuspiciousOperation()), 400),
            (handlers.permission_denied(request, PermissionDenied()), 403),
            (handlers.page_not_found(request, Http404()), 404),
        ):
            self.assertEqual((response.status_code, response["Content-Type"]), (status, "application/problem+json"))

    def test_elsewhere_they_show_a_page(self):
        request = RequestFactory().get("/apiary/")
        request.user = None

        for response, status in (
            (handlers.bad_request(request, ValueError()), 400),
            (handlers.permission_denied(request, PermissionError()), 403),
            (handlers.page_not_found(request, Http404()), 404),
            (handlers.server_error(request), 500),
        ):
            self.assertEqual((response.status_code, response["Content-Type"][:9]), (status, "text/html"))

    def test_without_the_database_a_page_says_so_and_the_log_has_a_line_without_traceback(self):
        with self.assertLogs("conversations.api", "ERROR") as logs:
            try:
                raise OperationalError(f"connection refused\nDETAIL: {SECRET}")
            except OperationalError:
                away = handlers.server_error(RequestFactory().get("/owner/"))

        self.assertContains(away, "Not available right now", status_code=503)
        self.assertGreater(int(away["Retry-After"]), 0)
        self.assertEqual(lines(logs.records).count("\n"), 0)
        self.assertIn("Database failure (OperationalError): connection refused", lines(logs.records))

    def test_a_page_of_an_error_that_fails_itself_is_an_answer_still(self):
        with patch.object(handlers, "render_to_string", side_effect=ValueError), self.assertLogs("conversations.api", "ERROR"):
            response = handlers.server_error(RequestFactory().get("/owner/"))

        self.assertEqual(response.status_code, 500)

    @override_settings(ALLOWED_HOSTS=["im.example.org"])
    def test_the_log_names_a_refused_host_and_its_setting(self):
        for path in ("/", "/api/v1/unread/?owner=alice", "/callbacks/tencent/?Sign=secret", "/x%0AINFO%1B?Sign=secret"):
            with self.subTest(path), self.assertLogs("conversations.api", "WARNING") as logged:
                response = self.client.get(path, HTTP_HOST="other.example.org")

                self.assertEqual(response.status_code, 400)
                (line,) = logged.output
                self.assertIn("Host rejected: Invalid HTTP_HOST header: 'other.example.org'", line)
                self.assertIn("ALLOWED_HOSTS", line)
                self.assertNotIn("secret", line)
                self.assertNotIn("ALLOWED_HOSTS", response.content.decode())

    def test_a_problem_can_be_made_for_any_error(self):
        request = RequestFactory().get("/api/")

        with self.assertLogs("conversations.api", "ERROR"):
            self.assertEqual(problem_response(KeyError("x"), request).status_code, 500)
