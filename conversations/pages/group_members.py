"""A group's members, as a conversation's page shows them."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from conversations import identifiers, threads
from conversations.choices import Membership
from conversations.models import Group, GroupMember, Owner
from conversations.pages.bubbles import avatar_of, owners_of
from conversations.staff.presentation import Avatar
from conversations.times import from_epoch_s
from conversations.unread.rosters import SEEN, SINCE_EVER_MS, MembershipEvent, MembershipHistory

MEMBERS_SHOWN = 50
CHANGES_SHOWN = 10


class Member(NamedTuple):
    """A user who is or was in a group."""

    user_id: str
    name: str
    avatar: Avatar
    membership: Membership
    since: datetime | None
    changes: list["MemberChange"]


class MemberChange(NamedTuple):
    """A user joined a group, or left it."""

    label: str
    at: datetime


class Members(NamedTuple):
    """A page of a group's members by user ID, and the user ID that the next page follows; "" without a next page."""

    members: list[Member]
    after: str


def members(conversation_id: str, after: str) -> Members:
    """Return the known members and former members of a group. Three queries."""
    group_id = threads.group_of(identifiers.split(conversation_id)[1])
    if after:
        identifiers.check_owner_id(after, field="after")
    rows = list(GroupMember.objects.filter(group_id=group_id, user_id__gt=after).order_by("user_id")[: MEMBERS_SHOWN + 1])
    shown = rows[:MEMBERS_SHOWN]
    group = Group.objects.filter(group_id=group_id).first()
    owners = owners_of(row.user_id for row in shown)
    page = [_member(row, owners[row.user_id], group.dissolved_at_ms if group else None) for row in shown]
    return Members(page, shown[-1].user_id if len(rows) > MEMBERS_SHOWN else "")


def _member(row: GroupMember, owner: Owner, dissolved_at_ms: int | None) -> Member:
    history = MembershipHistory.from_json(row.events, dissolved_at_ms)
    since_ms = history.now_since_ms()
    since = from_epoch_s(since_ms // 1000) if since_ms > SINCE_EVER_MS else None
    name = owner.nick_name or owner.owner_id
    changes = _changes(history)
    return Member(
        owner.owner_id, name, avatar_of(owner, name), Membership(history.now()), since, changes if len(changes) > 1 else []
    )


def _changes(history: MembershipHistory) -> list[MemberChange]:
    """Return when a user joined and left, oldest first, only the last CHANGES_SHOWN times."""
    is_member = has_been = history.was_there_before
    changes = []
    for event in history.events:
        if event.time_ms > SINCE_EVER_MS and event.is_presence != is_member:
            is_member = event.is_presence
            changes.append(MemberChange(_label(event, has_been), from_epoch_s(event.time_ms // 1000)))
            has_been = has_been or is_member
    return changes[-CHANGES_SHOWN:]


def _label(event: MembershipEvent, has_been: bool) -> str:
    if event.membership == SEEN:
        return _("sent a message")  # no webhook said that the user had joined
    if event.is_presence:
        return _("joined again") if has_been else _("joined")
    return str(Membership(event.membership).label)
