"""Apply webhooks in groups while many arrive: each is stored and acknowledged at once, and one thread applies those that wait.

A process that is not applying anything applies a webhook within its request. While it does, others are stored as pending and
wait here; taken many at a time they cost a fifth. What waits here when the process ends is still stored as pending, and
`replay_callbacks --pending` applies it.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from copy import deepcopy
from threading import Condition, Thread
from typing import Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Item = TypeVar("Item")
# How many are applied in one transaction, and how many may wait; a further one is applied within its request.
AT_ONCE, MAX_WAITING = 200, 10_000
# A row that another transaction holds for longer keeps back only what concerns it: that stays pending for a later attempt.
LOCK_TIMEOUT = "1s"
# The thread and its connection to the database are kept for so long when there is nothing to do.
KEPT_S = 10.0

logger = logging.getLogger(__name__)


class WorkQueue(Generic[Item]):
    """Items that wait while another one is worked on; a thread of its own takes them in groups."""

    def __init__(self, work: Callable[[Sequence[Item]], object]):
        self._work = work
        self._waiting: deque[Item] = deque()
        self._changed = Condition()
        self._is_busy = False
        self._thread: Thread | None = None

    @property
    def is_busy(self) -> bool:
        return self._is_busy

    def begin(self, item: Item) -> bool:
        """Return whether the caller is to work on the item itself, and call `end` then; otherwise it waits here."""
        with self._changed:
            if not self._is_busy or len(self._waiting) >= MAX_WAITING:
                self._is_busy = True
                return True
            self._waiting.append(item)
            return False

    def end(self) -> None:
        """Leave what waits to the thread."""
        with self._changed:
            self._is_busy = bool(self._waiting)
            if not self._waiting:
                return
            if self._thread is None:
                self._thread = Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until nothing waits and nothing is worked on; return whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_busy, timeout_s)

    def _run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = _impatient_connection()
        while items := self._take():
            try:
                close_old_connections()
                self._work(items)
            except Exception:
                logger.exception("%d webhooks stay pending", len(items))

    def _take(self) -> list[Item]:
        """Return the next items; none after KEPT_S without any, when the thread is to end."""
        with self._changed:
            if not self._waiting:
                self._is_busy = False
                self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._waiting, KEPT_S):
                connections[DEFAULT_DB_ALIAS].close()
                self._thread = None
            return [self._waiting.popleft() for _number in range(min(AT_ONCE, len(self._waiting)))]


def _impatient_connection() -> BaseDatabaseWrapper:
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    connection.settings_dict = deepcopy(connection.settings_dict)
    if session := connection.settings_dict.get("SESSION"):
        session["lock_timeout"] = LOCK_TIMEOUT
    return connection
