"""Users who were erased: what is older than their erasure does not come back.

Only what comes late is looked up here: imports, replays, webhooks that were under way. Everything else costs nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from typing import NamedTuple

from conversations.models import Owner

# What happened within this time is not late.
LATE_S = 60

Happened = tuple[str, int]  # user ID, epoch seconds


class ErasedUsers(NamedTuple):
    """When users were erased, in epoch seconds by ID, and which of them have had no name since."""

    at_s: Mapping[str, int]
    nameless: Set[str]

    def covers(self, user_id: str, time_s: int) -> bool:
        """Return whether something of this user and time was erased."""
        return time_s <= self.at_s.get(user_id, -1)


NOBODY = ErasedUsers({}, frozenset())


def of(users: Iterable[Owner]) -> ErasedUsers:
    """Return the erased ones of these users."""
    erased = [user for user in users if user.erased_at_s]
    nameless = frozenset(user.owner_id for user in erased if user.nick_name_at_ms // 1000 <= user.erased_at_s)
    return ErasedUsers({user.owner_id: user.erased_at_s for user in erased}, nameless)


def find(user_ids: Collection[str]) -> ErasedUsers:
    """Return the erased ones of these users. One query."""
    erased = Owner.objects.any_of(sorted(user_ids)).filter(erased_at_s__gt=0)
    return of(erased.only("erased_at_s", "nick_name_at_ms"))


def is_anybody_erased() -> bool:
    """Return whether any user was ever erased. One short query."""
    return Owner.objects.filter(erased_at_s__gt=0).exists()


def erased_ones(happened: Iterable[Happened], *, now_s: int) -> set[Happened]:
    """Return what was erased since of what users did at these times. One query at most, none if nothing is late."""
    late = {(user_id, time_s) for user_id, time_s in happened if time_s < now_s - LATE_S}
    if not late:
        return set()
    erased = find({user_id for user_id, _time_s in late})
    return {(user_id, time_s) for user_id, time_s in late if erased.covers(user_id, time_s)}
