"""Retry transactions after a conflict, and run work item by item."""

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from conversations.exceptions import ServiceUnavailable
from conversations.logs import summary

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)
ATTEMPTS = 5
# Deadlock and serialization failure; the order of locks allows neither, so each is logged.
CONFLICTS = ("40P01", "40001")


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function to run in a transaction, and again after a conflict. Raises ServiceUnavailable in the end.

    Inside another transaction, that one retries.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or getattr(error.__cause__, "sqlstate", None) not in CONFLICTS:
                    raise
                logger.warning(
                    "Transaction conflict in %s, attempt %d of %d: %s", function.__name__, attempt, ATTEMPTS, summary(error)
                )
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311
        raise ServiceUnavailable(_("Too many changes at the same moment; try again."))

    return run


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all reads of the block see the database as it is at its first one. No writer waits for it.

    Inside a transaction, that one decides.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
    else:
        # Django's own transactions begin as writers.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


class Progress(NamedTuple):
    """The numbers of finished and failed items."""

    done: int
    failed: int


def run_each(waiting: Sequence[str], act: Callable[[str], object], *, log: logging.Logger, failure: str) -> Progress:
    """Run an action for each waiting item. An item that fails stays waiting and does not affect the others.

    `failure` is the log text for it. Raises OperationalError when the database is not available.
    """
    failed = 0
    for item in waiting:
        try:
            act(item)
        except OperationalError:
            raise
        except Exception:
            log.exception(failure, item)
            failed += 1
    return Progress(len(waiting) - failed, failed)
