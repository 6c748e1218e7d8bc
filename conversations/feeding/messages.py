"""Store messages, edits and recalls, and apply them to everybody's conversations.

They may come in any order, any number of times, and in parallel.

Locks are taken from the top down: group, threads, owners in order of their IDs. An incoming message is merged with what is
stored of it, and each row changes by the difference.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from django.db import connection

from conversations.choices import ChangedBy, GroupType
from conversations.feeding import fan_out, group_fast_path, members
from conversations.feeding.locked_groups import LockedGroup, lock_group
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, MessageEdit
from conversations.store import message_positions
from conversations.store import messages as store_messages
from conversations.store.message_reads import MessageKey
from conversations.store.messages import Change, StoredMessage
from conversations.store.threads import LockedThread, extend_threads_later, lock_threads
from conversations.store.transactions import in_transaction

# Few enough not to keep others waiting for long, and so many that each costs little.
C2C_AT_ONCE = 100


def record(incoming: Sequence[IncomingMessage], *, now_s: int) -> list[StoredMessage]:
    """Store messages and apply them to everybody's conversations; return the outcomes in the same order.

    The messages of a group are one transaction and one fan-out. One-to-one messages are divided into parts of about
    C2C_AT_ONCE, each a transaction, unless the caller has one.
    """
    outcomes: dict[int, StoredMessage] = {}
    indexes_by_group: dict[str, list[int]] = {}
    for index, message in enumerate(incoming):
        if message.is_online_only:
            outcomes[index] = StoredMessage(message, False)
        else:
            indexes_by_group.setdefault(message.group_id, []).append(index)
    for group_id, indexes in indexes_by_group.items():
        for part in [indexes] if group_id else _c2c_parts(indexes, incoming):
            together = [incoming[index] for index in part]
            recorded = _record_in_group(group_id, together, now_s=now_s) if group_id else _record_c2c(together, now_s=now_s)
            outcomes |= dict(zip(part, recorded))
    return [outcomes[index] for index in range(len(incoming))]


def _c2c_parts(indexes: list[int], incoming: Sequence[IncomingMessage]) -> list[list[int]]:
    """Divide one-to-one messages among transactions; those of a thread stay together, in their order.

    They go by users, so that requests that arrive together follow each other through the users, and wait for a part only.
    """
    if connection.in_atomic_block:  # the caller stores all or none
        return [indexes]
    parts: list[list[int]] = [[]]
    by_thread = lambda index: incoming[index].thread  # noqa: E731
    for _thread, together in groupby(sorted(indexes, key=by_thread), by_thread):
        if len(parts[-1]) >= C2C_AT_ONCE:
            parts.append([])
        parts[-1] += together
    return parts


def apply_c2c(incoming: Sequence[IncomingMessage], *, now_s: int) -> list[StoredMessage]:
    """Store one-to-one messages, of any number of threads, and apply them to both sides' conversations. Needs a transaction."""
    threads = extend_threads_later(message_positions.newest_known(incoming))
    recorded = store_messages.record_later(incoming, threads, now_s=now_s)
    pairs = {pair for message in incoming for pair in ((message.sender, message.peer), (message.peer, message.sender))}
    fan_out.change_c2c(pairs, lambda: recorded().changes, by=ChangedBy.MESSAGE)
    return recorded().outcomes


def apply_in_group(group_id: str, incoming: Sequence[IncomingMessage], *, now_s: int) -> list[StoredMessage]:
    """Store messages of one group and its topics, and apply them to its members' conversations. Needs a transaction.

    Live rooms store nothing.
    """
    locked = lock_group(group_id, group_type=max(message.group_type for message in incoming))
    if locked.type == GroupType.AVCHATROOM:
        if locked.is_retyped:
            locked.load_members()
            members.apply_changes(locked)
        return [StoredMessage(message, False) for message in incoming]
    threads = lock_threads(message.thread for message in incoming)
    outcomes, changes = store_messages.record(incoming, threads, now_s=now_s)
    _fan_out_in_group(locked, threads, [change for change in changes if not change.is_empty])
    return outcomes


_record_c2c, _record_in_group = in_transaction(apply_c2c), in_transaction(apply_in_group)


def _fan_out_in_group(locked: LockedGroup, threads: Mapping[str, LockedThread], changes: Sequence[Change]) -> None:
    by_thread = store_messages.changes_by_thread(changes)
    # With several threads, a sender who becomes a member by a message in one sees the messages of the others.
    if len(by_thread) == 1:
        ((thread, thread_changes),) = by_thread.items()
        if group_fast_path.change_members(locked, threads[thread], thread_changes):
            return
    locked.load_members()
    locked.roster.add_senders(change.after for change in changes)
    members.apply_changes(locked, changes, by=ChangedBy.MESSAGE)


def recall(recalled: C2CRecall | GroupRecall) -> None:
    """Mark messages as recalled; a message that has not arrived yet is recalled on arrival."""
    if isinstance(recalled, GroupRecall):
        _recall_in_group(recalled)
    else:
        _recall_c2c(recalled)


@in_transaction
def _recall_c2c(recalled: C2CRecall) -> None:
    changes = store_messages.recall(recalled, lock_threads([recalled.thread]))
    pairs = {(recalled.sender, recalled.peer), (recalled.peer, recalled.sender)}
    fan_out.change_c2c(pairs, lambda: changes, by=ChangedBy.RECALL)


@in_transaction
def _recall_in_group(recalled: GroupRecall) -> None:
    locked = lock_group(recalled.group_id)
    changes = store_messages.recall(recalled, lock_threads([recalled.thread]))
    locked.load_members()
    members.apply_changes(locked, changes, by=ChangedBy.RECALL)


def edit(edits: Sequence[MessageEdit]) -> list[bool]:
    """Apply edits to messages and to the conversations that show them; return whether each brought anything new.

    A message that has not arrived yet is edited on arrival. Every edit has its EventTime. The edits of a group are one
    transaction and one fan-out, all one-to-one edits another.
    """
    new_keys: set[MessageKey] = set()
    by_group: dict[str, list[MessageEdit]] = {}
    for message_edit in edits:
        by_group.setdefault(message_edit.group_id, []).append(message_edit)
    for group_id, part in by_group.items():
        changes = _edit_in_group(group_id, part) if group_id else _edit_c2c(part)
        new_keys |= {(change.after.thread, change.after.position) for change in changes if not change.is_empty}
    return [(message_edit.thread, message_edit.position) in new_keys for message_edit in edits]


@in_transaction
def _edit_c2c(edits: Sequence[MessageEdit]) -> list[Change]:
    changes = store_messages.edit(edits, lock_threads(message_edit.thread for message_edit in edits))
    pairs = {pair for edited in edits for pair in ((edited.sender, edited.peer), (edited.peer, edited.sender))}
    fan_out.change_c2c(pairs, lambda: changes, by=ChangedBy.EDIT)
    return changes


@in_transaction
def _edit_in_group(group_id: str, edits: Sequence[MessageEdit]) -> list[Change]:
    locked = lock_group(group_id)
    if locked.type == GroupType.AVCHATROOM:
        return []
    changes = store_messages.edit(edits, lock_threads(message_edit.thread for message_edit in edits))
    locked.load_members()
    members.apply_changes(locked, [change for change in changes if not change.is_empty], by=ChangedBy.EDIT)
    return changes
