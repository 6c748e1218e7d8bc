"""Clients in processes of their own that send requests, as fast as they are answered or as a day's traffic would."""

import http.client
import multiprocessing
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.measure.calls import Calls, Request
from tests.measure.people import People

TIMEOUT_S = 60
GOOD = (200, 304)
CLIENTS_A_RUN = 100
HEAD_START_S = 0.2  # in which the processes start


class Load(NamedTuple):
    """What clients saw: how many requests of each kind, each one's milliseconds, how long they all took, refused ones."""

    counts: Counter[str]
    times_ms: list[float]
    seconds: float
    refused: Counter[str]

    @property
    def rate(self) -> float:
        return self.counts.total() / self.seconds

    @property
    def p50_ms(self) -> float:
        return statistics.median(self.times_ms)

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.times_ms, n=100)[98] if len(self.times_ms) > 1 else self.times_ms[0]

    def numbers(self) -> dict[str, float]:
        """Return the same as the bench's measure()."""
        return {"rps": self.rate, "p50": self.p50_ms, "p99": self.p99_ms}


class Watch:
    """Counts what a client does, and how long each takes."""

    def __init__(self) -> None:
        self.times_ms: list[float] = []
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def done(self, kind: str, start: float) -> None:
        """Note that something of this kind is done that began at `start` (time.perf_counter)."""
        self.times_ms.append((time.perf_counter() - start) * 1000)
        self.counts[kind] += 1


class Client(Watch):
    """One connection, kept open."""

    def __init__(self, port: int):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def send(self, kind: str, request: Request) -> tuple[int, str, bytes]:
        """Return the status, the ETag and the body."""
        start = time.perf_counter()
        self.connection.request(request.method, request.path, request.body, request.headers)
        response = self.connection.getresponse()
        body = response.read()
        self.done(kind, start)
        if response.status not in GOOD:
            self.refused[f"{kind}: {response.status} {body[:160]!r}"] += 1
        return response.status, response.headers.get("ETag", ""), body

    def call(self, calls: Calls, kind: str) -> None:
        request = calls.request(kind)
        _status, etag, _body = self.send(kind, request)
        if kind.startswith("unread") and etag:
            calls.etags[request.user] = etag


def at_full_speed(port: int, make: Callable[[int], Callable[[], Request]], *, seconds: float, clients: int = 8) -> Load:
    """Send the requests that each client's function makes, each as soon as the one before is answered."""

    def send(number: int) -> tuple[Watch, Callable[[], object]]:
        client, request = Client(port), make(number)
        return client, lambda: client.send("", request())

    return repeatedly(send, seconds=seconds, clients=clients)


def repeatedly(make: Callable[[int], tuple[Watch, Callable[[], object]]], *, seconds: float, clients: int = 8) -> Load:
    """Let each client do the same again and again. `make` runs in the client's process: what watches it, and what it does.

    Raises SystemExit if a server refused a request: the figures would be those of refusals.
    """
    done = _together(clients, _repeatedly, make, time.time() + HEAD_START_S, seconds)
    if done.refused:
        raise SystemExit(f"Refused: {done.refused.most_common(3)}")
    return done


def _repeatedly(number: int, make: Callable, start: float, seconds: float) -> Watch:
    watch, act = make(number)
    time.sleep(max(0, start - time.time()))
    while time.time() < start + seconds:
        act()
    return watch


def repeat_calls(port: int, users: People, kind: str, *, seconds: float, clients: int) -> Load:
    """Send calls of one kind, each as soon as the one before is answered."""

    def send(number: int) -> tuple[Watch, Callable[[], object]]:
        client, calls = Client(port), Calls(users, number + CLIENTS_A_RUN * int(time.time() % 1000))
        return client, lambda: client.call(calls, kind)

    return repeatedly(send, seconds=seconds, clients=clients)


def steadily(port: int, users: People, rates: Mapping[str, float], *, seconds: float, clients: int = 4) -> Load:
    """Send each kind of call so many times a second, at random moments, whether those before are answered or not.

    A client that is behind sends at once, so a server that can't keep up is seen in `counts`.
    """
    return _together(clients, _steadily, port, users, dict(rates), time.time() + HEAD_START_S, seconds, clients)


def _steadily(number: int, port: int, users: People, rates: dict[str, float], *schedule) -> Client:
    start, seconds, clients = schedule
    client, calls, chance = Client(port), Calls(users, number + CLIENTS_A_RUN * int(start % 1000)), random.Random(number)
    due, total = start, sum(rates.values()) / clients
    kinds, weights = list(rates), list(rates.values())
    while (due := due + chance.expovariate(total)) < start + seconds:
        time.sleep(max(0, due - time.time()))
        client.call(calls, chance.choices(kinds, weights)[0])
    time.sleep(max(0, start + seconds - time.time()))
    return client


def _together(clients: int, work: Callable, *arguments) -> Load:
    """Run `work` in processes that are copies of this one, and add up what they saw."""
    start = time.time()
    context = multiprocessing.get_context("fork")
    pipes, processes = [], []
    for number in range(clients):
        ours, theirs = context.Pipe(duplex=False)
        processes.append(context.Process(target=_report, args=(theirs, work, number, *arguments), daemon=True))
        processes[-1].start()
        theirs.close()
        pipes.append(ours)
    try:
        found = [pipe.recv() for pipe in pipes]
    except EOFError:
        raise SystemExit("A client has failed; its error is above.") from None
    finally:
        for process in processes:
            process.join()
    counts, refused = (sum((one[place] for one in found), Counter()) for place in (0, 2))
    times_ms = [ms for one in found for ms in one[1]]
    seconds = time.time() - start - HEAD_START_S
    return Load(counts, times_ms, seconds, refused)


def _report(pipe, work: Callable, *arguments) -> None:
    client = work(*arguments)
    pipe.send((client.counts, client.times_ms, client.refused))
