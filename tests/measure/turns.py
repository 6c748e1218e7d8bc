"""Measure things in turn, so that what else the machine does hits all of them: ratios hold where figures do not."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from tests.measure.load import Load
from tests.measure.results import Result

ROUNDS = 3


def in_turn(acts: Mapping[str, Callable[[], Load]], rounds: int = ROUNDS) -> dict[str, list[Load]]:
    """Do each of them once without counting, and then all of them in each round."""
    for act in acts.values():
        act()
    found: dict[str, list[Load]] = {name: [] for name in acts}
    for _round in range(rounds):
        for name, act in acts.items():
            found[name].append(act())
    return found


def rate(loads: Sequence[Load]) -> float:
    return statistics.median(load.rate for load in loads)


def ratio(loads: Sequence[Load], others: Sequence[Load]) -> float:
    """Return the median of the ratios of the rates, round by round."""
    return statistics.median(load.rate / other.rate for load, other in zip(loads, others))


def quickness(loads: Sequence[Load], others: Sequence[Load]) -> float:
    """Return the median of the ratios of the medians' inverses, round by round: 0.5 takes twice as long."""
    return statistics.median(other.p50_ms / load.p50_ms for load, other in zip(loads, others))


def speed(name: str, loads: Sequence[Load], others: Sequence[Load], beside: str, each: int = 1) -> Result:
    """Return how many a second, each of which counts `each` times, with the ratio to what was measured in turn."""
    return Result(name, rate(loads) * each, "/s", ratio(loads, others), beside)


def slowest(name: str, loads: Sequence[Load], others: Sequence[Load] = (), beside: str = "") -> Result:
    """Return the time that one in a hundred exceeds, with the ratio to what was measured in turn, if anything was."""
    p99_ms = statistics.median(load.p99_ms for load in loads)
    ratios = [other.p99_ms / load.p99_ms for load, other in zip(loads, others)]
    return Result(f"{name}, 99th percentile", p99_ms, "ms", statistics.median(ratios) if ratios else None, beside)
