"""How many event streams a credential may have open at a real server, and that opening one is a request."""

import json
import time

from django.test import SimpleTestCase

from tests.support.cast import usersig
from tests.support.servers import EventStream, RunningServer, server_for_apps

MOST_OF_USER, MOST_OF_KEY, MOST_REQUESTS = 2, 3, 12


class StreamLimitTests(SimpleTestCase):
    """Each test has an owner of its own, named after it."""

    server: RunningServer

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        limits = {
            "MAX_STREAMS_USER": str(MOST_OF_USER),
            "MAX_STREAMS_KEY": str(MOST_OF_KEY),
            "RATE_LIMIT_USER": str(MOST_REQUESTS),
        }
        cls.server = server_for_apps(**limits)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        super().tearDownClass()

    def setUp(self):
        self.owner = self.id().rpartition(".")[2][-40:]

    def open(self, headers: dict[str, str] | None = None, query: str = "") -> EventStream:
        headers = {"Authorization": f"Bearer {usersig(self.owner)}"} if headers is None else headers
        stream = EventStream(self.server.port, headers, query)
        self.addCleanup(stream.close)
        return stream

    def follow(self, headers: dict[str, str] | None = None, query: str = "") -> EventStream:
        stream = self.open(headers, query)
        self.assertEqual(stream.response.status, 200)
        stream.until("unread")
        return stream

    def assert_full(self, headers: dict[str, str] | None = None, query: str = "") -> None:
        response = self.open(headers, query).response
        self.assertEqual((response.status, response.headers["Content-Type"]), (429, "application/problem+json"))
        self.assertEqual(response.headers["Retry-After"], "30")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        body = json.loads(response.read())
        self.assertEqual((body["code"], body["status"]), (7008, 429))
        self.assertIn("Too many event streams: the limit is", body["detail"])

    def follow_soon(self, headers: dict[str, str] | None = None, query: str = "") -> None:
        """Follow once the server has noticed that a client left."""
        deadline = time.monotonic() + 5
        while (stream := self.open(headers, query)).response.status == 429 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(stream.response.status, 200)

    def test_one_leaves_and_the_next_gets_in(self):
        first, _second = self.follow(), self.follow()
        self.assert_full()

        first.close()

        self.follow_soon()
        self.assert_full()

    def test_other_users_and_other_credentials_of_the_user_are_not_affected(self):
        self.follow(), self.follow()
        self.assert_full()

        self.follow({"Authorization": f"Bearer {usersig(self.owner + '2')}"})
        key = {"Authorization": self.server.do(f"with_key({self.owner!r})")["HTTP_AUTHORIZATION"]}
        self.follow(key), self.follow(key)
        self.assert_full(key)

    def test_a_service_keys_streams_of_all_users_are_counted_together(self):
        key = {"Authorization": self.server.do("with_key(None)")["HTTP_AUTHORIZATION"]}
        for number in range(MOST_OF_KEY):
            self.follow(key, f"?owner=user{number}")

        self.assert_full(key, "?owner=another")

    def test_a_member_of_staff_is_a_user(self):
        cookie = {"Cookie": f"sessionid={self.server.do('session_of(support())')}"}
        query = f"?owner={self.owner}"
        self.follow(cookie, query), self.follow(cookie, query)

        self.assert_full(cookie, query)

    def test_a_refused_stream_holds_no_place(self):
        self.follow()
        for _n in range(3):
            self.assertEqual(self.open(query="?since=garbage").response.status, 400)

        self.follow()

    def test_opening_is_a_request_and_a_heartbeat_is_none(self):
        stream = self.follow()
        for _n in range(MOST_REQUESTS - 1):
            self.assertEqual(self.open(query="?since=garbage").response.status, 400)

        response = self.open().response
        self.assertEqual((response.status, json.loads(response.read())["detail"][:17]), (429, "Too many requests"))
        self.assertLessEqual(int(response.headers["Retry-After"]), 60)
        for _n in range(3):
            stream.until("")
