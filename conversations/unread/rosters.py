"""When a user was in a group, from what came in, in any order; pure.

The events of a user are kept sorted by time; each says what holds from then on. Before the first one holds its opposite:
who left was there, who joined was not. That somebody is a member, and nobody knows since when, is an event at SINCE_EVER_MS:
it holds only before the first one that has a time.
"""

from typing import NamedTuple

import orjson

from conversations.choices import Membership

SINCE_EVER_MS = 0
# Not told, but sent something: was there at that moment, and that says nothing of before.
SEEN = "seen"
# Has the group's conversation, by an import or report.
LISTED = "listed"


class MembershipEvent(NamedTuple):
    """From then on the user is a member, or is none and why."""

    time_ms: int
    membership: str

    @property
    def is_presence(self) -> bool:
        return self.membership in (Membership.MEMBER, SEEN, LISTED)


MEMBER_SINCE_EVER = MembershipEvent(SINCE_EVER_MS, Membership.MEMBER.value)
LISTED_SINCE_EVER = MembershipEvent(SINCE_EVER_MS, LISTED)


class MembershipHistory(NamedTuple):
    """One user's time in one group."""

    events: tuple[MembershipEvent, ...] = ()
    dissolved_at_ms: int | None = None

    @classmethod
    def from_json(cls, text: str, dissolved_at_ms: int | None = None) -> "MembershipHistory":
        return cls(tuple(MembershipEvent(*event) for event in orjson.loads(text)), dissolved_at_ms)

    def to_json(self) -> str:
        return orjson.dumps([[event.time_ms, str(event.membership)] for event in self.events]).decode()

    def with_event(self, event: MembershipEvent) -> "MembershipHistory":
        """With one more; of two at the same moment the one that ends the membership holds."""
        return self._replace(events=tuple(sorted({*self.events, event}, key=_order)))

    def was_member(self, time_s: int) -> bool:
        """Whether the user was there in any part of this second; messages know no milliseconds."""
        start_ms, end_ms = time_s * 1000, time_s * 1000 + 999
        if self.dissolved_at_ms is not None and start_ms > self.dissolved_at_ms:
            return False
        within = any(start_ms < event.time_ms <= end_ms and event.is_presence for event in self.events)
        return within or self.is_member(start_ms)

    def is_member(self, at_ms: int) -> bool:
        """Whether the user is a member at this moment, if there still is a group."""
        before = [event for event in self.events if SINCE_EVER_MS < event.time_ms <= at_ms]
        return before[-1].is_presence if before else self.was_there_before

    def was_there_by(self, time_s: int) -> bool:
        """Whether the user was there at any moment up to the end of this second."""
        return self.was_there_before or any(event.is_presence and event.time_ms <= time_s * 1000 + 999 for event in self.events)

    def now(self) -> str:
        """What holds after all that is known."""
        if self.dissolved_at_ms is not None:
            return Membership.DISSOLVED
        return self.events[-1].membership if self.events and not self.events[-1].is_presence else Membership.MEMBER

    def now_since_ms(self) -> int:
        """When what holds now was told to begin; SINCE_EVER_MS if nobody knows."""
        if self.dissolved_at_ms is not None:
            return self.dissolved_at_ms
        return self.events[-1].time_ms if self.events else SINCE_EVER_MS

    def settled(self) -> tuple[bool, int]:
        """Whether the user is there, and the epoch milliseconds from which on that holds for every message."""
        if self.dissolved_at_ms is not None:
            return False, self.dissolved_at_ms + 1
        told = [event for event in self.events if event.time_ms > SINCE_EVER_MS]
        is_member = told[-1].is_presence if told else self.was_there_before
        member_since_ms = SINCE_EVER_MS
        for event in reversed(told):
            if event.is_presence != is_member:
                break
            member_since_ms = event.time_ms
        return is_member, member_since_ms

    @property
    def was_there_before(self) -> bool:
        """Whether the user was there before all that is known: so it is when the first thing told is a leave."""
        told = [event for event in self.events if event.membership != SEEN and event.time_ms > SINCE_EVER_MS]
        if told:
            return not told[0].is_presence
        return bool(self.events) and self.events[0].time_ms == SINCE_EVER_MS

    @property
    def is_listed(self) -> bool:
        """Whether the user had the group's conversation before anything was told here."""
        return LISTED_SINCE_EVER in self.events

    @property
    def joined_ms(self) -> int:
        """When the user was told to come in, the last time; SINCE_EVER_MS if never."""
        return max((event.time_ms for event in self.events if event.membership == Membership.MEMBER), default=SINCE_EVER_MS)


def _order(event: MembershipEvent) -> tuple[int, bool]:
    return event.time_ms, not event.is_presence
