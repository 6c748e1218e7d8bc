"""Measure event streams on PostgreSQL: idle ones, changes beside a bare LISTEN in the same run, and a restart of their server.

    DATABASE_URL=postgres://…/a_database_of_its_own python -m tests.measure.streams [streams] [seconds] [processes]

It fills an empty database, and starts the servers as systemd does: with a listening socket that outlives them. The last line is
JSON: a list of {"name": …, "value": …, "unit": …}. Streams need `ulimit -Hn` above half their number, see docs/operations.md.
"""

import json
import multiprocessing
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import django

STREAMS, SECONDS, PROCESSES = 20_000, 60, 2
CHANGES_A_SECOND, CONVERSATIONS_EACH = 20, 5
CLIENT_PROCESSES, SETTLE_S, LONGEST_FILL_S, LONGEST_RETURN_S = 2, 20, 300, 240
PORT, EVENTS_PORT = 18_600, 18_601
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "imsite.settings",
    "DEBUG": "false",
    "SECRET_KEY": "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "127.0.0.1",
    "IM_SDK_APP_ID": "1400000001",
    "IM_SECRET_KEY": "measure",
    "PORT": str(PORT),
    "EVENTS_PORT": str(EVENTS_PORT),
}
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from conversations.access.api_keys import create_api_key  # noqa: E402
from conversations.actions.pins import set_pinned  # noqa: E402
from conversations.models import Conversation, Owner  # noqa: E402
from conversations.store.notifications import CHANNEL  # noqa: E402
from tests.measure import stream_clients  # noqa: E402
from tests.measure.stream_meters import QUERY_WINDOW_S, QueryMeter, Reader, Server, cpu_s, listen, memory_kb, sockets_of  # noqa: E402
from tests.support.cast import usersig  # noqa: E402

OWNERS_SQL = """
    INSERT INTO conversations_owner (owner_id, version, epoch)
    SELECT 's' || lpad(n::text, 6, '0'), %s, 1 FROM generate_series(0, %s - 1) n ON CONFLICT DO NOTHING"""
Figures = list[dict[str, Any]]


