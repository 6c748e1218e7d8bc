"""Wake the followers of lists after a change. The rows are the truth: a lost notification only costs a delay."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from conversations.logs import sparing, summary

CHANNEL = "imsite_changes"
# PostgreSQL takes 8000 bytes in a notification. For more owners than fit in so many, one names none, and followers poll all
# their lists.
MAX_NAMED, MAX_NOTIFICATIONS = 100, 5
EVERYBODY = ""
NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) payload"
# How long a process waits after notifying: the first change of a quiet moment goes out at once, those of a busy one together.
INTERVAL_S = 0.01
# Between attempts to listen again; doubled after each failure.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10
# An unresponsive server is detected after a minute.
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

logger = logging.getLogger(__name__)


def notify_after_commit(owner_ids: Sequence[str]) -> None:
    """Wake the followers of these lists once the transaction is committed; a failure is logged and fails nothing else."""

    # A function and not a partial: Django's log line of a failed hook needs its name.
    def notify_followers() -> None:
        notify(owner_ids)

    transaction.on_commit(notify_followers, robust=True)


def notify(owner_ids: Sequence[str]) -> None:
    """Wake the followers of these lists now: after the commit, since NOTIFY makes all commits of the database wait.

    On SQLite nothing is sent; followers poll.
    """
    if connection.vendor != "postgresql":
        return
    if _background:
        _background.send(owner_ids)
        return
    with connection.cursor() as cursor:
        cursor.execute(NOTIFY, [CHANNEL, _payloads(_named(owner_ids))])


def _named(owner_ids: Sequence[str]) -> Sequence[str]:
    return owner_ids if len(owner_ids) <= MAX_NAMED * MAX_NOTIFICATIONS else (EVERYBODY,)


def _payloads(owner_ids: Sequence[str]) -> list[str]:
    if EVERYBODY in owner_ids:
        return [EVERYBODY]
    return ["\n".join(owner_ids[start : start + MAX_NAMED]) for start in range(0, len(owner_ids), MAX_NAMED)]


class Background:
    """Sends notifications from a thread of its own, so that no request waits for it; those of INTERVAL_S together.

    It has a connection of its own, and tries again while the database can't be reached. What waits when the process ends is not
    sent, and followers see those changes when they poll.
    """

    def __init__(self) -> None:
        self._waiting: set[str] = set()  # owners, and EVERYBODY
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._database: BaseDatabaseWrapper | None = None

    def send(self, owner_ids: Sequence[str]) -> None:
        """Wake the followers of these lists soon."""
        with self._changed:
            self._waiting.update(_named(owner_ids))
            self._changed.notify()
            if self._thread is None or not self._thread.is_alive():  # not before: a server forks its workers
                thread = threading.Thread(target=self._run, name="notifications", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                owner_ids, self._waiting = sorted(self._waiting), set()
            try:
                self._notify(owner_ids)
                pause_s = FIRST_PAUSE_S
                time.sleep(INTERVAL_S)
            except Exception as error:  # the thread goes on whatever happens
                self._give_back(owner_ids, error)
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _give_back(self, owner_ids: Sequence[str], error: Exception) -> None:
        sparing.log(logger, logging.WARNING, "notify", "Cannot notify, will be retried: %s", summary(error))
        if self._database:
            self._database.close()
        with self._changed:
            self._waiting.update(owner_ids)

    def _notify(self, owner_ids: Sequence[str]) -> None:
        if self._database is None:
            self._database = connections.create_connection(DEFAULT_DB_ALIAS)
        with self._database.cursor() as cursor:
            cursor.execute(NOTIFY, [CHANNEL, _payloads(owner_ids)])


_background: Background | None = None


def send_in_background() -> None:
    """Let this process, or those that it forks, send notifications from a thread."""
    global _background
    _background = Background()


async def listen() -> AsyncGenerator[Sequence[str] | None, None]:
    """Yield the owners of each notification; an empty sequence if any list may have changed; None if the connection is lost.

    Any list may have changed at each start of listening, and where there are too many owners to name. PostgreSQL only; holds a
    connection of its own, outside the pool, and reconnects for ever.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**_parameters()) as listener:
                await listener.execute(f"LISTEN {CHANNEL}")
                pause_s = FIRST_PAUSE_S
                yield ()
                async for notification in listener.notifies():
                    yield notification.payload.split("\n") if notification.payload != EVERYBODY else ()
        except psycopg.Error as error:
            if pause_s == FIRST_PAUSE_S:
                logger.warning("Cannot listen for changes, will be retried: %s", summary(error))
            yield None
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _parameters() -> dict[str, Any]:
    """Return the parameters of Django's connections, without those of their cursors."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return KEEPALIVES | parameters | {"autocommit": True, "application_name": "imsite events"}
