"""Number the changes of an owner's list.

Owners are locked in order of their IDs, before any of their conversations is touched; every changed row takes the next
number, and all is written in one transaction. Then no number is missing or given twice, and no two writers each wait for the
other.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from django.db import connection

from conversations.exceptions import Code, ConversationError
from conversations.models import Owner
from conversations.times import now_s
from conversations.wire import MAX_GROUPS

OWNERS_PER_STATEMENT = 5000


class TooManyGroups(ConversationError):
    """An owner has at most MAX_GROUPS conversation groups."""

    code = Code.TOO_MANY_GROUPS


@dataclass(slots=True)
class LockedOwner:
    """An owner that this transaction alone may change."""

    owner_id: str
    version: int
    group_names: list[str | None]
    is_changed: bool = False

    def next_version(self) -> int:
        """The number of one more changed row."""
        self.version += 1
        self.is_changed = True
        return self.version

    def group_bits(self, names: Iterable[str]) -> int:
        """The bits of conversation groups; new names get one. Raises TooManyGroups, with nothing changed."""
        known = list(self.group_names)
        bits = 0
        for name in names:
            if name not in known:
                _give_bit(known, name)
            bits |= 1 << known.index(name)
        if known != self.group_names:
            self.group_names, self.is_changed = known, True
        return bits


def _give_bit(names: list[str | None], name: str) -> None:
    if None in names:
        names[names.index(None)] = name
    elif len(names) < MAX_GROUPS:
        names.append(name)
    else:
        raise TooManyGroups(Code.TOO_MANY_GROUPS.label, field="conversationGroupList")


def lock_owners(owner_ids: Iterable[str]) -> dict[str, LockedOwner]:
    """Lock owners until the transaction ends, creating those never seen. Needs a transaction."""
    locked = {}
    epoch = now_s()
    for part in _parts(sorted(set(owner_ids))):
        # The update changes nothing: it is what takes the lock, on SQLite, PostgreSQL and Citus alike.
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {_table} (owner_id, epoch) VALUES {', '.join(['(%s, %s)'] * len(part))} "
                f"ON CONFLICT (owner_id) DO UPDATE SET version = {_table}.version RETURNING owner_id, version, group_names",
                [value for owner_id in part for value in (owner_id, epoch)],
            )
            for owner_id, version, group_names in cursor.fetchall():
                locked[owner_id] = LockedOwner(owner_id, version, orjson.loads(group_names))
    return locked


def save_owners(locked: Iterable[LockedOwner]) -> None:
    """Write the numbers given since `lock_owners`."""
    for part in _parts([owner for owner in locked if owner.is_changed]):
        parameters: list[str | int] = []
        for owner in part:
            parameters += owner.owner_id, owner.version, orjson.dumps(owner.group_names).decode()
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {_table} (owner_id, version, group_names) VALUES {', '.join(['(%s, %s, %s)'] * len(part))} "
                "ON CONFLICT (owner_id) DO UPDATE SET version = EXCLUDED.version, group_names = EXCLUDED.group_names",
                parameters,
            )


_table = Owner._meta.db_table


def _parts(rows: list) -> Iterable[list]:
    return (rows[start : start + OWNERS_PER_STATEMENT] for start in range(0, len(rows), OWNERS_PER_STATEMENT))
