"""What the measuring of streams starts and reads: servers, their processor time and memory, hot reads, the database's count."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]
READS_A_SECOND = 40
QUERY_WINDOW_S = 2  # PostgreSQL's back ends report what they did about once a second
# systemd's way to hand over a socket.
WITH_SOCKET = ("sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"')


class Server:
    """A server process with its workers, as systemd starts it."""

    def __init__(self, name: str, port: int, **environment: str):
        self.name, self.environment = name, os.environ | environment
        self.listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self.start()

    def start(self) -> None:
        number = self.listener.fileno()
        self.process = subprocess.Popen(
            [*WITH_SOCKET, sys.executable, "-m", "imsite.serve", self.name],
            cwd=ROOT, env=self.environment, pass_fds=(3,), preexec_fn=lambda: os.dup2(number, 3),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def workers(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]


def cpu_s(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kb(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/smaps_rollup").read_text().split("Pss:")[1].split()[0])


def sockets_of(process_id: int) -> int:
    return sum(1 for _file in Path(f"/proc/{process_id}/fd").iterdir())


def listen(pipe: Connection, dsn: dict[str, Any], channel: str) -> None:
    """Note when each owner's notification comes, in a process of its own; send them when asked."""
    seen: list[tuple[str, float]] = []
    with psycopg.connect(**dsn, autocommit=True) as listener:
        listener.execute(f"LISTEN {channel}")
        while not pipe.poll():
            for notification in listener.notifies(timeout=0.2):
                seen.extend((owner_id, time.monotonic()) for owner_id in notification.payload.split("\n"))
    pipe.send(seen)


class Reader(threading.Thread):
    """Hot reads of the web server at a steady rate, each with a connection of its own, as a proxy sends them."""

    def __init__(self, port: int, key: str, streams: int):
        super().__init__(daemon=True)
        self.headers = {"Authorization": f"Bearer {key}", "X-Forwarded-Proto": "https"}
        self.port, self.streams, self.errors, self.is_over = port, streams, 0, False
        self.taken: list[float] = []

    def run(self) -> None:
        while not self.is_over:
            started = time.monotonic()
            try:
                client = HTTPConnection("127.0.0.1", self.port, timeout=10)
                owner_id = f"s{random.randrange(self.streams):06d}"
                client.request("GET", f"/api/v1/conversations/c2c_peer1/?owner={owner_id}", headers=self.headers)
                response = client.getresponse()
                response.read()
                client.close()
                self.errors += response.status != 200
                self.taken.append((time.monotonic() - started) * 1000)
            except OSError:
                self.errors += 1
            time.sleep(max(0.0, 1 / READS_A_SECOND - (time.monotonic() - started)))

    def take(self) -> list[float]:
        taken, self.taken = self.taken, []
        return taken


class QueryMeter(threading.Thread):
    """The greatest number of transactions a second in this database; each query of the servers is one."""

    def __init__(self, dsn: dict[str, Any]):
        super().__init__(daemon=True)
        self.dsn, self.greatest, self.is_over = dsn, 0.0, False

    def run(self) -> None:
        with psycopg.connect(**self.dsn | {"dbname": "postgres"}, autocommit=True) as meter:
            samples: list[tuple[float, int]] = []
            while not self.is_over:
                [count] = meter.execute(
                    "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s", [self.dsn["dbname"]]
                ).fetchone()
                samples.append((time.monotonic(), count))
                if samples[-1][0] - samples[0][0] >= QUERY_WINDOW_S:
                    (began, first), (ended, last) = samples[0], samples[-1]
                    self.greatest = max(self.greatest, (last - first) / (ended - began))
                    samples = [sample for sample in samples[1:] if ended - sample[0] < QUERY_WINDOW_S]
                time.sleep(0.25)
