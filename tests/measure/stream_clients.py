"""Thousands of clients of event streams in one process, as cheap as they can be: raw sockets, one epoll, no parsing of JSON.

They come back as EventSource does: after the time that the last `retry:` said, with Last-Event-ID. `serve` runs them in a
process of their own, which takes commands from a pipe.
"""

import errno
import heapq
import re
import resource
import select
import socket
import time
from collections import Counter, deque
from multiprocessing.connection import Connection
from typing import Any

# Streams from one source address: ports of one that was just left are not free at once.
STREAMS_AT_ADDRESS = 5_000
# Of all clients at first, so that only a restart brings a crowd.
AT_ONCE = 50
FIRST_RETRY_MS = 3_000
BIND_ADDRESS_NO_PORT = (
    24  # IP_BIND_ADDRESS_NO_PORT, which Python has no name for: the port is chosen when the other end is known
)
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
RETRY = re.compile(rb"^retry: (\d+)$", re.M)
EVENT_ID = re.compile(rb"^id: (\S+)$", re.M)


class Client:
    """One stream's client. `state` is idle, connecting (until the first event) or open."""

    __slots__ = ("event_id", "fd", "held", "number", "owner", "request", "retry_ms", "socket", "state")

    def __init__(self, number: int, owner: str, request: bytes):
        self.number, self.owner, self.request = number, owner, request
        self.state, self.held, self.event_id, self.retry_ms = "idle", b"", b"", FIRST_RETRY_MS
        self.socket: socket.socket | None = None
        self.fd = -1


class Clients:
    """All clients of this process, and what they saw."""

    def __init__(self, port: int, requests: dict[str, bytes], first_address: int):
        self.port, self.first_address = port, first_address
        self.all = [Client(number, *of_owner) for number, of_owner in enumerate(requests.items())]
        self.by_fd: dict[int, Client] = {}
        self.epoll = select.epoll()
        self.to_begin = deque(self.all)
        self.due: list[tuple[float, int]] = []
        self.states = Counter(idle=len(self.all))
        self.errors: Counter[str] = Counter()
        self.arrivals: list[tuple[str, float]] = []
        self.last_back = 0.0

    def step(self, seconds: float) -> None:
        """Handle what comes in this time."""
        while self.to_begin and self.states["connecting"] < AT_ONCE:
            self.connect(self.to_begin.popleft())
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            self.connect(self.all[heapq.heappop(self.due)[1]])
        for fd, event in self.epoll.poll(seconds, 500):
            if client := self.by_fd.get(fd):
                if event & select.EPOLLOUT:
                    self.ask(client)
                else:
                    self.read(client)

    def turn(self, client: Client, state: str) -> None:
        self.states[client.state] -= 1
        self.states[state] += 1
        client.state = state

    def connect(self, client: Client) -> None:
        client.socket = it = socket.socket()
        it.setblocking(False)
        it.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        it.bind((f"127.0.0.{self.first_address + client.number // STREAMS_AT_ADDRESS}", 0))
        self.turn(client, "connecting")
        client.fd = it.fileno()
        self.by_fd[client.fd] = client
        it.connect_ex(("127.0.0.1", self.port))
        self.epoll.register(client.fd, select.EPOLLOUT)

    def ask(self, client: Client) -> None:
        resume = b"Last-Event-ID: %b\r\n" % client.event_id if client.event_id else b""
        try:
            client.socket.sendall(client.request + resume + b"\r\n")
        except OSError as error:
            return self.lose(client, errno.errorcode.get(error.errno or 0, "error"))
        self.epoll.modify(client.fd, select.EPOLLIN)

    def read(self, client: Client) -> None:
        try:
            data = client.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            return self.lose(client, errno.errorcode.get(error.errno or 0, "error"))
        now = time.monotonic()
        if not data or data.endswith(b"0\r\n\r\n"):
            return self.lose(client, "" if client.state == "open" else "ended before the first event")
        if data == b"4\r\n: \n\n\r\n":
            return
        data = client.held + data
        if not data.endswith(b"\n\n\r\n"):
            client.held = data
            return
        client.held = b""
        self.understand(client, data, now)

    def understand(self, client: Client, data: bytes, now: float) -> None:
        if client.state == "connecting":
            status = STATUS.match(data)
            if status and status[1] != b"200":
                return self.lose(client, status[1].decode())
        if retries := RETRY.findall(data):
            client.retry_ms = int(retries[-1])
        if ids := EVENT_ID.findall(data):
            client.event_id = ids[-1]
        if b"event: changes" in data:
            self.arrivals.append((client.owner, now))
        if client.state == "connecting" and b"event: unread" in data:
            self.turn(client, "open")
            self.last_back = now

    def lose(self, client: Client, error: str) -> None:
        """Close, and come back later."""
        if error:
            self.errors[error] += 1
        self.by_fd.pop(client.fd, None)
        client.socket.close()
        client.socket, client.held, client.fd = None, b"", -1
        self.turn(client, "idle")
        heapq.heappush(self.due, (time.monotonic() + client.retry_ms / 1000, client.number))

    def answer(self, command: str) -> Any:
        """Return what is asked for: `state`, `arrivals` since the last time, or the last event's IDs by owner."""
        match command:
            case "state":
                return dict(self.states), dict(self.errors), self.last_back, time.process_time()
            case "arrivals":
                arrivals, self.arrivals = self.arrivals, []
                return arrivals
            case "ids":
                return {client.owner: client.event_id.decode() for client in self.all if client.event_id}
        raise ValueError(command)


def serve(pipe: Connection, port: int, requests: dict[str, bytes], first_address: int) -> None:
    """Run the clients until the pipe's other end asks for nothing more."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = Clients(port, requests, first_address)
    while True:
        clients.step(0.02)
        while pipe.poll():
            if not (command := pipe.recv()):
                return
            pipe.send(clients.answer(command))
