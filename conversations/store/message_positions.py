"""Complete incoming messages: each needs a time, a number and, one to one, a random to have a position in its thread."""

import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

from conversations import positions
from conversations.formats.messages import IncomingMessage
from conversations.models import Message
from conversations.store import json_rows
from conversations.store.statements import Rows, rows_of
from conversations.store.threads import LockedThreads

# A message without a position is a repeat if its sender sent the same random within this time.
REPEAT_WINDOW_S = 300
RANDOM_LIMIT = 1 << 32
FOUND_BY = ("thread", "random")

RepeatKey = tuple[str, str, int | None]  # thread, sender, random


def newest_known(incoming: Sequence[IncomingMessage]) -> dict[str, str]:
    """Return the newest position of each one-to-one thread as far as the messages have theirs already."""
    newest: dict[str, str] = {}
    for message in incoming:
        is_known = not _is_incomplete(message) and message.random is not None
        position = message.position if is_known else positions.NO_POSITION
        newest[message.thread] = max(position, newest.get(message.thread, positions.NO_POSITION))
    return newest


def complete(incoming: Sequence[IncomingMessage], threads: LockedThreads, now_s: int) -> list[IncomingMessage]:
    """Return the messages with time, number and random; a recent repeat of an incomplete one gets those of the first.

    A message that lacks nothing is returned as it is. A group's next number follows its last one. `threads` is only called for
    groups: that sends a lock that was put off.
    """
    repeats = _find_repeats(incoming, now_s)
    completed = []
    for message in incoming:
        if _is_incomplete(message) and (repeated := repeats.get(_repeat_key(message))):
            message = repeated
        else:
            last = threads()[message.thread].last_position if message.group_id else positions.NO_POSITION
            message = _complete(message, last, now_s)
            if message.random is not None:
                repeats.setdefault(_repeat_key(message), message)
        if message.group_id:
            threads()[message.thread].extend_to(message.position)
        completed.append(message)
    return completed


def _repeat_key(message: IncomingMessage) -> RepeatKey:
    return message.thread, message.sender, message.random


def _is_incomplete(message: IncomingMessage) -> bool:
    return message.seq is None or (message.time_s is None and not message.group_id)


def _complete(message: IncomingMessage, last: str, now_s: int) -> IncomingMessage:
    if None not in (message.time_s, message.seq) and (message.group_id or message.random is not None):
        return message
    time_s = now_s if message.time_s is None else message.time_s
    if message.group_id:
        next_seq = int(last or 0) + 1
        return replace(message, time_s=time_s, seq=next_seq if message.seq is None else message.seq)
    random_ = random.randrange(RANDOM_LIMIT) if message.random is None else message.random  # noqa: S311
    return replace(message, time_s=time_s, seq=random_ if message.seq is None else message.seq, random=random_)


def _find_repeats(incoming: Sequence[IncomingMessage], now_s: int) -> dict[RepeatKey, IncomingMessage]:
    """Return the incomplete messages that are stored already, with their stored time and number. One query, if any."""
    incomplete = {
        _repeat_key(message): message for message in incoming if _is_incomplete(message) and message.random is not None
    }
    if not incomplete:
        return {}
    repeats: dict[RepeatKey, IncomingMessage] = {}
    for *stored, position, time_s in _recent({(thread, random_) for thread, _sender, random_ in incomplete}, now_s):
        key = cast(RepeatKey, tuple(stored))
        if key in incomplete:
            seq = positions.seq_of(position, is_group=bool(incomplete[key].group_id))
            repeats.setdefault(key, replace(incomplete[key], time_s=time_s, seq=seq))
    return repeats


def _recent(keys: Collection[tuple[str, int | None]], now_s: int) -> Rows:
    """Return thread, sender, random, position and time of the recent ones, in order of position. One query."""
    columns = "t.thread, t.sender, t.random, t.position, t.time_s"
    if len(keys) == 1:  # the usual case, which a distributed database plans in half the time
        source, parameters = f"{Message._meta.db_table} t WHERE t.thread = %s AND t.random = %s", list(*keys)
    else:
        source = f"{json_rows.of_keys(Message, FOUND_BY)} WHERE t.random IS NOT NULL"
        parameters = json_rows.keys_parameters(FOUND_BY, keys)
    recent = f"SELECT {columns} FROM {source} AND t.time_s >= %s ORDER BY t.position"
    return rows_of(recent, [*parameters, now_s - REPEAT_WINDOW_S])
