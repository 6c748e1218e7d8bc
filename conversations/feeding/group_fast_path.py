"""The fast path of group messages: two statements for all members, a third where some have no row, however many there are.

Nearly every group message takes it: newer than everything in its thread, to everybody who is a member now. The statements, in
`group_fast_path_sql`, do to all rows what `unread.rules` does to one. Everything else (late, recalled or targeted messages,
members who come and go meanwhile) goes through `fan_out`, row by row.
"""

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from conversations.feeding import group_fast_path_sql as sql
from conversations.feeding.group_message_batch import Batch
from conversations.feeding.locked_groups import LockedGroup
from conversations.store import json_rows, notifications, statements
from conversations.store.messages import Change
from conversations.store.owners import lock_owners
from conversations.store.threads import LockedThread
from conversations.unread.rules import NO_LIST

# Of so many members, naming them is faster on a distributed database.
SMALL = 16
# Groups that had more members when last looked at; one that has shrunk meanwhile only takes longer.
MAX_REMEMBERED = 100_000
_large_groups: set[str] = set()


def change_members(locked: LockedGroup, thread: LockedThread, changes: Sequence[Change]) -> bool:
    """Apply new messages of one thread, in order of position, to all members' rows.

    Return False, with nothing written, if the messages do not mean the same for everybody, or if it would not be faster.
    """
    if not is_possible(locked, thread, changes) or _is_small_and_distributed(locked):
        return False
    messages = [change.after for change in changes]
    batch = Batch(locked.group, thread.thread, messages, locked.display_profile(thread.thread))
    if not _has_settled_members(batch):
        return False
    if json_rows.is_distributed():
        _lock_in_order(batch)
    if not (batch.is_plain or _lock_owners_of_rows_behind(batch)):
        return False
    owner_ids = [owner_id for (owner_id,) in statements.rows_of(sql.take_versions(batch, count=1), batch.parameters)]
    parameters = batch.parameters | {"changed_at": connection.ops.adapt_datetimefield_value(timezone.now())}
    # An upsert of all would make each row twice, as a new one and as a changed one.
    if statements.count_of(sql.update_rows(batch), parameters) < len(owner_ids):
        statements.run_later(sql.insert_rows(batch), parameters)
    if owner_ids:
        notifications.notify_after_commit(owner_ids)
    return True


def _is_small_and_distributed(locked: LockedGroup) -> bool:
    """Return whether to name the members: a distributed database then asks the nodes of these few, and not all of them."""
    if not json_rows.is_distributed() or locked.group_id in _large_groups:
        return False
    if locked.roster.load_if_few(SMALL):
        return True
    if len(_large_groups) >= MAX_REMEMBERED:
        _large_groups.clear()
    _large_groups.add(locked.group_id)
    return False


def is_possible(locked: LockedGroup, thread: LockedThread, changes: Sequence[Change]) -> bool:
    """Return whether all changes are new messages to everybody, after everything that the thread had."""
    return (
        locked.group.dissolved_at_ms is None
        and not locked.is_retyped
        and all(
            change.before is None
            and change.after.body is not None
            and change.after.targets == NO_LIST
            and change.after.position > thread.last_position_before
            for change in changes
        )
    )


def _has_settled_members(batch: Batch) -> bool:
    """Return whether all senders are members, and nobody joined or left at or after the first message's time."""
    are_members = [is_member for (is_member,) in statements.rows_of(sql.find_unsettled(batch), batch.parameters)]
    return len(are_members) == len(batch.senders) and all(are_members)


def _lock_in_order(batch: Batch) -> None:
    """Lock all members' owners. On a distributed database, the statements that follow would lock them on all nodes at once."""
    lock_owners(owner_id for (owner_id,) in statements.rows_of(sql.find_members(batch), batch.parameters))


def _lock_owners_of_rows_behind(batch: Batch) -> bool:
    """Lock the owners, and return whether the batch is newer than everything in their rows, imported or reported.

    Owners who have left are locked too: if this path is not possible, the other one changes their rows as well, and a
    transaction that holds some owners must not lock more.
    """
    statements.run_later(sql.take_versions(batch, count=0, with_former_members=True), batch.parameters)
    return not statements.rows_of(sql.find_rows_ahead(batch), batch.parameters)
