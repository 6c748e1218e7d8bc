"""Show one-to-one reads to the peer, whose own last message gets `isPeerRead`."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.db import connection

from conversations import identifiers
from conversations.choices import ChangedBy, ConversationType
from conversations.models import Conversation
from conversations.store.owners import lock_owners, save_owners
from conversations.store.rows import STAMP, stamp, update_rows
from conversations.store.transactions import in_transaction

# Owners whose lists change in one transaction.
BATCH = 500


def show(reader: str, read_to: Mapping[str, int]) -> None:
    """Mark the peers' last messages as read up to these times: epoch seconds, by peer.

    This follows the read, in short transactions, so that a read locks no list but its owner's. If it gets lost, the next read
    makes up for it; and messages stored meanwhile look up the reader's position themselves.
    """
    conversation_id = identifiers.join(ConversationType.C2C, reader)
    peers = sorted(read_to)
    for start in range(0, len(peers), BATCH):
        # Read without a lock first, so that peers whose row stays as it is are not locked at all.
        if rows := _rows_to_mark(peers[start : start + BATCH], conversation_id, read_to):
            _mark_read([row.owner_id for row in rows], conversation_id, read_to)


@in_transaction
def _mark_read(owner_ids: list[str], conversation_id: str, read_to: Mapping[str, int]) -> None:
    owners = lock_owners(owner_ids)
    rows = _rows_to_mark(owner_ids, conversation_id, read_to)
    for row in rows:
        stamp(row, owners[row.owner_id], ChangedBy.READ)
    update_rows(rows, ("last_message", *STAMP))
    save_owners(owners.values())


def _rows_to_mark(owner_ids: list[str], conversation_id: str, read_to: Mapping[str, int]) -> list[Conversation]:
    """Return the rows to save: those whose last message is their owner's own and was not yet marked as read."""
    rows = _column_of("last_message", owner_ids, conversation_id, "c.deleted_at IS NULL AND c.last_message IS NOT NULL")
    marked = [(owner_id, as_read(last_message, read_to[owner_id])) for owner_id, last_message in rows]
    return [
        Conversation(owner_id=owner_id, conversation_id=conversation_id, last_message=last_message)
        for owner_id, last_message in marked
        if last_message
    ]


def read_by(owner_id: str, peers: list[str]) -> dict[str, int]:
    """Return up to when peers have read the owner's messages: epoch seconds by peer, from deleted conversations, too."""
    return dict(_column_of("c2c_read_timestamp", peers, identifiers.join(ConversationType.C2C, owner_id), "1 = 1"))


def _column_of(column: str, owner_ids: list[str], conversation_id: str, condition: str) -> list[tuple[str, Any]]:
    """Return owner ID and this column of the owners' rows of one conversation. One query."""
    with connection.cursor() as cursor:
        # By pairs: given a list of owners and one ID, PostgreSQL may go through all rows of that ID. As VALUES: there is nearly
        # always one owner, and PostgreSQL then plans for one row, which `json_rows` would hide.
        cursor.execute(
            f"SELECT c.owner_id, c.{column} FROM (VALUES {', '.join(['(%s, %s)'] * len(owner_ids))}) AS k "
            f"JOIN {_table} c ON c.owner_id = k.column1 AND c.conversation_id = k.column2 WHERE {condition}",
            [value for owner_id in owner_ids for value in (owner_id, conversation_id)],
        )
        return list(cursor.fetchall())


_table = Conversation._meta.db_table


def as_read(last_message: str, time_s: int) -> str | None:
    """Return an own message of up to that time with `isPeerRead`; None for any other, or if it was marked already."""
    message = orjson.loads(last_message)
    if not message.get("isSelf") or message.get("isPeerRead") or message.get("timestamp", 0) > time_s:
        return None
    return orjson.dumps(message | {"isPeerRead": True}).decode()
