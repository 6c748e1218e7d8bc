"""Members of groups who are known by their conversations only: imported or reported, and no webhook told of their coming.

Whoever has a group's conversation is in the group, since nobody knows when; news of coming and going is believed first.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings
from django.db import connection

from conversations import identifiers
from conversations.choices import ConversationType, GroupType
from conversations.feeding import members as feeding_members
from conversations.models import Group, GroupMember, Thread
from conversations.store import json_rows
from conversations.store.transactions import Progress, in_transaction, run_each
from conversations.threads import group_of
from conversations.unread.rosters import LISTED_SINCE_EVER, MembershipHistory

logger = logging.getLogger(__name__)

MEMBERS_PER_STATEMENT = 5000
NOTHING_TOLD, LISTED = MembershipHistory(), MembershipHistory((LISTED_SINCE_EVER,))
KEY = ("group_id", "user_id")
_members = GroupMember._meta.db_table


def learn(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Make members of owners and the conversations that they have, a few statements for any number; not for one-to-one ones.

    Locks groups, so it comes before or after a transaction that locks owners, never within. Gives the groups in which messages
    are stored that may count for them: see `count_learnt`, which does that then, or later.
    """
    members = sorted({member for pair in pairs for member in _membership(*pair)})
    return sorted({group_id for part in _batched(members) for group_id in _learn(part)})


def count_learnt(group_ids: Iterable[str] | None = None) -> Progress:
    """Count what was stored before members were learnt, in these groups or wherever that is still to do; in how many."""
    waiting = groups_to_count() if group_ids is None else list(group_ids)
    return run_each(waiting, _count, log=logger, failure="The unread counts of new members of %s failed and stay pending")


def groups_to_count() -> list[str]:
    """The groups in which there is something to count."""
    return sorted(GroupMember.objects.filter(is_inferred=True).values_list("group_id", flat=True).distinct())


def _membership(owner_id: str, conversation_id: str) -> Iterator[tuple[str, str]]:
    type_, bare_id = identifiers.split(conversation_id)
    if type_ == ConversationType.GROUP and owner_id not in settings.SKIP_OWNERS:
        yield group_of(bare_id), owner_id


def _batched(members: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(members), MEMBERS_PER_STATEMENT):
        yield members[start : start + MEMBERS_PER_STATEMENT]


@in_transaction
def _learn(members: Sequence[tuple[str, str]]) -> set[str]:
    known = _events_of(members)
    new = [member for member in members if not MembershipHistory.from_json(known.get(member, NOTHING_TOLD.to_json())).is_listed]
    if not new:
        return set()
    busy = _lock_groups(sorted({group_id for group_id, _user_id in new}))
    waiting = [member for member in new if member[0] in busy or member in known]
    _insert(sorted(set(new) - set(waiting)), False, LISTED.to_json(), *LISTED.settled())
    _insert(waiting, True, NOTHING_TOLD.to_json(), False, None)
    return {group_id for group_id, _user_id in waiting}


def _insert(
    members: list[tuple[str, str]], is_inferred: bool, events: str, is_member: bool, member_since_ms: int | None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_members} (group_id, user_id, is_inferred, events, is_member, member_since_ms) "
            f"SELECT k.group_id, k.user_id, {_boolean(is_inferred)}, CAST(%s AS text), {_boolean(is_member)}, "
            "CAST(%s AS bigint) "
            f"FROM ({json_rows.select(GroupMember, KEY)}) k WHERE 1 = 1 "
            "ON CONFLICT (group_id, user_id) DO UPDATE SET is_inferred = TRUE",
            [events, member_since_ms, json_rows.parameter(KEY, members)],
        )


def _events_of(members: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.group_id, t.user_id, t.events FROM {json_rows.of_keys(GroupMember, KEY)}",
            [json_rows.parameter(KEY, members)],
        )
        return {(group_id, user_id): events for group_id, user_id, events in cursor.fetchall()}


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _lock_groups(group_ids: list[str]) -> set[str]:
    """Lock groups, in their order, creating those never seen; gives those whose members' conversations may change by it.

    Locks of groups alone can be taken several at once: nobody who waits for one holds another.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Group._meta.db_table} (group_id) {json_rows.select(Group, KEY[:1])} WHERE 1 = 1 "
            "ORDER BY group_id ON CONFLICT (group_id) DO NOTHING",
            [json_rows.parameter(KEY[:1], ([group_id] for group_id in group_ids))],
        )
    known = Group.objects.filter(group_id__any_of=group_ids).order_by("group_id").select_for_update()
    states = list(known.values_list("group_id", "type", "dissolved_at_ms"))
    busy = {group_id for group_id, type_, at_ms in states if type_ == GroupType.COMMUNITY or at_ms is not None}
    return busy | set(Thread.objects.filter(thread__any_of=group_ids).values_list("thread", flat=True))


@in_transaction
def _count(group_id: str) -> None:
    group = feeding_members.lock_group(group_id)
    learnt = GroupMember.objects.filter(group_id=group_id, is_inferred=True)
    user_ids = list(learnt.values_list("user_id", flat=True))
    learnt.update(is_inferred=False)
    feeding_members.tell_moves(group, dict.fromkeys(user_ids, (LISTED_SINCE_EVER,)))
