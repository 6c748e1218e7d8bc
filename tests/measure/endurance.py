"""`make serve` for a while, under load and with things going wrong: no wrong answer, no lost write, no growth.

    DATABASE_URL=postgres://…/an_empty_database python -m tests.measure.endurance [minutes] [minutes between disturbances]

Each client owns some lists, writes to them and reads them back, at SHARE of the rate that it reaches at first. In turn a worker
is killed, a back end of PostgreSQL is terminated, some users are locked, and the whole server is started again. A request that
fails is sent again, as clients do: every write can be repeated.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.measure import machine

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, OWNERS_EACH, SHARE, CALIBRATE_S, WARM_UP_S = 4, 10, 0.6, 20, 60
PORT = 18_500
LOCK_S, TIMEOUT_S, RESTART_S = 8, 40, 30
# What a request may take: LOCK_TIMEOUT_S, and some time for the machine.
PATIENCE_S = 7
ENVIRONMENT = os.environ | {
    "SECRET_KEY": "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "127.0.0.1",
    "REQUEST_LOG": "false",
    "PORT": str(PORT),
}


class Client(threading.Thread):
    """One client with its owners, and what their lists must show."""

    def __init__(self, number: int, key: str):
        super().__init__(daemon=True)
        self.key, self.number = key, number
        self.expected = {f"u{number}x{owner}": {"pinned": False, "unread": 0, "text": ""} for owner in range(OWNERS_EACH)}
        self.pause_s, self.is_over, self.sent = 0.0, False, 0
        self.counts: Counter[str] = Counter()
        self.slowest_s = 0.0
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_S)

    def run(self) -> None:
        while not self.is_over:
            self.step(random.choice(list(self.expected)))
            time.sleep(self.pause_s)

    def step(self, owner: str) -> None:
        """Write once to an owner's list, and read what it shows now."""
        expected, choice = self.expected[owner], random.random()
        if choice < 0.25:
            self.sent += 1
            expected["unread"] += 1
            expected["text"] = f"message {self.sent}"
            self.repeat("POST", "messages/", self.message(owner))
        elif choice < 0.35 and expected["text"]:
            expected["unread"] = 0
            self.repeat("POST", f"conversations/c2c_peer/read/?owner={owner}", {})
        elif choice < 0.5 and expected["text"]:
            expected["pinned"] = not expected["pinned"]
            method = "PUT" if expected["pinned"] else "DELETE"
            self.repeat(method, f"conversations/c2c_peer/pin/?owner={owner}")
        if expected["text"]:
            self.compare(owner)

    def message(self, owner: str) -> dict:
        number, text = self.sent, self.expected[owner]["text"]
        time_s, lot = 1_700_000_000 + number, self.number * 100_000_000 + number
        return {
            "From_Account": "peer", "To_Account": owner, "MsgSeq": number, "MsgRandom": lot, "MsgTime": time_s,
            "MsgKey": f"{number}_{lot}_{time_s}",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
        }  # fmt: skip

    def compare(self, owner: str) -> None:
        """Read a conversation and compare it with what was written."""
        shown, expected = self.repeat("GET", f"conversations/c2c_peer/?owner={owner}"), self.expected[owner]
        found = {
            "pinned": shown["isPinned"], "unread": shown["unreadCount"],
            "text": shown["lastMessage"]["textElem"]["text"],
        }  # fmt: skip
        if found != expected:
            self.counts["wrong"] += 1
            print("WRONG", owner, found, expected, flush=True)

    def repeat(self, method: str, path: str, body: dict | None = None) -> dict:
        """Send a request until it succeeds, and return its answer."""
        while True:
            started = time.monotonic()
            status, content = self.send(method, path, body)
            took = time.monotonic() - started
            self.slowest_s = max(self.slowest_s, took)
            self.counts["over time"] += took > PATIENCE_S
            self.counts[str(status)] += 1
            if status == 200:
                return content
            if status not in (0, 503):
                print("REFUSED", method, path, status, content, flush=True)
            time.sleep(0.2)

    def send(self, method: str, path: str, body: dict | None) -> tuple[int, dict]:
        headers = {"Authorization": self.key, "Content-Type": "application/json"}
        try:
            self.connection.request(method, f"/api/v1/{path}", json.dumps(body) if body is not None else None, headers)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            self.connection.close()
            return 0, {}


