"""Changes of a group's members, and their effect on the members' conversations."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence

from conversations import identifiers
from conversations.choices import ChangedBy, GroupType, Membership
from conversations.feeding import fan_out
from conversations.feeding.locked_groups import LockedGroup, lock_group
from conversations.formats.rest_groups import MemberList
from conversations.models import Conversation
from conversations.store import erasures, message_reads
from conversations.store.messages import Change, changes_by_thread
from conversations.store.threads import lock_threads, threads_of_group
from conversations.store.transactions import in_transaction
from conversations.threads import group_of
from conversations.times import now_s
from conversations.unread.rosters import MEMBER_SINCE_EVER, SINCE_EVER_MS, MembershipEvent, MembershipHistory

# What happened to each user, by ID.
MembershipChanges = Mapping[str, Sequence[MembershipEvent]]


@in_transaction
def join(group_id: str, user_ids: Iterable[str], *, at_ms: int, group_type: str = "") -> None:
    """Add users to a group. It creates their conversation with it; earlier messages are not shown and do not count."""
    locked = lock_group(group_id, group_type=group_type, at_ms=at_ms)
    apply_membership_changes(locked, dict.fromkeys(user_ids, (MembershipEvent(at_ms, Membership.MEMBER),)))


@in_transaction
def leave(group_id: str, user_ids: Iterable[str], *, at_ms: int, membership: Membership, group_type: str = "") -> None:
    """Remove users from a group: LEFT or KICKED. They keep their conversations; messages count again once they are back."""
    locked = lock_group(group_id, group_type=group_type, at_ms=at_ms)
    apply_membership_changes(locked, dict.fromkeys(user_ids, (MembershipEvent(at_ms, membership),)))


@in_transaction
def dissolve(group_id: str, user_ids: Iterable[str], *, at_ms: int, group_type: str = "") -> None:
    """End a group for all known members and for the named users."""
    locked = lock_group(group_id, group_type=group_type, at_ms=at_ms)
    locked.load_members()
    for user_id in without_erased(dict.fromkeys(user_ids, (MembershipEvent(at_ms, Membership.DISSOLVED),))):
        locked.roster.add(user_id, MEMBER_SINCE_EVER)
    group = locked.group
    if group.dissolved_at_ms is None or at_ms < group.dissolved_at_ms:
        group.dissolved_at_ms = at_ms
        group.save(update_fields=["dissolved_at_ms"])
        locked.roster.dissolve(at_ms)
    apply_changes(locked)


@in_transaction
def add(group_id: str, member_list: MemberList) -> int:
    """Add the users who are not members yet; return how many."""
    locked = lock_group(group_id)
    changes = membership_changes_to(locked, member_list)
    apply_membership_changes(locked, changes)
    return len(changes)


@in_transaction
def remove(group_id: str, member_list: MemberList, membership: Membership) -> int:
    """Remove the users who are members; return how many."""
    locked = lock_group(group_id)
    locked.load_members(member_list.members)
    at_ms = member_list.at_ms
    members = (user_id for user_id in member_list.members if locked.roster.history_of(user_id).is_member(at_ms))
    changes = dict.fromkeys(members, (MembershipEvent(at_ms, membership),))
    apply_membership_changes(locked, changes)
    return len(changes)


def membership_changes_to(locked: LockedGroup, member_list: MemberList) -> MembershipChanges:
    """Return the changes that make the listed users members, and if the list is whole, nobody else."""
    if locked.type == GroupType.AVCHATROOM:
        return {}
    locked.load_members(None if member_list.is_whole else member_list.members)
    changes: dict[str, Sequence[MembershipEvent]] = {}
    for user_id, joined_ms in member_list.members.items():
        history = locked.roster.history_of(user_id)
        is_missing = not history.is_member(member_list.at_ms)
        if is_missing or (joined_ms and not history.joined_ms):
            changes[user_id] = (_joining(history, joined_ms, member_list.at_ms),)
    if member_list.is_whole:
        left = MembershipEvent(member_list.at_ms, Membership.LEFT)
        for user_id, history in locked.roster.now.items():
            if user_id not in member_list.members and history.is_member(member_list.at_ms):
                changes[user_id] = (left,)
    return changes


def _joining(history: MembershipHistory, joined_ms: int | None, at_ms: int) -> MembershipEvent:
    """Return the event that makes a user a member by `at_ms`. A join time before the last leaving is of an earlier stay."""
    joined = MembershipEvent(joined_ms or at_ms, Membership.MEMBER)
    return joined if history.with_event(joined).is_member(at_ms) else MembershipEvent(at_ms, Membership.MEMBER)


def without_erased(changes: MembershipChanges) -> MembershipChanges:
    """Return the changes without late ones, from before their users were erased. One query, if any is late."""
    happened = {
        (user_id, event.time_ms // 1000)
        for user_id, events in changes.items()
        for event in events
        if event.time_ms > SINCE_EVER_MS
    }
    erased = erasures.erased_ones(happened, now_s=now_s())
    if not erased:
        return changes
    left = {
        user_id: [event for event in events if (user_id, event.time_ms // 1000) not in erased]
        for user_id, events in changes.items()
    }
    return {user_id: events for user_id, events in left.items() if events}


def apply_membership_changes(locked: LockedGroup, changes: MembershipChanges) -> None:
    """Apply joins and leaves to a group and its members' conversations. All members are read only with another type."""
    if locked.type == GroupType.AVCHATROOM and not locked.is_retyped:
        return  # Live rooms have no conversations, and too many people come and go.
    changes = without_erased(changes)
    locked.load_members(changes)
    for user_id, events in changes.items():
        for event in events:
            locked.roster.add(user_id, event)
    locked.roster.restore_senders()
    apply_changes(locked)


