"""Where the lists stand of clients that come, or come back: after a restart all at once, so one read does for many."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from conversations.api.events.threads import Threads
from conversations.lists import standing
from conversations.lists.standing import Standing

# Lists in one read. More would hold a connection, and those that come after, for longer.
MOST = 200
# Between two reads: so many a second at most, however fast clients come.
PAUSE_S = 0.05
# Clients that catch up at the same moment: half of the threads stay free for changes and for those who come.
CATCHING_UP = 4

R = TypeVar("R")


class Returns:
    """Reads for those that wait, one read at a time; who comes meanwhile is in the next one."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._waiting: list[tuple[str, asyncio.Future[Standing]]] = []
        self._reading: asyncio.Task | None = None
        self._rested_at = 0.0  # when the next read may begin
        self._catching_up = asyncio.Semaphore(CATCHING_UP)

    async def catch_up(self, function: Callable[..., R], *args: Any) -> R:
        """Read for a client that has missed something, when its turn has come."""
        async with self._catching_up:
            return await self._threads.run(function, *args)

    async def standing(self, owner_id: str) -> Standing:
        """Return where the list stands at this moment or later. Raises the database's errors."""
        future: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()
        self._waiting.append((owner_id, future))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_for_all())
        return await future

    async def _read_for_all(self) -> None:
        try:
            while self._waiting:
                if (rest_s := self._rested_at - monotonic()) > 0:
                    await asyncio.sleep(rest_s)
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._read_for(some)
                self._rested_at = monotonic() + PAUSE_S
        finally:
            self._reading = None

    async def _read_for(self, some: list[tuple[str, asyncio.Future[Standing]]]) -> None:
        waiting = [(owner_id, future) for owner_id, future in some if not future.done()]  # the client may have gone
        try:
            found = await self._threads.run(standing.read, list({owner_id for owner_id, _future in waiting}))
        except Exception as error:  # whatever it is, it is theirs: none may wait for ever
            for _owner_id, future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for owner_id, future in waiting:
                if not future.done():
                    future.set_result(found[owner_id])
