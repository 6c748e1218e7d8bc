"""Work on items in groups while many arrive at the same time, and one by one while they do not. None waits for others to come.

The first request works on its item. Those that arrive meanwhile wait, and one of them then works on all that wait: the more
arrive, the larger the groups, and the cheaper each.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")
# In one group at most.
AT_ONCE = 100


class _Turn(Generic[Item]):
    """An item of a waiting request, and what that is to do: work on a group, or go on with what was found for its item."""

    def __init__(self, item: Item):
        self.item = item
        self.answer: SimpleQueue[list[_Turn[Item]] | bool] = SimpleQueue()


class WorkQueue(Generic[Item]):
    """Requests of this process that work on their items together; `work` returns of each item whether that succeeded."""

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[bool]]):
        self._work = work
        self._waiting: list[_Turn[Item]] = []
        self._is_busy = False
        self._lock = threading.Lock()

    def do(self, item: Item, while_waiting: Callable[[], AbstractContextManager[None]]) -> bool:
        """Have the item worked on, by this thread or by another one; return whether that succeeded.

        `while_waiting` is entered if this thread waits, and left before it goes on.
        """
        mine = _Turn(item)
        with self._lock:
            is_first, self._is_busy = not self._is_busy, True
            if not is_first:
                self._waiting.append(mine)
        group: list[_Turn[Item]] | bool = [mine]
        if not is_first:
            with while_waiting():
                group = mine.answer.get()
        return group if isinstance(group, bool) else self._work_on(group)

    def _work_on(self, group: Sequence[_Turn[Item]]) -> bool:
        """Work on a group whose first turn is this thread's, and let the next group begin."""
        outcomes: Sequence[bool] = [False] * len(group)
        try:
            outcomes = self._work([turn.item for turn in group])
        finally:
            self._begin_next()
            for turn, is_done in zip(group[1:], outcomes[1:], strict=True):
                turn.answer.put(is_done)
        return outcomes[0]

    def _begin_next(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            self._is_busy = bool(group)
        if group:
            group[0].answer.put(group)

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return len(self._waiting)
