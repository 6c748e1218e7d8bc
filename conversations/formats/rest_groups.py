"""Groups, their members and users, in the bodies of the vendor's calls and of ours; pure, no database.

Source: "Getting Group Profiles" (get_group_info), "Pulling Profiles" (portrait_get), "Adding Group Members" and "Deleting Group
Members".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import Membership
from conversations.formats import fields, webhook_events
from conversations.formats.checks import check_list, refuse, refuse_unknown
from conversations.formats.fields import Body
from conversations.identifiers import TOPIC_MARK

MAX_MEMBERS = 10_000
ENVELOPE_KEYS = frozenset({"ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay"})
PUT_GROUP_KEYS = frozenset({"Name", "FaceUrl", "Type", "MemberList", "EventTime"})
GROUP_KEYS = PUT_GROUP_KEYS | {
    "GroupId", "MemberNum", "LastInfoTime", "ErrorCode", "ErrorInfo",
    # Documented, and not shown by any conversation.
    "Appid", "Introduction", "Notification", "Owner_Account", "CreateTime", "InfoSeq", "LastMsgTime", "NextMsgSeq",
    "MaxMemberNum", "OnlineMemberNum", "ApplyJoinOption", "InviteJoinOption", "ShutUpAllMember", "MuteAllMember",
    "SupportTopic", "AppDefinedData",
}  # fmt: skip
MEMBER_KEYS = frozenset({
    "Member_Account", "JoinTime",
    "Role", "MsgSeq", "MsgFlag", "LastSendMsgTime", "NameCard", "ShutUpUntil", "MuteUntil", "AppMemberDefinedData",
})  # fmt: skip
ADD_KEYS = frozenset({"MemberList", "EventTime"})
REMOVE_KEYS = ADD_KEYS | {"MemberToDel_Account", "ExitType"}
USERS_KEYS = ENVELOPE_KEYS | {"Fail_Account", "CurrentStandardSequence"}
USER_KEYS = frozenset({"To_Account", "ProfileItem", "ResultCode", "ResultInfo", "EventTime"})
PUT_USER_KEYS = frozenset({"Nick", "FaceUrl", "EventTime"})

# The join time of each member in epoch milliseconds, None if unknown.
Members = Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A user's nickname and avatar at a moment, None if unchanged."""

    user_id: str
    nick_name: str | None
    face_url: str | None
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupInfo:
    """A group's name, avatar and type at a moment, None or "" if unchanged."""

    group_id: str
    name: str | None
    face_url: str | None
    type: str = ""
    at_ms: int


@dataclass(frozen=True, slots=True)
class MemberList:
    """The members of a group at a moment: all of them (`is_whole`), or some."""

    members: Members
    is_whole: bool
    at_ms: int


def items(record: Any, key: str, envelope: Collection[str]) -> list[Any]:
    """Return the groups or users of a request: a single one, a list, or the vendor's answer, which has them under `key`."""
    if type(record) is list:
        return record
    if type(record) is not dict or key not in record:
        return [record]
    refuse_unknown(record, {*envelope, key})
    return check_list(record[key], key)


def listed_group(body: Any, *, now_ms: int) -> tuple[GroupInfo, MemberList | None]:
    """Read a group of a get_group_info answer. Raises InvalidParameter, naming the key."""
    refuse_unknown(fields.check_object(body), GROUP_KEYS)
    if fields.number(body, "ErrorCode"):
        raise refuse("ErrorCode", fields.text(body, "ErrorInfo") or str(body["ErrorCode"]))
    return _group(body, fields.group_id(body), now_ms)


def group(group_id: str, body: Body, *, now_ms: int) -> tuple[GroupInfo, MemberList | None]:
    """Read the body of a PUT of a group. Raises InvalidParameter, naming the key."""
    refuse_unknown(body, PUT_GROUP_KEYS)
    _require_any(body, "Name", "FaceUrl", "Type", "MemberList")
    return _group(body, fields.group_id({"GroupId": group_id}), now_ms)


def members_to_add(body: Body, *, now_ms: int) -> MemberList:
    """Read the members to add to a group. Raises InvalidParameter, naming the key."""
    refuse_unknown(body, ADD_KEYS)
    return MemberList(_check_not_empty(_members(body, now_ms)), False, _at_ms(body, now_ms))


