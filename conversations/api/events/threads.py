"""The few threads that read the database for all streams of an event loop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.db import Error, close_old_connections, reset_queries

from conversations.logs import log_database_failure

R = TypeVar("R")

# How many streams read at the same moment; with the pool, half of its connections.
THREADS = 8

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
