"""Lock threads, since only the holder of a thread's lock stores its messages; and read how far they go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from django.db.models import Q

from conversations.identifiers import TOPIC_MARK
from conversations.models import Group, GroupMember, Thread
from conversations.positions import NO_POSITION
from conversations.store import json_rows, statements
from conversations.store.statements import Later
from conversations.threads import GROUP_START, group_of, thread_of

_threads = Thread._meta.db_table


@dataclass(slots=True)
class LockedThread:
    """A thread whose messages only this transaction may store."""

    thread: str
    last_position: str
    pruned_position: str
    last_position_before: str = field(init=False)  # when it was locked

    def __post_init__(self) -> None:
        self.last_position_before = self.last_position

    def extend_to(self, position: str) -> None:
        """Note a message at this position."""
        self.last_position = max(self.last_position, position)


# By thread; each call returns the same objects, so that changes to them stay.
LockedThreads = Later[Mapping[str, LockedThread]]


def lock_groups(group_ids: Iterable[str]) -> list[Group]:
    """Lock those of the groups that are stored, in order. Needs a transaction."""
    ordered = sorted(group_ids)
    # A distributed database locks rows of one shard only in a statement.
    parts = [[group_id] for group_id in ordered] if json_rows.is_distributed() else [ordered]
    return [
        group
        for part in parts
        for group in Group.objects.filter(group_id__any_of=part).order_by("group_id").select_for_update()
    ]


def lock_threads(threads: Iterable[str]) -> dict[str, LockedThread]:
    """Lock threads until the transaction ends, and create missing ones. Lock them before any owner."""
    return extend_threads_later(dict.fromkeys(threads, NO_POSITION))()


def extend_threads_later(to: Mapping[str, str]) -> Later[dict[str, LockedThread]]:
    """Lock threads as `lock_threads`, along with the next statement, and note that each has a message at this position."""
    source, parameters = json_rows.in_order(Thread, ("thread", "last_position"), sorted(to.items()))
    # The update takes the lock even if it changes nothing, on SQLite, PostgreSQL and Citus alike.
    rows = statements.rows_later(
        f"INSERT INTO {_threads} (thread, last_position) {source} "
        f"ON CONFLICT (thread) DO UPDATE SET last_position = CASE WHEN {_threads}.last_position < EXCLUDED.last_position "
        f"THEN EXCLUDED.last_position ELSE {_threads}.last_position END RETURNING thread, last_position, pruned_position",
        parameters,
    )
    return cache(lambda: {row[0]: LockedThread(*row) for row in rows()})


def save_threads(locked: Iterable[LockedThread]) -> None:
    """Store the last positions that have moved since the lock."""
    statements.run_for_each(
        f"UPDATE {_threads} SET last_position = %s WHERE thread = %s",
        [(thread.last_position, thread.thread) for thread in locked if thread.last_position != thread.last_position_before],
    )


def is_pruned(thread: str) -> bool:
    """Return whether messages of a thread were removed because of their age."""
    return Thread.objects.filter(thread=thread).exclude(pruned_position=NO_POSITION).exists()


def threads_of_group(group_id: str) -> list[str]:
    """Return the threads of a group and of its topics that have ever had a message."""
    stored = Thread.objects.filter(Q(thread=group_id) | Q(thread__startswith=group_id + TOPIC_MARK))
    return sorted(stored.values_list("thread", flat=True))


def newest_stored(owner_id: str, conversation_ids: Iterable[str]) -> dict[str, str]:
    """Return the position of the newest stored message of each conversation, by its ID. One query, two with groups.

    It may be past the row's last message, if it is never shown last. Groups without a known membership are left out.
    """
    ids = list(conversation_ids)
    unproven = groups_without_membership(owner_id, ids)
    threads = {
        thread_of(owner_id, conversation_id): conversation_id for conversation_id in ids if conversation_id not in unproven
    }
    stored = Thread.objects.filter(thread__any_of=sorted(threads)).values_list("thread", "last_position")
    return {threads[thread]: last_position for thread, last_position in stored}


def groups_without_membership(owner_id: str, conversation_ids: Iterable[str]) -> set[str]:
    """Return the group conversations whose owner neither is nor ever was a known member."""
    groups = {id_: group_of(id_.removeprefix(GROUP_START)) for id_ in conversation_ids if id_.startswith(GROUP_START)}
    if not groups:
        return set()
    members = GroupMember.objects.filter(user_id=owner_id, group_id__any_of=sorted(set(groups.values())))
    with_membership = set(members.values_list("group_id", flat=True))
    return {conversation_id for conversation_id, group_id in groups.items() if group_id not in with_membership}
