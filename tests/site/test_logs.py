"""The log: one line a request, sparing with what repeats, and silent about what people wrote."""

import json
import logging
import urllib.error
import urllib.request
from contextlib import suppress
from unittest import mock

import psycopg
from django.db import DataError, OperationalError
from django.test import Client, SimpleTestCase, TestCase

from conversations import logs
from conversations.exceptions import InvalidParameter
from conversations.logs import SparingLog, summary
from imsite.logs import FORMATS, configuration, formatter
from tests.support.cast import SDK_APP_ID, SECRET_KEY, bearer, usersig
from tests.support.servers import RunningServer

MARKER = "mrk7Zq"  # stands for what people wrote, and for secrets


def record(text: str = "Something", error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("imsite.x", logging.WARNING, "x.py", 1, text, (), exc_info)


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:
        return caught


class LineTests(SimpleTestCase):
    def test_a_line_of_json_has_time_level_logger_and_event(self):
        line = json.loads(formatter("json").format(record()))

        self.assertEqual((line["level"], line["logger"], line["event"]), ("warning", "imsite.x", "Something"))
        self.assertRegex(line["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")

    def test_text_from_outside_begins_no_line_and_moves_no_cursor(self):
        for log_format in FORMATS:
            line = formatter(log_format).format(record("a\nERROR forged \x1b[2J \u2028 \x85"))

            self.assertTrue(line.isprintable(), line)

    def test_a_traceback_has_frames_and_causes_without_messages(self):
        error = raised(ValueError(MARKER), raised(KeyError(MARKER)))

        line = formatter("text").format(record(error=error))

        self.assertIn("builtins.KeyError\nwhich led to\n", line)
        self.assertIn("in raised", line)
        self.assertTrue(line.endswith("builtins.ValueError"))
        self.assertNotIn(MARKER, line)

    def test_a_circle_of_causes_ends(self):
        first, second = ValueError(), KeyError()
        first.__cause__, second.__cause__ = second, first

        self.assertIn("KeyError", formatter("text").format(record(error=first)))

    def test_every_library_s_lines_are_taken_but_those_that_ours_replace(self):
        loggers = configuration("info", "json")["loggers"]

        self.assertEqual({name for name, logger in loggers.items() if logger["level"] == "CRITICAL"}, {
            "django.request", "django.security", "axes"
        })  # fmt: skip


class SummaryTests(SimpleTestCase):
    def test_it_says_what_failed_and_quotes_no_value(self):
        cases = {
            DataError(f'invalid input for type json: "{MARKER}"\nDETAIL: {MARKER}'): 'invalid input for type json: …',
            OperationalError('duplicate key violates unique constraint "once"\nDETAIL: Key (x)=(y)'):
                'duplicate key violates unique constraint "once"',
            psycopg.OperationalError('connection to server at "10.0.0.9" failed: no password for user "im"'):
                'connection to server at "10.0.0.9" failed: no password for user "im"',
            InvalidParameter(f"Not {MARKER}", field="draftText"): "INVALID_PARAMETER (draftText)",
            ConnectionRefusedError(111, "Connection refused"): "Connection refused",
            RuntimeError(MARKER): "",
        }  # fmt: skip
        for error, expected in cases.items():
            with self.subTest(type(error)):
                self.assertEqual(summary(error), expected)


class SparingTests(SimpleTestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(logs, "INTERVAL_S", 60))
        self.now = self.enterContext(mock.patch.object(logs.time, "monotonic", return_value=1000.0))
        self.sparing, self.logger = SparingLog(), logging.getLogger("imsite.x")

    def log(self, *keys: str) -> list[str]:
        with self.assertLogs(self.logger) as logged:
            self.logger.info("begin")
            for key in keys:
                self.sparing.log(self.logger, logging.WARNING, key, "%s failed", key)
        return [line.getMessage() for line in logged.records[1:]]

    def test_each_key_has_a_line_a_minute_with_the_number_left_out(self):
        self.assertEqual(self.log("a", "a", "b", "a"), ["a failed", "b failed"])
        self.now.return_value += 59
        self.assertEqual(self.log("a"), [])
        self.now.return_value += 1
        self.assertEqual(self.log("a", "b"), ["a failed (and 3 more since the last such line)", "b failed"])
        self.now.return_value += 60
        self.assertEqual(self.log("a"), ["a failed"])

    def test_keys_from_outside_do_not_fill_the_memory(self):
        self.log(*map(str, range(3 * logs.MAX_KEYS)))

        self.assertLessEqual(len(self.sparing._logged_at), logs.MAX_KEYS)


class RejectedFormTests(TestCase):
    def rejected(self, **headers: str) -> tuple[str, str]:
        """Return the page and the line of the log after a login that is not accepted."""
        client = Client(enforce_csrf_checks=True)
        with self.assertLogs("imsite.handlers") as logged:
            response = client.post("/login/", {"username": MARKER, "password": MARKER}, **headers)
        self.assertEqual(response.status_code, 403)
        self.assertContains(response, '<header class="top">', status_code=403)
        (record,) = logged.records
        return response.content.decode(), formatter("text").format(record)

    def test_a_foreign_origin_is_named_with_the_setting(self):
        page, line = self.rejected(HTTP_ORIGIN="https://im.example.org:8443")

        self.assertIn("its Origin is https://im.example.org:8443.", line)
        self.assertIn("CSRF_TRUSTED_ORIGINS must contain it", line)
        self.assertIn("from https://im.example.org:8443.", page)
        self.assertNotIn(MARKER, line)

    def test_an_origin_is_cut_and_stays_on_its_line(self):
        page, line = self.rejected(HTTP_ORIGIN="https://<b>\x1b[2J\n" + "x" * 5000)

        self.assertTrue(line.isprintable(), line)
        self.assertLess(len(line), 500)
        self.assertNotIn("<b>", page)

    def test_another_reason_is_logged_without_what_it_quotes(self):
        page, line = self.rejected()
        _page, other = self.rejected(HTTP_REFERER=f"https://elsewhere.example.org/?{MARKER}", secure=True)

        self.assertIn("Form rejected: CSRF cookie not set. request_id=", line)
        self.assertIn("Form rejected: Referer checking failed request_id=", other)
        self.assertIn("blocks cookies", page)


class ServerTests(SimpleTestCase):
    """A server's whole log, while texts and secrets come in at every door."""

    databases = "__all__"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = RunningServer(
            "wsgi", "imsite.wsgi:application", LOG_FORMAT="json", LOG_LEVEL="debug", DEBUG="true",
            IM_SDK_APP_ID=str(SDK_APP_ID), IM_SECRET_KEY=SECRET_KEY, IM_CALLBACK_TOKEN=f"{MARKER}token",
        )  # fmt: skip
        cls.addClassCleanup(cls.server.stop)
        cls.usersig = bearer(usersig("carol"))["HTTP_AUTHORIZATION"]
        cls.key = cls.server.do("with_key(owner_id=None, scopes=api_keys.SCOPES)")["HTTP_AUTHORIZATION"]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.port}{path}", data, method=method, headers=headers)
        with suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()

    def lines(self, **fields: object) -> list[dict]:
        """Return the lines of the log that have these values."""
        lines = [json.loads(line) for line in self.server.log().splitlines() if line.startswith("{")]
        return [line for line in lines if fields.items() <= line.items()]

    def test_a_request_is_a_line_with_who_and_what_and_how_long(self):
        self.ask("GET", "/api/v1/conversations/?owner=alice", Authorization=self.key, **{"X-Request-ID": "read-1"})
        self.ask("PUT", "/api/v1/conversations/c2c_bob/pin/?owner=alice", Authorization=self.key, **{"X-Request-ID": "pin-1"})
        self.ask(
            "GET",
            "/api/v1/unread/",
            Authorization=bearer(usersig("carol"))["HTTP_AUTHORIZATION"],
            **{"X-Request-ID": "unread-1"},
        )

        (read,), (pin,), (unread,) = (
            self.lines(request_id=name, logger="imsite.requests") for name in ("read-1", "pin-1", "unread-1")
        )
        self.assertEqual(
            [read[name] for name in ("method", "route", "status", "owner", "level")],
            ["GET", "/api/v1/conversations/", 200, "alice", "info"],
        )
        self.assertEqual((read["credential"], read["credential"] in self.key), (pin["credential"], True))
        self.assertGreater(read["ms"], 0)
        self.assertEqual(
            (pin["route"], pin["status"], pin["code"]), ("/api/v1/conversations/<conversation_id>/pin/", 404, 6004)
        )
        self.assertEqual((unread["credential"], unread["owner"]), ("UserSig", "carol"))

    def test_the_first_page_has_a_route_and_an_unknown_address_none(self):
        self.ask("GET", "/", **{"X-Request-ID": "first-1"})
        self.ask("GET", "/nothing/", **{"X-Request-ID": "nothing-1"})

        (first, _login), (nothing,) = self.lines(request_id="first-1"), self.lines(request_id="nothing-1")
        self.assertEqual((first["route"], nothing["route"]), ("/", "unmatched"))

    def test_refusals_are_warnings_with_the_client_s_address(self):
        forwarded = {"X-Forwarded-For": "203.0.113.7"}
        self.ask("GET", "/api/v1/unread/?owner=alice", **forwarded, **{"X-Request-ID": "none-1"})
        self.ask(
            "GET",
            "/api/v1/unread/?owner=alice",
            Authorization=bearer(usersig("carol"))["HTTP_AUTHORIZATION"],
            **{"X-Request-ID": "other-1"},
        )

        (none,), (other,) = self.lines(request_id="none-1"), self.lines(request_id="other-1")
        self.assertEqual([none[name] for name in ("status", "level", "address", "code")], [401, "warning", "203.0.113.7", 6014])
        self.assertEqual([other[name] for name in ("status", "level", "code")], [403, "warning", 10007])

    def test_nothing_that_people_wrote_and_no_secret_is_in_it(self):
        service, command = {"Authorization": self.key}, "C2C.CallbackAfterSendMsg"
        self.ask("POST", f"/callbacks/tencent/?SdkAppid={SDK_APP_ID}&Sign={MARKER}sign&RequestTime=1", {"Text": MARKER})
        self.ask("POST", f"/callbacks/tencent/?CallbackCommand={command}", {"From_Account": {MARKER: 1}}, **service)
        self.ask("POST", "/api/v1/messages/", {"messages": [{"from": "bob", "to": "alice", "text": MARKER}]}, **service)
        self.ask("POST", "/api/v1/messages/", f'{{"messages": "{MARKER}', **service)
        self.ask("PUT", "/api/v1/conversations/c2c_bob/draft/?owner=alice", {"draftText": MARKER, MARKER: MARKER}, **service)
        self.ask("GET", f"/api/v1/conversations/?owner=alice&search={MARKER}&{MARKER}={MARKER}", **service)
        self.ask("DELETE", f"/api/v1/conversation-groups/{MARKER}/?owner=alice", **service)
        self.ask("GET", f"/{MARKER}/?q={MARKER}", Cookie=f"sessionid={MARKER}")
        self.ask("GET", "/api/v1/unread/", Authorization=f"Bearer imk_0123456789ab_{MARKER}")
        self.ask("GET", "/api/v1/unread/", Authorization=f"Bearer {MARKER}")
        self.ask("POST", f"/v4/openim/get_c2c_unread_msg_num?usersig={MARKER}&identifier=administrator", {"x": MARKER})
        self.ask("POST", "/login/", f"username=sue&password={MARKER}")

        log = self.server.log()
        self.assertNotIn(MARKER, log)
        self.assertGreaterEqual(len(self.lines(logger="imsite.requests")), 12)
        self.assertTrue(self.lines(logger="conversations.feeding.refused_webhooks", level="warning"))

    def test_it_is_switched_off_for_all_but_refusals(self):
        server = RunningServer("wsgi", "imsite.wsgi:application", REQUEST_LOG="false", LOG_FORMAT="json", DEBUG="true")
        self.addCleanup(server.stop)
        self.server, self.key = server, ""

        self.ask("GET", "/login/")
        self.assertEqual(self.lines(logger="imsite.requests"), [])
        for _time in range(3):
            self.ask("GET", "/api/v1/unread/?owner=alice")
        (line,) = self.lines(logger="imsite.requests")
        self.assertEqual((line["level"], line["event"]), ("warning", "GET /api/v1/unread/ 401 from 127.0.0.1"))
