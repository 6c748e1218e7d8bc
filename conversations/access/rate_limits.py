"""Limit how many requests a credential makes in a minute.

The count is that of this process, or with REDIS_URL that of all processes. A window of a minute begins with its first request.
"""

import logging
import math
import threading
import time
from functools import lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from conversations.exceptions import TooManyRequests
from conversations.logs import sparing

WINDOW_S = 60
REDIS_TIMEOUT_S = 0.25
# How long each process counts on its own after Redis did not answer: a request then and now may wait for it, not every one.
REDIS_PAUSE_S = 5

logger = logging.getLogger(__name__)


class ProcessLimiter:
    """Counts in this process's memory.

    The library's own storage goes through all keys on a thread of its own up to a hundred times a second; with ten thousand
    users this took more time than the fastest read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}  # the count, and when its window ends by the monotonic clock
        self._swept_until = 0.0

    def hit(self, credential: str, most: int) -> float:
        """Count a request; return 0, or the seconds until the window of a full count ends."""
        now = monotonic()
        with self._lock:
            if now >= self._swept_until:  # ended windows of others are forgotten
                self._counts = {other: counted for other, counted in self._counts.items() if counted[1] > now}
                self._swept_until = now + WINDOW_S
            count, ends = self._counts.get(credential, (0, 0.0))
            if now >= ends:
                count, ends = 0, now + WINDOW_S
            self._counts[credential] = count + 1, ends
        return 0 if count < most else max(1.0, ends - now)

    def forget_all(self) -> None:
        """Begin all counts again."""
        self._counts = {}


class SharedLimiter:
    """Counts in Redis, unless it has just failed."""

    def __init__(self, url: str):
        timeouts = {"socket_timeout": REDIS_TIMEOUT_S, "socket_connect_timeout": REDIS_TIMEOUT_S}
        # A second try would double the time that a request waits.
        options: dict[str, Any] = {**timeouts, "retry": None}
        storage = RedisStorage(url, key_prefix="imsite", wrap_exceptions=True, **options)
        self._limiter = FixedWindowRateLimiter(storage)
        self._paused_until = 0.0

    def check(self) -> bool:
        """Return whether Redis answers."""
        return bool(self._limiter.storage.check())

    def hit(self, credential: str, most: int) -> float | None:
        """Count a request; return the same, or None: Redis is away."""
        if monotonic() < self._paused_until:
            return None
        item = RateLimitItemPerMinute(most)
        try:
            if self._limiter.hit(item, credential):
                return 0
            return max(1.0, self._limiter.get_window_stats(item, credential).reset_time - time.time())
        except StorageError as error:
            self._paused_until = monotonic() + REDIS_PAUSE_S
            text = "Redis failure: each process counts requests on its own meanwhile: %s"
            sparing.log(logger, logging.WARNING, "redis", text, error)
            return None


_own = ProcessLimiter()


@lru_cache(maxsize=1)
def shared_limiter(url: str) -> SharedLimiter:
    """Return the limiter at this REDIS_URL."""
    return SharedLimiter(url)


def count(credential: str, most: int) -> None:
    """Count a request of a credential. Raises TooManyRequests beyond `most` in a minute; 0 is without limit.

    `credential` names it without its secret. Without Redis, requests go on and each process counts on its own.
    """
    if not most:
        return
    wait_s = shared_limiter(settings.REDIS_URL).hit(credential, most) if settings.REDIS_URL else None
    if wait_s is None:
        wait_s = _own.hit(credential, most)
    if wait_s:
        seconds = math.ceil(wait_s)
        text = _("Too many requests: the limit is %(most)d per minute. Try again in %(seconds)d s.")
        raise TooManyRequests(text % {"most": most, "seconds": seconds}, retry_after_s=seconds)


def forget_all() -> None:
    """Begin all counts of this process again."""
    _own.forget_all()
