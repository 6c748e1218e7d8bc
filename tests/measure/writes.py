"""Writes over HTTP beside the bare SQL, or a bare WSGI server, that stores the same: owners' actions, messages, webhooks."""

import json
import random
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, urlencode

import psycopg

from tests.measure import bare_wsgi, made_requests, one_at_a_time, rows, site
from tests.measure.calls import API, TEXT, Calls, Request
from tests.measure.load import Client, Load, Watch, at_full_speed, repeatedly
from tests.measure.people import People, group
from tests.measure.results import Result
from tests.measure.turns import in_turn, rate, ratio, slowest, speed

USERS, BATCH = 2_500, 500
ELEMENTS = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": TEXT}}]
AT_ALL = [{"GroupAtAllFlag": 1}]
LONGEST_WAIT_S = 30
# Connections as the cloud opens them while many write, and more messages a second than any run takes.
CONNECTIONS, MOST_MESSAGES = 128, 8000
# Of four clients, each batch takes a third of a second, and wrk leaves out those without an answer at the end: a twelfth, if it
# sends for two seconds.
BATCHES_LONGER = 3


def measure(database_url: str, seconds: float) -> tuple[list[Result], dict[str, str]]:
    people, results = People(USERS), []
    with rows.scratch(database_url, "writes") as url, site.Site(url) as server:
        people.fill(url)
        key = server.service_key()
        people.fill_groups(server.address, key)
        rows.vacuum(url)
        ours = Writes(server, people, key, seconds)
        bare = BareWrites(url, people, seconds)
        results += one_at_a_time.measure(url, USERS, seconds)
        results += beside("a user's pin, 8 clients", ours.pins, bare.pins)
        results += beside("one-to-one messages, one a request, 8 clients", ours.one_by_one, bare.one_by_one)
        results += beside(f"one-to-one messages, {BATCH} a request, one client", ours.batches, bare.batches, BATCH)
        loads = in_turn({"ours": partial(ours.batches, clients=4), "bare": bare.two_updates})
        name, against = (
            f"one-to-one messages, {BATCH} a request, four clients",
            f"two bare UPDATEs: {rate(loads['bare']):.0f} /s",
        )
        results.append(Result(name, rate(loads["ours"]) * BATCH, "/s", ratio(loads["ours"], loads["bare"]) * BATCH, against))
        for size in one_at_a_time.SIZES:
            acts = {
                "bare": partial(bare.to_group, size),
                "": partial(ours.to_group, size),
                ", @all": partial(ours.to_group, size, GroupAtInfo=AT_ALL),
            }
            loads = in_turn(acts)
            for kind in ("", ", @all"):
                name = f"messages to a group of {size:,}{kind}, one client"
                results.append(speed(name, loads[kind], loads["bare"], f"bare UPDATE: {rate(loads['bare']):.0f} /s"))
        with site.bare_server(url) as port:
            loads = in_turn({"bare": partial(bare.over_http, port), "": ours.webhooks})
        name, against = "webhooks of one-to-one messages, one a request, 8 clients", f"bare WSGI: {rate(loads['bare']):.0f} /s"
        results += [speed(name, loads[""], loads["bare"], against), slowest(name, loads[""])]
        loads = in_turn({"": ours.many_webhooks})
        name = f"webhooks of one-to-one messages, one a request, {CONNECTIONS} connections"
        results += [Result(name, rate(loads[""]), "/s"), slowest(name, loads[""])]
        results.append(Result("from a webhook's acknowledgement to the list, 99th percentile", ours.until_shown().p99_ms, "ms"))
    return results, {}


def beside(name: str, ours: Callable[[], Load], bare: Callable[[], Load], each: int = 1) -> list[Result]:
    loads = in_turn({"ours": ours, "bare": bare})
    against = f"bare SQL: {rate(loads['bare']) * each:.0f} /s"
    return [speed(name, loads["ours"], loads["bare"], against, each), slowest(name, loads["ours"])]