def members_to_remove(body: Body, *, now_ms: int) -> tuple[MemberList, Membership]:
    """Read the members to remove, and whether they left or (the default) were kicked. Raises InvalidParameter."""
    refuse_unknown(body, REMOVE_KEYS)
    members = {**_members(body, now_ms), **dict.fromkeys(fields.user_ids(body, "MemberToDel_Account"))}
    exit_types = {"": Membership.KICKED, "Kicked": Membership.KICKED, "Quit": Membership.LEFT}
    exit_type = fields.text(body, "ExitType")
    if exit_type not in exit_types:
        raise refuse("ExitType", _("Must be one of %(choices)s.") % {"choices": "Kicked, Quit"})
    return MemberList(_check_not_empty(members), False, _at_ms(body, now_ms)), exit_types[exit_type]


def listed_user(body: Any, *, now_ms: int) -> Profile:
    """Read a user of a portrait_get answer. Raises InvalidParameter, naming the key."""
    refuse_unknown(fields.check_object(body), USER_KEYS)
    if fields.number(body, "ResultCode"):
        raise refuse("ResultCode", fields.text(body, "ResultInfo") or str(body["ResultCode"]))
    fields.required(body, "ProfileItem")
    tags = fields.list_of(body, "ProfileItem", dict)
    return Profile(
        user_id=fields.user_id(body, "To_Account"),
        nick_name=webhook_events.profile_text(tags, webhook_events.NICK_TAG),
        face_url=webhook_events.profile_text(tags, webhook_events.FACE_TAG),
        at_ms=_at_ms(body, now_ms),
    )


def user(user_id: str, body: Body, *, now_ms: int) -> Profile:
    """Read the body of a PUT of a user. Raises InvalidParameter, naming the key."""
    refuse_unknown(body, PUT_USER_KEYS)
    _require_any(body, "Nick", "FaceUrl")
    return Profile(
        user_id=fields.user_id({"To_Account": user_id}, "To_Account"),
        nick_name=fields.text_or_none(body, "Nick"),
        face_url=fields.text_or_none(body, "FaceUrl"),
        at_ms=_at_ms(body, now_ms),
    )


def path_group_id(group_id: str) -> str:
    """Return the ID of a group whose members change. Raises InvalidParameter, also for a topic."""
    group_id = fields.group_id({"GroupId": group_id})
    if TOPIC_MARK in group_id:
        raise refuse("MemberList", _("A topic has the members of its group."))
    return group_id


def _group(body: Body, group_id: str, now_ms: int) -> tuple[GroupInfo, MemberList | None]:
    type_ = fields.group_type(body)
    if fields.text(body, "Type") and not type_:
        raise refuse("Type", _("Unknown group type."))
    at_ms = _at_ms(body, now_ms)
    changed_s = fields.number(body, "LastInfoTime")
    # The end of that second, or a webhook's report of the same change, in milliseconds, would seem newer.
    info_at_ms = fields.check_time_s(changed_s, "LastInfoTime", now_ms // 1000) * 1000 + 999 if changed_s else at_ms
    info = GroupInfo(
        group_id=group_id,
        name=fields.text_or_none(body, "Name"),
        face_url=fields.text_or_none(body, "FaceUrl"),
        type=type_,
        at_ms=info_at_ms,
    )
    if body.get("MemberList") is None:
        return info, None
    path_group_id(group_id)
    members = _members(body, now_ms)
    return info, MemberList(members, (fields.number(body, "MemberNum") or 0) <= len(members), at_ms)


def _members(body: Body, now_ms: int) -> dict[str, int | None]:
    """Return the members of a list of user IDs, or of objects with a Member_Account."""
    entries = check_list(body.get("MemberList"), "MemberList")
    if len(entries) > MAX_MEMBERS:
        text = _("At most %(count)d entries. Send further members to members/add/.")
        raise refuse("MemberList", text % {"count": MAX_MEMBERS})
    return dict(_member(entry, now_ms) for entry in entries)


def _member(entry: Any, now_ms: int) -> tuple[str, int | None]:
    if type(entry) is str:
        entry = {"Member_Account": entry}
    if type(entry) is not dict:
        raise refuse("MemberList", _("Each entry must be a user ID, or an object with a Member_Account."))
    refuse_unknown(entry, MEMBER_KEYS)
    joined_s = fields.number(entry, "JoinTime")
    if joined_s:
        fields.check_time_s(joined_s, "JoinTime", now_ms // 1000)
    return fields.user_id(entry, "Member_Account"), joined_s * 1000 if joined_s else None


def _check_not_empty(members: Members) -> Members:
    if not members:
        raise refuse("MemberList", _("Must name at least one user."))
    return members


def _at_ms(body: Body, now_ms: int) -> int:
    return fields.event_time_ms(body, now_ms // 1000) or now_ms


def _require_any(body: Body, *keys: str) -> None:
    if all(body.get(key) is None for key in keys):
        raise refuse(keys[0], _("Pass at least one of %(keys)s.") % {"keys": ", ".join(keys)})
