"""Show one-to-one reads to the peer, whose own last message gets `isPeerRead`."""

import logging
import math
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from django.db import connection

from conversations import identifiers
from conversations.choices import ChangedBy, ConversationType
from conversations.models import Conversation, PendingReceipt
from conversations.store import json_rows
from conversations.store.owners import lock_owners, save_owners
from conversations.store.rows import STAMP, stamp, update_rows
from conversations.store.transactions import Progress, in_transaction, run_each

# Owners whose lists change in one transaction.
BATCH = 500
KEY = ("owner_id", "peer_id", "read_to_s")

logger = logging.getLogger(__name__)


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


# ---- Many at once ------------------------------------------------------------------------------


def begin(reader: str, read_to: Mapping[str, int]) -> None:
    """Note that these read positions are to be shown: epoch seconds, by peer. Needs a transaction; one statement."""
    if not read_to:
        return
    rows = [(reader, peer, read_to[peer]) for peer in sorted(read_to)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_pending} ({', '.join(KEY)}) {json_rows.select(PendingReceipt, KEY)} WHERE 1 = 1 "
            "ON CONFLICT (owner_id, peer_id) DO UPDATE SET read_to_s = EXCLUDED.read_to_s",
            [json_rows.parameter(KEY, rows)],
        )


def finish(reader: str, *, until: float = math.inf) -> int:
    """Show a reader's noted positions to the peers until a monotonic time, batch by batch. Return how many are left.

    Safe beside another process that does the same: nothing is shown twice, and a later read stays noted.
    """
    pending = PendingReceipt.objects.filter(owner_id=reader)
    while batch := dict(pending.order_by("peer_id").values_list("peer_id", "read_to_s")[:BATCH]):
        if time.monotonic() >= until:
            return pending.count()
        show(reader, batch)
        _forget(reader, batch)
    return 0


def finish_all() -> Progress:
    """Show all noted positions; return the number of readers."""
    act = partial(finish, until=math.inf)
    return run_each(pending_readers(), act, log=logger, failure="The read receipts of %s failed and stay pending")


def pending_readers() -> list[str]:
    """Return the users some of whose reads are not shown to the peers yet."""
    return list(PendingReceipt.objects.order_by("owner_id").values_list("owner_id", flat=True).distinct())


@in_transaction
def _forget(reader: str, shown: Mapping[str, int]) -> None:
    rows = [(reader, peer, read_to_s) for peer, read_to_s in shown.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {_pending} WHERE owner_id = %s AND (peer_id, read_to_s) IN "
            f"(SELECT k.peer_id, k.read_to_s FROM ({json_rows.select(PendingReceipt, KEY)}) k)",
            [reader, json_rows.parameter(KEY, rows)],
        )


# ---- Rows --------------------------------------------------------------------------------------


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


_table, _pending = Conversation._meta.db_table, PendingReceipt._meta.db_table


def as_read(last_message: str, time_s: int) -> str | None:
    """Return an own message of up to that time with `isPeerRead`; None for any other, or if it was marked already."""
    message = orjson.loads(last_message)
    if not message.get("isSelf") or message.get("isPeerRead") or message.get("timestamp", 0) > time_s:
        return None
    return orjson.dumps(message | {"isPeerRead": True}).decode()
