"""What a one-to-one read shows to the other side: `isPeerRead` of the last message, where that is its own."""

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
    """Let peers see up to when the reader has read what they sent: epoch seconds, by peer.

    It comes after the read, in short transactions, so that a read locks no list but its own. Should one get lost, the next
    read shows it; and messages stored meanwhile look for the reader's position themselves.
    """
    conversation_id = identifiers.join(ConversationType.C2C, reader)
    peers = sorted(read_to)
    for start in range(0, len(peers), BATCH):
        # Found without a lock, so that who has nothing to show is not even locked.
        if unshown := _unshown(peers[start : start + BATCH], conversation_id, read_to):
            _show([row.owner_id for row in unshown], conversation_id, read_to)


@in_transaction
def _show(owner_ids: list[str], conversation_id: str, read_to: Mapping[str, int]) -> None:
    owners = lock_owners(owner_ids)
    rows = _unshown(owner_ids, conversation_id, read_to)
    for row in rows:
        stamp(row, owners[row.owner_id], ChangedBy.READ)
    update_rows(rows, ("last_message", *STAMP))
    save_owners(owners.values())


def _unshown(owner_ids: list[str], conversation_id: str, read_to: Mapping[str, int]) -> list[Conversation]:
    """The owners' rows as they are to become: those that show a message of their owner's which is only now known to be read."""
    rows = _everybodys("last_message", owner_ids, conversation_id, "c.deleted_at IS NULL AND c.last_message IS NOT NULL")
    shown = [(owner_id, as_read(last_message, read_to[owner_id])) for owner_id, last_message in rows]
    return [
        Conversation(owner_id=owner_id, conversation_id=conversation_id, last_message=last_message)
        for owner_id, last_message in shown
        if last_message
    ]


def read_by(owner_id: str, peers: list[str]) -> dict[str, int]:
    """Up to when peers have read what the owner sent them, epoch seconds; where that is known, deleted or not."""
    return dict(_everybodys("c2c_read_timestamp", peers, identifiers.join(ConversationType.C2C, owner_id), "1 = 1"))


def _everybodys(column: str, owner_ids: list[str], conversation_id: str, condition: str) -> list[tuple[str, Any]]:
    """A column of the owners' rows of one conversation, with their owners; one query."""
    with connection.cursor() as cursor:
        # By pairs: told a list of owners and one ID, PostgreSQL comes to go through the ID's rows of everybody.
        # Nearly always it is one: PostgreSQL then knows that it looks for one row, which `json_rows` do not tell it.
        cursor.execute(
            f"SELECT c.owner_id, c.{column} FROM (VALUES {', '.join(['(%s, %s)'] * len(owner_ids))}) AS k "
            f"JOIN {_table} c ON c.owner_id = k.column1 AND c.conversation_id = k.column2 WHERE {condition}",
            [value for owner_id in owner_ids for value in (owner_id, conversation_id)],
        )
        return cursor.fetchall()


_table = Conversation._meta.db_table


def as_read(last_message: str, time_s: int) -> str | None:
    """An owner's own message of up to that time, as read by the peer; None if it is not, or known to be read already."""
    message = orjson.loads(last_message)
    if not message.get("isSelf") or message.get("isPeerRead") or message.get("timestamp", 0) > time_s:
        return None
    return orjson.dumps(message | {"isPeerRead": True}).decode()
