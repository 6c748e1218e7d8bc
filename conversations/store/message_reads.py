"""Read stored messages: by key, or a range of a thread."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import connection
from django.db.models import Q

from conversations.models import Message
from conversations.store import json_rows
from conversations.store.statements import rows_of

KEY = ("thread", "position")
COLUMNS = (
    *KEY, "sender", "time_s", "random", "body", "counts_as_unread", "is_shown", "is_recalled", "recalled_by", "edited_at_ms",
    "edit", "at_all", "at_accounts", "targets",
)  # fmt: skip
# Everything about a message but its text.
OUTLINE = (
    *KEY, "sender", "time_s", "counts_as_unread", "is_shown", "is_recalled", "at_all", "at_accounts", "targets", "created_at",
)  # fmt: skip
# Messages read at a time, however many there are.
CHUNK = 2000
# The same where texts are read and most of them dropped.
SCANNED = 200

# Later than the time of any message.
END_S = 1 << 53

MessageKey = tuple[str, str]  # thread, position

_messages = Message._meta.db_table


def find(keys: Sequence[MessageKey]) -> dict[MessageKey, Message]:
    """Return the stored messages at these threads and positions. One query."""
    wanted = sorted(set(keys))
    threads = {thread for thread, _position in wanted}
    stored: Iterable[Message]
    if len(threads) == 1:
        # One text to prepare, for the usual case.
        stored = Message.objects.filter(thread=threads.pop(), position__any_of=[position for _thread, position in wanted])
    else:
        stored = _of_keys(wanted) if wanted else ()
    return {(message.thread, message.position): message for message in stored}


def times(keys: Iterable[MessageKey]) -> dict[MessageKey, int]:
    """Return when the stored messages at these threads and positions were sent, in epoch seconds. One query at most."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    statement = f"SELECT t.thread, t.position, t.time_s FROM {json_rows.of_keys(Message, KEY)} WHERE t.time_s IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(statement, json_rows.keys_parameters(KEY, wanted))
        return {(thread, position): time_s for thread, position, time_s in cursor.fetchall()}


def find_changed(keys: Iterable[MessageKey]) -> dict[MessageKey, Message]:
    """Return those of the messages at these threads and positions that were recalled or edited. One query at most."""
    wanted = sorted(set(keys))
    stored = _of_keys(wanted, "WHERE t.is_recalled OR t.edit <> ''") if wanted else []
    return {(message.thread, message.position): message for message in stored}


def _of_keys(keys: Sequence[MessageKey], condition: str = "") -> list[Message]:
    columns = ", ".join(f"t.{name}" for name in COLUMNS)
    sql = f"SELECT {columns} FROM {json_rows.of_keys(Message, KEY)} {condition}"
    return [Message.from_db(connection.alias, COLUMNS, row) for row in rows_of(sql, json_rows.keys_parameters(KEY, keys))]


def outlines(thread: str, after: str, *, up_to: str | None = None, limit: int | None = None) -> Iterator[Message]:
    """Yield the messages after a position, newest first, without their texts: a known body is ""."""
    stored = Message.objects.filter(thread=thread, position__gt=after).order_by("-position")
    if up_to is not None:
        stored = stored.filter(position__lte=up_to)
    rows = stored.values_list(*OUTLINE, Q(body__isnull=False))  # type: ignore[arg-type]  # a condition is an expression
    for *values, has_body in rows.iterator(CHUNK) if limit is None else rows[:limit]:
        yield Message.of(**dict(zip(OUTLINE, values)), body="" if has_body else None)


def before(thread: str, position: str, *, floor: str, limit: int) -> list[Message]:
    """Return the newest messages between `floor` and a position, newest first. The position "" is the thread's end."""
    newest = Message.objects.filter(thread=thread, position__gt=floor).order_by("-position")
    return list((newest.filter(position__lt=position) if position else newest)[:limit])


def back_from(thread: str, position: str, *, floor: str, limit: int) -> Iterator[Message]:
    """Yield what `before` returns, without holding all of it in memory."""
    newest = Message.objects.filter(thread=thread, position__gt=floor).order_by("-position")
    return (newest.filter(position__lt=position) if position else newest)[:limit].iterator(SCANNED)


