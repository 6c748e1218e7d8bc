"""What grows with a list: every kind of read of users with 1,000, 10,000 and 100,000 conversations, and the staff's counts."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote, urlencode

from tests.measure import long_lists, rows, site
from tests.measure.calls import API, PAGE, Request
from tests.measure.load import Client, Load, at_full_speed
from tests.measure.reads import deep_path, one_path, page_path
from tests.measure.results import Result
from tests.measure.turns import in_turn, quickness, rate, ratio, slowest

SIZES = (1_000, 10_000, 100_000)
CLIENTS = 8
FILTERS = {
    "unread": {"hasUnreadCount": "true"},
    "read": {"hasUnreadCount": "false"},
    "mentions": {"hasGroupAtInfo": "true"},
    "pinned": {"isPinned": "true"},
    "draft": {"hasDraft": "true"},
    "muted": {"isMuted": "true"},
    "groups": {"type": 2},
    "marked": {"markType": 1},
    "in a conversation group": {"conversationGroup": "customers"},
    "receive option": {"recvOpt": 2},
    "active since": {"activeSince": 1_700_000_000},
    "active before": {"activeBefore": 1_700_000_000},
    "search, many found": {"search": "u0000"},
    "search, none found": {"search": "nobody"},
}
# Makes a member of staff with five saved views, and prints the key of a session.
STAFF = """
from conversations.models import SavedView
from django.test import Client
from tests.support.staff import boss
user = boss()
for filters in ("is:unread", "is:pinned", "is:muted type:group", "group:customers", "is:draft"):
    SavedView.objects.create(user=user, name=filters, filters=filters)
client = Client()
client.force_login(user)
print("session=" + client.cookies["sessionid"].value)
"""


def measure(database_url: str, seconds: float) -> tuple[list[Result], dict[str, str]]:
    with rows.scratch(database_url, "sizes") as url, site.Site(url) as server:
        owners = {size: long_lists.fill(url, size) for size in SIZES}
        key, cookie = server.service_key(), session(server)
        results = [*reads(server, key, owners, seconds), *staff_counts(server, cookie, owners, seconds)]
        return [*results, *many_clients(server, key, owners, seconds)], {}


def reads(server: site.Site, key: str, owners: dict[int, str], seconds: float) -> Iterator[Result]:
    yield from by_size("first page", {size: partial(one_path, server, key, page_path(owner), seconds)
                                      for size, owner in owners.items()})  # fmt: skip
    deep = {size: deep_path(server, key, owner, size // PAGE * 9 // 10) for size, owner in owners.items()}
    yield from by_size("page after 90% of the list", {size: partial(one_path, server, key, path, seconds)
                                                      for size, path in deep.items()})  # fmt: skip
    yield from by_size("unread total, nothing changed", {size: partial(unchanged, server, key, owner, seconds)
                                                         for size, owner in owners.items()})  # fmt: skip
    yield from by_size("unread total, a change a second", {size: partial(changing, server, key, owner, max(3, seconds))
                                                           for size, owner in owners.items()}, slowest)  # fmt: skip
    for name, filters in FILTERS.items():
        paths = {size: f"{page_path(owner)}&{urlencode(filters)}" for size, owner in owners.items()}
        yield from by_size(f"first page, filter: {name}", {size: partial(one_path, server, key, path, seconds / 2)
                                                           for size, path in paths.items()})  # fmt: skip


def by_size(name: str, acts: dict[int, partial], also=None) -> Iterator[Result]:
    """Measure the same at each size in turn, by one client, and compare with the smallest."""
    loads = in_turn({f"{size:,}": act for size, act in acts.items()})
    first, *_others = loads
    for size, found in loads.items():
        beside = {} if size == first else {"ratio": quickness(found, loads[first]), "beside": f"{first} conversations"}
        yield Result(f"{name}, {size} conversations", median_ms(found), "ms", **beside)
        if also:
            yield also(f"{name}, {size} conversations", found)


def median_ms(loads: list[Load]) -> float:
    return sorted(load.p50_ms for load in loads)[len(loads) // 2]


def unchanged(server: site.Site, key: str, owner: str, seconds: float) -> Load:
    """Ask for the unread total with the ETag of the last answer."""
    path, client = f"/api/v1/unread/?owner={quote(owner)}", Client(server.port)
    _status, etag, _body = client.send("", Request("GET", path, {"Authorization": f"Bearer {key}"}))
    return one_path(server, key, path, seconds, **{"If-None-Match": etag})


def changing(server: site.Site, key: str, owner: str, seconds: float) -> Load:
    """Ask for the unread total as fast as it is answered, while the list changes once a second."""
    with a_change_a_second(server, key, owner):
        return one_path(server, key, f"/api/v1/unread/?owner={quote(owner)}", seconds)


@contextmanager
def a_change_a_second(server: site.Site, key: str, owner: str) -> Iterator[None]:
    is_over = threading.Event()
    path = f"{API}c2c_u000001/draft/?owner={quote(owner)}"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def change() -> None:
        client, number = Client(server.port), 0
        while not is_over.wait(1):
            number += 1
            client.send("", Request("PUT", path, headers, b'{"draftText": "%d"}' % number))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def session(server: site.Site) -> str:
    """Return the Cookie header of a member of staff who may see everything."""
    return f"sessionid={re.search(r'session=(.+)', server.manage('shell', '-c', STAFF))[1].strip()}"


def staff_counts(server: site.Site, cookie: str, owners: dict[int, str], seconds: float) -> Iterator[Result]:
    pages = {"staff: the list with its tabs": "/owner/?owner=", "staff: counts of five saved views": "/owner/views/?owner="}
    headers = {"Cookie": cookie, "X-Forwarded-Proto": "https"}
    for name, path in pages.items():
        acts = {}
        for size, owner in owners.items():
            request = Request("GET", path + quote(owner), headers)
            acts[size] = partial(
                at_full_speed, server.port, lambda _n, request=request: lambda: request, seconds=seconds, clients=1
            )
        yield from by_size(name, acts)


def of_one(port: int, request: Request, seconds: float) -> Load:
    return at_full_speed(port, lambda _number: lambda: request, seconds=seconds, clients=1)


def many_clients(server: site.Site, key: str, owners: dict[int, str], seconds: float) -> Iterator[Result]:
    """Eight clients that read pages of one list, half of them the first and half of them deep ones."""
    headers = {"Authorization": f"Bearer {key}"}
    acts = {}
    for size, owner in owners.items():
        paths = [page_path(owner), deep_path(server, key, owner, size // PAGE // 2)]

        def make(number: int, paths: list[str] = paths):
            request = Request("GET", paths[number % 2], headers)
            return lambda: request

        acts[f"{size:,}"] = partial(at_full_speed, server.port, make, seconds=seconds, clients=CLIENTS)
    loads = in_turn(acts)
    first, *_others = loads
    for size, found in loads.items():
        name = f"pages of {PAGE}, {CLIENTS} clients, two workers, {size} conversations"
        beside = {} if size == first else {"ratio": ratio(found, loads[first]), "beside": f"{first} conversations"}
        yield Result(name, rate(found), "/s", **beside)
        yield slowest(name, found)
