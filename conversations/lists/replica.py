"""The read replica: a standby that answers the reads of one user's list, as long as it can be reached and is not far behind.

A failure is noted once: until the replica is well again, which a thread finds out, no read waits for it.
"""

import logging
import threading
import time
from collections import deque
from typing import NamedTuple, Self

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections

from conversations import sync_tokens
from conversations.logs import sparing, summary
from conversations.sync_tokens import SyncToken

ALIAS = "replica"
# How long a connection that was found up to date is taken to be. Behind a proxy, each may lead to another standby.
UP_TO_DATE_S = 1
# How long the replica is left alone after a failure before it is tried again.
PAUSE_S = 5
# The replica was asked at a bad moment, and answers others: a conflict with what it replays, or too slow a statement.
OF_ONE_READ = ("40001", "40P01", "55P03", "57014")

WRITTEN = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"
# Whether it is a standby, how far it has replayed the primary's log, and how long ago the last commit was that it has replayed.
CONDITION = """
    SELECT pg_is_in_recovery(), coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0),
        greatest(0, coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'infinity'))::float8"""
# So many seconds of the primary's positions are remembered, beyond the lag that is allowed.
REMEMBERED_S = 5

logger = logging.getLogger(__name__)


class Behind(Exception):
    """The replica has not replayed yet what the client has seen."""


class Source(NamedTuple):
    """The database that a read asks, and the version that its client has seen: the answer of a replica must not be older."""

    alias: str = DEFAULT_DB_ALIAS
    seen: SyncToken | None = None

    def check(self, token: str) -> None:
        """Raise Behind if the list at `token` is older than the client's, or of another epoch, which only the primary knows."""
        if self.seen is not None:
            shown = sync_tokens.parse(token)
            if shown is None or shown.epoch != self.seen.epoch or shown.version < self.seen.version:
                raise Behind

    def after(self, seen: SyncToken | None) -> Self:
        """Return the same for a client that has seen this version as well. The primary's is always the newest."""
        if self.alias != ALIAS or seen is None:
            return self
        if self.seen is not None and self.seen.epoch != seen.epoch:
            raise Behind
        return self._replace(seen=max(self.seen or seen, seen))


PRIMARY = Source()


class Condition(NamedTuple):
    """What was found of the replica: whether it is a standby, and how many seconds it is behind; infinite if nobody knows."""

    is_standby: bool
    lag_s: float

    @property
    def problem(self) -> str:
        """Why the replica must not answer; "" if it may."""
        if not self.is_standby:
            return "it is no standby"
        return f"it is {self.lag_s:.0f} s behind" if self.lag_s > settings.DATABASE_REPLICA_LAG_S else ""


class _State:
    is_away = False
    lock = threading.Lock()
    # When the primary had written up to which position of its log: monotonic seconds, bytes.
    written: deque[tuple[float, int]] = deque()


def is_set_up() -> bool:
    """Return whether this installation has a replica."""
    return ALIAS in settings.DATABASES


def is_ready() -> bool:
    """Return whether the replica may be asked now. No query, but once a second for each connection two short ones.

    Raises Error if the primary fails.
    """
    if _State.is_away:
        return False
    replica = connections[ALIAS]
    replica.close_if_health_check_failed()
    try:
        replica.ensure_connection()  # a pool lends one that was examined for an earlier request
    except Error as error:
        note_failure(error)
        return False
    return time.monotonic() < replica.connection.up_to_date_until_s or look() is not None


def look() -> Condition | None:
    """Return the condition of the replica if it may be asked; None while it is away or too far behind.

    Raises Error if the primary fails.
    """
    if _State.is_away:
        return None
    written = _written()
    try:
        condition = examine(written)
    except Error as error:
        note_failure(error)
        return None
    if condition.problem:
        connections[ALIAS].close()  # behind a proxy, the next connection may lead to a better one
        _go_away(condition.problem)
        return None
    connections[ALIAS].connection.up_to_date_until_s = time.monotonic() + UP_TO_DATE_S
    return condition


def examine(written: int | None = None) -> Condition:
    """Return the condition of the replica, whatever was noted about it. Raises Error.

    `written` is the position in the primary's log up to which a replica that is not behind has replayed; by default the present
    one.
    """
    written = written or _written()
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(CONDITION)
        is_standby, replayed, last_commit_s = cursor.fetchone()
    return Condition(is_standby, 0 if replayed >= written else _behind_s(replayed, last_commit_s))


def _behind_s(replayed: int, last_commit_s: float) -> float:
    """Return for how long the primary has had more than the replica has replayed.

    The age of the last commit only tells where nothing is remembered: while one long transaction writes, none comes.
    """
    with _State.lock:
        missing = [moment for moment, position in _State.written if position > replayed]
        is_remembered = len(missing) < len(_State.written)
    return time.monotonic() - min(missing) if missing and is_remembered else last_commit_s


def note_failure(error: Error) -> None:
    """Log that the replica failed, and leave it alone for a while unless only this read was unlucky."""
    is_of_one = getattr(error.__cause__, "sqlstate", None) in OF_ONE_READ
    if is_of_one or not isinstance(error, OperationalError | InterfaceError):
        _log(summary(error))
    else:
        _go_away(summary(error))


def _written() -> int:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(WRITTEN)
        written = int(cursor.fetchone()[0])
    now = time.monotonic()
    with _State.lock:
        _State.written.append((now, written))
        while _State.written[0][0] < now - settings.DATABASE_REPLICA_LAG_S - REMEMBERED_S:
            _State.written.popleft()
    return written


def _go_away(why: str) -> None:
    _log(why)
    with _State.lock:
        if _State.is_away:
            return
        _State.is_away = True
    threading.Thread(target=_wait_until_well, name="replica", daemon=True).start()


def _wait_until_well() -> None:
    """Try the replica until it may be asked again: on a thread of its own, so that no request waits for it."""
    while _State.is_away:
        time.sleep(PAUSE_S)
        try:
            if problem := examine().problem:
                _log(problem)
            else:
                _State.is_away = False
        except Exception as error:
            _log(summary(error))
        finally:
            connections.close_all()  # this thread's


def _log(why: str) -> None:
    sparing.log(logger, logging.WARNING, "replica", "Replica failure: the primary answers meanwhile: %s", why)
