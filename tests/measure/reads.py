"""The hot reads over HTTP, with UserSigs and with a service key: one conversation, 100 by ID, the first page of 50; deep pages.

Where ../shared/bench and wrk are, its peers answer the same in turn. Otherwise bare_wsgi.py does, on our own tables.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.measure import long_lists, rows, site
from tests.measure.calls import API, PAGE, Calls, Request
from tests.measure.load import Client, Load, at_full_speed
from tests.measure.people import NEIGHBOURS, People
from tests.measure.results import ROOT, Result
from tests.measure.turns import in_turn, quickness, rate, slowest, speed

BENCH = ROOT.parent / "shared" / "bench"
OWNERS, EACH = 1000, 100
DEEP, DEEP_PAGE = 10_500, 200
SCENARIOS = {"lookup1": "one conversation", "lookup100": "100 conversations by ID", "list50": "the first page of 50"}
CREDENTIALS = {"project": "UserSig", "project_key": "service key"}
LINE = re.compile(r"(\w+) +(\w+) +rps +([\d.]+) +p50 +([\d.]+) ms +p99 +([\d.]+) ms(.*)")


def why_no_bench() -> str:
    """Return why the peers of ../shared/bench can't be measured; "" if they can."""
    if not (BENCH / "run.py").exists():
        return "../shared/bench is not there"
    missing = [tool for tool in ("wrk", "uvicorn") if not shutil.which(tool)]
    return f"not on the PATH: {', '.join(missing)} (see ../shared/bench/README.md)" if missing else ""


def measure(database_url: str, seconds: float) -> tuple[list[Result], dict[str, str]]:
    """Return the results, and what was left out with the reason."""
    why = why_no_bench()
    with rows.scratch(database_url, "reads") as url:
        if why:
            return [*beside_bare(url, seconds), *deep_pages(url, seconds)], {"reads beside the peers": why}
        return [*beside_peers(url, seconds), *deep_pages(url, seconds)], {}


# ---- Beside the peers of ../shared/bench -----------------------------------------------------


def beside_peers(url: str, seconds: float) -> list[Result]:
    """Load the bench's data into a site, and let the bench measure it with its peers."""
    with tempfile.TemporaryDirectory() as folder, site.Site(url) as server, rows.scratch(url, "peers") as peers_url:
        data = Path(folder, "data.jsonl")
        make = [sys.executable, BENCH / "make_data.py", str(OWNERS), str(EACH)]
        data.write_bytes(subprocess.run(make, check=True, capture_output=True).stdout)
        server.manage("import_conversations", str(data))
        command = [
            sys.executable, BENCH / "run.py", data, "--project", server.address, "--service-key", server.service_key(),
            "--seconds", str(max(1, round(seconds))), "--scenarios", ",".join(SCENARIOS),
        ]  # fmt: skip
        # granian is there beside our Python.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"BENCH_DSN": dsn_of(peers_url), "PATH": path}
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"../shared/bench/run.py failed:\n{done.stdout}{done.stderr}")
    return results_of(done.stdout)


def dsn_of(url: str) -> str:
    """Return a database's address in the form that the peers split: names and values without quotes."""
    parts = urlsplit(url)
    names = {"host": parts.hostname, "port": parts.port or 5432, "user": parts.username, "dbname": parts.path[1:]}
    if parts.password:
        names["password"] = parts.password
    return " ".join(f"{name}={value}" for name, value in names.items())


def results_of(text: str) -> list[Result]:
    """Return what the bench printed: each project line once for each peer that it was compared with."""
    found = []
    for line in text.splitlines():
        if not (match := LINE.match(line)):
            continue
        scenario, server, rps, p50, p99, more = match.groups()
        name = f"{SCENARIOS[scenario]}, {CREDENTIALS.get(server, server)}"
        if server not in CREDENTIALS:
            found.append(Result(name, float(rps), "/s"))
            continue
        found += [Result(name, float(rps), "/s", float(times), peer) for times, peer in re.findall(r"x([\d.]+) of (\w+)", more)]
        found += [Result(f"{name}, median", float(p50), "ms"), Result(f"{name}, 99th percentile", float(p99), "ms")]
    return found


