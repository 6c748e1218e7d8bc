"""A message as a bubble of a conversation's page: what the user's app shows, with notes for staff."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import identifiers, positions
from conversations.choices import ConversationType
from conversations.formats import message_content, message_preview
from conversations.models import Conversation, Message, Owner
from conversations.staff.presentation import Avatar
from conversations.times import from_epoch_s
from conversations.unread import rules
from conversations.unread.plain_text import time_text


class Bubble(NamedTuple):
    """A message as the user's app shows it, with notes for staff."""

    position: str
    sender_id: str
    sender: str
    avatar: Avatar
    is_own: bool
    is_notice: bool
    recall: str
    parts: list[message_preview.Part]
    at: datetime | None
    number: str
    notes: list[str]
    starts_day: bool = False
    starts_unread: bool = False


def to_bubbles(
    row: Conversation, viewer: rules.Viewer, messages: list[Message], *, reads_text: bool, unread_began: bool
) -> list[Bubble]:
    owners = owners_of(user_id for message in messages for user_id in (message.sender, message.recalled_by))
    shown: list[Bubble] = []
    day = None
    for message in messages:
        bubble = _bubble(row, message, owners, reads_text=reads_text)
        counts = viewer.counts_as_unread(message, row)
        starts_day = bubble.at is not None and bubble.at.date() != day
        shown.append(bubble._replace(starts_day=starts_day, starts_unread=counts and not unread_began))
        day = bubble.at.date() if bubble.at else day
        unread_began = unread_began or counts
    return shown


def _bubble(row: Conversation, message: Message, owners: Mapping[str, Owner], *, reads_text: bool) -> Bubble:
    """Return a message by itself; the messages before it decide whether it starts a day or the unread ones."""
    body = orjson.loads(message.body)
    name, owner = message_preview.sender_of(body), owners[message.sender]
    name = (owner.nick_name if name in ("", message.sender) else name) or message.sender or _("erased user")
    return Bubble(
        position=message.position,
        sender_id=message.sender,
        sender=name,
        avatar=avatar_of(owner, name),
        is_own=message.sender == row.owner_id,
        is_notice=message_preview.is_notice(body),
        recall=_recall(message, body, owners),
        parts=message_preview.element_previews(body) if reads_text else message_preview.element_kinds(body),
        at=timezone.localtime(from_epoch_s(message.time_s)) if message.time_s is not None else None,
        number=str(int(message.position)) if row.type == ConversationType.GROUP else "",
        notes=_notes(message, row),
    )


def place_label(row: Conversation, position: str) -> str:
    """Return how people name a message by its position: its number in a group, else its time."""
    units = positions.in_read_units(position, row.type)
    return f"#{units}" if row.is_group else time_text(from_epoch_s(units))


def _recall(message: Message, body: Mapping[str, Any], owners: Mapping[str, Owner]) -> str:
    """Return that a message was recalled, and by whom if that is known; "" for one that was not."""
    if not message.is_recalled and body.get("status") not in message_preview.WITHDRAWN:
        return ""
    revoker = message.recalled_by
    if revoker and revoker == message.sender:
        return _("recalled by the sender")
    if revoker:
        name = owners[revoker].nick_name
        return _("recalled by %(user)s") % {"user": f"{name} ({revoker})" if name else revoker}
    return _("recalled")


def _notes(message: Message, row: Conversation) -> list[str]:
    notes = (
        (_("sender erased"), message_content.is_erased(message.edit)),
        (_("not counted as unread"), not message.counts_as_unread),
        (_("not shown as last message"), not message.is_shown),
        (_("only for some members"), message.targets != rules.NO_LIST),
        (_("@everyone"), message.at_all),
        (_("@you"), row.owner_id in orjson.loads(message.at_accounts)),
    )
    return _edits(message) + [note for note, applies in notes if applies]


def _edits(message: Message) -> list[str]:
    if message.edited_at_ms is None or message.is_recalled:
        return []
    return [_("edited %(time)s") % {"time": time_text(from_epoch_s(message.edited_at_ms // 1000))}]


def owners_of(user_ids: Iterable[str]) -> dict[str, Owner]:
    """Return the users by ID; a user without a list has no name or picture."""
    ids = sorted(set(user_ids))
    owners = {owner_id: Owner(owner_id=owner_id, nick_name="", face_url="") for owner_id in ids}
    return owners | {owner.owner_id: owner for owner in Owner.objects.any_of(ids)}


def avatar_of(owner: Owner, name: str) -> Avatar:
    """Return the avatar in the colour of the one-to-one conversation with this user."""
    return Avatar.of(identifiers.join(ConversationType.C2C, owner.owner_id), name, owner.face_url)
