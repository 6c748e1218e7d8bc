"""Lock owners, and give each change of their lists its version.

Owners are locked in order of their IDs, before any of their conversations is touched; every changed row takes the next
version, and everything is written in one transaction. So no version is missing or used twice, and no two writers wait for each
other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

import orjson
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.exceptions import Code, ConversationError
from conversations.formats.conversation import MAX_GROUPS
from conversations.models import Conversation, Owner
from conversations.models.lookups import array_parameter
from conversations.store import json_rows, notifications, statements
from conversations.store.statements import Later
from conversations.store.threads import lock_groups, lock_threads
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import SyncToken
from conversations.threads import group_of, is_of_group, thread_of
from conversations.times import now_s

Row = TypeVar("Row")
OWNERS_PER_STATEMENT = 5000
NOTHING: Mapping[str, int] = MappingProxyType({})


class TooManyGroups(ConversationError):
    """An owner has at most MAX_GROUPS conversation groups."""

    code = Code.TOO_MANY_GROUPS


@dataclass(slots=True)
class LockedOwner:
    """An owner that this transaction alone may change."""

    owner_id: str
    epoch: int
    version: int
    reset_below: int
    groups_version: int
    group_names: list[str | None]
    erased_at_s: int = 0
    is_changed: bool = False
    # The stored version, if some were reserved with the lock; nothing else of the owner is to change then.
    reserved: int = 0

    @property
    def is_stored(self) -> bool:
        """Return whether there is nothing to save; versions that were reserved and not given are given back."""
        return self.version == self.reserved if self.reserved else not self.is_changed

    @property
    def token(self) -> str:
        """The sync token of the list's current version."""
        return str(SyncToken(self.epoch, self.version))

    @property
    def group_names_json(self) -> str:
        """The names of the conversation groups, as JSON to store."""
        return orjson.dumps(self.group_names).decode()

    def was_erased_after(self, time_s: int) -> bool:
        """Return whether something of this time was erased with the owner, and must not come back."""
        return self.erased_at_s > 0 and time_s <= self.erased_at_s

    def next_version(self) -> int:
        """Take a version for one more changed row."""
        self.version += 1
        self.is_changed = True
        return self.version

    def group_bits(self, names: Iterable[str]) -> int:
        """Return the bits of conversation groups, with bits for new names. Raises TooManyGroups, with nothing changed."""
        group_names = list(self.group_names)
        bits = 0
        for name in names:
            if name not in group_names:
                _add_group(group_names, name)
            bits |= 1 << group_names.index(name)
        if group_names != self.group_names:
            self.set_group_names(group_names)
        return bits

    def set_group_names(self, names: list[str | None]) -> None:
        """Set the names by bit; that takes a version of its own."""
        self.group_names = names
        self.groups_version = self.next_version()


def _add_group(names: list[str | None], name: str) -> None:
    if None in names:
        names[names.index(None)] = name
    elif len(names) < MAX_GROUPS:
        names.append(name)
    else:
        raise TooManyGroups(Code.TOO_MANY_GROUPS.label, field="conversationGroupList")


_table = Owner._meta.db_table
_LOCKED = "owner_id, epoch, version, reset_below, groups_version, group_names, erased_at_s"
_OWNER_COLUMNS = len(_LOCKED.split(", "))
_SAVED = ("owner_id", "version", "reset_below", "groups_version", "group_names")


# Rows to change are read by statements compiled once: the ORM would take a third of an action's time. Times are not read,
# since no action needs them and SQLite returns them as text.
_TIMES = {"last_message_at", "deleted_at", "changed_at", "created_at"}
_FOR_ONE = [field.attname for field in Conversation._meta.concrete_fields if field.attname not in _TIMES]
_FOR_MANY = [name for name in _FOR_ONE if name not in ("wire_head", "last_message")]


def lock_owner(owner_id: str) -> LockedOwner | None:
    """Lock one owner until the transaction ends; return None for an unknown one. Needs a transaction."""
    row = _row(_lock_sql(), owner_id)
    return _locked(row) if row else None


