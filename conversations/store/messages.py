"""Messages by their threads: told once or many times, each is one row with all that is known of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import Q

from conversations.models import Message, Thread
from conversations.positions import NO_POSITION
from conversations.store import json_rows

COLUMNS = (
    "thread", "position", "sender", "time_s", "random", "body", "counts_as_unread", "is_shown", "is_recalled", "at_all",
    "at_accounts", "targets",
)  # fmt: skip

KEY = COLUMNS[:2]


@dataclass(slots=True)
class LockedThread:
    """A thread whose messages only this transaction may store."""

    thread: str
    last_position: str
    pruned_position: str


class Change(NamedTuple):
    """What was known of a message, None if nothing, and what is known now."""

    before: Message | None
    after: Message

    @property
    def is_none(self) -> bool:
        return self.before is not None and values_of(self.before) == values_of(self.after)


def lock_threads(threads: Iterable[str]) -> dict[str, LockedThread]:
    """Lock threads until the transaction ends, creating those never seen. Comes before any owner is locked."""
    names = sorted(set(threads))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_threads} (thread) VALUES {', '.join(['(%s)'] * len(names))} "
            f"ON CONFLICT (thread) DO UPDATE SET last_position = {_threads}.last_position "
            "RETURNING thread, last_position, pruned_position",
            names,
        )
        return {row[0]: LockedThread(*row) for row in cursor.fetchall()}


# All of a message but what was said.
OUTLINE = (
    "thread",
    "position",
    "sender",
    "time_s",
    "counts_as_unread",
    "is_shown",
    "is_recalled",
    "at_all",
    "at_accounts",
    "targets",
    "created_at",
)


def outlines(thread: str, after: str, *, up_to: str | None = None, limit: int | None = None) -> Iterator[Message]:
    """The messages past a position, newest first, without their texts: of a body that is known there is ""."""
    found = Message.objects.filter(thread=thread, position__gt=after).order_by("-position")
    if up_to is not None:
        found = found.filter(position__lte=up_to)
    rows = found.values_list(*OUTLINE, Q(body__isnull=False))
    for *values, is_known in rows.iterator(CHUNK) if limit is None else rows[:limit]:
        yield Message(**dict(zip(OUTLINE, values)), body="" if is_known else None)


# Messages read at a time, of any number.
CHUNK = 2000


def before(thread: str, position: str, *, floor: str, limit: int) -> list[Message]:
    """The newest messages of a thread that stand past `floor` and before a position, or all if it is "", the newest first."""
    newest = Message.objects.filter(thread=thread, position__gt=floor).order_by("-position")
    return list((newest.filter(position__lt=position) if position else newest)[:limit])


def after_each(places: Mapping[str, str]) -> Iterator[Message]:
    """The messages of threads past a position of each, in order of their positions; bodies are left empty. One query."""
    if not places:
        return
    columns = ", ".join("CASE WHEN m.body IS NULL THEN NULL ELSE '' END" if name == "body" else f"m.{name}" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM (VALUES {', '.join(['(%s, %s)'] * len(places))}) AS k "
            f"JOIN {_messages} m ON m.thread = k.column1 AND m.position > k.column2 ORDER BY m.position",
            [value for pair in places.items() for value in pair],
        )
        while rows := cursor.fetchmany(CHUNK):
            yield from (Message.from_db(connection.alias, COLUMNS, row) for row in rows)


def number_after_each(places: Mapping[str, str], *, most: int) -> int:
    """How many messages `after_each` gives, counted up to `most`. One query."""
    if not places:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM (VALUES {', '.join(['(%s, %s)'] * len(places))}) AS k "
            f"JOIN {_messages} m ON m.thread = k.column1 AND m.position > k.column2 LIMIT %s) AS found",
            [*(value for pair in places.items() for value in pair), most],
        )
        return cursor.fetchone()[0]


def since(thread: str, time_s: int) -> Iterator[Message]:
    """The messages of a thread from a time on, in their order."""
    return Message.objects.filter(thread=thread, time_s__gte=time_s).order_by("position").iterator(CHUNK)


def sent(threads: Sequence[str], senders: Iterable[str], since_s: int) -> Iterator[tuple[str, int]]:
    """Who of these users said something in the threads from a time on, and when, in order of time."""
    found = Message.objects.filter(thread__any_of=threads, sender__any_of=sorted(senders), time_s__gte=since_s)
    known = found.filter(body__isnull=False).order_by("time_s")
    return known.values_list("sender", "time_s").iterator(CHUNK)


def is_pruned(thread: str) -> bool:
    """Whether messages of a thread are gone."""
    return Thread.objects.filter(thread=thread).exclude(pruned_position=NO_POSITION).exists()


def save_threads(locked: Iterable[LockedThread], ends: Mapping[str, str]) -> None:
    """Write how far the threads go now, where that is not as far as before."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_threads} SET last_position = %s WHERE thread = %s",
            [(one.last_position, one.thread) for one in locked if one.last_position != ends[one.thread]],
        )


