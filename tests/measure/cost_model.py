"""What each call costs, and what follows from it for n users: processors, memory, disk and machines. Pure arithmetic."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Self

from tests.measure.traffic import HOURS, Assumptions, is_message, one_day

FILE = Path(__file__).parent / "costs.json"
GB = 1e9
PAGE, CHECKPOINT_S = 8192, 300  # PostgreSQL's own, and its default checkpoint_timeout


class Cost(NamedTuple):
    """Of one call, measured by itself.

    Milliseconds of a processor; bytes of records in the write-ahead log, and of images of pages if none was changed since
    the last checkpoint; bytes that it adds to tables that only grow; and how many images there are. They are smaller than a
    page: its free room is left out.
    """

    web_ms: float
    database_ms: float
    wal_bytes: float = 0
    page_bytes: float = 0
    kept_bytes: float = 0
    pages: float = 0


class Use(NamedTuple):
    """What some traffic uses."""

    web_s: float
    database_s: float
    wal_bytes: float
    kept_bytes: float


@dataclass(frozen=True)
class Machines:
    """The machines that are counted, and how much of each is used at the peak."""

    web_processors: int = 16
    database_processors: int = 32
    database_memory_gb: float = 256
    database_disk_gb: float = 8000
    used: float = 0.6


@dataclass(frozen=True)
class Stored:
    """Bytes of what is stored, and the days after which it is deleted (0: never)."""

    conversation: float = 2000  # in the database, with its indexes
    conversation_indexes: float = 300
    active_row: float = 1500  # a page holds several rows, of which not all are asked for
    user: float = 300
    webhook_body: float = 650
    webhook: float = 100
    stream: float = 30_000
    message_days: int = 30
    callback_days: int = 7
    webhook_days: int = 90
    bloat: float = 1.2  # room that changed rows leave until it is used again


@dataclass(frozen=True)
class CostModel:
    """Measured costs of each kind of call; `idle` is what a second without any costs.

    A mix of calls costs more than each of them again and again: less is in the processors' caches, and fewer wait at the same
    time. `mixed_web` and `mixed_database` say how much more processor time that is, measured by replays.
    """

    calls: Mapping[str, Cost]
    idle: Cost
    mixed_web: float = 1.0
    mixed_database: float = 1.0
    measured: str = ""

    @classmethod
    def read(cls, path: Path = FILE) -> Self:
        content = json.loads(path.read_text())
        calls = {kind: Cost(**cost) for kind, cost in content["calls"].items()}
        return cls(calls, Cost(**content["idle"]), content["mixed_web"], content["mixed_database"], content["measured"])

    def write(self, path: Path) -> None:
        def rounded(cost: Cost) -> dict[str, float]:
            return {name: round(value, 3) for name, value in cost._asdict().items()}

        calls = {kind: rounded(cost) for kind, cost in self.calls.items()}
        content = {
            "measured": self.measured, "mixed_web": round(self.mixed_web, 3), "mixed_database": round(self.mixed_database, 3),
            "idle": rounded(self.idle), "calls": calls,
        }  # fmt: skip
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def use(self, counts: Mapping[str, float], seconds: float, database_bytes: float) -> Use:
        """Return what these calls use in this time, at a database of this size. Raises KeyError for a kind without costs."""
        web_ms, database_ms, wal, page_bytes, kept, pages = (
            sum(count * self.calls[kind][place] for kind, count in counts.items()) for place in range(len(Cost._fields))
        )
        return Use(
            (web_ms * self.mixed_web + self.idle.web_ms * seconds) / 1000,
            (database_ms * self.mixed_database + self.idle.database_ms * seconds) / 1000,
            wal + page_bytes * first_touches(pages * CHECKPOINT_S / seconds, database_bytes / PAGE),
            kept,
        )


def first_touches(touches: float, pages: float) -> float:
    """Return the share of touches, each of any of the pages, at which the page was not touched before."""
    return -math.expm1(-touches / pages) * pages / touches if touches else 1.0


class Plan(NamedTuple):
    """What n users need."""

    users: float
    calls: float  # a second at the peak
    row_changes: float  # a second at the peak, by messages
    web_processors: float
    database_processors: float
    wal_mb: float  # a second at the peak
    memory_gb: float
    disk_30_gb: float
    disk_365_gb: float
    all_messages_gb: float  # on disk after 365 days if no message is deleted
    web_machines: int
    database_machines: int
    needs_most: str  # what decides the number of the database's machines


def plan(
    users: float, model: CostModel, assumed: Assumptions, stored: Stored | None = None, machines: Machines | None = None
) -> Plan:
    """Return what these users need at the peak, and on disk after 30 and 365 days."""
    stored, machines = stored or Stored(), machines or Machines()
    peak = assumed.peak(users)
    lists = users * assumed.conversations * stored.conversation
    used = model.use(peak, 1, lists)
    memory_gb = hot_bytes(users, assumed, stored) / GB
    disk_gb = {days: disk_bytes(users, days, model, assumed, stored) / GB for days in (30, 365)}
    needs = {
        "processors": used.database_s / machines.used / machines.database_processors,
        "memory": memory_gb / machines.database_memory_gb,
        "disk": disk_gb[365] / machines.used / machines.database_disk_gb,
    }
    return Plan(
        users, sum(peak.values()), sum(rate for kind, rate in peak.items() if is_message(kind)) * assumed.rows_a_message(),
        used.web_s, used.database_s, used.wal_bytes / 1e6, memory_gb, disk_gb[30], disk_gb[365],
        disk_bytes(users, 365, model, assumed, replace(stored, message_days=0)) / GB,
        max(1, math.ceil(used.web_s / machines.used / machines.web_processors)),
        max(1, math.ceil(max(needs.values()))), max(needs, key=needs.__getitem__),
    )  # fmt: skip


def hot_bytes(users: float, assumed: Assumptions, stored: Stored) -> float:
    """Return what should lie in memory: indexes, the conversations of active users, and open streams."""
    active = users * assumed.active
    rows = active * assumed.conversations * stored.active_row
    return users * assumed.conversations * stored.conversation_indexes + rows + active * assumed.streams * stored.stream


def disk_bytes(users: float, days: int, model: CostModel, assumed: Assumptions, stored: Stored) -> float:
    """Return what is stored after so many days, lists included."""

    def kept(limit: int) -> int:
        return min(days, limit) if limit else days

    lists = users * (assumed.conversations * stored.conversation * stored.bloat + stored.user)
    messages = assumed.messages_a_day(users)
    day = assumed.rates(users, sum(HOURS))  # so many calls a second last an hour: a day's calls
    grown = {is_one: sum(model.calls[kind].kept_bytes * rate * 3600 for kind, rate in day.items() if is_message(kind) is is_one)
             for is_one in (True, False)}  # fmt: skip
    webhooks = messages * (stored.webhook_body * kept(stored.callback_days) + stored.webhook * kept(stored.webhook_days))
    # What a message's call adds is the message and the webhook; the webhook goes sooner.
    message_rows = max(0.0, grown[True] - messages * (stored.webhook_body + stored.webhook))
    return lists + message_rows * kept(stored.message_days) + grown[False] * days + webhooks


def simulated_day(users: float, model: CostModel, assumed: Assumptions) -> tuple[Use, Use]:
    """Return what a whole day uses that is drawn minute by minute, and its busiest minute."""
    lists = users * assumed.conversations * Stored().conversation
    minutes = [model.use(minute, 60, lists) for minute in one_day(assumed, users)]
    return _added(minutes), max(minutes, key=lambda use: use.web_s + use.database_s)


def _added(uses: Iterable[Use]) -> Use:
    return Use(*map(sum, zip(*uses)))
