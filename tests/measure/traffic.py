"""A day of traffic of n users: what they do, how often, and at which hour. Pure arithmetic; every number is an assumption."""

import math
import random
from collections import Counter
from dataclasses import dataclass, fields
from typing import Self

DAY_S, HOUR_S = 86_400, 3600
# The share of a day's traffic in each hour, from midnight on, with an evening peak.
HOURS = (
    0.022, 0.013, 0.008, 0.006, 0.006, 0.010, 0.020, 0.034, 0.044, 0.049, 0.050, 0.052,
    0.055, 0.052, 0.048, 0.046, 0.046, 0.050, 0.057, 0.067, 0.078, 0.080, 0.066, 0.041,
)  # fmt: skip
# The share of group messages that is written in groups of so many members.
GROUP_SIZES = {5: 0.50, 20: 0.32, 100: 0.14, 500: 0.035, 2000: 0.005}


@dataclass(frozen=True)
class Assumptions:
    """What a user of the app does. Numbers a day are those of an active user."""

    active: float = 0.4  # share of all users who use the app on a day
    conversations: float = 50  # of every user
    starts: float = 8  # each reads the first page of the list
    polls: float = 60  # of the unread total, once a minute while the app is open; 0 with event streams
    polls_with_news: float = 0.25  # share of them since whose last one something has changed
    streams: float = 0.0  # share of the active users with an open event stream at the peak
    lookups: float = 4  # of 20 conversations by ID
    openings: float = 15  # of one conversation by ID
    one_to_one: float = 20  # messages sent to one user, each a webhook
    to_groups: float = 5  # messages sent to groups, each a webhook
    reads: float = 12  # conversations marked as read
    drafts: float = 2
    pins: float = 0.2
    burst: float = 1.5  # the busiest minute beside the mean of the busiest hour

    @classmethod
    def of(cls, changes: dict[str, float]) -> Self:
        """Return the usual assumptions with some changed. Raises ValueError for an unknown name."""
        names = {field.name for field in fields(cls)}
        if unknown := changes.keys() - names:
            raise ValueError(f"No assumption is named {', '.join(sorted(unknown))}. There are: {', '.join(sorted(names))}.")
        return cls(**changes)

    def calls_a_day(self) -> dict[str, float]:
        """Return how many calls of each kind an active user causes on a day."""
        groups = {f"group {size}": self.to_groups * share for size, share in GROUP_SIZES.items()}
        return {
            "list": self.starts,
            "unread": self.polls * self.polls_with_news,
            "unread, nothing new": self.polls * (1 - self.polls_with_news),
            "lookup": self.lookups,
            "one": self.openings,
            "one-to-one": self.one_to_one,
            **groups,
            "read": self.reads,
            "draft": self.drafts,
            "pin": self.pins,
        }

    def rates(self, users: float, share_of_day: float) -> dict[str, float]:
        """Return the calls of each kind a second in an hour that has this share of a day's."""
        return {kind: users * self.active * calls * share_of_day / HOUR_S for kind, calls in self.calls_a_day().items()}

    def peak(self, users: float) -> dict[str, float]:
        """Return the calls of each kind a second in the busiest minute."""
        return {kind: rate * self.burst for kind, rate in self.rates(users, max(HOURS)).items()}

    def messages_a_day(self, users: float) -> float:
        return users * self.active * (self.one_to_one + self.to_groups)

    def rows_a_message(self) -> float:
        """Return how many conversations a message changes, on average."""
        per_group = sum(size * share for size, share in GROUP_SIZES.items())
        return (2 * self.one_to_one + per_group * self.to_groups) / (self.one_to_one + self.to_groups)


def is_message(kind: str) -> bool:
    return kind == "one-to-one" or kind.startswith("group ")


def one_day(assumptions: Assumptions, users: float, seed: int = 1) -> list[Counter[str]]:
    """Return the calls of each kind in each minute of a day, drawn at random around each hour's mean."""
    chance, minutes = random.Random(seed), []
    for share in HOURS:
        means = {kind: 60 * rate for kind, rate in assumptions.rates(users, share).items()}
        for _minute in range(60):
            minutes.append(Counter({kind: _drawn(chance, mean) for kind, mean in means.items()}))
    return minutes


def _drawn(chance: random.Random, mean: float) -> int:
    """Return how often something happens that happens so often on average and each time by itself (Poisson)."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product, end = 0, chance.random(), math.exp(-mean)
    while product > end:
        count, product = count + 1, product * chance.random()
    return count
