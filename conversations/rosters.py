"""When a user was in a group, from what came in, in any order; pure.

The events of a user are kept sorted by time; each says what holds from then on. Before the first one holds its opposite:
who left was there, who joined was not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from conversations.choices import Membership

SINCE_EVER_MS = 0


class RosterEvent(NamedTuple):
    """From then on the user is a member, or is none and why."""

    time_ms: int
    membership: str


class Roster(NamedTuple):
    """One user's time in one group."""

    events: tuple[RosterEvent, ...] = ()
    dissolved_at_ms: int | None = None

    @classmethod
    def from_json(cls, text: str, dissolved_at_ms: int | None = None) -> "Roster":
        return cls(tuple(RosterEvent(*event) for event in orjson.loads(text)), dissolved_at_ms)

    def to_json(self) -> str:
        return orjson.dumps([[event.time_ms, str(event.membership)] for event in self.events]).decode()

    def with_event(self, event: RosterEvent) -> "Roster":
        """With one more; of two at the same moment the one that ends the membership holds."""
        return self._replace(events=tuple(sorted({*self.events, event}, key=_order)))

    def was_member(self, time_s: int) -> bool:
        """Whether the user was there in any part of this second; messages know no milliseconds."""
        start_ms, end_ms = time_s * 1000, time_s * 1000 + 999
        if self.dissolved_at_ms is not None and start_ms > self.dissolved_at_ms:
            return False
        before = [event for event in self.events if event.time_ms <= start_ms]
        holds = before[-1].membership if before else _opposite(self.events)
        within = any(start_ms < event.time_ms <= end_ms and event.membership == Membership.MEMBER for event in self.events)
        return holds == Membership.MEMBER or within

    def now(self) -> str:
        """What holds after all that is known."""
        if self.dissolved_at_ms is not None:
            return Membership.DISSOLVED
        return self.events[-1].membership if self.events else Membership.MEMBER


def _order(event: RosterEvent) -> tuple[int, bool]:
    return event.time_ms, event.membership != Membership.MEMBER


def _opposite(events: Sequence[RosterEvent]) -> str:
    if not events or events[0].membership == Membership.MEMBER:
        return Membership.LEFT
    return Membership.MEMBER