def fill(streams: int) -> None:
    """Make the lists that are followed, if they are not there."""
    with connection.cursor() as cursor:
        cursor.execute(OWNERS_SQL, [CONVERSATIONS_EACH, streams])
    there = set(Conversation.objects.values_list("owner_id", flat=True).distinct())
    rows = (
        Conversation(
            owner_id=owner_id, conversation_id=f"c2c_peer{n}", type=1, version=n + 1, created_version=n + 1, unread_count=n % 2
        )
        for owner_id in Owner.objects.values_list("owner_id", flat=True)
        if owner_id not in there
        for n in range(CONVERSATIONS_EACH)
    )
    Conversation.objects.bulk_create(rows, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def parameters() -> dict[str, Any]:
    wanted = ("host", "port", "user", "password", "dbname")
    return {name: value for name, value in connection.get_connection_params().items() if name in wanted}


class Crowd:
    """The processes of clients."""

    def __init__(self, requests: dict[str, bytes]):
        owners = list(requests)
        self.total, self.pipes, self.processes = len(owners), [], []
        context = multiprocessing.get_context("spawn")
        for number in range(CLIENT_PROCESSES):
            mine, theirs = context.Pipe()
            own = {owner: requests[owner] for owner in owners[number::CLIENT_PROCESSES]}
            arguments = (theirs, EVENTS_PORT, own, 2 + 100 * number)
            self.processes.append(context.Process(target=stream_clients.serve, args=arguments, daemon=True))
            self.processes[-1].start()
            self.pipes.append(mine)

    def ask(self, command: str) -> list[Any]:
        for pipe in self.pipes:
            pipe.send(command)
        return [pipe.recv() for pipe in self.pipes]

    def wait_until_open(self, longest_s: float) -> tuple[bool, dict[str, int]]:
        """Wait for all streams; return whether all are open, and the errors so far."""
        deadline = time.monotonic() + longest_s
        while True:
            states = self.ask("state")
            is_complete = sum(state[0].get("open", 0) for state in states) == self.total
            if is_complete or time.monotonic() > deadline:
                errors: dict[str, int] = {}
                for state in states:
                    for name, count in state[1].items():
                        errors[name] = errors.get(name, 0) + count
                return is_complete, errors
            time.sleep(0.1)

    def end(self) -> None:
        for pipe in self.pipes:
            pipe.send("")

    def last_back(self) -> float:
        return max(state[2] for state in self.ask("state"))


def request_of(owner: str, version: int) -> bytes:
    sig = usersig(owner, sdk_app_id=settings.IM_SDK_APP_ID, secret_key=settings.IM_SECRET_KEY)
    head = f"GET /api/v1/events/?since=1.{version} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
    return f"{head}Accept: text/event-stream\r\nAuthorization: Bearer {sig}\r\n".encode()


def change(owners: Sequence[str], seconds: float) -> dict[str, float]:
    """Make changes at a steady rate; return when each owner's was committed. Each owner has at most one."""
    committed: dict[str, float] = {}
    began = time.monotonic()
    for number, owner in enumerate(owners[: int(seconds * CHANGES_A_SECOND)]):
        time.sleep(max(0.0, began + number / CHANGES_A_SECOND - time.monotonic()))
        is_pinned = Conversation.objects.get(owner_id=owner, conversation_id="c2c_peer0").is_pinned
        with transaction.atomic():
            transaction.on_commit(lambda owner=owner: committed.__setitem__(owner, time.monotonic()))
            set_pinned(owner_id=owner, conversation_id="c2c_peer0", pinned=not is_pinned)
    time.sleep(2)
    return committed


def percentiles(taken: Sequence[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[94], cuts[98]


@contextmanager
def bare_listener() -> Iterator[list[tuple[str, float]]]:
    """The arrivals at a bare LISTEN, complete at the end of the block."""
    mine, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=listen, args=(theirs, parameters(), CHANNEL), daemon=True)
    process.start()
    time.sleep(2)
    arrivals: list[tuple[str, float]] = []
    yield arrivals
    mine.send("end")
    arrivals += mine.recv()
    process.join()


def measure_changes(crowd: Crowd, events: Server, seconds: float) -> Figures:
    owners = list(Owner.objects.values_list("owner_id", flat=True)[: crowd.total])
    random.shuffle(owners)
    crowd.ask("arrivals")
    workers = events.workers()
    before, began = [cpu_s(pid) for pid in workers], time.monotonic()
    clients_before = sum(state[3] for state in crowd.ask("state"))
    with bare_listener() as bare:
        committed = change(owners, seconds)
    lasted = time.monotonic() - began
    streamed = [arrival for arrivals in crowd.ask("arrivals") for arrival in arrivals]
    figures = [
        *latency("commit to event", committed, streamed),
        *latency("commit to bare LISTEN", committed, bare),
        *latency("event after LISTEN", first_of(bare), streamed),
        figure("changes without an event", len(committed) - len(first_of(streamed).keys() & committed.keys()), ""),
    ]
    for number, (pid, used) in enumerate(zip(workers, before)):
        figures.append(figure(f"events process {number}: CPU", (cpu_s(pid) - used) / lasted * 100, "%"))
    clients = sum(state[3] for state in crowd.ask("state")) - clients_before
    return [*figures, figure("clients: CPU", clients / lasted * 100, "%")]


def first_of(arrivals: Sequence[tuple[str, float]]) -> dict[str, float]:
    return dict(reversed(arrivals))


def latency(name: str, since: dict[str, float], arrivals: Sequence[tuple[str, float]]) -> Figures:
    first = first_of(arrivals)
    taken = [(first[owner] - at) * 1000 for owner, at in since.items() if owner in first]
    return [figure(f"{name}, p{p}", value, "ms") for p, value in zip((50, 95, 99), percentiles(taken))]


def measure_restart(crowd: Crowd, events: Server, reader: Reader) -> Figures:
    """Stop and start the events server, and wait until all clients are back."""
    quiet, meter = percentiles(reader.take())[2], QueryMeter(parameters())
    errors_before = crowd.wait_until_open(0)[1]
    meter.start()
    time.sleep(2 * QUERY_WINDOW_S)
    base, meter.greatest = meter.greatest, 0.0
    reader.take()
    began = time.monotonic()
    events.stop()
    stopped = time.monotonic()
    events.start()
    is_complete, errors = crowd.wait_until_open(LONGEST_RETURN_S)
    busy, meter.is_over = percentiles(reader.take())[2], True
    new_errors = {name: count - errors_before.get(name, 0) for name, count in errors.items()}
    new_errors = {name: count for name, count in new_errors.items() if count}
    print(f"Errors of clients during the restart: {new_errors}; of reads: {reader.errors}")
    return [
        figure("restart: server stopped after", stopped - began, "s"),
        figure("restart: all streams back after", crowd.last_back() - began if is_complete else -1, "s"),
        figure("restart: queries a second at most", meter.greatest, "1/s"),
        figure("before: queries a second at most", base, "1/s"),
        figure("restart: hot reads, p99", busy, "ms"),
        figure("before: hot reads, p99", quiet, "ms"),
        figure("restart: errors of clients", sum(new_errors.values()), ""),
        figure("hot reads: errors", reader.errors, ""),
    ]


def measure_lost(crowd: Crowd) -> Figures:
    """Compare what clients got last with what the lists are now."""
    now = dict(Owner.objects.values_list("owner_id", "version"))
    ids = {owner: event_id for ids in crowd.ask("ids") for owner, event_id in ids.items()}
    behind = sum(event_id != f"1.{now[owner]}" for owner, event_id in ids.items())
    return [figure("streams that are behind at the end", behind, "")]


def figure(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 1), "unit": unit}


def measure(streams: int, seconds: float, processes: int) -> Figures:
    key = create_api_key(name="measure", scopes=("read",))[1]
    versions = dict(Owner.objects.values_list("owner_id", "version").order_by("owner_id")[:streams])
    web = Server("web", PORT)
    events = Server("events", EVENTS_PORT, EVENTS_WORKERS=str(processes))
    time.sleep(6)
    empty_kb = sum(map(memory_kb, events.workers()))
    began = time.monotonic()
    crowd = Crowd({owner: request_of(owner, version) for owner, version in versions.items()})
    reader = Reader(PORT, key, streams)
    try:
        is_complete, errors = crowd.wait_until_open(LONGEST_FILL_S)
        print(f"Opened in {time.monotonic() - began:.0f} s; all: {is_complete}; errors: {errors}", flush=True)
        time.sleep(SETTLE_S)
        workers = events.workers()
        figures = [figure("memory a stream", (sum(map(memory_kb, workers)) - empty_kb) / streams, "kB")]
        figures += [figure(f"events process {n}: sockets", sockets_of(pid), "") for n, pid in enumerate(workers)]
        reader.start()
        figures += measure_changes(crowd, events, seconds)
        figures += measure_restart(crowd, events, reader)
        time.sleep(2)
        return figures + measure_lost(crowd)
    finally:
        reader.is_over = True
        crowd.end()
        events.stop()
        web.stop()


def main(streams: int = STREAMS, seconds: int = SECONDS, processes: int = PROCESSES) -> None:
    if connection.vendor != "postgresql":
        sys.exit("Name a PostgreSQL database of its own in DATABASE_URL.")
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    call_command("migrate", verbosity=0)
    call_command("collectstatic", "--no-input", verbosity=0)
    fill(streams)
    print(f"Load {os.getloadavg()[0]:.1f}; {streams} streams, {processes} processes, {CHANGES_A_SECOND} changes a second")
    figures = measure(streams, seconds, processes)
    for one in figures:
        print(f"{one['name']:40s} {one['value']:10.1f} {one['unit']}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
