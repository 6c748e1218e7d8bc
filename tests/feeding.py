"""What messages make of conversations, said again in plain Python and all at once: for any set of events, in no order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conversations.messages import C2CRecall, GroupRecall, Message

ROSTER = ("alice", "bob", "carol")  # of every group, since ever


@dataclass
class Known:
    """All that is known of one message."""

    message: Message | None = None
    is_recalled: bool = False
    counts: bool = True
    is_shown: bool = True
    at_all: bool = False
    at: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)

    def add(self, message: Message) -> None:
        self.message = message
        self.counts &= message.counts_as_unread
        self.is_shown &= message.is_shown_last
        self.at_all |= message.at_all
        self.at |= set(message.at_accounts)
        self.targets |= set(message.targets)


def place(message: Message) -> tuple[int, ...]:
    return (message.seq,) if message.group_id else (message.time_s, message.seq, message.random)


def rows(events: Iterable[Message | C2CRecall | GroupRecall]) -> dict[tuple[str, str], dict[str, Any]]:
    """The conversations, by owner and ID."""
    known: dict[tuple, dict[tuple, Known]] = {}
    for event in events:
        if isinstance(event, GroupRecall):
            for seq in event.seqs:
                known.setdefault((event.group_id,), {}).setdefault((seq,), Known()).is_recalled = True
        elif isinstance(event, C2CRecall):
            thread = tuple(sorted((event.sender, event.peer)))
            at = (event.time_s, event.seq, event.random)
            known.setdefault(thread, {}).setdefault(at, Known()).is_recalled = True
        else:
            thread = (event.group_id,) if event.group_id else tuple(sorted((event.sender, event.peer)))
            known.setdefault(thread, {}).setdefault(place(event), Known()).add(event)
    found = {}
    for thread, messages in known.items():
        told = {at: one for at, one in messages.items() if one.message}
        people = {*ROSTER, *(one.message.sender for one in told.values())} if len(thread) == 1 else set(thread)
        for owner in people:
            if row := _row(owner, told, since_s=_since(owner, told) if len(thread) == 1 else 0):
                other = thread[0] if len(thread) == 1 or thread[0] != owner else thread[1]
                found[owner, ("group_" if len(thread) == 1 else "c2c_") + other] = row
    return found


def _since(owner: str, told: dict[tuple, Known]) -> int:
    """From when on somebody is in a group: ever, or from the first message on."""
    return 0 if owner in ROSTER else min(one.message.time_s for one in told.values() if one.message.sender == owner)


def _row(owner: str, told: dict[tuple, Known], since_s: int) -> dict[str, Any] | None:
    mine = {
        at: one
        for at, one in told.items()
        if one.message.sender == owner or ((not one.targets or owner in one.targets) and one.message.time_s >= since_s)
    }
    if not mine:
        return None
    standing = {at: one for at, one in mine.items() if not one.is_recalled}
    shown = [at for at, one in standing.items() if one.is_shown]
    return {
        "unread": sum(one.counts and one.message.sender != owner and not one.targets for one in standing.values()),
        "last": _text(told[max(shown)].message) if shown else None,
        "order_key": max(one.message.time_s * 10**6 + one.message.seq % 10**6 for one in mine.values()),
        "mentions": {
            str(at[0]): 3 if one.at_all and owner in one.at else 2 if one.at_all else 1
            for at, one in standing.items()
            if one.message.sender != owner and (one.at_all or owner in one.at)
        },
    }


def _text(message: Message) -> str:
    return message.elements[0]["MsgContent"]["Text"]
