"""What n users need, from measured costs; and whether a real server uses what the model says.

    python -m tests.measure.simulation [--set to_groups=10 …]                        1, 10 and 100 million users
    DATABASE_URL=postgres://…/an_empty_database python -m tests.measure.simulation --calibrate [seconds of each call]
    DATABASE_URL=postgres://…/an_empty_database python -m tests.measure.simulation --check [minutes]

`--calibrate` measures every figure of costs.json and writes the file again. `--check` replays the busiest hour of as many users
as the model says keep `--load` processors busy, an hour long unless said otherwise. Both want Linux, and a PostgreSQL server
that does nothing else, as superuser.
"""

import argparse
import os
import sys
import time
from dataclasses import replace
from typing import NamedTuple

from tests.measure import cost_model, load, machine, results, rows, site, sizing_page
from tests.measure.cost_model import Cost, CostModel, Use
from tests.measure.people import People
from tests.measure.results import Result, number
from tests.measure.traffic import HOURS, Assumptions

USERS = 6_000
LOAD, SECONDS, IDLE_S, WARM_UP_S, MIX_MINUTES, MIXES = 0.8, 12.0, 20, 20, 3, 3
CLIENTS = 4


class Meter:
    """What a site and its database use from its beginning on."""

    def __init__(self, server: site.Site, database: machine.PostgreSQL):
        self.server, self.database = server, database
        self.start = self._now()
        self.wal_start = database.wal_position()

    def _now(self) -> tuple[float, float, int]:
        return self.server.processor_s(), self.database.processor_s(), self.database.kept_bytes()

    def used(self) -> Use:
        web_s, database_s, kept_bytes = (value - then for value, then in zip(self._now(), self.start))
        return Use(web_s, database_s, self.database.wal_bytes_since(self.wal_start), kept_bytes)

    def wal(self) -> tuple[int, int]:
        """Return the bytes in the log of records, and of images of pages."""
        return self.database.wal_since(self.wal_start)


class Replay:
    """A server with the users of a simulation, in a database that was empty or was filled by an earlier run."""

    def __init__(self, database_url: str, users: int = USERS):
        self.people, self.database_url = People(users), database_url
        self.site = site.Site(database_url)

    def __enter__(self) -> "Replay":
        self.site.__enter__()
        try:
            self.database = machine.PostgreSQL(self.database_url)
            if not self._is_filled():
                self.people.fill(self.database_url)
                self.people.fill_groups(self.site.address, self.site.service_key())
                rows.vacuum(self.database_url)
        except BaseException:
            self.site.__exit__()
            raise
        return self

    def __exit__(self, *_exception) -> None:
        self.database.close()
        self.site.__exit__()

    def _is_filled(self) -> bool:
        (count,) = self.database.connection.execute("SELECT count(*) FROM conversations_owner").fetchone()
        if count not in (0, self.people.users):
            sys.exit(f"The database has {count} users. Name an empty one in DATABASE_URL.")
        return count > 0

    def send(self, rates: dict[str, float], seconds: float) -> load.Load:
        return load.steadily(self.site.port, self.people, rates, seconds=seconds, clients=CLIENTS)

    # ---- Measuring the costs ------------------------------------------------------------------

    def costs(self, assumed: Assumptions, seconds: float, processors: float, mix_minutes: float = MIX_MINUTES) -> CostModel:
        """Measure each kind of call by itself, as fast as two clients get answers, and then what a mix costs beside that.

        The mix is sent several times, each at the rate that the model gives after the one before: the higher the rate, the more
        calls share a commit, a notification or a look at the queue, and the less each costs.
        """
        meter = Meter(self.site, self.database)
        time.sleep(IDLE_S)
        used = meter.used()
        idle = Cost(1000 * used.web_s / IDLE_S, 1000 * used.database_s / IDLE_S)
        calls = {kind: self._cost(kind, idle, seconds) for kind in assumed.calls_a_day()}
        about = results.circumstances(self.database_url)
        measured = f"{about['Date']}, {about['Machine']}; {about['Versions']}; commit {about['Commit']}"
        model = CostModel(calls, idle, measured=measured)
        for _mix in range(MIXES):
            check = self.check(model, assumed, mix_minutes, processors)
            idle_s = (idle.web_ms * check.seconds / 1000, idle.database_ms * check.seconds / 1000)
            web, database = ((used - idle) / (said - idle) for used, said, idle in zip(check.used, check.said, idle_s))
            print(f"The mix costs {web:.2f} (web) and {database:.2f} (database) times what the model says", flush=True)
            model = replace(model, mixed_web=model.mixed_web * web, mixed_database=model.mixed_database * database)
        return model

    def _cost(self, kind: str, idle: Cost, seconds: float) -> Cost:
        self.database.checkpoint()
        meter = Meter(self.site, self.database)
        # Hardly any page is changed twice: all of them are logged.
        first = self._send_only(kind, 2).counts.total()
        page_bytes = meter.wal()[1] / first
        pages = self.database.images_since(meter.wal_start) / first
        meter = Meter(self.site, self.database)
        done = self._send_only(kind, seconds)
        used, count = meter.used(), done.counts.total()
        of_idle_s = done.seconds / 1000
        cost = Cost(
            1000 * max(0.0, used.web_s - idle.web_ms * of_idle_s) / count,
            1000 * max(0.0, used.database_s - idle.database_ms * of_idle_s) / count,
            meter.wal()[0] / count, page_bytes, used.kept_bytes / count, pages,
        )  # fmt: skip
        print(f"{kind:20s} {done.rate:7.0f} a second, {', '.join(f'{value:.2f}' for value in cost)}", flush=True)
        return cost

    def _send_only(self, kind: str, seconds: float) -> load.Load:
        return load.repeat_calls(self.site.port, self.people, kind, seconds=seconds, clients=2)

    # ---- Checking the model -------------------------------------------------------------------

    def check(self, model: CostModel, assumed: Assumptions, minutes: float, processors: float) -> "Check":
        """Replay the busiest hour's mix for so long, of as many users as the model says keep these processors busy."""
        mix, size = assumed.rates(1, max(HOURS)), self.database.bytes()
        idle, one = model.use({}, 1, size), model.use(mix, 1, size)
        spare = processors - idle.web_s - idle.database_s
        users = spare / (one.web_s + one.database_s - idle.web_s - idle.database_s)
        rates = assumed.rates(users, max(HOURS))
        print(f"The busiest hour of {users:,.0f} users: {sum(rates.values()):.0f} calls a second", flush=True)
        self.send(rates, WARM_UP_S)
        meter, start = Meter(self.site, self.database), time.monotonic()
        done = self.send(rates, 60 * minutes)
        used, seconds = meter.used(), time.monotonic() - start
        said = model.use(done.counts, seconds, size)
        return Check(users, done, said, used, self.database.bytes() - size, seconds)


