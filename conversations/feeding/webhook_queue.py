"""Work on items in groups while many of a kind arrive at the same time, and one by one while they do not.

The first request works on its item. Those of the same kind that arrive meanwhile wait, and one of them then works on all that
wait: the more arrive, the larger the groups, and the cheaper each. Nothing waits for others to come.
"""

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Generic, TypeVar

from conversations.metrics import WEBHOOKS_WAITING
from conversations.request_notes import WorkingPlace

Item = TypeVar("Item")
# In one group at most.
AT_ONCE = 100


class _Turn(Generic[Item]):
    """An item of a waiting request, and what that is to do: work on a group, or go on with what was found for its item."""

    def __init__(self, item: Item):
        self.item = item
        self.answer: SimpleQueue[list[_Turn[Item]] | bool | Exception] = SimpleQueue()


class WorkQueue(Generic[Item]):
    """Requests of this process that work on their items together; `work` returns whether that is done."""

    def __init__(self, work: Callable[[Sequence[Item]], bool]):
        self._work = work
        # By the kind of items that are worked on.
        self._waiting: dict[str, list[_Turn[Item]]] = {}
        self._lock = threading.Lock()

    def do(self, kind: str, item: Item, place: WorkingPlace) -> bool:
        """Have the item worked on, by this thread or by another one; return whether that is done. Raises what `work` raises.

        If this thread waits, it leaves its place, and takes it again unless its item is done.
        """
        mine = _Turn(item)
        with self._lock:
            is_first = kind not in self._waiting
            waiting = self._waiting.setdefault(kind, [])
            if not is_first:
                waiting.append(mine)
        answer = [mine] if is_first else self._wait(kind, mine, place)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, bool) else self._work_on(kind, answer)

    def _wait(self, kind: str, mine: _Turn[Item], place: WorkingPlace) -> list[_Turn[Item]] | bool | Exception:
        answer: list[_Turn[Item]] | bool | Exception = False
        try:
            place.leave()
            with WEBHOOKS_WAITING.track_inprogress():
                answer = mine.answer.get()
            if answer is not True:
                place.take_again()
        except BaseException:
            if isinstance(answer, list):  # others rely on this thread
                self._finish(kind, answer, False)
            raise
        return answer

    def _work_on(self, kind: str, group: list[_Turn[Item]]) -> bool:
        """Work on a group whose first turn is this thread's, and let the next group begin."""
        answer: bool | Exception = False
        try:
            answer = is_done = self._work([turn.item for turn in group])
        except Exception as error:
            answer = error
            raise
        finally:
            self._finish(kind, group, answer)
        return is_done

    def _finish(self, kind: str, group: Sequence[_Turn[Item]], answer: bool | Exception) -> None:
        """Answer those who wait for this thread, and let the next group begin."""
        with self._lock:
            waiting = self._waiting.pop(kind)
            following, rest = waiting[:AT_ONCE], waiting[AT_ONCE:]
            if following:
                self._waiting[kind] = rest
        if following:
            following[0].answer.put(following)
        for turn in group[1:]:
            turn.answer.put(answer)

    def waiting(self, kind: str) -> int:
        """Return how many requests wait."""
        return len(self._waiting.get(kind, ()))
