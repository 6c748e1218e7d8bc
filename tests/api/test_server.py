"""What only a real server shows, WSGI as in production and ASGI as in the demo: raw bytes, big bodies, HEAD.

Each server has a SQLite file of its own, whatever database the suite runs on, with three conversations of alice's.
"""

import http.client
import json
import socket
import time

from django.test import SimpleTestCase

from conversations.formats.conversation import KEYS
from tests.support.servers import RunningServer

MEGABYTE = 1024 * 1024
GOOD = b'{"conversationIDList":["c2c_bob"]}'


class ServerChecks:
    """The same for both servers."""

    server: RunningServer
    credential: str

    @classmethod
    def begin(cls, server: RunningServer) -> None:
        cls.server = server
        for conversation_id in ("c2c_bob", "group_a/b", "group_a,b"):
            server.do(f"make_conversation(conversation_id={conversation_id!r})")
        cls.credential = server.do("with_key(scopes=(api_keys.READ, api_keys.WRITE))")["HTTP_AUTHORIZATION"]

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        super().tearDownClass()

    def send(self, method="GET", path="conversations/c2c_bob/", body=None, **headers):
        """Status, headers and body of the answer; `path` goes out byte for byte."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection._validate_path = lambda url: None  # the bytes are the point
        try:
            headers = {"Authorization": self.credential} | headers
            address = path if path.startswith("/") else f"/api/v1/{path}"
            connection.request(method, address, body, headers, encode_chunked=not isinstance(body, bytes | None))
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def post(self, body, **headers):
        return self.send("POST", "conversations/lookup/", body, **{"Content-Type": "application/json"} | headers)

    def assert_problem(self, answer, status, code):
        self.assertEqual(answer[0], status, answer[2][:300])
        self.assertEqual(answer[1]["Content-Type"], "application/problem+json")
        self.assertEqual(json.loads(answer[2])["code"], code)

    def test_a_conversation_comes_with_its_length(self):
        status, headers, body = self.send()

        self.assertEqual((status, tuple(json.loads(body))), (200, KEYS))
        self.assertEqual(int(headers["Content-Length"]), len(body))

    def test_head_is_get_without_the_body(self):
        _status, of_get, body = self.send()

        status, headers, nothing = self.send("HEAD")

        self.assertEqual((status, nothing, headers["ETag"]), (200, b"", of_get["ETag"]))
        self.assertEqual(int(headers["Content-Length"]), len(body))

    def test_an_unchanged_poll_is_304_without_type_and_body(self):
        status, headers, body = self.send(**{"If-None-Match": self.send()[1]["ETag"]})

        self.assertEqual((status, body, headers["Content-Type"]), (304, b"", None))

    def test_ids_in_the_path(self):
        self.assertEqual(json.loads(self.send(path="conversations/group_a,b")[2])["conversationID"], "group_a,b")
        self.assertEqual(json.loads(self.send(path="conversations/group_a%2Cb/")[2])["conversationID"], "group_a,b")
        self.assertEqual(json.loads(self.send(path="conversations/-/?id=group_a/b")[2])["conversationID"], "group_a/b")
        self.assertEqual(json.loads(self.send(path="conversations/-/?id=group_a%2Fb")[2])["conversationID"], "group_a/b")
        self.assert_problem(self.send(path="conversations/group_a%2Fb/"), 404, 60009)
        self.assert_problem(self.send(path="conversations/c2c_%00/"), 400, 6017)
        self.assert_problem(self.send(path="conversations/c2c_a%0Ab/"), 400, 6017)
        self.assert_problem(self.send(path="conversations/c2c_" + "x" * 10_000), 400, 6017)

    def test_bytes_that_are_not_utf8_never_fail(self):
        for path in ("conversations/c2c_%FF/", "conversations/c2c_%ED%A0%80", "conversations/?search=%FF", "%FF"):
            self.assertIn(self.send(path=path)[0], (400, 404))

    def test_ids_in_the_query(self):
        status, _headers, body = self.send(path="conversations/lookup/?id=c2c_%00&id=c2c_bob&id=c2c_" + "x" * 10_000)

        self.assertEqual(status, 200)
        self.assertEqual([entry["resultCode"] for entry in json.loads(body)["unresolved"]], [6017, 6017])
        many = "&".join(f"id=c2c_{n}" for n in range(2000))
        self.assert_problem(self.send(path=f"conversations/lookup/?{many}"), 400, 6017)

    def test_fifty_megabytes_are_refused_and_the_answer_arrives(self):
        self.assert_problem(self.post(GOOD[:-1] + b" " * 50 * MEGABYTE + b"}"), 413, 93000)

    def test_a_body_that_comes_in_chunks_is_read_and_counted(self):
        status, _headers, body = self.post(iter([GOOD[:5], GOOD[5:-1], b" " * MEGABYTE, GOOD[-1:]]))

        self.assertEqual((status, len(json.loads(body)["conversationList"])), (200, 1))
        self.assert_problem(self.post(iter([b" " * MEGABYTE] * 9)), 413, 93000)
        self.assert_problem(self.post(iter([b"{"])), 400, 6017)

    def test_a_webhook_may_come_in_chunks(self):
        key = self.server.do("with_key(None, ['ingest'])")["HTTP_AUTHORIZATION"]
        headers = {"Authorization": key, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        body = b'{"CallbackCommand": "State.StateChange"}'

        for parts, status in (([body[:9], body[9:]], 200), ([body[:9]], 400), ([b" " * MEGABYTE, body], 413)):
            answer = self.send("POST", "/callbacks/tencent/", iter(parts), **headers)
            self.assertEqual((answer[0], json.loads(answer[2])["ActionStatus"]), (status, "OK" if status == 200 else "FAIL"))

    def test_an_empty_body_in_chunks_is_refused_since_it_may_have_broken_off(self):
        self.server.do("make_conversation(conversation_id='c2c_carol', unread_count=3).unread_count")
        path, chunked = "conversations/c2c_carol/read/", {"Transfer-Encoding": "chunked"}

        answer = self.send("POST", path, iter([]), **chunked)

        self.assert_problem(answer, 400, 6017)
        self.assertEqual(list(json.loads(answer[2])["errors"]), ["body"])
        self.break_off(path, b"")
        self.break_off(path, b"2\r\n{")
        self.assertEqual(json.loads(self.send(path="conversations/c2c_carol/")[2])["unreadCount"], 3)
        self.assertEqual(self.send("POST", path, iter([b"{}"]), **{"Content-Type": "application/json"} | chunked)[0], 200)
        self.assertEqual(self.send("PUT", "conversations/c2c_carol/pin/")[0], 200)  # Content-Length: 0

    def break_off(self, path: str, begun: bytes) -> None:
        """Send the head and a part of a chunked POST, and leave."""
        head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.credential}\r\n"
        for end in (socket.SHUT_WR, socket.SHUT_RDWR):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as client:
                client.sendall(f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + begun)
                time.sleep(0.2)
                client.shutdown(end)
                time.sleep(0.3)

    def test_odd_headers_never_fail(self):
        for headers in (
            {"Authorization": ""},
            {"Authorization": "Bearer \xff\xfe"},
            {"Authorization": "Bearer imk_\xff_x"},
            {"Authorization": "Bearer " + "x" * 5000},
        ):
            self.assertEqual(self.send(**headers)[0], 401, headers)
        for headers in (
            {"Accept-Language": "\xff"},
            {"X-Request-ID": "\xff"},
            {"If-None-Match": "\xff"},
            {"Cookie": "sessionid=\xff; x"},
            {"Accept": "\xff"},
            {"Accept": "*/*;q=x"},
            {"Content-Type": "\xff"},
        ):
            self.assertEqual(self.send(**headers)[0], 200, headers)

    def test_a_host_that_is_not_allowed_is_refused(self):
        self.assert_problem(self.send(Host="evil.example"), 400, 6017)
        self.assert_problem(self.send(path="unread/", Host="evil.example"), 400, 6017)
        self.assert_problem(self.post(GOOD, Host="evil.example"), 400, 6017)

    def test_answers_under_the_api_are_never_pages(self):
        for path, headers in (("nope", {}), ("nope", {"Host": "evil.example"}), ("conversations/", {"Host": "evil.example"})):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
            connection.request("GET", f"/api/v1/{path}", headers=headers | {"Accept": "text/html"})
            response = connection.getresponse()
            self.assertEqual(response.headers["Content-Type"], "application/problem+json")
            response.read()
            connection.close()


class ProductionServerTests(ServerChecks, SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        secret = "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz"
        environment = {"DEBUG": "false", "SECRET_KEY": secret, "ALLOWED_HOSTS": "127.0.0.1"}
        cls.begin(RunningServer("wsgi", "imsite.wsgi:application", **environment))


class DemoServerTests(ServerChecks, SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.begin(RunningServer("asgi", "imsite.asgi:application", DEBUG="true"))