class Server:
    """`make serve`, and what goes wrong with it."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(["make", "serve"], cwd=ROOT, env=ENVIRONMENT, start_new_session=True)
        for _attempt in range(300):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("The server did not start.")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)  # make and honcho, which stops the others
        self.process.wait(RESTART_S)

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill_worker(self) -> None:
        webs = [pid for pid in machine.descendants(self.process.pid) if command_of(pid).endswith("-m imsite.serve web ")]
        workers = [pid for pid in webs if parent_of(pid) in webs]
        os.kill(random.choice(workers), signal.SIGKILL)

    def terminate_backend(self) -> None:
        with database() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                "pg_backend_pid() ORDER BY random() LIMIT 1"
            )

    def lock(self) -> None:
        with database() as connection, connection.transaction():
            connection.execute("SELECT 1 FROM conversations_owner WHERE owner_id LIKE 'u0x%' FOR UPDATE")
            time.sleep(LOCK_S)

    def memory_kb(self) -> int:
        """Return the memory of all its processes; what they share counts once."""
        return machine.memory_kb(self.process.pid)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


@contextmanager
def database():
    with psycopg.connect(ENVIRONMENT["DATABASE_URL"], autocommit=True) as connection:
        yield connection


def manage(*arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout


def main(minutes: float, between: float) -> None:
    subprocess.run(["make", "release"], cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    key = manage("create_api_key", "endurance", "--service", "--scopes", "read,write,ingest")
    key = next(word for word in key.split() if word.startswith("imk_"))
    server = Server()
    try:
        endure(server, key, minutes, between)
    finally:
        server.stop()
    print(manage("verify_conversations"))


def endure(server: Server, key: str, minutes: float, between: float) -> None:
    """Let clients work while things go wrong, and print what they saw."""
    clients = [Client(number, f"Bearer {key}") for number in range(CLIENTS)]
    for client in clients:
        client.start()
    calibrate(clients)
    time.sleep(WARM_UP_S)
    memory_kb = server.memory_kb()
    disturbances = [server.kill_worker, server.terminate_backend, server.lock, server.restart]
    end, number = time.monotonic() + 60 * minutes, 0
    while time.monotonic() + 60 * between < end:
        time.sleep(60 * between)
        disturb = disturbances[number % len(disturbances)]
        number += 1
        disturb()
        time.sleep(3)
        print(f"{disturb.__name__}: {report(clients)}; {server.memory_kb()} kB", flush=True)
    time.sleep(max(0, end - time.monotonic()))
    print(f"Memory: {memory_kb} kB, at the end {server.memory_kb()} kB")
    finish(clients)


def calibrate(clients: list[Client]) -> None:
    """Let the clients run as fast as they can, then at SHARE of that."""
    time.sleep(CALIBRATE_S)
    for client in clients:
        done = sum(client.counts[status] for status in ("200", "503"))
        client.pause_s = CALIBRATE_S / done * (1 / SHARE - 1) * 1.5  # a step is one or two requests
    print(f"At full speed: {sum(client.counts['200'] for client in clients) / CALIBRATE_S:.0f} requests a second", flush=True)


def report(clients: list[Client]) -> str:
    total = sum((client.counts for client in clients), Counter())
    return f"{dict(total)}, slowest {max(client.slowest_s for client in clients):.1f} s"


def finish(clients: list[Client]) -> None:
    """Compare all lists once more."""
    for client in clients:
        client.is_over = True
    for client in clients:
        client.join()
        for owner, expected in client.expected.items():
            if expected["text"]:
                client.compare(owner)
    print(f"At the end: {report(clients)}")


if __name__ == "__main__":
    main(*(float(argument) for argument in (*sys.argv[1:], "60", "10")[:2]))
