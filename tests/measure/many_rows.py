"""Ten million conversations beside a million, or as many as are asked for: the same calls of random users, in turn."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from tests.measure import load, machine, people, rows, site
from tests.measure.people import NEIGHBOURS, People
from tests.measure.results import Result
from tests.measure.turns import in_turn, rate, ratio, slowest

ROWS, TIMES_FEWER = 10_000_000, 10
KINDS = {
    "one": "one conversation",
    "list": "the first page of 50",
    "lookup": "20 conversations by ID",
    "pin": "a pin",
    "draft": "a draft",
}
CLIENTS = 8


def measure(database_url: str, seconds: float, count: int = ROWS) -> tuple[list[Result], dict[str, str]]:
    few, many = (People(max(2 * people.QUIET, size // (2 * NEIGHBOURS))) for size in (count // TIMES_FEWER, count))
    with ExitStack() as stack:
        few_url, many_url = (stack.enter_context(rows.scratch(database_url, name)) for name in ("few", "many"))
        few_site, many_site = (stack.enter_context(site.Site(url)) for url in (few_url, many_url))
        few.fill(few_url)
        start = time.monotonic()
        many.fill(many_url)
        results = [Result(f"filling {count:,} conversations", time.monotonic() - start, "s")]
        results += compared(few_site, few, many_site, many, seconds)
        return [*results, *memory(many_site, many_url, count)], {}


def compared(few_site: site.Site, few: People, many_site: site.Site, many: People, seconds: float) -> Iterator[Result]:
    few_rows, many_rows = (f"{who.users * 2 * NEIGHBOURS:,} conversations" for who in (few, many))
    for kind, name in KINDS.items():
        acts = {
            server: partial(load.repeat_calls, server.port, who, kind, seconds=seconds, clients=CLIENTS)
            for server, who in ((few_site, few), (many_site, many))
        }
        loads = in_turn(acts)
        beside = f"{few_rows}: {rate(loads[few_site]):,.0f} /s"
        yield Result(f"{name}, {many_rows}", rate(loads[many_site]), "/s", ratio(loads[many_site], loads[few_site]), beside)
        yield slowest(f"{name}, {many_rows}", loads[many_site])


def memory(server: site.Site, url: str, count: int) -> Iterator[Result]:
    database = machine.PostgreSQL(url)
    yield Result("size on disk, a conversation", database.bytes() / count / 1000, "kB")
    yield Result("memory of the web server, two workers", server.memory_kb() / 1000, "MB")
    yield Result("memory of PostgreSQL's processes, with its buffers", machine.memory_kb(database.pid) / 1000, "MB")
    database.close()
