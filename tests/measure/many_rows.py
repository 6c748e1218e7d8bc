"""Ten million conversations beside a million, or as many as are asked for: the same calls and staff pages, in turn.

As many users ask for their lists in both, chosen at random. With all of them, memory would be compared: the smaller database
stays in it.
"""

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from urllib.parse import quote

from tests.measure import load, machine, people, rows, site, sizes
from tests.measure.calls import Request
from tests.measure.people import NEIGHBOURS, People
from tests.measure.results import Result
from tests.measure.turns import in_turn, rate, ratio, slowest

ROWS, TIMES_FEWER = 10_000_000, 10
KINDS = {
    "one": "one conversation",
    "list": "the first page of 50",
    "unread": "the unread total",
    "unread, nothing new": "the unread total, unchanged",
    "lookup": "20 conversations by ID",
    "pin": "a pin",
    "draft": "a draft",
}
CLIENTS, ACTIVE = 8, 2_000
# Each is asked for a random user.
STAFF_PAGES = {
    "owner search, an ID": "/?q={user}",
    "owner search, the start of many IDs": "/?q={start}",
    "owner search, a nickname": "/?q={nick}",
    "admin, users": "/admin/conversations/owner/",
    "admin, users, search": "/admin/conversations/owner/?q={user}",
    "admin, conversations": "/admin/conversations/conversationrow/",
    "admin, conversations, search": "/admin/conversations/conversationrow/?q={user}",
    "admin, conversations, unread": "/admin/conversations/conversationrow/?unread=1",
}
STAFF_REQUESTS = 20


def measure(database_url: str, seconds: float, count: int = ROWS) -> tuple[list[Result], dict[str, str]]:
    sizes_of_both = (max(2 * people.QUIET, size // (2 * NEIGHBOURS)) for size in (count // TIMES_FEWER, count))
    few, many = (People(users, min(ACTIVE, users // 2)) for users in sizes_of_both)
    with ExitStack() as stack:
        few_url, many_url = (stack.enter_context(rows.scratch(database_url, name)) for name in ("few", "many"))
        few_site, many_site = (stack.enter_context(site.Site(url)) for url in (few_url, many_url))
        few.fill(few_url)
        start = time.monotonic()
        many.fill(many_url)
        results = [Result(f"filling {count:,} conversations", time.monotonic() - start, "s")]
        results += compared(few_site, few, many_site, many, seconds)
        results += staff_pages(few_site, few, many_site, many)
        return [*results, *memory(many_site, many_url, count)], {}


def compared(few_site: site.Site, few: People, many_site: site.Site, many: People, seconds: float) -> Iterator[Result]:
    few_rows, many_rows = named(few), named(many)
    for kind, name in KINDS.items():
        acts = {
            server: partial(load.repeat_calls, server.port, who, kind, seconds=seconds, clients=CLIENTS)
            for server, who in ((few_site, few), (many_site, many))
        }
        loads = in_turn(acts)
        beside = f"{few_rows}: {rate(loads[few_site]):,.0f} /s"
        yield Result(f"{name}, {many_rows}", rate(loads[many_site]), "/s", ratio(loads[many_site], loads[few_site]), beside)
        yield slowest(f"{name}, {many_rows}", loads[many_site], loads[few_site], few_rows)


def named(who: People) -> str:
    return f"{who.users * 2 * NEIGHBOURS:,} conversations"


def staff_pages(few_site: site.Site, few: People, many_site: site.Site, many: People) -> Iterator[Result]:
    """Ask for each page by one client, in turn; the first answers, which fill caches, do not count."""
    readers = [StaffReader(few_site, few), StaffReader(many_site, many)]
    for name, path in STAFF_PAGES.items():
        times_ms = [[reader.get(path) for reader in readers] for _time in range(STAFF_REQUESTS + 1)][1:]
        few_ms, many_ms = map(statistics.median, zip(*times_ms))
        yield Result(f"staff: {name}, {named(many)}", many_ms, "ms", few_ms / many_ms, named(few))


class StaffReader:
    """A member of staff who may see everything, at one server."""

    def __init__(self, server: site.Site, who: People):
        self.client, self.people, self.random = load.Client(server.port), who, random.Random(0)
        # The search box asks for a pane; the admin has none.
        pane = {"HX-Request": "true", "HX-Target": "owners"}
        self.headers = {"Cookie": sizes.session(server), "X-Forwarded-Proto": "https", **pane}

    def get(self, path: str) -> float:
        """Return the milliseconds that a page took. Raises SystemExit if it was refused."""
        number = self.random.randrange(self.people.users)
        user = self.people.user(number)
        path = path.format(user=user, start=user[:-3], nick=quote(f"Nick {number}"))
        status, _etag, body = self.client.send(path, Request("GET", path, self.headers))
        if status != 200:
            raise SystemExit(f"{path}: {status} {body[:160]!r}")
        return self.client.times_ms[-1]


def memory(server: site.Site, url: str, count: int) -> Iterator[Result]:
    database = machine.PostgreSQL(url)
    yield Result("size on disk, a conversation", database.bytes() / count / 1000, "kB")
    yield Result("memory of the web server, two workers", server.memory_kb() / 1000, "MB")
    yield Result("memory of PostgreSQL's processes, with its buffers", machine.memory_kb(database.pid) / 1000, "MB")
    database.close()
