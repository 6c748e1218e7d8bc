"""Infer members from conversations: a user with a group's conversation, by an import or a report, is taken for a member.

Since when is unknown. Joins and leaves that webhooks report take precedence.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from conversations import identifiers
from conversations.choices import ConversationType, GroupType
from conversations.feeding import members
from conversations.feeding.locked_groups import lock_group
from conversations.models import Conversation, Group, GroupMember, Thread
from conversations.store import json_rows
from conversations.store.threads import lock_groups
from conversations.store.transactions import Progress, in_transaction, run_each
from conversations.threads import group_of
from conversations.unread.rosters import LISTED_SINCE_EVER, MembershipHistory

logger = logging.getLogger(__name__)

MEMBERS_PER_STATEMENT = 5000
NO_HISTORY, LISTED = MembershipHistory(), MembershipHistory((LISTED_SINCE_EVER,))
KEY = ("group_id", "user_id")
_members = GroupMember._meta.db_table


class MemberKey(NamedTuple):
    """A user in a group."""

    group_id: str
    user_id: str


def infer_members(listed: Iterable[tuple[str, str]]) -> list[str]:
    """Make the owners of group conversations members, by pairs of owner ID and conversationID. A few statements.

    It locks groups, so call it outside a transaction that locks owners. Return the groups whose stored messages may count for
    the new members: pass them to `count_for_inferred`, or leave them to its next run.
    """
    keys = sorted({key for pair in listed for key in _member_keys(*pair)})
    return sorted({group_id for part in _batches(keys) for group_id in _infer_members(part)})


def count_for_inferred(group_ids: Iterable[str] | None = None) -> Progress:
    """Count the messages that were stored before their members were inferred, in these groups or in all waiting ones."""
    waiting = groups_to_count() if group_ids is None else list(group_ids)
    return run_each(waiting, _count, log=logger, failure="The unread counts of new members of %s failed and stay pending")


def groups_to_count() -> list[str]:
    """Return the groups with inferred members for whom stored messages are still to be counted."""
    return sorted(GroupMember.objects.filter(is_inferred=True).values_list("group_id", flat=True).distinct())


def _member_keys(owner_id: str, conversation_id: str) -> Iterator[MemberKey]:
    type_, bare_id = identifiers.split(conversation_id)
    if type_ == ConversationType.GROUP and owner_id not in settings.SKIP_OWNERS:
        yield MemberKey(group_of(bare_id), owner_id)


def _batches(keys: list[MemberKey]) -> Iterator[list[MemberKey]]:
    for start in range(0, len(keys), MEMBERS_PER_STATEMENT):
        yield keys[start : start + MEMBERS_PER_STATEMENT]


@in_transaction
def _infer_members(keys: Sequence[MemberKey]) -> set[str]:
    events = _events_of(keys)
    new = [key for key in keys if not (key in events and MembershipHistory.from_json(events[key]).is_listed)]
    if not new:
        return set()
    groups_in_use = _lock_groups(sorted({key.group_id for key in new}))
    claimed = _claimed_by({key.user_id for key in new})
    to_count = [key for key in new if key.group_id in groups_in_use or key in events or key in claimed]
    _insert(sorted(set(new) - set(to_count)), LISTED, is_inferred=False)
    _insert(to_count, NO_HISTORY, is_inferred=True)
    return {key.group_id for key in to_count}


def _claimed_by(owner_ids: Iterable[str]) -> set[MemberKey]:
    """Return the groups whose conversations these owners only claim to have."""
    claims = Conversation.objects.claimed_by(sorted(owner_ids)).values_list("owner_id", "conversation_id")
    return {key for claim in claims for key in _member_keys(*claim)}


def known_members(listed: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those pairs of owner ID and conversationID whose owner is or was a member of the group. One query at most."""
    keys = {(owner_id, id_): MemberKey(group_of(identifiers.split(id_)[1]), owner_id) for owner_id, id_ in listed}
    known = _events_of(list(keys.values())) if keys else {}
    return {pair for pair, key in keys.items() if key in known}


def _insert(keys: Sequence[MemberKey], history: MembershipHistory, *, is_inferred: bool) -> None:
    """Insert members with a history. One whose messages are to be counted is not settled yet; a stored one is only marked."""
    is_member, member_since_ms = (False, None) if is_inferred else history.settled()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_members} (group_id, user_id, is_inferred, events, is_member, member_since_ms) "
            f"SELECT k.group_id, k.user_id, {_boolean(is_inferred)}, CAST(%s AS text), {_boolean(is_member)}, "
            "CAST(%s AS bigint) "
            f"FROM ({json_rows.select(GroupMember, KEY)}) k WHERE 1 = 1 "
            "ON CONFLICT (group_id, user_id) DO UPDATE SET is_inferred = TRUE",
            [history.to_json(), member_since_ms, json_rows.parameter(KEY, keys)],
        )


def _events_of(keys: Sequence[MemberKey]) -> dict[MemberKey, str]:
    """Return the stored histories, as JSON."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.group_id, t.user_id, t.events FROM {json_rows.of_keys(GroupMember, KEY, named='user_id')}",
            json_rows.keys_parameters(KEY, keys, named="user_id"),
        )
        return {MemberKey(group_id, user_id): events for group_id, user_id, events in cursor.fetchall()}


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _lock_groups(group_ids: list[str]) -> set[str]:
    """Lock groups, given in order, and create missing ones; return those in which a new member changes conversations.

    Several groups can be locked at once here: a transaction that waits for one of them holds no other lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Group._meta.db_table} (group_id) {json_rows.select(Group, KEY[:1])} WHERE 1 = 1 "
            "ON CONFLICT (group_id) DO NOTHING",
            [json_rows.parameter(KEY[:1], ([group_id] for group_id in group_ids))],
        )
    groups = lock_groups(group_ids)
    in_use = {group.group_id for group in groups if group.type == GroupType.COMMUNITY or group.dissolved_at_ms is not None}
    return in_use | set(Thread.objects.filter(thread__any_of=group_ids).values_list("thread", flat=True))


@in_transaction
def _count(group_id: str) -> None:
    locked = lock_group(group_id)
    inferred = GroupMember.objects.filter(group_id=group_id, is_inferred=True)
    user_ids = list(inferred.values_list("user_id", flat=True))
    inferred.update(is_inferred=False)
    members.apply_membership_changes(locked, dict.fromkeys(user_ids, (LISTED_SINCE_EVER,)))