def lock_with_peers(owner_id: str, conversation_ids: Iterable[str]) -> None:
    """Lock everything that conversations depend on, from the top down: groups, threads, and owners (also one-to-one peers).

    A recount needs it, since nothing may be pruned meanwhile. So does an action inside another transaction, since the peer's
    row is then changed while the reader is locked. Needs a transaction.
    """
    split_ids = {conversation_id: identifiers.split(conversation_id) for conversation_id in conversation_ids}
    threads = {thread_of(owner_id, conversation_id) for conversation_id in split_ids}
    # A transaction that holds a group may lock all of its topics.
    lock_groups({group_of(thread) for thread in threads if is_of_group(thread)})
    lock_threads(threads)
    peers = {bare_id for type_, bare_id in split_ids.values() if type_ == ConversationType.C2C}
    if json_rows.is_distributed():
        # By one statement, which takes them node by node as every other does. Only those that there are: it makes others.
        lock_owners(Owner.objects.any_of(sorted({owner_id, *peers})).values_list("owner_id", flat=True))
    else:
        for user_id in sorted({owner_id, *peers}):
            lock_owner(user_id)


def lock_one(
    owner_id: str, conversation_id: str, *, then: Callable[[], object] = lambda: None
) -> tuple[LockedOwner, Conversation] | None:
    """Lock an owner, and read one conversation of the list; return None for a missing one. Needs a transaction.

    `then` puts off further reads under the lock, for the same round trip. It is called again if nothing was found at first.
    """
    found = statements.rows_later(_lock_and_read_sql(), [owner_id, conversation_id])
    then()
    if rows := found():
        return _locked(rows[0][:_OWNER_COLUMNS]), _conversation(_FOR_ONE, rows[0][_OWNER_COLUMNS:])
    # That does not find a row that was listed while it waited for the lock.
    owner = lock_owner(owner_id)
    row = owner and _row(_one_sql(), owner_id, conversation_id)
    if not (owner and row):
        return None
    then()
    return owner, _conversation(_FOR_ONE, row)


def lock_many(owner_id: str, conversation_ids: Sequence[str]) -> tuple[LockedOwner | None, dict[str, Conversation]]:
    """Lock an owner, and read the conversations that are in the list, by ID. Needs a transaction."""
    owner = lock_owner(owner_id)
    if owner is None:
        return None, {}
    found = statements.rows_of(_many_sql(), [owner_id, array_parameter(conversation_ids)])
    rows = [_conversation(_FOR_MANY, row) for row in found]
    return owner, {row.conversation_id: row for row in rows}


def _row(sql: str, *parameters: str) -> Any:
    return next(iter(statements.rows_of(sql, parameters)), None)


@cache
def _lock_sql() -> str:
    for_update = " FOR UPDATE" if connection.features.has_select_for_update else ""
    return f"SELECT {_LOCKED} FROM {_table} WHERE owner_id = %s{for_update}"


@cache
def _lock_and_read_sql() -> str:
    # The conversation is locked as well: of what it does not lock, a statement shows what was there before it waited.
    for_update = " FOR UPDATE OF o, c" if connection.features.has_select_for_update else ""
    columns = ", ".join([f"o.{name}" for name in _LOCKED.split(", ")] + [f"c.{name}" for name in _FOR_ONE])
    return (
        f"SELECT {columns} FROM {_table} o JOIN {Conversation._meta.db_table} c ON c.owner_id = o.owner_id "
        f"WHERE o.owner_id = %s AND c.conversation_id = %s AND c.deleted_at IS NULL{for_update}"
    )


@cache
def _one_sql() -> str:
    return Conversation.objects.for_owner("").filter(conversation_id="").values_list(*_FOR_ONE).query.sql_with_params()[0]


@cache
def _many_sql() -> str:
    return Conversation.objects.for_owner("").any_of([]).values_list(*_FOR_MANY).query.sql_with_params()[0]


def _conversation(names: Sequence[str], values: Sequence[Any]) -> Conversation:
    return Conversation.from_db(connection.alias, names, values)


def lock_owners(owner_ids: Iterable[str], reserve: Mapping[str, int] = NOTHING) -> dict[str, LockedOwner]:
    """Lock owners until the transaction ends, and create missing ones. Needs a transaction.

    `reserve` says how many versions an owner will need, most likely: one statement then takes them and locks.
    """
    return lock_owners_later(owner_ids, reserve)()


