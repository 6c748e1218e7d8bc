"""What messages make of conversations, said again in plain Python and all at once: for any set of events, in no order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.formats.webhook_events import C2CRead, MembersJoined, MembersLeft

ROSTER = ("alice", "bob", "carol")  # of every group, since ever


@dataclass
class Known:
    """All that is known of one message."""

    message: IncomingMessage | None = None
    is_recalled: bool = False
    counts_as_unread: bool = True
    is_shown: bool = True
    at_all: bool = False
    at: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)

    def add(self, message: IncomingMessage) -> None:
        self.message = message
        self.counts_as_unread &= message.counts_as_unread
        self.is_shown &= message.is_shown_last
        self.at_all |= message.at_all
        self.at |= set(message.at_accounts)
        self.targets |= set(message.targets)


def place(message: IncomingMessage) -> tuple[int, ...]:
    return (message.seq,) if message.group_id else (message.time_s, message.seq, message.random)


def rows(events: Iterable[Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The conversations, by owner and ID."""
    events = list(events)
    threads: dict[tuple[str, ...], dict[tuple[int, ...], Known]] = {}
    for event in events:
        if isinstance(event, MembersJoined):
            threads.setdefault((event.group_id,), {})
        if isinstance(event, GroupRecall):
            for seq in event.seqs:
                threads.setdefault((event.group_id,), {}).setdefault((seq,), Known()).is_recalled = True
        elif isinstance(event, C2CRecall):
            thread = tuple(sorted((event.sender, event.peer)))
            at = (event.time_s, event.seq, event.random)
            threads.setdefault(thread, {}).setdefault(at, Known()).is_recalled = True
        elif isinstance(event, IncomingMessage):
            thread = (event.group_id,) if event.group_id else tuple(sorted((event.sender, event.peer)))
            threads.setdefault(thread, {}).setdefault(place(event), Known()).add(event)
    found = {}
    for thread, messages in threads.items():
        told = {at: one for at, one in messages.items() if one.message}
        for owner in everybody(events, told) if len(thread) == 1 else thread:
            is_group = len(thread) == 1
            other = thread[0] if is_group or thread[0] != owner else thread[1]
            times = stays(owner, events, told) if is_group else None
            read_s = 0 if is_group else read_up_to(events, owner, other)
            joined_ms = max((0, *(at_ms for at_ms, comes in moves_of(owner, events) if comes))) if is_group else 0
            if row := _row(owner, told, times, read_s, joined_ms):
                if is_group and type_of(events) == "Meeting":
                    row["unread"] = 0
                if not is_group:
                    row["peer_read"] = row["own_last_s"] is not None and row["own_last_s"] <= read_up_to(events, other, owner)
                row.pop("own_last_s")
                found[owner, ("group_" if is_group else "c2c_") + other] = row
    return found


def read_up_to(events: list[Any], reader: str, peer: str) -> int:
    reads = (one.read_time_s for one in events if isinstance(one, C2CRead) and (one.reader, one.peer) == (reader, peer))
    return max(reads, default=0)


def everybody(events: list[Any], told: dict[tuple, Known]) -> set[str]:
    moved = (user for one in events if isinstance(one, MembersJoined | MembersLeft) for user in one.members)
    return {*ROSTER, *moved, *(one.message.sender for one in told.values())}


def stays(owner: str, events: list[Any], told: dict[tuple, Known]) -> list[tuple[int, bool]]:
    """From which millisecond on somebody is in the group or not, sorted; at one moment going beats coming."""
    moves = set(moves_of(owner, events))
    first = min(moves, key=lambda move: (move[0], not move[1]), default=(0, owner not in ROSTER))
    moves.add((0, not first[1]))  # before the first move holds its opposite
    for one in sorted(told.values(), key=lambda one: one.message.time_s):
        if one.message.sender == owner and not was_there(sorted_moves(moves), one.message.time_s):
            moves.add((one.message.time_s * 1000, True))
    return sorted_moves(moves)


def moves_of(owner: str, events: list[Any]) -> list[tuple[int, bool]]:
    """What was told of somebody's coming and going."""
    moves = (one for one in events if isinstance(one, MembersJoined | MembersLeft) and owner in one.members)
    return [(one.event_time_ms, isinstance(one, MembersJoined)) for one in moves]


def type_of(events: list[Any]) -> str:
    """The newest type that was told of the group."""
    told = [(one.event_time_ms, one.group_type) for one in events if isinstance(one, MembersJoined) and one.group_type]
    return max(told, default=(0, ""))[1]


def sorted_moves(moves: set[tuple[int, bool]]) -> list[tuple[int, bool]]:
    return sorted(moves, key=lambda move: (move[0], not move[1]))


def was_there(moves: list[tuple[int, bool]], time_s: int) -> bool:
    """In any part of the second."""
    start_ms = time_s * 1000
    held = [comes for at_ms, comes in moves if at_ms <= start_ms][-1]
    return held or any(comes for at_ms, comes in moves if start_ms < at_ms <= start_ms + 999)


def _row(
    owner: str, told: dict[tuple, Known], moves: list[tuple[int, bool]] | None, read_s: int, joined_ms: int
) -> dict[str, Any] | None:
    mine = {
        at: one
        for at, one in told.items()
        if one.message.sender == owner
        or ((not one.targets or owner in one.targets) and (moves is None or was_there(moves, one.message.time_s)))
    }
    if not mine and not joined_ms:
        return None
    standing = {at: one for at, one in mine.items() if not one.is_recalled}
    shown = [at for at, one in standing.items() if one.is_shown]
    last = told[max(shown)].message if shown else None
    others = {at: one for at, one in standing.items() if one.message.sender != owner}
    return {
        "unread": sum(one.counts_as_unread and not one.targets and one.message.time_s > read_s for one in others.values()),
        "last": last.elements[0]["MsgContent"]["Text"] if last else None,
        "own_last_s": last.time_s if last and last.sender == owner else None,
        "order_key": max((joined_ms * 1000, *(one.message.time_s * 10**6 + one.message.seq % 10**6 for one in mine.values()))),
        "mentions": {
            str(at[0]): 3 if one.at_all and owner in one.at else 2 if one.at_all else 1
            for at, one in others.items()
            if one.at_all or owner in one.at
        },
    }
