"""What may be said in the log, and how often.

Nothing that people wrote belongs there, and no credential: messages of exceptions may quote both.
"""

import logging
import re
import threading
import time
from collections.abc import Hashable

import psycopg
from django.db import Error

from conversations.exceptions import ConversationError

INTERVAL_S = 60
MAX_KEYS = 1000

# Quoted text of a database's message is a value, unless it names one of these.
_NAMED = "constraint|relation|column|table|role|user|database|server at|host name"
_quoted = re.compile(rf"""(\b(?:{_NAMED}) )?("[^"]*"|'[^']*')""")


def summary(error: BaseException) -> str:
    """Return what an exception says, without what it may quote of a request or a row."""
    match error:
        case ConversationError():
            return " ".join([error.code.name, *(f"({name:.40})" for name in error.errors if name.isidentifier())])
        case Error() | psycopg.Error():
            first_line = str(error).strip().partition("\n")[0]
            return _quoted.sub(lambda match: match[0] if match[1] else "…", first_line)
        case OSError():
            return error.strerror or ""
    return ""


class SparingLog:
    """Lines that would repeat: one a minute for each key, with the number of those that were left out before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logged_at: dict[Hashable, float] = {}
        self._left_out: dict[Hashable, int] = {}

    def log(self, logger: logging.Logger, level: int, key: Hashable, text: str, *args: object) -> None:
        """Log `text % args`, unless a line of this key was logged within the last minute."""
        with self._lock:
            now = time.monotonic()
            if 0 <= now - self._logged_at.get(key, -INTERVAL_S) < INTERVAL_S:
                self._left_out[key] = self._left_out.get(key, 0) + 1
                return
            if len(self._logged_at) >= MAX_KEYS:
                self._logged_at.clear()
                self._left_out.clear()
            self._logged_at[key] = now
            left_out = self._left_out.pop(key, 0)
        if left_out:
            text, args = f"{text} (and %d more since the last such line)", (*args, left_out)
        logger.log(level, text, *args)


sparing = SparingLog()


def log_database_failure(logger: logging.Logger, error: Error) -> None:
    """Log that the database failed: one line a minute for each kind of failure, not a traceback a request."""
    kind = type(error.__cause__ or error).__name__
    sparing.log(logger, logging.ERROR, ("database", kind), "Database failure (%s): %s", kind, summary(error))