def lock_owners_later(owner_ids: Iterable[str], reserve: Mapping[str, int] = NOTHING) -> Later[dict[str, LockedOwner]]:
    """Lock owners as `lock_owners`, along with the next statement."""
    wanted = sorted(set(owner_ids))
    locked = {} if json_rows.are_few(wanted) or not json_rows.is_distributed() else _lock_part_by_part(wanted)
    epoch, stored = now_s(), []
    for part in _parts([owner_id for owner_id in wanted if owner_id not in locked]):
        rows = [(owner_id, epoch, reserve.get(owner_id, 0)) for owner_id in part]
        source, parameters = json_rows.in_order(Owner, ("owner_id", "epoch", "version"), rows)
        # The update takes the lock even if it changes nothing, on SQLite, PostgreSQL and Citus alike.
        upsert = (
            f"INSERT INTO {_table} (owner_id, epoch, version) {source} "
            f"ON CONFLICT (owner_id) DO UPDATE SET version = {_table}.version + EXCLUDED.version RETURNING {_LOCKED}"
        )
        stored.append(statements.rows_later(upsert, parameters))
    return lambda: locked | {row[0]: _locked(row, reserve.get(row[0], 0)) for rows in stored for row in rows()}


def _lock_part_by_part(owner_ids: Sequence[str]) -> dict[str, LockedOwner]:
    """Lock the stored ones of many owners of a distributed database, one part of its table after another.

    In the same order as one statement that names few owners. To name many in one takes ten times as long.
    """
    parts = statements.rows_of(
        # Before the tables are distributed, there is one part.
        "SELECT array_agg(o), CASE WHEN EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = %(table)s::regclass) "
        "THEN get_shard_id_for_distribution_column(%(table)s::regclass, o) END AS part "
        "FROM unnest(%(owner_ids)s::text[]) o GROUP BY part ORDER BY part",
        {"owner_ids": list(owner_ids), "table": _table},
    )
    sql = f"SELECT {_LOCKED} FROM {_table} WHERE owner_id = ANY(%s::text[]) ORDER BY owner_id FOR UPDATE"
    found = [statements.rows_later(sql, [in_part]) for in_part, _part in parts]
    return {row[0]: _locked(row) for rows in found for row in rows()}


def _locked(row: Sequence[Any], reserved: int = 0) -> LockedOwner:
    owner_id, epoch, version, reset_below, groups_version, group_names, erased_at_s = row
    return LockedOwner(
        owner_id,
        epoch,
        version - reserved,
        reset_below,
        groups_version,
        orjson.loads(group_names),
        erased_at_s,
        reserved=version if reserved else 0,
    )


def reset_sync_tokens(*, dry_run: bool = False, on_batch: Callable[[int], None] = lambda count: None) -> int:
    """Invalidate all sync tokens, as after a restore, which repeats versions. Return the number of owners."""
    count, last = 0, ""
    while owner_ids := list(Owner.objects.after(last).values_list("owner_id", flat=True)[:OWNERS_PER_STATEMENT]):
        if not dry_run:
            begin_epoch(owner_ids)
        count, last = count + len(owner_ids), owner_ids[-1]
        on_batch(len(owner_ids))
    return count


@in_transaction
def begin_epoch(owner_ids: Sequence[str]) -> None:
    """Invalidate the sync tokens of these owners, and wake the followers of their lists."""
    lock_owners(owner_ids)
    # Greater than the old epoch, even if the clock was set back.
    Owner.objects.filter(owner_id__any_of=owner_ids).update(epoch=Greatest(F("epoch") + 1, now_s()))
    notifications.notify_after_commit(owner_ids)


def save_owners(locked: Iterable[LockedOwner]) -> None:
    """Save the owners that changed since the lock, and notify the followers of their lists after the commit."""
    owners = list(locked)
    if changed := [owner.owner_id for owner in owners if owner.is_changed]:
        notifications.notify_after_commit(changed)
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in _SAVED[1:])
    for part in _parts([owner for owner in owners if not owner.is_stored]):
        rows = [
            (owner.owner_id, owner.version, owner.reset_below, owner.groups_version, owner.group_names_json) for owner in part
        ]
        source, parameters = json_rows.in_order(Owner, _SAVED, rows)
        conflict = f"ON CONFLICT (owner_id) DO UPDATE SET {updates}"
        statements.run_later(f"INSERT INTO {_table} ({', '.join(_SAVED)}) {source} {conflict}", parameters)


def _parts(rows: list[Row]) -> Iterable[list[Row]]:
    return (rows[start : start + OWNERS_PER_STATEMENT] for start in range(0, len(rows), OWNERS_PER_STATEMENT))
