"""Store messages by thread and position: each is one row with everything known of it, however often it arrives."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from conversations.formats import message_body
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.models import Message, Thread
from conversations.store import message_positions
from conversations.store.message_reads import COLUMNS, KEY, MessageKey, find
from conversations.store.threads import LockedThread, save_threads

_messages = Message._meta.db_table


class Change(NamedTuple):
    """A message before and after an update; `before` is None for an unknown message."""

    before: Message | None
    after: Message

    @property
    def is_empty(self) -> bool:
        """Whether the update brought nothing new."""
        return self.before is not None and _values_of(self.before) == _values_of(self.after)

    @property
    def is_new_message(self) -> bool:
        """Whether the message arrived for the first time; its recall may have been known."""
        return self.before is None or self.before.body is None


class Outcome(NamedTuple):
    """An incoming message, with the position that the server may have assigned, and whether it was stored before."""

    message: IncomingMessage
    is_duplicate: bool


class Recorded(NamedTuple):
    """The outcome of each incoming message, in their order, and the changes in order of thread and position."""

    outcomes: list[Outcome]
    changes: list[Change]


def record(incoming: Sequence[IncomingMessage], threads: Mapping[str, LockedThread], *, now_s: int) -> Recorded:
    """Store incoming messages of locked threads.

    A message without a time, a number or a random gets one. Changes include messages that brought nothing new.
    """
    completed = message_positions.complete(incoming, threads, now_s)
    for message in completed:
        threads[message.thread].extend_to(message.position)
    changes = _merge_into_stored(map(_to_row, completed), threads)
    save_threads(threads.values())
    new = {_key(change.after) for change in changes if change.is_new_message}
    outcomes = []
    for message in completed:
        key = (message.thread, message.position)
        outcomes.append(Outcome(message, key not in new))
        new.discard(key)  # the same message again, in the same request
    return Recorded(outcomes, changes)


def recall(recalled: C2CRecall | GroupRecall, threads: Mapping[str, LockedThread]) -> list[Change]:
    """Mark messages of a locked thread as recalled; an unknown one is recalled on arrival."""
    rows = [
        Message(
            thread=recalled.thread, position=position, sender="", time_s=None, random=None, body=None, counts_as_unread=True,
            is_shown=True, is_recalled=True, at_all=False, at_accounts="[]", targets="[]",
        )
        for position in recalled.positions
    ]  # fmt: skip
    return _merge_into_stored(rows, threads)


def merge(before: Message | None, incoming: Message) -> Change:
    """Merge two reports of one message: flags and mentions unite, a body beats none, a recall stands.

    The result does not depend on the order of the reports.
    """
    if before is None:
        return Change(None, incoming)
    both = (before, incoming)
    after = Message(
        thread=incoming.thread,
        position=incoming.position,
        sender=max(before.sender, incoming.sender),
        time_s=min((message.time_s for message in both if message.time_s is not None), default=None),
        random=max((message.random for message in both if message.random is not None), default=None),
        # Of two bodies the longer one; any rule would do that does not depend on the order.
        body=max((message.body for message in both if message.body is not None), key=_length_and_text, default=None),
        counts_as_unread=before.counts_as_unread and incoming.counts_as_unread,
        is_shown=before.is_shown and incoming.is_shown,
        is_recalled=before.is_recalled or incoming.is_recalled,
        at_all=before.at_all or incoming.at_all,
        at_accounts=_union(before.at_accounts, incoming.at_accounts),
        targets=_union(before.targets, incoming.targets),
    )
    return Change(before, after)


def _length_and_text(body: str) -> tuple[int, str]:
    return len(body), body


def remove(thread: LockedThread, positions: Sequence[str]) -> None:
    """Delete messages of a locked thread for good; a copy that arrives later is ignored."""
    if positions:
        Message.objects.filter(thread=thread.thread, position__any_of=positions).delete()
        thread.pruned_position = max(thread.pruned_position, *positions)
        Thread.objects.filter(thread=thread.thread).update(pruned_position=thread.pruned_position)


# ---- Rows --------------------------------------------------------------------------------------


def _merge_into_stored(rows: Iterable[Message], threads: Mapping[str, LockedThread]) -> list[Change]:
    """Store each row, merged with the stored row of its key, and return the changes in order of their keys.

    A copy of a pruned message is ignored. So is an unknown message before the last pruned one: it may be a copy.
    """
    incoming: dict[MessageKey, Message] = {}
    for row in rows:
        incoming[_key(row)] = merge(incoming.get(_key(row)), row).after
    new = _insert([row for row in incoming.values() if row.position > threads[row.thread].pruned_position])
    stored = find([key for key in incoming if key not in new])
    changes = [merge(stored.get(key), incoming[key]) for key in sorted(incoming) if key in new or key in stored]
    _update([change.after for change in changes if change.before is not None and not change.is_empty])
    return changes


def _insert(rows: Sequence[Message]) -> set[MessageKey]:
    """Insert unknown messages and return their keys. One statement."""
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_messages} ({', '.join(COLUMNS)}) VALUES {', '.join([_ROW] * len(rows))} "
            "ON CONFLICT (thread, position) DO NOTHING RETURNING thread, position",
            [value for row in rows for value in _values_of(row)],
        )
        return set(cursor.fetchall())


_ROW = f"({', '.join(['%s'] * len(COLUMNS))})"


def _update(rows: Sequence[Message]) -> None:
    """Update stored messages."""
    updated = COLUMNS[len(KEY) :]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_messages} SET {', '.join(f'{name} = %s' for name in updated)} WHERE thread = %s AND position = %s",
            [[*_values_of(row)[len(KEY) :], *_key(row)] for row in rows],
        )


def _key(row: Message) -> MessageKey:
    return row.thread, row.position


def _values_of(row: Message) -> list[Any]:
    return [getattr(row, name) for name in COLUMNS]


def _union(first: str, second: str) -> str:
    return orjson.dumps(sorted({*orjson.loads(first), *orjson.loads(second)})).decode()


def _to_row(message: IncomingMessage) -> Message:
    """Return the message as everybody but its sender sees it."""
    return Message(
        thread=message.thread,
        position=message.position,
        sender=message.sender,
        time_s=message.time_s,
        random=message.random,
        body=orjson.dumps(message_body.last_message(message, is_self=False)).decode(),
        counts_as_unread=message.counts_as_unread and not message.comes_read,
        is_shown=message.is_shown_last,
        is_recalled=False,
        at_all=message.at_all and not message.comes_read,
        at_accounts=orjson.dumps(sorted(set(() if message.comes_read else message.at_accounts))).decode(),
        targets=orjson.dumps(sorted(set(message.targets))).decode(),
    )