def insert(messages: Sequence[Message]) -> set[tuple[str, str]]:
    """Write those that nothing is known of, and say which; one statement."""
    if not messages:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_messages} ({', '.join(COLUMNS)}) VALUES {', '.join([_ONE] * len(messages))} "
            "ON CONFLICT (thread, position) DO NOTHING RETURNING thread, position",
            [value for one in messages for value in values_of(one)],
        )
        return set(cursor.fetchall())


_ONE = f"({', '.join(['%s'] * len(COLUMNS))})"


def remove(thread: LockedThread, places: Sequence[str]) -> None:
    """Take messages away for good; whoever tells of one of them again tells nothing new."""
    if places:
        Message.objects.filter(thread=thread.thread, position__any_of=places).delete()
        thread.pruned_position = max(thread.pruned_position, *places)
        Thread.objects.filter(thread=thread.thread).update(pruned_position=thread.pruned_position)


def find(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Message]:
    """What is stored of the messages at these threads and positions."""
    wanted = sorted(set(keys))
    threads = {thread for thread, _position in wanted}
    if len(threads) == 1:
        # One text to prepare, for the usual case.
        stored = Message.objects.filter(thread=threads.pop(), position__any_of=[position for _thread, position in wanted])
    else:
        stored = _of_keys(wanted) if wanted else ()
    return {(one.thread, one.position): one for one in stored}


def _of_keys(keys: Sequence[tuple[str, str]]) -> list[Message]:
    with connection.cursor() as cursor:
        columns = ", ".join(f"t.{name}" for name in COLUMNS)
        cursor.execute(f"SELECT {columns} FROM {json_rows.of_keys(Message, KEY)}", [json_rows.parameter(KEY, keys)])
        return [Message.from_db(connection.alias, COLUMNS, row) for row in cursor.fetchall()]


def merge(before: Message | None, told: Message) -> Change:
    """Two reports of one message: flags and mentions unite, a body beats none, a recall stands."""
    if before is None:
        return Change(None, told)
    known_time = min((one.time_s for one in (before, told) if one.time_s is not None), default=None)
    after = Message(
        thread=told.thread,
        position=told.position,
        sender=max(before.sender, told.sender),
        time_s=known_time,
        random=max((one.random for one in (before, told) if one.random is not None), default=None),
        # Of two bodies the one that says more; any rule would do that does not depend on the order.
        body=max(
            (one.body for one in (before, told) if one.body is not None), key=lambda body: (len(body), body), default=None
        ),
        counts_as_unread=before.counts_as_unread and told.counts_as_unread,
        is_shown=before.is_shown and told.is_shown,
        is_recalled=before.is_recalled or told.is_recalled,
        at_all=before.at_all or told.at_all,
        at_accounts=_united(before.at_accounts, told.at_accounts),
        targets=_united(before.targets, told.targets),
    )
    return Change(before, after)


def update(messages: Sequence[Message]) -> None:
    """Write more that is known of messages that are there."""
    assignments = ", ".join(f"{name} = %s" for name in COLUMNS[2:])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_messages} SET {assignments} WHERE thread = %s AND position = %s",
            [[*values_of(one)[2:], one.thread, one.position] for one in messages],
        )


def values_of(message: Message) -> list[Any]:
    return [getattr(message, name) for name in COLUMNS]


_threads, _messages = Thread._meta.db_table, Message._meta.db_table


def _united(one: str, other: str) -> str:
    return orjson.dumps(sorted({*orjson.loads(one), *orjson.loads(other)})).decode()
