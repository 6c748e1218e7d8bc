"""Requests that were made before are sent at most once each, by wrk or without it."""

import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

from tests.measure import made_requests
from tests.measure.calls import Request

ANSWER_S = 0.05


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        time.sleep(ANSWER_S)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.headers["Authorization"], body))
        self.send_response(400 if body == b"refused" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments) -> None:
        pass


class MadeRequestsTests(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.received = self.received = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def send(self, bodies: list[bytes]):
        headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
        requests = [Request("POST", "/a?b=c", headers, body) for body in bodies]
        return made_requests.send(self.server.server_port, requests, seconds=1, connections=2)

    def test_each_is_sent_once(self):
        load = self.send([f'{{"n": {n}}}'.encode() for n in range(200)])

        self.assertGreater(load.counts.total(), 5)
        self.assertEqual(len(set(self.received)), len(self.received))
        self.assertEqual({authorization for authorization, _body in self.received}, {"Bearer key"})
        self.assertGreaterEqual(load.p50_ms, ANSWER_S * 1000)

    def test_a_refusal_ends_it(self):
        with self.assertRaises(SystemExit) as raised:
            self.send([b"refused"] * 200)
        self.assertIn("Refused", str(raised.exception))

    def test_too_few_requests_end_it(self):
        with self.assertRaises(SystemExit):
            self.send([b"1", b"2"])


class WithoutWrkTests(MadeRequestsTests):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(made_requests.shutil, "which", return_value=None))
