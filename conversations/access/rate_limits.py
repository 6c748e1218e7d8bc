"""Limit how many requests a credential makes in a minute.

The count is that of this process, or with REDIS_URL that of all processes. A window of a minute begins with its first request.
"""

import logging
import math
import threading
import time
from functools import cache, lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from conversations.exceptions import TooManyRequests
from conversations.logs import sparing

REDIS_TIMEOUT_S = 0.25
# How long each process counts on its own after Redis did not answer: a request then and now may wait for it, not every one.
REDIS_PAUSE_S = 5

logger = logging.getLogger(__name__)


class ProcessStorage(Storage):
    """Counts in this process's memory.

    The library's own storage goes through all keys on a thread of its own up to a hundred times a second; with ten thousand
    users this took more time than the fastest read.
    """

    STORAGE_SCHEME = None
    base_exceptions = ()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}  # the count, and when its window ends by the monotonic clock
        self._swept_until = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Return a key's count after adding to it. Ended windows of other keys are forgotten once in a while."""
        now = monotonic()
        with self._lock:
            if now >= self._swept_until:
                self._counts = {other: counted for other, counted in self._counts.items() if counted[1] > now}
                self._swept_until = now + expiry
            count, ends = self._counts.get(key, (0, 0.0))
            if now >= ends:
                count, ends = 0, now + expiry
            self._counts[key] = count + amount, ends
        return count + amount

    def get(self, key: str) -> int:
        """Return a key's count."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if monotonic() < ends else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window of a key ends, in epoch seconds."""
        return time.time() + max(0.0, self._counts.get(key, (0, 0.0))[1] - monotonic())

    def check(self) -> bool:
        """Return whether the storage can be reached."""
        return True

    def reset(self) -> int:
        """Forget all counts, and return their number."""
        number = len(self._counts)
        self._counts = {}
        return number

    def clear(self, key: str) -> None:
        """Forget a key's count."""
        self._counts.pop(key, None)


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

    def hit(self, item: RateLimitItemPerMinute, credential: str) -> float | None:
        """Count a request; return 0, or the seconds until the window of a full count ends. None: Redis is away."""
        if monotonic() < self._paused_until:
            return None
        try:
            return _hit(self._limiter, item, credential)
        except StorageError as error:
            self._paused_until = monotonic() + REDIS_PAUSE_S
            text = "Redis failure: each process counts requests on its own meanwhile: %s"
            sparing.log(logger, logging.WARNING, "redis", text, error)
            return None


_own = FixedWindowRateLimiter(ProcessStorage())


@lru_cache(maxsize=1)
def shared_limiter(url: str) -> SharedLimiter:
    """Return the limiter at this REDIS_URL."""
    return SharedLimiter(url)


@cache
def _per_minute(most: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(most)


def count(credential: str, most: int) -> None:
    """Count a request of a credential. Raises TooManyRequests beyond `most` in a minute; 0 is without limit.

    `credential` names it without its secret. Without Redis, requests go on and each process counts on its own.
    """
    if not most:
        return
    item = _per_minute(most)
    wait_s = shared_limiter(settings.REDIS_URL).hit(item, credential) if settings.REDIS_URL else None
    if wait_s is None:
        wait_s = _hit(_own, item, credential)
    if wait_s:
        seconds = math.ceil(wait_s)
        text = _("Too many requests: the limit is %(most)d per minute. Try again in %(seconds)d s.")
        raise TooManyRequests(text % {"most": most, "seconds": seconds}, retry_after_s=seconds)


def forget_all() -> None:
    """Begin all counts of this process again."""
    _own.storage.reset()


def _hit(limiter: FixedWindowRateLimiter, item: RateLimitItemPerMinute, credential: str) -> float:
    if limiter.hit(item, credential):
        return 0
    return max(1.0, limiter.get_window_stats(item, credential).reset_time - time.time())