class Check(NamedTuple):
    """What the model says that the sent calls use, and what they used."""

    users: float
    load: load.Load
    said: Use
    used: Use
    grown_bytes: int  # the whole database, with the room that changed rows leave
    seconds: float

    def results(self) -> list[Result]:
        """Return each figure with its ratio to what the model says: 1.2 is a fifth more than it says."""
        names = {
            "web_s": ("processor time of the web server", 1, "s"),
            "database_s": ("processor time of PostgreSQL", 1, "s"),
            "wal_bytes": ("write-ahead log", 1e6, "MB"),
            "kept_bytes": ("growth of messages, webhooks and history", 1e6, "MB"),
        }
        found = [
            Result(f"replay, {name}", used / scale, unit, used / said, self._model(said / scale, unit))
            for (name, scale, unit), used, said in zip(names.values(), self.used, self.said)
        ]
        together, said = sum(self.used[:2]), sum(self.said[:2])
        return [
            Result("replay, calls a second", self.load.rate, "/s"),
            Result("replay, 99th percentile of all calls", self.load.p99_ms, "ms"),
            *found,
            Result("replay, processor time of both", together, "s", together / said, self._model(said, "s")),
            self._whole_growth(),
        ]

    def _whole_growth(self) -> Result:
        """Compare the whole database with what only grows: other tables take more room only until it is used again."""
        said = self.said.kept_bytes
        name, beside = "replay, growth of the whole database", self._model(said / 1e6, "MB")
        return Result(name, self.grown_bytes / 1e6, "MB", self.grown_bytes / said, beside)

    @staticmethod
    def _model(value: float, unit: str) -> str:
        return f"the model: {number(value)} {unit}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="change an assumption")
    parser.add_argument("--write-docs", action="store_true", help="write the tables of docs/scaling.md and its Chinese page")
    parser.add_argument("--calibrate", nargs="?", type=float, const=SECONDS, metavar="SECONDS")
    parser.add_argument("--check", nargs="?", type=float, const=60.0, metavar="MINUTES")
    parser.add_argument("--load", type=float, default=LOAD, help="processors that the check keeps busy (%(default)s)")
    options = parser.parse_args()
    try:
        assumed = Assumptions.of({name: float(value) for name, _is, value in (pair.partition("=") for pair in options.set)})
    except ValueError as error:
        parser.error(str(error))
    if options.write_docs:
        sizing_page.write(CostModel.read())
    elif options.calibrate or options.check:
        with Replay(_database_url()) as replay:
            if options.calibrate:
                replay.costs(assumed, options.calibrate, options.load).write(cost_model.FILE)
            if options.check:
                check = replay.check(CostModel.read(), assumed, options.check, options.load)
                print(results.table(check.results()))
                print(f"Sent: {dict(check.load.counts)}; refused: {dict(check.load.refused)}")
    else:
        print(sizing_page.text(CostModel.read(), assumed))


def _database_url() -> str:
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        sys.exit("Name an empty PostgreSQL database in DATABASE_URL.")
    return url


if __name__ == "__main__":
    main()
