"""When each stream's heartbeat is due: all of them once in an interval, at any moment as few as possible."""

import asyncio
from typing import Protocol

TICK_S = 0.1


class Beating(Protocol):
    """What has a heart: a follower."""

    def beat(self) -> None:
        """Take note that the heartbeat is due."""


class Heart:
    """A ring of ticks, on which each new stream takes the tick that has the fewest.

    Streams with a timer each would beat together for as long as they live, if they came together, and a change waits for
    those before it.
    """

    def __init__(self, interval_s: float) -> None:
        self._ticks: list[set[Beating]] = [set() for _n in range(max(1, round(interval_s / TICK_S)))]
        self._tick_of: dict[Beating, set[Beating]] = {}
        self._next = 0

    def add(self, one: Beating) -> None:
        """Give a stream its place."""
        self._tick_of[one] = tick = min(self._ticks, key=len)
        tick.add(one)

    def remove(self, one: Beating) -> None:
        """Forget a stream."""
        self._tick_of.pop(one).discard(one)

    def sizes(self) -> list[int]:
        """Return how many beat at each tick."""
        return [len(tick) for tick in self._ticks]

    def tick(self) -> None:
        """Let those beat whose tick has come."""
        for one in self._ticks[self._next]:
            one.beat()
        self._next = (self._next + 1) % len(self._ticks)

    async def run(self) -> None:
        """Tick for ever. After a moment of much work, the ticks that were missed follow one by one."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            due += TICK_S
            await asyncio.sleep(max(0.0, due - clock()))
            self.tick()