def apply_changes(locked: LockedGroup, changes: Sequence[Change] = (), *, by: ChangedBy = ChangedBy.ROSTER) -> None:
    """Apply message changes, and changes of roster and type, to the members' conversations, and save the roster.

    The topics of a community follow its roster.
    """
    by_thread = changes_by_thread(changes)
    threads = set(by_thread)
    if locked.is_retyped or locked.roster.changed():
        if stored := threads_of_group(locked.group_id):
            lock_threads(stored)
        threads |= {locked.group_id, *stored, *_claimed_threads(locked)}
    # Threads with messages have the most owners to lock and come first: the others then lock no owner out of order.
    for thread in sorted(threads, key=lambda thread: (thread not in by_thread, thread)):
        change_rows(locked, thread, by_thread.get(thread, ()), by=by if thread in by_thread else ChangedBy.ROSTER)
    locked.roster.save()


def _claimed_threads(locked: LockedGroup) -> set[str]:
    """Return the group's threads of which users with another membership have a claimed conversation."""
    claims = Conversation.objects.claimed_by(locked.roster.changed()).values_list("conversation_id", flat=True)
    threads = {identifiers.split(conversation_id)[1] for conversation_id in claims}
    return {thread for thread in threads if group_of(thread) == locked.group_id}


def change_rows(locked: LockedGroup, thread: str, changes: Sequence[Change], *, by: ChangedBy) -> None:
    """Apply message changes, and changes of roster and type, to the members' conversations with one thread."""
    viewers = locked.viewers(thread, with_unchanged=bool(changes))
    is_whole_thread = locked.is_retyped and locked.is_or_was_live
    since_s = 0 if is_whole_thread else locked.roster.changed_since_s()
    messages = changes if since_s is None else _with_stored(changes, thread, since_s)
    is_new_to_all = since_s is None and any(change.is_new_message for change in changes)
    fan_out.change_group(locked, thread, messages, viewers, by=by, is_new_to_all=is_new_to_all)


def _with_stored(changes: Iterable[Change], thread: str, since_s: int) -> Iterator[Change]:
    """Yield the changes and, unchanged, the other messages stored since a time, in order of position, read lazily."""
    changed = {change.after.position for change in changes}
    stored = (Change(message, message) for message in message_reads.since(thread, since_s) if message.position not in changed)
    return heapq.merge(sorted(changes, key=_position), stored, key=_position)


def _position(change: Change) -> str:
    return change.after.position
