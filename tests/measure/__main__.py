"""Measure everything on this machine and print one page: reads, sizes, writes, streams, million, simulation.

    DATABASE_URL=postgres://…/an_empty_database python -m tests.measure [part …] [--seconds 2] [--output docs/performance.md]

Each part makes databases of its own beside the named one, and drops them. A user who may create databases, and for `simulation`
a superuser, on a PostgreSQL server of this machine that does nothing else. With --output, the page replaces what is between the
marks in that file; other languages' pages hold the same table.
"""

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.measure import cost_model, many_rows, reads, results, rows, simulation, sizes, sizing_page, writes
from tests.measure.results import ROOT, Result
from tests.measure.traffic import Assumptions

STREAMS_MODULE = "tests.measure.streams"
STREAMS, STREAMS_S, SIMULATION_CALL_S, SHORT_MIX_MINUTES, CHECK_MINUTES = 5_000, 20, 4.0, 2, 5
Found = tuple[list[Result], dict[str, str]]
Part = Callable[[str, argparse.Namespace], Found]


def streams(database_url: str, options: argparse.Namespace) -> Found:
    """Run the measurement of streams, whose last line is its figures."""
    if importlib.util.find_spec(STREAMS_MODULE) is None:
        return [], {"streams": f"{STREAMS_MODULE} is not there"}
    with rows.scratch(database_url, "streams") as url:
        command = [sys.executable, "-m", STREAMS_MODULE, str(options.streams), str(STREAMS_S)]
        environment = os.environ | {"DATABASE_URL": url}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return [], {"streams": (done.stderr.strip().splitlines() or ["it failed"])[-1]}
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    return [Result(f"{options.streams:,} streams: {one['name']}", one["value"], one["unit"]) for one in figures], {}


def simulated(database_url: str, options: argparse.Namespace) -> Found:
    """Measure the costs of calls, and compare them with a replayed mix."""
    assumed = Assumptions()
    with rows.scratch(database_url, "simulation") as url, simulation.Replay(url) as replay:
        model = replay.costs(assumed, SIMULATION_CALL_S, simulation.LOAD, SHORT_MIX_MINUTES)
        check = replay.check(model, assumed, CHECK_MINUTES, simulation.LOAD)
    if options.keep_costs:
        model.write(cost_model.FILE)
        sizing_page.write(cost_model.CostModel.read())  # rounded, as the test of the pages reads it
    return check.results(), {}


PARTS: dict[str, Part] = {
    "reads": lambda url, options: reads.measure(url, options.seconds),
    "sizes": lambda url, options: sizes.measure(url, options.seconds / 2),
    "writes": lambda url, options: writes.measure(url, options.seconds),
    "streams": streams,
    "million": lambda url, options: many_rows.measure(url, options.seconds, options.rows),
    "simulation": simulated,
}


def main() -> None:
    options = arguments()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        sys.exit("Name an empty PostgreSQL database in DATABASE_URL.")
    # A killed run ends its servers as well.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(1))
    circumstances = results.circumstances(url)
    parts: dict[str, list[Result]] = {}
    left_out = {part: results.NOT_ASKED_FOR for part in PARTS if part not in options.parts}
    for part in options.parts:
        start = time.monotonic()
        parts[part], missing = PARTS[part](url, options)
        left_out |= missing
        print(f"{part}: {time.monotonic() - start:.0f} s\n{results.table(parts[part])}\n", file=sys.stderr, flush=True)
    page = results.page(parts, left_out, circumstances)
    for path in options.output or ():
        results.put_parts(path, page)
    print(page)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", default=list(PARTS), metavar="part", help=f"{', '.join(PARTS)}; all of them without"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=2.0,
        help="of each measurement in each round, batches three times as long (%(default)s)",
    )
    parser.add_argument("--rows", type=int, default=many_rows.ROWS, help="conversations of `million` (%(default)s)")
    parser.add_argument("--streams", type=int, default=STREAMS, help="open event streams of `streams` (%(default)s)")
    parser.add_argument(
        "--keep-costs", action="store_true", help="write what `simulation` measures into costs.json and docs/scaling.md"
    )
    parser.add_argument("--output", type=Path, action="append", help="a page with marks, or a new file; can be repeated")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"unknown part: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
    return options


if __name__ == "__main__":
    main()