# ---- Beside a bare server of our own -----------------------------------------------------------


def beside_bare(url: str, seconds: float) -> list[Result]:
    people, results = People(OWNERS), []
    with site.Site(url) as server, site.bare_server(url) as bare_port:
        people.fill(url)
        key = server.service_key()
        for name, ours, bare in (
            ("one conversation", "one", 1),
            (f"{2 * NEIGHBOURS} conversations by ID", "all", 2 * NEIGHBOURS),
            ("the first page of 50", "list", 0),
        ):
            acts = {
                "bare": partial(at_full_speed, bare_port, partial(bare_reads, people, bare), seconds=seconds),
                "UserSig": partial(at_full_speed, server.port, partial(our_reads, people, ours, ""), seconds=seconds),
                "service key": partial(at_full_speed, server.port, partial(our_reads, people, ours, key), seconds=seconds),
            }
            loads = in_turn(acts)
            results.append(Result(f"{name}, bare WSGI", rate(loads["bare"]), "/s"))
            for credential in ("UserSig", "service key"):
                results.append(speed(f"{name}, {credential}", loads[credential], loads["bare"], "bare WSGI"))
                results.append(slowest(f"{name}, {credential}", loads[credential]))
    return results


def our_reads(people: People, kind: str, key: str, number: int) -> Callable[[], Request]:
    """Return what makes requests for one user after another, with their UserSigs or with a service key."""
    calls = Calls(people, number)

    def request() -> Request:
        made = calls.request("list" if kind == "all" else kind)
        if kind == "all":
            peers = people.neighbours(int(made.user[1:]))
            made = made._replace(path=f"{API}lookup/?{urlencode([('id', f'c2c_{peer}') for peer in peers])}")
        if key:
            path = f"{made.path}{'&' if '?' in made.path else '?'}owner={made.user}"
            made = made._replace(path=path, headers={"Authorization": f"Bearer {key}"})
        return made

    return request


def bare_reads(people: People, count: int, number: int) -> Callable[[], Request]:
    calls = Calls(people, number)

    def request() -> Request:
        user = calls.random.randrange(people.users)
        ids = [("id", f"c2c_{peer}") for peer in people.neighbours(user)[:count]]
        return Request("GET", f"/?{urlencode([('owner', people.user(user)), *ids])}", {})

    return request


# ---- Deep pages -----------------------------------------------------------------------------


def deep_pages(url: str, seconds: float) -> list[Result]:
    """Compare page 200 with page 1 of one list, by one client."""
    with site.Site(url) as server:
        owner = long_lists.fill(url, DEEP)
        key = server.service_key()
        pages = {"page 1": page_path(owner), f"page {DEEP_PAGE}": deep_path(server, key, owner, DEEP_PAGE)}
        acts = {name: partial(one_path, server, key, path, seconds) for name, path in pages.items()}
        first, deep = in_turn(acts).values()
    name = f"page {DEEP_PAGE} of {PAGE} conversations, one client"
    return [Result(name, deep[0].p50_ms, "ms", quickness(deep, first), "page 1")]


def page_path(owner: str, next_seq: str = "") -> str:
    return f"{API}?{urlencode({'owner': owner, 'count': PAGE} | ({'nextSeq': next_seq} if next_seq else {}))}"


def deep_path(server: site.Site, key: str, owner: str, page: int) -> str:
    """Read on to a page, and return its address."""
    client, path = Client(server.port), page_path(owner)
    for _page in range(page - 1):
        _status, _etag, body = client.send("", Request("GET", path, {"Authorization": f"Bearer {key}"}))
        path = page_path(owner, json.loads(body)["nextSeq"])
    return path


def one_path(server: site.Site, key: str, path: str, seconds: float, **headers: str) -> Load:
    request = Request("GET", path, {"Authorization": f"Bearer {key}", **headers})
    return at_full_speed(server.port, lambda _number: lambda: request, seconds=seconds, clients=1)
