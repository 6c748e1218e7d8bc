"""Who waits for which owner's changes, in one process and event loop; and the few threads that read for all of them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager, suppress
from typing import ParamSpec, TypeVar

from django.db import Error, close_old_connections, connection, reset_queries

from conversations.models import Owner
from conversations.store import notifications
from conversations.sync_tokens import NEVER_SEEN, SyncToken

P, R = ParamSpec("P"), TypeVar("R")

# How many streams read at the same moment; with the pool, half of its connections.
THREADS = 8
# How often all followed lists are looked at: where nothing is announced, and where an announcement may get lost.
LOOK_S, LOOK_WHEN_ANNOUNCED_S = 0.5, 15
SILENCE_S = 60

logger = logging.getLogger(__name__)


class Threads:
    """Where an event loop's database work is done, each time with a connection that is given back at once.

    asgiref's own threads won't do: one for each request, or one for all.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="events")
        self._silent_until = 0.0

    async def run(self, function: Callable[P, R], *args: P.args) -> R:
        """What `function` gives or raises. A database that fails is logged once a minute, not for each who waits for it."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, _with_connection, function, *args)
        except Error as error:
            if time.monotonic() >= self._silent_until:
                logger.error("Database failure: event streams are closed, clients will reconnect: %s", error)
                self._silent_until = time.monotonic() + SILENCE_S
            raise


def _with_connection(function: Callable[P, R], *args: P.args) -> R:
    """What Django does around a request."""
    reset_queries()
    close_old_connections()
    try:
        return function(*args)
    finally:
        close_old_connections()


class Follower:
    """A stream that waits for one owner's changes."""

    def __init__(self, owner_id: str) -> None:
        self.owner_id = owner_id
        self.seen: str | None = None  # the feed token of the list as it was last read to its end
        self.is_over = False  # gone, or the server stops
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self.is_over = True
        self._woken.set()

    def take(self) -> bool:
        """Whether it was woken since the last time. Asked before reading: a change while it reads wakes it again."""
        was_woken = self._woken.is_set()
        self._woken.clear()
        return was_woken

    async def wait(self, seconds: float) -> None:
        """Until woken or ended, or until the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


class Hub:
    """Wakes followers. Announcements are heard where there are any (PostgreSQL), and all followed lists looked at regularly.

    It starts with its first follower and belongs to that one's event loop.
    """

    def __init__(self, threads: Threads, heard: Callable[[], AsyncIterator] | None = None) -> None:
        self._threads = threads
        self._heard = heard or (notifications.listen if connection.vendor == "postgresql" else None)
        self._followers: dict[str, set[Follower]] = {}
        self._tasks: list[asyncio.Task] = []
        self._should_look = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return sum(map(len, self._followers.values()))

    @contextmanager
    def follow(self, owner_id: str) -> Iterator[Follower]:
        """A follower, to the end of the block."""
        follower = Follower(owner_id)
        self._start()
        self._followers.setdefault(owner_id, set()).add(follower)
        if self._is_closed:
            follower.end()
        try:
            yield follower
        finally:
            self._followers[owner_id].discard(follower)
            if not self._followers[owner_id]:
                del self._followers[owner_id]

    def close(self) -> None:
        """End all streams, now and later."""
        self._is_closed = True
        for follower in self._all():
            follower.end()
        for task in self._tasks:
            task.cancel()

    def wake(self, owner_ids: Iterable[str]) -> None:
        """Those who follow these owners."""
        for owner_id in owner_ids:
            for follower in self._followers.get(owner_id, ()):
                follower.wake()

    async def look(self) -> None:
        """Wake all whose lists are not as they last saw them. One query."""
        tokens = await self._threads.run(_feed_tokens, list(self._followers))
        for follower in self._all():
            if tokens.get(follower.owner_id, NEVER_SEEN) != follower.seen:
                follower.wake()

    def _all(self) -> list[Follower]:
        return [follower for followers in self._followers.values() for follower in followers]

    def _start(self) -> None:
        if self._tasks or self._is_closed:
            return
        loop = asyncio.get_running_loop()
        self._tasks.append(loop.create_task(self._look_regularly(LOOK_WHEN_ANNOUNCED_S if self._heard else LOOK_S)))
        if self._heard:
            self._tasks.append(loop.create_task(self._listen()))

    async def _look_regularly(self, interval_s: float) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(interval_s):
                    await self._should_look.wait()
            self._should_look.clear()
            with suppress(Error):  # which is logged; the next time may do
                if self._followers:
                    await self.look()

    async def _listen(self) -> None:
        async with aclosing(self._heard()) as heard:
            async for owner_ids in heard:
                if owner_ids:
                    self.wake(owner_ids)
                else:
                    # Only those who missed something, not all at once; and one look for announcements that come together.
                    self._should_look.set()


def _feed_tokens(owner_ids: list[str]) -> Mapping[str, str]:
    """The feed tokens of those owners that there are."""
    versions = Owner.objects.any_of(owner_ids).values_list("owner_id", "epoch", "version")
    return {owner_id: str(SyncToken(epoch, version)) for owner_id, epoch, version in versions}
