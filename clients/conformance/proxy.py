"""A reverse proxy between a client and a server that can break or refuse connections, and notes how far the client says it is.

It ends TLS, so that a client under test needs no certificate, and shortens the server's `retry`, so that a client that obeys
it comes back soon.
"""

import http.client
import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

RETRY_MS = 50
TIMEOUT_S = 60
# How long a limited client is asked to wait; a clock of its own may run a little faster.
RETRY_AFTER_S, TOLERANCE_S = 2, 0.1
# What a connection drops in the middle of: an event that a client must neither deliver nor remember.
HALF_AN_EVENT = b'id: 1.999999999999\nevent: changes\ndata: {"version":"1.999999999999","chan'
NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
VERSION = "Owner-Version"
# What a replica may answer: one conversation, a page, the unread total, conversations by ID.
_is_replica_read = re.compile(
    r"GET /api/v1/(conversations/([^/?]+/?)?|unread/)(\?.*)?|POST /api/v1/conversations/lookup/(\?.*)?"
).fullmatch


class Proxy:
    """Serves on a port of its own while the block runs."""

    def __init__(self, upstream: str):
        parts = urlsplit(upstream)
        self.is_tls, self.netloc, self.path = parts.scheme == "https", parts.netloc, parts.path.rstrip("/")
        self.is_down = False
        # Whether the next request for events is refused; until when others are then early, and whether one was.
        self.is_limited, self.limited_until, self.was_early = False, 0.0, False
        # Of each request for events: the Last-Event-ID it had, and the last ID it was sent.
        self.asked_ids: list[str | None] = []
        self.sent_id: str | None = None
        # The version that the last read was asked with, and what answers have in place of the server's.
        self.asked_version: str | None = None
        self.given_version: str | None = None
        self.streams: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.break_streams()
        self.server.shutdown()
        self.server.server_close()

    def reset(self) -> None:
        """Forget what an earlier case did."""
        self.break_streams()
        self.is_down, self.asked_ids, self.sent_id = False, [], None
        self.asked_version = self.given_version = None
        self.is_limited, self.limited_until, self.was_early = False, 0.0, False

    def connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.is_tls else http.client.HTTPConnection
        return kind(self.netloc, timeout=TIMEOUT_S)

    def break_streams(self) -> None:
        """Cut all event streams off in the middle of an event."""
        with self.lock:
            for stream in self.streams:
                try:
                    stream.sendall(b"%x\r\n%b\r\n" % (len(HALF_AN_EVENT), HALF_AN_EVENT))
                    stream.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # gone already
            self.streams.clear()

    def write(self, stream: socket.socket, line: bytes) -> bool:
        """Write a line to a stream, unless it was broken: half an event must stay one."""
        with self.lock:
            if stream in self.streams:
                stream.sendall(b"%x\r\n%b\r\n" % (len(line), line))
            return stream in self.streams


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written apart; Nagle's algorithm would hold the body back for 40 ms.
    disable_nagle_algorithm = True
    proxy: Proxy

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        if self.proxy.is_down:
            self.close_connection = True
            return
        if self.path.startswith("/api/v1/events/") and self.is_refused():
            return self.refuse()
        if _is_replica_read(f"{self.command} {self.path}"):
            self.proxy.asked_version = self.headers.get(VERSION)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON | {"host"}}
        upstream = self.proxy.connect()
        try:
            upstream.request(self.command, self.proxy.path + self.path, body, headers)
            response = upstream.getresponse()
            if response.headers.get_content_type() == "text/event-stream":
                self.stream(response)
            else:
                self.answer(response)
        finally:
            upstream.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on

    def is_refused(self) -> bool:
        """Return whether a client that opens events is limited, and note whether it came too early."""
        now = time.monotonic()
        if self.proxy.is_limited:
            self.proxy.is_limited, self.proxy.limited_until = False, now + RETRY_AFTER_S
            return True
        is_early = now < self.proxy.limited_until - TOLERANCE_S
        self.proxy.was_early |= is_early
        return is_early

    def refuse(self) -> None:
        body = json.dumps({"status": 429, "code": 7008, "desc": "Too many event streams."}).encode()
        self.send_response(429)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", str(RETRY_AFTER_S))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, response: http.client.HTTPResponse) -> None:
        body = response.read()
        self.head(response)
        if response.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def head(self, response: http.client.HTTPResponse) -> None:
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() == VERSION.lower() and self.proxy.given_version is not None:
                self.send_header(name, self.proxy.given_version)
            elif name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)

    def stream(self, response: http.client.HTTPResponse) -> None:
        self.proxy.asked_ids.append(self.headers.get("Last-Event-ID"))
        self.head(response)
        self.send_header("Transfer-Encoding", "chunked")
        with self.proxy.lock:  # before the client learns that its stream is open, and a case breaks it
            self.proxy.streams.add(self.connection)
        self.end_headers()
        self.close_connection = True
        try:
            while line := response.readline():
                if line.startswith(b"id: "):
                    self.proxy.sent_id = line[4:].decode().strip()
                if not self.proxy.write(self.connection, re.sub(rb"^retry: \d+", b"retry: %d" % RETRY_MS, line)):
                    break
        except OSError:
            pass  # the client has gone, or was cut off
        finally:
            with self.proxy.lock:
                self.proxy.streams.discard(self.connection)
