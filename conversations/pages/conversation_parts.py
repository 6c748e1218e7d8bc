"""The parts of a conversation's page that are read from other tables: its messages and a group's members, in pages."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import orjson
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import identifiers, positions, threads
from conversations.choices import ConversationType, Membership
from conversations.digits import parse_digits
from conversations.exceptions import InvalidParameter
from conversations.formats import message_content, message_preview
from conversations.models import Conversation, Group, GroupMember, Message, Owner
from conversations.staff.presentation import Avatar
from conversations.store import message_reads
from conversations.times import from_epoch_s
from conversations.unread import rules, viewers
from conversations.unread.rosters import SINCE_EVER_MS, MembershipHistory

MESSAGES_SHOWN = 50
MEMBERS_SHOWN = 50


class Bubble(NamedTuple):
    """A message as the user's app shows it, with notes for staff."""

    sender_id: str
    sender: str
    avatar: Avatar
    is_own: bool
    is_notice: bool
    is_recalled: bool
    parts: list[str]
    at: datetime | None
    number: str
    notes: list[str]
    starts_day: bool = False
    starts_unread: bool = False


class Bubbles(NamedTuple):
    """A page of messages, oldest first, and the position before which the older page ends; "" without an older page."""

    bubbles: list[Bubble]
    before: str
    is_newest: bool


def bubbles(row: Conversation, before: str, *, reads_text: bool) -> Bubbles:
    """Return the messages that the user sees before a position, "" for the newest. Raises InvalidParameter."""
    if before and parse_digits(before, at_most=positions.MAX_LENGTH) is None:
        raise InvalidParameter(_("Invalid position in the conversation."), field="before")
    viewer = viewers.of_row(row)
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    stored = message_reads.before(thread, before, floor=row.cleared_position, limit=MESSAGES_SHOWN + 1)
    shown = [message for message in stored[:MESSAGES_SHOWN] if message.body is not None and viewer.sees(message)]
    if not stored and not before and row.last_message:
        shown = [_last_message_of(row, thread)]
    # Whether the first unread message is on an older page.
    began = len(stored) > MESSAGES_SHOWN and rules.can_be_unread(stored[MESSAGES_SHOWN].position, row)
    page = _to_bubbles(row, viewer, list(reversed(shown)), reads_text=reads_text, unread_began=began)
    return Bubbles(page, stored[MESSAGES_SHOWN - 1].position if len(stored) > MESSAGES_SHOWN else "", not before)


def _last_message_of(row: Conversation, thread: str) -> Message:
    """Return the row's last message, where an import or a report brought no other."""
    body = orjson.loads(row.last_message)
    sender = body.get("sender")
    return Message(
        thread=thread,
        position=row.last_message_position or "0",
        sender=row.owner_id if body.get("isSelf") is True else sender if type(sender) is str else "",
        time_s=int(row.last_message_at.timestamp()) if row.last_message_at else None,
        body=row.last_message,
        counts_as_unread=True, is_shown=True, is_recalled=False, edited_at_ms=None, edit="",
        at_all=False, at_accounts=rules.NO_LIST, targets=rules.NO_LIST,
    )  # fmt: skip


def _to_bubbles(
    row: Conversation, viewer: rules.Viewer, messages: list[Message], *, reads_text: bool, unread_began: bool
) -> list[Bubble]:
    owners = _owners({message.sender for message in messages})
    shown: list[Bubble] = []
    day = None
    for message in messages:
        bubble = _bubble(row, message, owners[message.sender], reads_text=reads_text)
        counts = viewer.counts_as_unread(message, row)
        starts_day = bubble.at is not None and bubble.at.date() != day
        shown.append(bubble._replace(starts_day=starts_day, starts_unread=counts and not unread_began))
        day = bubble.at.date() if bubble.at else day
        unread_began = unread_began or counts
    return shown


def _bubble(row: Conversation, message: Message, owner: Owner, *, reads_text: bool) -> Bubble:
    """Return a message by itself; the messages before it decide whether it starts a day or the unread ones."""
    body = orjson.loads(message.body)
    name = message_preview.sender_of(body)
    name = (owner.nick_name if name in ("", message.sender) else name) or message.sender or _("erased user")
    return Bubble(
        sender_id=message.sender,
        sender=name,
        avatar=_avatar(owner, name),
        is_own=message.sender == row.owner_id,
        is_notice=message_preview.is_notice(body),
        is_recalled=message.is_recalled or body.get("status") in message_preview.WITHDRAWN,
        parts=message_preview.element_previews(body) if reads_text else message_preview.element_kinds(body),
        at=timezone.localtime(from_epoch_s(message.time_s)) if message.time_s is not None else None,
        number=str(int(message.position)) if row.type == ConversationType.GROUP else "",
        notes=_notes(message, row),
    )


def _notes(message: Message, row: Conversation) -> list[str]:
    notes = (
        (_("edited"), message.edited_at_ms is not None),
        (_("sender erased"), message_content.is_erased(message.edit)),
        (_("not counted as unread"), not message.counts_as_unread),
        (_("not shown as last message"), not message.is_shown),
        (_("only for some members"), message.targets != rules.NO_LIST),
        (_("@everyone"), message.at_all),
        (_("@you"), row.owner_id in orjson.loads(message.at_accounts)),
    )
    return [note for note, applies in notes if applies]


def _owners(user_ids: Iterable[str]) -> dict[str, Owner]:
    """Return the users by ID; a user without a list has no name or picture."""
    ids = sorted(set(user_ids))
    owners = {owner_id: Owner(owner_id=owner_id, nick_name="", face_url="") for owner_id in ids}
    return owners | {owner.owner_id: owner for owner in Owner.objects.any_of(ids)}


def _avatar(owner: Owner, name: str) -> Avatar:
    """Return the avatar in the colour of the one-to-one conversation with this user."""
    return Avatar.of(identifiers.join(ConversationType.C2C, owner.owner_id), name, owner.face_url)


class Member(NamedTuple):
    """A user who is or was in a group."""

    user_id: str
    name: str
    avatar: Avatar
    membership: Membership
    since: datetime | None


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
    owners = _owners(row.user_id for row in shown)
    page = [_member(row, owners[row.user_id], group.dissolved_at_ms if group else None) for row in shown]
    return Members(page, shown[-1].user_id if len(rows) > MEMBERS_SHOWN else "")


def _member(row: GroupMember, owner: Owner, dissolved_at_ms: int | None) -> Member:
    history = MembershipHistory.from_json(row.events, dissolved_at_ms)
    since_ms = history.now_since_ms()
    since = from_epoch_s(since_ms // 1000) if since_ms > SINCE_EVER_MS else None
    name = owner.nick_name or owner.owner_id
    return Member(owner.owner_id, name, _avatar(owner, name), Membership(history.now()), since)
