"""The bodies of webhooks as events; pure, no database.

Source: Tencent Cloud Chat, "Webhook Overview" and the page of each command.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations.choices import ConversationType, Membership
from conversations.formats import fields, rest_messages
from conversations.formats.checks import refuse
from conversations.formats.fields import Body
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, MessageEdit


@dataclass(frozen=True, slots=True)
class C2CRead:
    """The reader has read the peer's messages up to a time."""

    reader: str
    peer: str
    read_time_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEvent:
    """What all events of a group have; the time is None if the webhook lacks it."""

    group_id: str
    group_type: str
    event_time_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCreated(GroupEvent):
    """A new group. Its members may lack the group's owner, who is "" if there is none."""

    name: str
    owner: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersJoined(GroupEvent):
    """Members joined, or were invited."""

    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersLeft(GroupEvent):
    """Members left (LEFT), or were removed (KICKED)."""

    members: tuple[str, ...]
    membership: Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDissolved(GroupEvent):
    """A dissolved group; a community's webhook lacks the members."""

    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupInfoChanged(GroupEvent):
    """A group's new name or avatar, None if unchanged."""

    name: str | None
    face_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged:
    """A user's new nickname or avatar, None if unchanged."""

    user_id: str
    nick_name: str | None
    face_url: str | None
    event_time_ms: int | None


Event = (
    IncomingMessage | MessageEdit | C2CRead | C2CRecall | GroupRecall | GroupCreated | MembersJoined | MembersLeft
    | GroupDissolved | GroupInfoChanged | ProfileChanged
)  # fmt: skip

NICK_TAG, FACE_TAG = "Tag_Profile_IM_Nick", "Tag_Profile_IM_Image"


def parse(command: str, body: Any, *, now_s: int) -> Event | None:
    """Return the event of a webhook, None if it changes no conversation. Raises InvalidParameter, naming the key."""
    fields.check_object(body)
    parser = _PARSERS.get(command)
    return parser(_without_nul(body), now_s) if parser else None


# Texts that people write. An ID with a NUL is refused: no user or group can have it.
WRITTEN_KEYS = {"MsgBody", "CloudCustomData", "Name", "FaceUrl", "ProfileItem"}


def _without_nul(body: Body) -> Body:
    """Return the body without NUL characters, which no database stores.

    A refusal would lose the message: the cloud sends it only once.
    """
    cleaned = dict(body)
    for key in WRITTEN_KEYS & body.keys():
        with suppress(TypeError):  # a value that can't be written as JSON again is refused later
            packed = orjson.dumps(body[key])
            if rest_messages.NUL.search(packed):
                cleaned[key] = orjson.loads(rest_messages.NUL.sub(rb"\1", packed))
    return cleaned


# ---- Messages ----------------------------------------------------------------------------------


def _c2c_message(body: Body, now_s: int) -> IncomingMessage | None:
    # The command also fires for messages that were not delivered.
    if body.get("SendMsgResult") not in (None, 0, "0"):
        return None
    return _message(body, ConversationType.C2C, now_s)


def _group_message(body: Body, now_s: int) -> IncomingMessage | None:
    return _message(body, ConversationType.GROUP, now_s)


def _message(body: Body, type_: ConversationType, now_s: int) -> IncomingMessage | None:
    """Return a message with its position, None for an online-only message, which no conversation shows."""
    if fields.flag(body, "OnlineOnlyFlag"):
        return None
    message = rest_messages.read(body, type_, now_s=now_s)
    fields.require_values(MsgTime=message.time_s, MsgSeq=message.seq)
    if type_ == ConversationType.C2C:
        fields.require_values(MsgRandom=message.random)
    return message


def _c2c_read(body: Body, now_s: int) -> C2CRead:
    read_time_s = fields.require_value("LastReadTime", fields.number(body, "LastReadTime"))
    fields.check_time_s(read_time_s, "LastReadTime", now_s)
    return C2CRead(fields.user_id(body, "Report_Account"), fields.user_id(body, "Peer_Account"), read_time_s)


def _c2c_recall(body: Body, now_s: int) -> C2CRecall:
    return rest_messages.read_c2c_recall(body)


def _group_recall(body: Body, now_s: int) -> GroupRecall:
    return rest_messages.read_group_recall(body)


