"""The streams that wait for changes, by owner, in one event loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress

from django.conf import settings
from django.db import Error, connection

from conversations.api.events.garbage import Garbage
from conversations.api.events.heart import Heart
from conversations.api.events.threads import Threads
from conversations.lists import standing
from conversations.metrics import LISTENERS, OPEN_STREAMS
from conversations.store import notifications
from conversations.sync_tokens import NEVER_SEEN

# How often all followed lists are polled: without notifications (SQLite), and with, since one may get lost.
POLL_INTERVAL_S, POLL_INTERVAL_WITH_NOTIFICATIONS_S = 0.5, 15
# Lists in one query of a poll. While its rows are taken in, changes wait.
POLLED_AT_ONCE = 500


class Follower:
    """A stream that waits for one owner's changes."""

    def __init__(self, owner_id: str) -> None:
        self.owner_id = owner_id
        self._seen: str | None = None  # the list's sync token when it was last read to its end
        self._newest: str | None = None  # as a poll found it before the first such read
        self.is_over = False  # gone, or the server stops
        self._has_changed = self._is_beat_due = False
        self._woken = asyncio.Event()

    def see(self, token: str) -> None:
        """Take note that the list was read to its end, at this sync token."""
        self._seen = token
        self.compare(self._newest or token)
        self._newest = None

    def compare(self, token: str) -> None:
        """Wake it if it was read at another token than a poll has found. One that is about to read is left to that."""
        if self._seen is None:
            self._newest = token
        elif token != self._seen:
            self.wake()

    def wake(self) -> None:
        self._has_changed = True
        self._woken.set()

    def beat(self) -> None:
        self._is_beat_due = True
        self._woken.set()

    def end(self) -> None:
        self.is_over = True
        self._woken.set()

    def take(self) -> bool:
        """Return whether there was a change since the last time. Called before reading: one during the read wakes it again."""
        has_changed, self._has_changed = self._has_changed, False
        return has_changed

    def take_beat(self) -> bool:
        """Return whether a heartbeat has become due since the last time."""
        is_due, self._is_beat_due = self._is_beat_due, False
        return is_due

    async def wait(self) -> None:
        """Wait for a change, a heartbeat or the end. It may return for one that was taken already."""
        await self._woken.wait()
        self._woken.clear()


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
        self._heart = Heart(settings.EVENTS_HEARTBEAT_S)
        self._garbage = Garbage()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @contextmanager
    def follow(self, owner_id: str) -> Iterator[Follower]:
        """Follow an owner's list until the end of the block."""
        follower = Follower(owner_id)
        self._start()
        self._followers.setdefault(owner_id, set()).add(follower)
        self._heart.add(follower)
        self._count += 1
        if self._is_closed:
            follower.end()
        OPEN_STREAMS.inc()
        try:
            yield follower
        finally:
            OPEN_STREAMS.dec()
            self._count -= 1
            self._heart.remove(follower)
            if not self._is_closed:
                self._garbage.note_end(self._count)
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
        """Wake the followers whose lists have changed since they last read them. One query for POLLED_AT_ONCE lists."""
        owner_ids = list(self._followers)
        for first in range(0, len(owner_ids), POLLED_AT_ONCE):
            await self._poll(owner_ids[first : first + POLLED_AT_ONCE])

    async def _poll(self, owner_ids: list[str]) -> None:
        tokens = await self._threads.run(standing.sync_tokens, owner_ids)
        for owner_id in owner_ids:
            for follower in self._followers.get(owner_id, ()):
                follower.compare(tokens.get(owner_id, NEVER_SEEN))

    def _all(self) -> list[Follower]:
        return [follower for followers in self._followers.values() for follower in followers]

    def _start(self) -> None:
        if self._tasks or self._is_closed:
            return
        self._garbage.begin()
        loop = asyncio.get_running_loop()
        self._tasks.append(loop.create_task(self._heart.run()))
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
                _note_listener(is_listening=owner_ids is not None)
                if owner_ids:
                    self.wake(owner_ids)
                elif owner_ids is not None:
                    # Some may be lost. A poll wakes only followers that missed something, and one poll does for several.
                    self._should_poll.set()


def _note_listener(*, is_listening: bool) -> None:
    LISTENERS.labels("ok").set(is_listening)
    LISTENERS.labels("unavailable").set(not is_listening)
