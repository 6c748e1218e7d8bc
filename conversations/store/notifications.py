"""Wake the followers of lists after a change. The rows are the truth: a lost notification only costs a delay."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import psycopg
from django.db import connection, transaction

from conversations.logs import summary

CHANNEL = "imsite_changes"
# PostgreSQL takes 8000 bytes in a notification. For more owners than fit in so many, one names none, and followers poll all
# their lists.
MAX_NAMED, MAX_NOTIFICATIONS = 100, 5
EVERYBODY = ""
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
    if connection.vendor == "postgresql":
        starts = range(0, len(owner_ids), MAX_NAMED) if len(owner_ids) <= MAX_NAMED * MAX_NOTIFICATIONS else ()
        payloads = ["\n".join(owner_ids[start : start + MAX_NAMED]) for start in starts] or [EVERYBODY]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) payload", [CHANNEL, payloads])


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
