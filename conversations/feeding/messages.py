"""Messages -> conversations of everybody concerned; in any order, any number of times, in parallel: the same rows.

Locks are taken from the top down: group, thread, owners in order. What is stored of a message is united with what comes in,
and each row changes by the difference.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import orjson

from conversations import positions
from conversations.choices import ChangedBy, GroupType
from conversations.feeding import fan_out, group_fast_path, members
from conversations.formats import message_body
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.models import Group
from conversations.models import Message as Stored
from conversations.store import messages as store_messages
from conversations.store.messages import Change, LockedThread
from conversations.store.transactions import in_transaction

REPEAT_WINDOW_S = 300
RANDOM_LIMIT = 1 << 32


class Outcome(NamedTuple):
    """What became of a message: with its place, which the server may have given."""

    message: IncomingMessage
    is_duplicate: bool


def record(messages: Sequence[IncomingMessage], *, now_s: int) -> list[Outcome]:
    """Store messages and bring everybody's conversations up to date; the outcomes in the same order.

    The messages of one group cost one fan-out, those of all one-to-one threads another; each is whole or absent.
    """
    outcomes: dict[int, Outcome] = {}
    parts: dict[str, list[int]] = {}
    for index, message in enumerate(messages):
        if message.is_online_only:
            outcomes[index] = Outcome(message, False)
        else:
            parts.setdefault(message.group_id, []).append(index)
    for group_id, indexes in parts.items():
        part = [messages[index] for index in indexes]
        done = record_in_group(group_id, part, now_s=now_s) if group_id else record_c2c(part, now_s=now_s)
        outcomes |= dict(zip(indexes, done))
    return [outcomes[index] for index in range(len(messages))]


@in_transaction
def record_c2c(messages: Sequence[IncomingMessage], *, now_s: int) -> list[Outcome]:
    """Messages between two users, of any number of threads."""
    threads = store_messages.lock_threads(one.thread for one in messages)
    outcomes, changes = _store(messages, threads, _ends(threads), now_s)
    fan_out.change_c2c(
        {pair for one in messages for pair in ((one.sender, one.peer), (one.peer, one.sender))}, changes, by=ChangedBy.MESSAGE
    )
    return outcomes


@in_transaction
def record_in_group(group_id: str, messages: Sequence[IncomingMessage], *, now_s: int) -> list[Outcome]:
    """Messages of one group and its topics."""
    group = members.lock_group(group_id, type_=next((one.group_type for one in messages if one.group_type), ""))
    if group.type == GroupType.AVCHATROOM:
        if group.is_retyped:
            members.apply_changes(group, members.GroupRoster(group))
        return [Outcome(one, False) for one in messages]
    threads = store_messages.lock_threads(one.thread for one in messages)
    ends = _ends(threads)
    outcomes, changes = _store(messages, threads, ends, now_s)
    _spread(group, threads, ends, [change for change in changes if not change.is_none])
    return outcomes


def _ends(threads: Mapping[str, LockedThread]) -> dict[str, str]:
    """How far the threads go."""
    return {name: thread.last_position for name, thread in threads.items()}


def _spread(group: Group, threads: Mapping[str, LockedThread], ends: Mapping[str, str], news: Sequence[Change]) -> None:
    """Bring the members' rows up to date; `ends` are the threads' last positions before."""
    told = {name: [one for one in news if one.after.thread == name] for name in sorted({one.after.thread for one in news})}
    # Of several threads, senders whom one makes members see the messages of the others.
    if len(told) == 1:
        ((name, changes),) = told.items()
        is_possible = group_fast_path.is_possible(group, changes, ends[name])
        if is_possible and group_fast_path.to_members(group, name, changes, members.display_profile_of(group, name)):
            return
    rosters = members.GroupRoster(group)
    rosters.see_senders(change.after for change in news)
    members.apply_changes(group, rosters, news, by=ChangedBy.MESSAGE)


def recall(what: C2CRecall | GroupRecall) -> None:
    """Take messages back; one that is not there yet is known as recalled when it comes."""
    if isinstance(what, GroupRecall):
        _recall_in_group(what)
    else:
        _recall_c2c(what)


@in_transaction
def _recall_c2c(what: C2CRecall) -> None:
    threads = store_messages.lock_threads([what.thread])
    changes = _merge_and_save(_recalled(what), threads)
    fan_out.change_c2c({(what.sender, what.peer), (what.peer, what.sender)}, changes, by=ChangedBy.RECALL)


@in_transaction
def _recall_in_group(what: GroupRecall) -> None:
    group = members.lock_group(what.group_id)
    threads = store_messages.lock_threads([what.thread])
    changes = _merge_and_save(_recalled(what), threads)
    members.apply_changes(group, members.GroupRoster(group), changes, by=ChangedBy.RECALL)


def _recalled(recall: C2CRecall | GroupRecall) -> list[Stored]:
    return [Stored(**_EMPTY | {"thread": recall.thread, "position": at, "is_recalled": True}) for at in recall.positions]


# ---- What is stored ----------------------------------------------------------------------------

_EMPTY = {
    "sender": "", "time_s": None, "random": None, "body": None, "counts_as_unread": True, "is_shown": True,
    "is_recalled": False, "at_all": False, "at_accounts": "[]", "targets": "[]",
}  # fmt: skip


def _store(
    messages: Sequence[IncomingMessage], threads: Mapping[str, LockedThread], ends: Mapping[str, str], now_s: int
) -> tuple[list[Outcome], list[Change]]:
    """Give each message its place, and unite it with what is known of it."""
    placed = _placed(messages, threads, now_s)
    told = [_to_stored(one) for one in placed]
    for one in told:
        thread = threads[one.thread]
        thread.last_position = max(thread.last_position, one.position)
    changes = _merge_and_save(told, threads)
    store_messages.save_threads(threads.values(), ends)
    new = {(change.after.thread, change.after.position) for change in changes if not _was_known(change)}
    outcomes, seen = [], {(one.thread, one.position) for one in told} - new
    for message, one in zip(placed, told):
        key = (one.thread, one.position)
        outcomes.append(Outcome(message, key in seen))
        seen.add(key)
    return outcomes, changes


def _was_known(change: Change) -> bool:
    return change.before is not None and change.before.body is not None


def _merge_and_save(told: Iterable[Stored], threads: Mapping[str, LockedThread]) -> list[Change]:
    """The changes in the order of their positions; what brought nothing new is left out of the writing, not of the list.

    What is told of a message that was pruned is left out altogether. So is one that is told for the first time, but stands
    before the last one pruned: nobody can tell it from a repeat any more.
    """
    united: dict[tuple[str, str], Stored] = {}
    for one in told:
        key = (one.thread, one.position)
        united[key] = store_messages.merge(united.get(key), one).after
    new = store_messages.insert([one for key, one in united.items() if key[1] > threads[key[0]].pruned_position])
    known = store_messages.find([key for key in united if key not in new])
    changes = [store_messages.merge(known.get(key), united[key]) for key in sorted(united) if key in new or key in known]
    store_messages.update([change.after for change in changes if change.before is not None and not change.is_none])
    return changes


def _placed(messages: Sequence[IncomingMessage], threads: Mapping[str, LockedThread], now_s: int) -> list[IncomingMessage]:
    """Messages with time, number and random. One that lacks any and was told already a short while ago is that one."""
    repeats = _repeats(messages, threads, now_s)
    placed = []
    for message in messages:
        thread = threads[message.thread]
        key = (thread.thread, message.sender, message.random)
        if _is_incomplete(message) and key in repeats:
            message = repeats[key]
        else:
            message = _completed(message, thread, now_s)
            if message.random is not None:
                repeats.setdefault(key, message)
        if message.group_id:
            thread.last_position = max(thread.last_position, positions.of_group(message.seq))
        placed.append(message)
    return placed


def _is_incomplete(message: IncomingMessage) -> bool:
    return message.seq is None or (message.time_s is None and not message.group_id)


def _completed(message: IncomingMessage, thread: LockedThread, now_s: int) -> IncomingMessage:
    time_s = now_s if message.time_s is None else message.time_s
    if message.group_id:
        following = int(thread.last_position or 0) + 1
        return replace(message, time_s=time_s, seq=following if message.seq is None else message.seq)
    given = message.random if message.random is not None else random.randrange(RANDOM_LIMIT)  # noqa: S311
    seq = given if message.seq is None else message.seq
    return replace(message, time_s=time_s, seq=seq, random=given)


def _repeats(
    messages: Sequence[IncomingMessage], threads: Mapping[str, LockedThread], now_s: int
) -> dict[tuple[str, str, int | None], IncomingMessage]:
    """Of messages that do not tell their place: those told before, by thread, sender and random."""
    asked = {(one.thread, one.sender, one.random): one for one in messages if _is_incomplete(one) and one.random is not None}
    if not asked:
        return {}
    recent = Stored.objects.filter(
        thread__any_of=sorted(threads),
        random__in=sorted({random for _thread, _sender, random in asked}),
        time_s__gte=now_s - REPEAT_WINDOW_S,
    ).only("thread", "position", "sender", "random", "time_s")
    found = {}
    for stored in recent.order_by("position"):
        key = (stored.thread, stored.sender, stored.random)
        if key in asked:
            seq = positions.seq_of(stored.position, is_group=bool(asked[key].group_id))
            found.setdefault(key, replace(asked[key], time_s=stored.time_s, seq=seq))
    return found


def _to_stored(message: IncomingMessage) -> Stored:
    body = message_body.last_message(message, is_self=False)
    return Stored(
        thread=message.thread,
        position=message.position,
        sender=message.sender,
        time_s=message.time_s,
        random=message.random,
        body=orjson.dumps(body).decode(),
        counts_as_unread=message.counts_as_unread and not message.comes_read,
        is_shown=message.is_shown_last,
        is_recalled=False,
        at_all=message.at_all and not message.comes_read,
        at_accounts=orjson.dumps(sorted(set(() if message.comes_read else message.at_accounts))).decode(),
        targets=orjson.dumps(sorted(set(message.targets))).decode(),
    )