def _c2c_edit(body: Body, now_s: int) -> MessageEdit:
    return rest_messages.read_c2c_edit(body, now_s=now_s)


def _group_edit(body: Body, now_s: int) -> MessageEdit:
    return rest_messages.read_group_edit(body, now_s=now_s)


# ---- Groups and users --------------------------------------------------------------------------


def _group(body: Body, now_s: int) -> dict[str, Any]:
    """Return the fields of GroupEvent."""
    return {
        "group_id": fields.group_id(body),
        "group_type": fields.group_type(body),
        "event_time_ms": fields.event_time_ms(body, now_s),
    }


def _members(body: Body, key: str) -> tuple[str, ...]:
    """Return the members of a list, which must not be empty."""
    fields.required(body, key)
    members = fields.user_ids(body, key, "Member_Account")
    if not members:
        raise refuse(key, _("Must name at least one user."))
    return members


def _group_created(body: Body, now_s: int) -> GroupCreated:
    return GroupCreated(
        **_group(body, now_s),
        name=fields.text(body, "Name"),
        owner=fields.optional_user_id(body, "Owner_Account"),
        members=fields.user_ids(body, "MemberList", "Member_Account"),
    )


def _members_joined(body: Body, now_s: int) -> MembersJoined:
    return MembersJoined(**_group(body, now_s), members=_members(body, "NewMemberList"))


def _members_left(body: Body, now_s: int) -> MembersLeft:
    was_kicked = fields.text(body, "ExitType") == "Kicked"
    return MembersLeft(
        **_group(body, now_s),
        members=_members(body, "ExitMemberList"),
        membership=Membership.KICKED if was_kicked else Membership.LEFT,
    )


def _group_dissolved(body: Body, now_s: int) -> GroupDissolved:
    return GroupDissolved(**_group(body, now_s), members=fields.user_ids(body, "MemberList", "Member_Account"))


def _group_info_changed(body: Body, now_s: int) -> GroupInfoChanged | None:
    name = fields.text_or_none(body, "Name")
    face_url = fields.text_or_none(body, "FaceUrl")
    if name is None and face_url is None:
        return None
    return GroupInfoChanged(**_group(body, now_s), name=name, face_url=face_url)


def _profile_changed(body: Body, now_s: int) -> ProfileChanged | None:
    fields.required(body, "ProfileItem")
    items = fields.list_of(body, "ProfileItem", dict)
    nick_name, face_url = profile_text(items, NICK_TAG), profile_text(items, FACE_TAG)
    if nick_name is None and face_url is None:
        return None
    return ProfileChanged(
        user_id=fields.user_id(body, "From_Account"),
        nick_name=nick_name,
        face_url=face_url,
        event_time_ms=fields.event_time_ms(body, now_s),
    )


def profile_text(items: list[dict[str, Any]], tag: str) -> str | None:
    """Return the last value of a tag, which may be a number if it looks like one; None if absent."""
    values = [item.get("Value") for item in items if item.get("Tag") == tag]
    value = values[-1] if values else None
    return str(value) if type(value) is int else fields.text_or_none({"Value": value}, "Value")


_PARSERS: Mapping[str, Callable[[Body, int], Event | None]] = {
    "C2C.CallbackAfterSendMsg": _c2c_message,
    "C2C.CallbackAfterMsgReport": _c2c_read,
    "C2C.CallbackAfterMsgWithDraw": _c2c_recall,
    "C2C.CallbackAfterModifyMsg": _c2c_edit,
    "Group.CallbackAfterSendMsg": _group_message,
    "Group.CallbackAfterRecallMsg": _group_recall,
    "Group.CallbackAfterModifyMsg": _group_edit,
    "Group.CallbackAfterCreateGroup": _group_created,
    "Group.CallbackAfterNewMemberJoin": _members_joined,
    "Group.CallbackAfterMemberExit": _members_left,
    "Group.CallbackAfterGroupDestroyed": _group_dissolved,
    "Group.CallbackAfterGroupInfoChanged": _group_info_changed,
    "Profile.CallbackPortraitSet": _profile_changed,
}
# The commands that can change a conversation, and among them those of messages.
COMMANDS = frozenset(_PARSERS)
MESSAGE_COMMANDS = frozenset(command for command, parser in _PARSERS.items() if parser in (_c2c_message, _group_message))