class Writes:
    """imsite's writes, each for so many seconds, batches for longer."""

    def __init__(self, server: site.Site, people: People, key: str, seconds: float):
        self.port, self.people, self.seconds = server.port, people, seconds
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.runs = 0

    def _calls(self, number: int) -> Calls:
        return Calls(self.people, 1000 * self.runs + number)

    def _send(self, make: Callable[[Calls], Request], clients: int = 8) -> Load:
        self.runs += 1

        def requests(number: int) -> Callable[[], Request]:
            calls = self._calls(number)
            return lambda: make(calls)

        return at_full_speed(self.port, requests, seconds=self.seconds, clients=clients)

    def _send_made(self, make: Callable[[Calls], Request], connections: int, most_a_second: int, times_longer: int = 1) -> Load:
        self.runs += 1
        calls, seconds = self._calls(0), times_longer * self.seconds
        most = round((self.seconds + 1) * times_longer * most_a_second)
        requests = [make(calls) for _number in range(most)]
        return made_requests.send(self.port, requests, seconds=seconds, connections=connections)

    def _post(self, messages: list[dict] | dict) -> Request:
        return Request("POST", "/api/v1/messages/", self.headers, json.dumps(messages).encode())

    def pins(self) -> Load:
        # Each client pins and unpins one conversation, so that each request changes something.
        self.runs += 1

        def requests(number: int) -> Callable[[], Request]:
            user, peer = self.people.user(40 * number), self.people.user(40 * number + 1)
            path = f"{API}{quote(f'c2c_{peer}')}/pin/?{urlencode({'owner': user})}"
            methods = iter(("PUT", "DELETE") * 1_000_000)
            return lambda: Request(next(methods), path, self.headers)

        return at_full_speed(self.port, requests, seconds=self.seconds)

    def one_by_one(self) -> Load:
        return self._send(lambda calls: self._post(self._one_to_one(calls)))

    def batches(self, clients: int = 1) -> Load:
        def batch(calls: Calls) -> Request:
            return self._post([self._one_to_one(calls) for _number in range(BATCH)])

        return self._send_made(batch, clients, MOST_MESSAGES // BATCH, BATCHES_LONGER)

    def _one_to_one(self, calls: Calls) -> dict:
        sent = json.loads(calls.one_to_one().body)
        names = ("From_Account", "To_Account", "MsgSeq", "MsgRandom", "MsgTime", "MsgKey", "MsgBody")
        return {name: sent[name] for name in names}

    def to_group(self, size: int, **more) -> Load:
        def message(calls: Calls) -> Request:
            sender = calls.random.choice(self.people.members(size, 0))
            lot = calls.random.randrange(2**32)
            group_id = group(size, 0)
            return self._post({"GroupId": group_id, "From_Account": sender, "Random": lot, "MsgBody": ELEMENTS, **more})

        return self._send(message, clients=1)

    def webhooks(self) -> Load:
        return self._send(Calls.one_to_one)

    def many_webhooks(self) -> Load:
        return self._send_made(Calls.one_to_one, CONNECTIONS, MOST_MESSAGES)

    def until_shown(self) -> Load:
        """Return how long it takes from a webhook's acknowledgement until its receiver's conversation has the message."""
        self.runs += 1

        def client_of(number: int) -> tuple[Watch, Callable[[], object]]:
            client, calls, watch = Client(self.port), self._calls(number), Watch()

            def send_and_read() -> None:
                webhook = calls.one_to_one()
                sent = json.loads(webhook.body)
                client.send("", webhook)
                start = time.perf_counter()
                path = f"{API}c2c_{sent['From_Account']}/?{urlencode({'owner': sent['To_Account']})}"
                while time.perf_counter() < start + LONGEST_WAIT_S:
                    _status, _etag, body = client.send("", Request("GET", path, self.headers))
                    last = json.loads(body)["lastMessage"]
                    # Another client may have sent a later one between the same users.
                    if (last["timestamp"], int(last["seq"])) >= (sent["MsgTime"], sent["MsgSeq"]):
                        break
                else:
                    watch.refused["a message that is not shown"] += 1
                watch.done("", start)

            return watch, send_and_read

        return repeatedly(client_of, seconds=self.seconds)


class BareWrites:
    """What PostgreSQL itself takes to store the same, each for so many seconds."""

    def __init__(self, url: str, people: People, seconds: float):
        self.url, self.people, self.seconds = url, people, seconds

    def _repeat(self, act: Callable[[psycopg.Connection, random.Random, int], None], clients: int = 8) -> Load:
        def client_of(number: int) -> tuple[Watch, Callable[[], object]]:
            watch, chance = Watch(), random.Random(number)
            connection = psycopg.connect(self.url, autocommit=True, prepare_threshold=1)

            def once() -> None:
                start = time.perf_counter()
                act(connection, chance, number)
                watch.done("", start)

            return watch, once

        return repeatedly(client_of, seconds=self.seconds, clients=clients)

    def _pair(self, chance: random.Random) -> tuple[str, str]:
        user = chance.randrange(self.people.users)
        return self.people.user(user), chance.choice(self.people.neighbours(user))

    def pins(self) -> Load:
        def pin(connection: psycopg.Connection, _chance: random.Random, number: int) -> None:
            connection.execute(bare_wsgi.PIN, [self.people.user(40 * number), f"c2c_{self.people.user(40 * number + 1)}"])

        return self._repeat(pin)

    def one_by_one(self) -> Load:
        return self._repeat(lambda connection, chance, _number: bare_wsgi.write_message(connection, *self._pair(chance)))

    def batches(self) -> Load:
        def batch(connection: psycopg.Connection, chance: random.Random, _number: int) -> None:
            bare_wsgi.write_messages(connection, [self._pair(chance) for _message in range(BATCH)])

        return self._repeat(batch, clients=1)

    def two_updates(self) -> Load:
        def update(connection: psycopg.Connection, chance: random.Random, _number: int) -> None:
            user, peer = self._pair(chance)
            for owner, other in ((user, peer), (peer, user)):
                connection.execute(bare_wsgi.ROW, [bare_wsgi.BODY, owner, f"c2c_{other}"])

        return self._repeat(update)

    def to_group(self, size: int) -> Load:
        def message(connection: psycopg.Connection, chance: random.Random, _number: int) -> None:
            bare_wsgi.write_group_message(connection, group(size, 0), chance.choice(self.people.members(size, 0)))

        return self._repeat(message, clients=1)

    def over_http(self, port: int) -> Load:
        def requests(number: int) -> Callable[[], Request]:
            calls = Calls(self.people, number)

            def request() -> Request:
                webhook = calls.one_to_one()
                sent = json.loads(webhook.body)
                query = urlencode({"from": sent["From_Account"], "to": sent["To_Account"]})
                return Request("POST", f"/?{query}", webhook.headers, webhook.body)

            return request

        return at_full_speed(port, requests, seconds=self.seconds)
