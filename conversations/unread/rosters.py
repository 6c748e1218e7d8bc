"""A user's membership of a group over time, from events in any order; pure.

Events are sorted by time, and each says what holds from then on. Before the first one holds its opposite: a user who left was
a member, a user who joined was not. A member since an unknown time has an event at SINCE_EVER_MS, which holds only before the
first event with a time.
"""

from typing import NamedTuple

import orjson

from conversations.choices import Membership

SINCE_EVER_MS = 0
# Sent a message: a member at that moment. It says nothing of the time before.
SEEN = "seen"
# Had the group's conversation, by an import or a report.
LISTED = "listed"


class MembershipEvent(NamedTuple):
    """From a moment on the user is a member, or is not, and why."""

    time_ms: int
    membership: str

    @property
    def is_presence(self) -> bool:
        return self.membership in (Membership.MEMBER, SEEN, LISTED)


MEMBER_SINCE_EVER = MembershipEvent(SINCE_EVER_MS, Membership.MEMBER.value)
LISTED_SINCE_EVER = MembershipEvent(SINCE_EVER_MS, LISTED)


class MembershipHistory(NamedTuple):
    """A user's membership of one group over time."""

    events: tuple[MembershipEvent, ...] = ()
    dissolved_at_ms: int | None = None

    @classmethod
    def from_json(cls, text: str, dissolved_at_ms: int | None = None) -> "MembershipHistory":
        return cls(tuple(MembershipEvent(*event) for event in orjson.loads(text)), dissolved_at_ms)

    def to_json(self) -> str:
        return orjson.dumps([[event.time_ms, str(event.membership)] for event in self.events]).decode()

    def with_event(self, event: MembershipEvent) -> "MembershipHistory":
        """Return the history with one more event. Of two at the same moment, the one that ends the membership holds."""
        return self._replace(events=tuple(sorted({*self.events, event}, key=_order)))

    def was_member(self, time_s: int) -> bool:
        """Return whether the user was a member in any part of this second: messages have no milliseconds."""
        start_ms, end_ms = time_s * 1000, time_s * 1000 + 999
        if self.dissolved_at_ms is not None and start_ms > self.dissolved_at_ms:
            return False
        joined_within = any(start_ms < event.time_ms <= end_ms and event.is_presence for event in self.events)
        return joined_within or self.is_member(start_ms)

    def is_member(self, at_ms: int) -> bool:
        """Return whether the user is a member at this moment, if the group still exists."""
        earlier = [event for event in self.events if SINCE_EVER_MS < event.time_ms <= at_ms]
        return earlier[-1].is_presence if earlier else self.was_there_before

    def was_there_by(self, time_s: int) -> bool:
        """Return whether the user was a member at any moment up to the end of this second."""
        return self.was_there_before or any(event.is_presence and event.time_ms <= time_s * 1000 + 999 for event in self.events)

    def now(self) -> str:
        """Return the membership after all events."""
        if self.dissolved_at_ms is not None:
            return Membership.DISSOLVED
        return self.events[-1].membership if self.events and not self.events[-1].is_presence else Membership.MEMBER

    def now_since_ms(self) -> int:
        """Return the time of the last event; SINCE_EVER_MS if it is unknown."""
        if self.dissolved_at_ms is not None:
            return self.dissolved_at_ms
        return self.events[-1].time_ms if self.events else SINCE_EVER_MS

    def settled(self) -> tuple[bool, int]:
        """Return whether the user is a member, and the epoch milliseconds from which on that holds for every message."""
        if self.dissolved_at_ms is not None:
            return False, self.dissolved_at_ms + 1
        timed = [event for event in self.events if event.time_ms > SINCE_EVER_MS]
        is_member = timed[-1].is_presence if timed else self.was_there_before
        member_since_ms = SINCE_EVER_MS
        for event in reversed(timed):
            if event.is_presence != is_member:
                break
            member_since_ms = event.time_ms
        return is_member, member_since_ms

    @property
    def was_there_before(self) -> bool:
        """Return whether the user was a member before the first event: so if that is a leave."""
        timed = [event for event in self.events if event.membership != SEEN and event.time_ms > SINCE_EVER_MS]
        if timed:
            return not timed[0].is_presence
        return bool(self.events) and self.events[0].time_ms == SINCE_EVER_MS

    @property
    def is_listed(self) -> bool:
        """Return whether an import or a report brought the group's conversation."""
        return LISTED_SINCE_EVER in self.events

    @property
    def joined_ms(self) -> int:
        """When the user last joined; SINCE_EVER_MS for never."""
        return max((event.time_ms for event in self.events if event.membership == Membership.MEMBER), default=SINCE_EVER_MS)


def _order(event: MembershipEvent) -> tuple[int, bool]:
    return event.time_ms, not event.is_presence
