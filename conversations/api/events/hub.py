"""The streams that wait for changes, by owner, in one event loop; and the few threads that read for all of them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager, suppress
from contextvars import copy_context
from typing import Any, TypeVar

from django.db import Error, close_old_connections, connection, reset_queries

from conversations.logs import log_database_failure
from conversations.metrics import OPEN_STREAMS
from conversations.models import Owner
from conversations.store import notifications
from conversations.sync_tokens import NEVER_SEEN, SyncToken

R = TypeVar("R")

# How many streams read at the same moment; with the pool, half of its connections.
THREADS = 8
# How often all followed lists are polled: without notifications (SQLite), and with, since one may get lost.
POLL_INTERVAL_S, POLL_INTERVAL_WITH_NOTIFICATIONS_S = 0.5, 15

logger = logging.getLogger(__name__)


class Threads:
    """Threads for an event loop's database work, each time with a connection that is given back at once.

    asgiref's own threads won't do: one for each request, or one for all.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="events")

    async def run(self, function: Callable[..., R], *args: Any) -> R:
        """Return or raise what `function` does. A database failure is logged once a minute, not once for each stream."""
        try:
            run = copy_context().run  # lines in the log have the stream's request ID
            return await asyncio.get_running_loop().run_in_executor(self._executor, run, _with_connection, function, *args)
        except Error as error:
            log_database_failure(logger, error)
            raise


def _with_connection(function: Callable[..., R], *args: Any) -> R:
    """Do what Django does around a request."""
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
        self.seen: str | None = None  # the list's sync token when it was last read to its end
        self.is_over = False  # gone, or the server stops
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self.is_over = True
        self._woken.set()

    def take(self) -> bool:
        """Return whether it was woken since the last time. Called before reading: a change during the read wakes it again."""
        was_woken = self._woken.is_set()
        self._woken.clear()
        return was_woken

    async def wait(self, seconds: float) -> None:
        """Wait until woken or ended, or for this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


class Hub:
    """Wakes followers: on PostgreSQL's notifications, and by polling all followed lists regularly.

    It starts with its first follower and belongs to that follower's event loop.
    """

    def __init__(self, threads: Threads, listen: Callable[[], AsyncGenerator] | None = None) -> None:
        self._threads = threads
        self._listen = listen or (notifications.listen if connection.vendor == "postgresql" else None)
        self._followers: dict[str, set[Follower]] = {}
        self._tasks: list[asyncio.Task] = []
        self._should_poll = asyncio.Event()
        self._is_closed = False
        self.is_listening: bool | None = None  # None before the first follower, and without notifications

    def __len__(self) -> int:
        return sum(map(len, self._followers.values()))

    @contextmanager
    def follow(self, owner_id: str) -> Iterator[Follower]:
        """Follow an owner's list until the end of the block."""
        follower = Follower(owner_id)
        self._start()
        self._followers.setdefault(owner_id, set()).add(follower)
        if self._is_closed:
            follower.end()
        OPEN_STREAMS.inc()
        try:
            yield follower
        finally:
            OPEN_STREAMS.dec()
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
        """Wake the followers of these owners."""
        for owner_id in owner_ids:
            for follower in self._followers.get(owner_id, ()):
                follower.wake()

    async def poll(self) -> None:
        """Wake the followers whose lists have changed since they last read them. One query."""
        tokens = await self._threads.run(_sync_tokens, list(self._followers))
        for follower in self._all():
            if tokens.get(follower.owner_id, NEVER_SEEN) != follower.seen:
                follower.wake()

    def _all(self) -> list[Follower]:
        return [follower for followers in self._followers.values() for follower in followers]

    def _start(self) -> None:
        if self._tasks or self._is_closed:
            return
        loop = asyncio.get_running_loop()
        interval_s = POLL_INTERVAL_WITH_NOTIFICATIONS_S if self._listen else POLL_INTERVAL_S
        self._tasks.append(loop.create_task(self._poll_regularly(interval_s)))
        if self._listen:
            self._tasks.append(loop.create_task(self._wake_when_notified(self._listen)))

    async def _poll_regularly(self, interval_s: float) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(interval_s):
                    await self._should_poll.wait()
            self._should_poll.clear()
            with suppress(Error):  # logged already; the next poll may work
                if self._followers:
                    await self.poll()

    async def _wake_when_notified(self, listen: Callable[[], AsyncGenerator]) -> None:
        async with aclosing(listen()) as batches:
            async for owner_ids in batches:
                self.is_listening = owner_ids is not None
                if owner_ids:
                    self.wake(owner_ids)
                elif owner_ids is not None:
                    # Some may be lost. A poll wakes only followers that missed something, and one poll does for several.
                    self._should_poll.set()


def _sync_tokens(owner_ids: list[str]) -> Mapping[str, str]:
    """Return the sync tokens of the owners that exist."""
    versions = Owner.objects.any_of(owner_ids).values_list("owner_id", "epoch", "version")
    return {owner_id: str(SyncToken(epoch, version)) for owner_id, epoch, version in versions}