def starting(thread: str, position: str, *, floor: str, limit: int) -> list[Message]:
    """Return the oldest messages from a position on, oldest first, none up to `floor`."""
    return list(Message.objects.filter(thread=thread, position__gte=position, position__gt=floor).order_by("position")[:limit])


def first_since(thread: str, time_s: int) -> str:
    """Return the position of the first message from a time on; "" without one."""
    stored = Message.objects.filter(thread=thread, time_s__gte=time_s).order_by("time_s", "position")
    return stored.values_list("position", flat=True).first() or ""


def since(thread: str, time_s: int) -> Iterator[Message]:
    """Yield the messages of a thread from a time on, in order of position."""
    return Message.objects.filter(thread=thread, time_s__gte=time_s).order_by("position").iterator(CHUNK)


def sent(threads: Sequence[str], senders: Iterable[str], since_s: int) -> Iterator[tuple[str, int]]:
    """Yield sender and time of these users' messages in the threads from a time on, in order of time."""
    stored = Message.objects.filter(thread__any_of=threads, sender__any_of=sorted(senders), time_s__gte=since_s)
    with_body = stored.filter(body__isnull=False).order_by("time_s")
    return with_body.values_list("sender", "time_s").iterator(CHUNK)


def after_each(floors: Mapping[str, str]) -> Iterator[Message]:
    """Yield the messages after a position of each thread, in order of position, without texts. One query."""
    if not floors:
        return
    without_text = {"body": "CASE WHEN m.body IS NULL THEN NULL ELSE '' END", "edit": "''"}
    columns = ", ".join(without_text.get(name, f"m.{name}") for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} {_from_floors(floors)} ORDER BY m.position", _parameters(floors))
        while rows := cursor.fetchmany(CHUNK):
            yield from (Message.from_db(connection.alias, COLUMNS, row) for row in rows)


def newest_shown_after_each(floors: Mapping[str, str]) -> dict[str, str]:
    """Return, by thread, the position of its newest message after the floor that can be a last message. One query."""
    if not floors:
        return {}
    can_be_last = "m.is_shown AND m.body IS NOT NULL"
    newest = f"SELECT m.thread, max(m.position) {_from_floors(floors)} WHERE {can_be_last} GROUP BY m.thread"
    return dict(rows_of(newest, _parameters(floors)))


def number_after_each(floors: Mapping[str, str], *, most: int) -> int:
    """Return how many messages `after_each` yields, counted up to `most`. One query."""
    if not floors:
        return 0
    with connection.cursor() as cursor:
        counted = f"SELECT 1 {_from_floors(floors)} LIMIT %s"
        cursor.execute(f"SELECT count(*) FROM ({counted}) AS counted", [*_parameters(floors), most])
        return int(cursor.fetchone()[0])


def _from_floors(floors: Mapping[str, str]) -> str:
    return (
        f"FROM (VALUES {', '.join(['(%s, %s)'] * len(floors))}) AS k "
        f"JOIN {_messages} m ON m.thread = k.column1 AND m.position > k.column2"
    )


def _parameters(floors: Mapping[str, str]) -> list[str]:
    return [value for thread_and_floor in floors.items() for value in thread_and_floor]


def counts_between(thread: str, times_s: Sequence[int], *, most: int) -> list[int]:
    """Return the number of a thread's messages, `most` or fewer, between each two of the times, which fall. One statement."""
    part = (
        f"SELECT %s AS n, (SELECT count(*) FROM (SELECT 1 FROM {_messages} WHERE thread = %s AND time_s >= %s AND time_s < %s "
        "AND body IS NOT NULL LIMIT %s) AS m)"
    )
    spans = list(zip(times_s[1:], times_s))
    parameters = [value for n, (start, end) in enumerate(spans) for value in (n, thread, start, end, most)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([part] * len(spans)) + " ORDER BY n", parameters)
        return [count for _n, count in cursor.fetchall()]
