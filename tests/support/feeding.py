"""A model of the rules: the conversations that follow from any set of events, in plain Python and regardless of order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, MessageEdit
from conversations.formats.webhook_events import C2CRead, MembersJoined, MembersLeft

RECALLED = "(recalled)"
ROSTER = ("alice", "bob", "carol")  # of every group, since ever


@dataclass
class MessageState:
    """Everything that is known of a message."""

    message: IncomingMessage | None = None
    is_recalled: bool = False
    counts_as_unread: bool = True
    is_shown: bool = True
    at_all: bool = False
    at: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    edits: list[MessageEdit] = field(default_factory=list)

    @property
    def shown_text(self) -> str:
        if self.is_recalled:
            return RECALLED
        edits = [edit for edit in self.edits if edit.elements]
        newest = max(edits, key=lambda edit: edit.event_time_ms) if edits else self.message
        return newest.elements[0]["MsgContent"]["Text"]

    @property
    def mentions(self) -> tuple[bool, set[str]]:
        edits = [edit for edit in self.edits if edit.mentions]
        if not edits:
            return self.at_all, self.at
        mentions = max(edits, key=lambda edit: edit.event_time_ms).mentions
        return mentions.all, set(mentions.accounts)

    def add(self, message: IncomingMessage) -> None:
        self.message = message
        self.counts_as_unread &= message.counts_as_unread
        self.is_shown &= message.is_shown_last
        self.at_all |= message.at_all
        self.at |= set(message.at_accounts)
        self.targets |= set(message.targets)


def position(message: IncomingMessage) -> tuple[int, ...]:
    return (message.seq,) if message.group_id else (message.time_s, message.seq, message.random)


def rows(events: Iterable[Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The conversations, by owner and ID."""
    events = list(events)
    threads: dict[tuple[str, ...], dict[tuple[int, ...], MessageState]] = {}
    for event in events:
        if isinstance(event, MembersJoined):
            threads.setdefault((event.group_id,), {})
        if isinstance(event, MessageEdit):
            thread = (event.group_id,) if event.group_id else tuple(sorted((event.sender, event.peer)))
            at = (event.seq,) if event.group_id else (event.time_s, event.seq, event.random)
            threads.setdefault(thread, {}).setdefault(at, MessageState()).edits.append(event)
        elif isinstance(event, GroupRecall):
            for seq in event.seqs:
                threads.setdefault((event.group_id,), {}).setdefault((seq,), MessageState()).is_recalled = True
        elif isinstance(event, C2CRecall):
            thread = tuple(sorted((event.sender, event.peer)))
            at = (event.time_s, event.seq, event.random)
            threads.setdefault(thread, {}).setdefault(at, MessageState()).is_recalled = True
        elif isinstance(event, IncomingMessage):
            thread = (event.group_id,) if event.group_id else tuple(sorted((event.sender, event.peer)))
            threads.setdefault(thread, {}).setdefault(position(event), MessageState()).add(event)
    conversations = {}
    for thread, messages in threads.items():
        received = {at: state for at, state in messages.items() if state.message}
        for owner in everybody(events, received) if len(thread) == 1 else thread:
            is_group = len(thread) == 1
            other = thread[0] if is_group or thread[0] != owner else thread[1]
            times = stays(owner, events, received) if is_group else None
            read_s = 0 if is_group else read_up_to(events, owner, other)
            joined_ms = max((0, *(at_ms for at_ms, comes in moves_of(owner, events) if comes))) if is_group else 0
            if row := _row(owner, received, times, read_s, joined_ms):
                if is_group and type_of(events) == "Meeting":
                    row["unread"] = 0
                if not is_group:
                    row["peer_read"] = row["own_last_s"] is not None and row["own_last_s"] <= read_up_to(events, other, owner)
                row.pop("own_last_s")
                conversations[owner, ("group_" if is_group else "c2c_") + other] = row
    return conversations


def read_up_to(events: list[Any], reader: str, peer: str) -> int:
    reads = (
        event.read_time_s for event in events if isinstance(event, C2CRead) and (event.reader, event.peer) == (reader, peer)
    )
    return max(reads, default=0)


def everybody(events: list[Any], received: dict[tuple, MessageState]) -> set[str]:
    moved = (user for event in events if isinstance(event, MembersJoined | MembersLeft) for user in event.members)
    return {*ROSTER, *moved, *(state.message.sender for state in received.values())}


def stays(owner: str, events: list[Any], received: dict[tuple, MessageState]) -> list[tuple[int, bool]]:
    """Return from which millisecond on a user is in the group or not, sorted; at the same moment, leaving beats joining."""
    moves = set(moves_of(owner, events))
    first = min(moves, key=lambda move: (move[0], not move[1]), default=(0, owner not in ROSTER))
    moves.add((0, not first[1]))  # before the first move holds its opposite
    for state in sorted(received.values(), key=lambda state: state.message.time_s):
        if state.message.sender == owner and not was_there(sorted_moves(moves), state.message.time_s):
            moves.add((state.message.time_s * 1000, True))
    return sorted_moves(moves)


def moves_of(owner: str, events: list[Any]) -> list[tuple[int, bool]]:
    """Return the joins and leaves of a user."""
    moves = (event for event in events if isinstance(event, MembersJoined | MembersLeft) and owner in event.members)
    return [(event.event_time_ms, isinstance(event, MembersJoined)) for event in moves]


def type_of(events: list[Any]) -> str:
    """Return the newest type of the group."""
    types = [
        (event.event_time_ms, event.group_type) for event in events if isinstance(event, MembersJoined) and event.group_type
    ]
    return max(types, default=(0, ""))[1]


def sorted_moves(moves: set[tuple[int, bool]]) -> list[tuple[int, bool]]:
    return sorted(moves, key=lambda move: (move[0], not move[1]))


def was_there(moves: list[tuple[int, bool]], time_s: int) -> bool:
    """In any part of the second."""
    start_ms = time_s * 1000
    held = [comes for at_ms, comes in moves if at_ms <= start_ms][-1]
    return held or any(comes for at_ms, comes in moves if start_ms < at_ms <= start_ms + 999)


def _row(
    owner: str, received: dict[tuple, MessageState], moves: list[tuple[int, bool]] | None, read_s: int, joined_ms: int
) -> dict[str, Any] | None:
    mine = {
        at: state
        for at, state in received.items()
        if state.message.sender == owner
        or ((not state.targets or owner in state.targets) and (moves is None or was_there(moves, state.message.time_s)))
    }
    if not mine and not joined_ms:
        return None
    standing = {at: state for at, state in mine.items() if not state.is_recalled}
    shown = [at for at, state in mine.items() if state.is_shown]
    last = received[max(shown)].message if shown else None
    others = {at: state for at, state in standing.items() if state.message.sender != owner}
    return {
        "unread": sum(
            state.counts_as_unread and not state.targets and state.message.time_s > read_s for state in others.values()
        ),
        "last": received[max(shown)].shown_text if last else None,
        "own_last_s": last.time_s if last and last.sender == owner else None,
        "order_key": max(
            (joined_ms * 1000, *(state.message.time_s * 10**6 + state.message.seq % 10**6 for state in mine.values()))
        ),
        "mentions": {
            str(at[0]): 3 if at_all and owner in named else 2 if at_all else 1
            for at, (at_all, named) in ((at, state.mentions) for at, state in others.items())
            if at_all or owner in named
        },
    }
