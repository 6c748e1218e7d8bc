"""Clients that send or read slowly hold up nobody, and are closed in time. By a real server."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.test import SimpleTestCase

from tests.support.servers import RunningServer

LIMIT_S = 2
PATIENCE_S = 30  # far more than what is promised: tests do not measure time
SLOW = 20  # ten times as many as there are slots
OTHERS = 10
ROWS = 1500  # of 4 kB: more than fits into the buffers of a connection
FORM = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class SlowClientTests(SimpleTestCase):
    databases = "__all__"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = RunningServer("wsgi", "imsite.wsgi:application", CLIENT_TIMEOUT_S=str(LIMIT_S))
        cls.addClassCleanup(cls.server.stop)
        cls.key = cls.server.do("with_key(owner_id=None, scopes=api_keys.SCOPES)")["HTTP_AUTHORIZATION"]
        cls.server.do("make_conversation(owner_id='bob') and None")

    def ask(self, method: str = "GET", path: str = "conversations/", **options) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        headers = {"Authorization": self.key, "Content-Type": "application/json"}
        connection.request(method, f"/api/v1/{path}?owner=bob", headers=headers, **options)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body

    def others(self) -> list[int]:
        return [self.ask()[0] for _number in range(OTHERS)]

    @contextmanager
    def connect(self, *pieces: bytes, receive_buffer: int | None = None) -> Iterator[socket.socket]:
        with socket.socket() as client:
            if receive_buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            client.settimeout(PATIENCE_S)
            client.connect(("127.0.0.1", self.server.port))
            client.sendall(b"".join(pieces))
            yield client

    def answer_of(self, client: socket.socket) -> tuple[int, dict]:
        answer = http.client.HTTPResponse(client)
        answer.begin()
        return answer.status, json.loads(answer.read())

    def test_slow_bodies_hold_up_nobody_and_are_refused_in_time(self):
        with ExitStack() as stack:
            slow = [
                stack.enter_context(self.connect(FORM % b"/login/", b"Content-Length: 1000\r\n\r\nusername="))
                for _number in range(SLOW)
            ]
            others = self.others()
            answers = [self.answer_of(client) for client in slow]

        self.assertEqual(others, [200] * OTHERS)
        self.assertEqual(
            {(status, body["type"], body["code"]) for status, body in answers},
            {(408, "urn:imsite:problem:request-timeout", 50005)},
        )
        self.assertEqual(answers[0][1]["detail"], f"The body was not complete within {LIMIT_S} seconds.")
        text = f"Closing the connection of a client at 127.0.0.1 that took more than {LIMIT_S} s to send or to read"
        self.assertIn(text, self.server.log())

    def test_a_body_that_trickles_is_refused_too(self):
        for head in (
            b"Content-Length: 1000\r\n\r\n",
            b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n",
        ):
            with self.subTest(head), self.connect(FORM % b"/callbacks/tencent/", head) as client:
                client.settimeout(0.1)
                answer = b""
                for _attempt in range(100 * LIMIT_S):
                    client.sendall(b"1\r\n{\r\n" if b"chunked" in head else b"{")
                    try:
                        answer += client.recv(65536)
                    except TimeoutError:
                        continue
                    if b"408" in answer:
                        break

                self.assertIn(b"HTTP/1.1 408 Request Timeout\r\n", answer)

    def test_a_body_that_breaks_off_changes_nothing(self):
        body = b'{"draftText": "half"}'
        head = (
            f"PUT /api/v1/conversations/c2c_bob/draft/?owner=bob HTTP/1.1\r\nHost: localhost\r\nAuthorization: {self.key}\r\n"
        )
        with self.connect(head.encode(), b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n", body) as client:
            client.shutdown(socket.SHUT_WR)

            self.assertNotIn(b" 200 ", client.recv(65536))

    def test_a_patient_client_gets_its_answer(self):
        def body() -> Iterator[bytes]:
            yield b'{"draftText": '
            time.sleep(LIMIT_S / 4)
            yield b'"late"}'

        status, conversation = self.ask("PUT", "conversations/c2c_bob/draft/", body=body(), encode_chunked=True)

        self.assertEqual((status, conversation["draftText"]), (200, "late"))

    def test_slow_readers_of_an_export_hold_up_nobody_and_are_cut_off_in_time(self):
        text = "message(textElem={'text': 'x' * 4000})"
        self.server.do(f"make_conversations({ROWS}, 'carol', last_message={text}) and None")
        session = self.server.do("session_of(support())")
        token = "a" * 32  # of the cookie and of the form
        form = f"csrfmiddlewaretoken={token}"
        head = f"Cookie: sessionid={session}; csrftoken={token}\r\nContent-Length: {len(form)}\r\n\r\n{form}"
        with ExitStack() as stack:
            slow = [
                stack.enter_context(self.connect(FORM % b"/owner/export/?owner=carol", head.encode(), receive_buffer=4096))
                for _number in range(4)
            ]
            beginnings = [client.recv(1000) for client in slow]
            others = self.others()
            time.sleep(LIMIT_S * 2)  # they read nothing until they are cut off
            left = [self.rest_of(client) for client in slow]

        self.assertEqual({beginning.partition(b"\r\n")[0] for beginning in beginnings}, {b"HTTP/1.1 200 OK"})
        self.assertEqual(others, [200] * OTHERS)
        self.assertTrue(all(0 < length < ROWS * 4000 for length in left), left)

    def rest_of(self, client: socket.socket) -> int:
        """Return how many bytes are left until the server has closed the connection."""
        length = 0
        while piece := client.recv(65536):
            length += len(piece)
        return length
