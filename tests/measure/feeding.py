"""Measure feeding on PostgreSQL beside the bare SQL that writes the same rows, in the same run: compare the ratios.

    DATABASE_URL=postgres://…/a_database_of_its_own python -m tests.measure.feeding [measure_c2c …]

It fills an empty database: groups of 100, 2000 and 6000, and pairs of users.
"""

import itertools
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
os.environ.setdefault("DEBUG", "true")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from conversations.feeding import members as feeding_members  # noqa: E402
from conversations.feeding import messages  # noqa: E402
from conversations.formats.messages import IncomingMessage  # noqa: E402
from conversations.times import now_s  # noqa: E402

SIZES = (100, 2000, 6000)
ROUNDS = 15
TEXT = ({"MsgType": "TIMTextElem", "MsgContent": {"Text": "x" * 200}},)
BARE = (
    "UPDATE conversations_conversation SET unread_count = unread_count + 1, last_message = %s, last_message_at = now(), "
    "last_message_position = %s, activity_key = activity_key + 1, version = version + 1 WHERE conversation_id = %s"
)
BARE_C2C = (
    "UPDATE conversations_conversation SET unread_count = unread_count + 1, last_message = %s, last_message_at = now(), "
    "activity_key = activity_key + 1, version = version + 1 WHERE owner_id = %s AND conversation_id = %s"
)
_seq = itertools.count(time.time_ns() // 1000)  # a run after another one goes on


def group_message(group_id: str, **more) -> IncomingMessage:
    seq = next(_seq)
    return IncomingMessage(sender="u0", group_id=group_id, time_s=now_s(), seq=seq, random=seq % 2**32, elements=TEXT, **more)


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def bare_group(group_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, ["x" * 600, f"{next(_seq):020d}", f"group_{group_id}"])


def measure_groups() -> None:
    for size in SIZES:
        group_id = f"g{size}"
        members = [f"u{n}" for n in range(size)]
        feeding_members.join(group_id, members, at_ms=1000)
        messages.record([group_message(group_id)], now_s=now_s())
        kinds = {
            "bare UPDATE": lambda group_id=group_id: bare_group(group_id),
            "one message": lambda group_id=group_id: messages.record([group_message(group_id)], now_s=now_s()),
            "@all": lambda group_id=group_id: messages.record([group_message(group_id, at_all=True)], now_s=now_s()),
        }
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for _round in range(ROUNDS):
            for name, act in kinds.items():
                times[name].append(seconds(act))
        bare = statistics.median(times["bare UPDATE"])
        for name, taken in times.items():
            middle = statistics.median(taken)
            print(f"{size:5d} members  {name:12s} {middle * 1000:8.1f} ms   {bare / middle:.2f} of the bare UPDATE's speed")


def measure_batch() -> None:
    feeding_members.join("g200", [f"u{n}" for n in range(200)], at_ms=1000)
    messages.record([group_message("g200")], now_s=now_s())
    batches = [[group_message("g200") for _n in range(500)] for _round in range(5)]
    taken = statistics.median(seconds(lambda batch=batch: messages.record(batch, now_s=now_s())) for batch in batches)
    print(f"500 messages to a group of 200 in one request: {taken * 1000:.0f} ms, {500 / taken:.0f} messages a second")


def feed_c2c(worker: int, until: float) -> int:
    count = 0
    while time.time() < until:
        seq = count % 2**32
        sender, peer = f"c{worker}_{count % 50}", f"d{worker}_{count % 50}"
        message = IncomingMessage(
            sender=sender, peer=peer, time_s=now_s(), seq=seq, random=time.time_ns() % 2**32, elements=TEXT
        )
        messages.record([message], now_s=now_s())
        count += 1
    return count


def bare_c2c(worker: int, until: float) -> int:
    count = 0
    with connection.cursor() as cursor:
        while time.time() < until:
            sender, peer = f"c{worker}_{count % 50}", f"d{worker}_{count % 50}"
            for owner, other in ((peer, sender), (sender, peer)):
                cursor.execute(BARE_C2C, ["x" * 600, owner, f"c2c_{other}"])
            count += 1
    return count


def measure_c2c(workers: int = 8, for_s: float = 4) -> None:
    connection.close()
    rates: dict[str, list[float]] = {}
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for _round in range(3):
            for name, run in (("imsite", feed_c2c), ("two bare UPDATEs", bare_c2c)):
                until = time.time() + for_s
                done = pool.starmap(run, [(n, until) for n in range(workers)], chunksize=1)
                rates.setdefault(name, []).append(sum(done) / for_s)
    for name, found in rates.items():
        print(f"one-to-one messages, {workers} processes, {name}: {statistics.median(found):.0f} a second")


if __name__ == "__main__":
    if connection.vendor != "postgresql":
        sys.exit("Name a PostgreSQL database of its own in DATABASE_URL.")
    call_command("migrate", verbosity=0)
    for measure in (measure_groups, measure_batch, measure_c2c):
        if not sys.argv[1:] or measure.__name__ in sys.argv:
            measure()
