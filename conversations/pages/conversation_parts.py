"""The parts of a conversation's pane: its messages as bubbles, a group's members, what staff did. Each is bounded."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from conversations import identifiers, positions, threads
from conversations.choices import ConversationType, Membership
from conversations.digits import parse_digits
from conversations.exceptions import InvalidParameter
from conversations.formats import message_preview
from conversations.models import Conversation, ConversationRow, Group, GroupMember, Message, Owner, composite_keys
from conversations.staff.presentation import Avatar
from conversations.store import messages as store_messages
from conversations.times import from_epoch_s
from conversations.unread import counts as unread_counts
from conversations.unread import rules
from conversations.unread.rosters import SINCE_EVER_MS, MembershipHistory

MESSAGES_SHOWN = 50
MEMBERS_SHOWN = 50
LOG_ENTRIES_SHOWN = 50


class Bubble(NamedTuple):
    """A message as its owner's app shows it, and what staff should know of it besides."""

    sender_id: str
    sender: str
    avatar: Avatar
    is_own: bool
    is_notice: bool
    is_recalled: bool
    parts: list[str]
    at: datetime | None
    place: str
    notes: list[str]
    starts_day: bool
    starts_unread: bool


class Bubbles(NamedTuple):
    """A page of them, the oldest first, and the position that an older page comes before, "" if there is none."""

    bubbles: list[Bubble]
    before: str
    is_newest: bool


def bubbles(row: Conversation, before: str, *, reads_text: bool) -> Bubbles:
    """The messages that the owner can see before a position, "" for the newest. Raises InvalidParameter."""
    if before and parse_digits(before, at_most=positions.MAX_LENGTH) is None:
        raise InvalidParameter(_("This is no place in the conversation."), field="before")
    viewer = unread_counts.viewer_of(row)
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    stored = store_messages.before(thread, before, floor=row.cleared_position, limit=MESSAGES_SHOWN + 1)
    shown = [one for one in stored[:MESSAGES_SHOWN] if one.body is not None and viewer.sees(one)]
    if not stored and not before and row.last_message:
        shown = [_only_known(row, thread)]
    # Whether the first unread one is further back, on an older page.
    began = len(stored) > MESSAGES_SHOWN and rules.is_unread(stored[MESSAGES_SHOWN].position, row)
    found = _in_words(row, viewer, list(reversed(shown)), reads_text, unread_began=began)
    return Bubbles(found, stored[MESSAGES_SHOWN - 1].position if len(stored) > MESSAGES_SHOWN else "", not before)


def _only_known(row: Conversation, thread: str) -> Message:
    """The row's last message, where none was ever fed: of an import or a report."""
    body = orjson.loads(row.last_message)
    sender = body.get("sender")
    return Message(
        thread=thread,
        position=row.last_message_position or "0",
        sender=row.owner_id if body.get("isSelf") is True else sender if type(sender) is str else "",
        time_s=row.last_message_at and int(row.last_message_at.timestamp()),
        body=row.last_message,
        counts_as_unread=True, is_shown=True, is_recalled=False, at_all=False, at_accounts=rules.NO_LIST, targets=rules.NO_LIST,
    )  # fmt: skip


def _in_words(
    row: Conversation, viewer: rules.Viewer, messages: list[Message], reads_text: bool, *, unread_began: bool
) -> list[Bubble]:
    owners = _owners({one.sender for one in messages})
    made: list[Bubble] = []
    day = None
    for one in messages:
        body = orjson.loads(one.body)
        at = from_epoch_s(one.time_s) if one.time_s is not None else None
        starts_day = at is not None and at.date() != day
        day = at.date() if at else day
        counts = viewer.counts_as_unread(one, row)
        name = message_preview.sender_of(body)
        owner = owners[one.sender]
        name = owner.nick_name if name in ("", one.sender) else name
        made.append(
            Bubble(
                sender_id=one.sender,
                sender=name or one.sender,
                avatar=_avatar(owner, name or one.sender),
                is_own=one.sender == row.owner_id,
                is_notice=message_preview.is_notice(body),
                is_recalled=one.is_recalled or body.get("status") in message_preview.WITHDRAWN,
                parts=message_preview.element_previews(body) if reads_text else message_preview.element_kinds(body),
                at=at,
                place=str(int(one.position)) if row.type == ConversationType.GROUP else "",
                notes=_notes(one, row),
                starts_day=starts_day,
                starts_unread=counts and not unread_began,
            )
        )
        unread_began = unread_began or counts
    return made


def _notes(message: Message, row: Conversation) -> list[str]:
    notes = (
        (_("does not count as unread"), not message.counts_as_unread),
        (_("never the last message"), not message.is_shown),
        (_("to some members only"), message.targets != rules.NO_LIST),
        (_("@everyone"), message.at_all),
        (_("@you"), row.owner_id in orjson.loads(message.at_accounts)),
    )
    return [note for note, is_so in notes if is_so]


def _owners(user_ids: Iterable[str]) -> dict[str, Owner]:
    """What is known of users, or an owner without a name or picture."""
    ids = sorted(set(user_ids))
    known = {owner.owner_id: owner for owner in Owner.objects.any_of(ids)}
    return {one: known.get(one) or Owner(owner_id=one, nick_name="", face_url="") for one in ids}


def _avatar(owner: Owner, name: str) -> Avatar:
    """In the colour of the one-to-one conversation with this user."""
    return Avatar.of(identifiers.join(ConversationType.C2C, owner.owner_id), name, owner.face_url)


class Member(NamedTuple):
    """Somebody who is or was in a group."""

    user_id: str
    name: str
    avatar: Avatar
    membership: Membership
    since: datetime | None


class Members(NamedTuple):
    """A page of a group's members by user ID, and whom the next page comes after, "" if there is none."""

    members: list[Member]
    after: str


def members(conversation_id: str, after: str) -> Members:
    """Who is or was in a group, as far as is known. Three queries."""
    group_id = threads.group_of(identifiers.split(conversation_id)[1])
    if after:
        identifiers.check_owner_id(after, field="after")
    rows = list(GroupMember.objects.filter(group_id=group_id, user_id__gt=after).order_by("user_id")[: MEMBERS_SHOWN + 1])
    shown = rows[:MEMBERS_SHOWN]
    group = Group.objects.filter(group_id=group_id).first()
    owners = _owners(row.user_id for row in shown)
    found = [_member(row, owners[row.user_id], group.dissolved_at_ms if group else None) for row in shown]
    return Members(found, shown[-1].user_id if len(rows) > MEMBERS_SHOWN else "")


def _member(row: GroupMember, owner: Owner, dissolved_at_ms: int | None) -> Member:
    roster = MembershipHistory.from_json(row.events, dissolved_at_ms)
    since_ms = roster.now_since_ms()
    since = from_epoch_s(since_ms // 1000) if since_ms > SINCE_EVER_MS else None
    name = owner.nick_name or owner.owner_id
    return Member(owner.owner_id, name, _avatar(owner, name), Membership(roster.now()), since)


def staff_log(row: Conversation) -> QuerySet[LogEntry]:
    """What staff did with a conversation, the newest first."""
    about = {"object_id": composite_keys.to_text(row.owner_id, row.conversation_id)}
    kind = ContentType.objects.get_for_model(ConversationRow)
    return (
        LogEntry.objects.filter(content_type=kind, **about).select_related("user").order_by("-action_time")[:LOG_ENTRIES_SHOWN]
    )
