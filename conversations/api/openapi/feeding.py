"""The OpenAPI document's words for the calls that feed."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from conversations.api import serializers
from conversations.api.openapi.reads import READ_PROBLEMS, parameter, problems
from conversations.choices import OLD_GROUP_TYPES, GroupType
from conversations.formats.rest_groups import MAX_MEMBERS
from conversations.identifiers import GROUP_ID_MAX_BYTES, OWNER_ID_MAX_BYTES

FEED_PROBLEMS = READ_PROBLEMS | problems(413, 415)
TEXT = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]
# One of the vendor's bodies, or a list of them: their many keys are the vendor's to document.
BODY = {"application/json": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 500}]}}

messages = extend_schema(
    operation_id="sendMessages",
    summary="Messages in the form of the vendor's send and import calls, one or a list",
    request=BODY,
    responses={200: serializers.MessagesAnswer, **FEED_PROBLEMS},
    examples=[
        OpenApiExample(
            "one to one",
            {"From_Account": "alice", "To_Account": "bob", "MsgSeq": 1, "MsgRandom": 7, "MsgBody": TEXT},
            request_only=True,
        ),
        OpenApiExample("group", {"GroupId": "team", "From_Account": "alice", "Random": 8, "MsgBody": TEXT}, request_only=True),
    ],
)
recall = extend_schema(
    operation_id="recallMessage",
    summary="Take back a one-to-one message by its MsgKey, or messages of a group by MsgSeq",
    request={"application/json": {"type": "object"}},
    responses={200: serializers.EmptyInput, **FEED_PROBLEMS},
)


def _id(name: str, most: int, what: str) -> list[OpenApiParameter]:
    in_path = f"{what}, percent-encoded; - for one that holds /, named by ?id="
    return [
        OpenApiParameter(name, {"type": "string", "maxLength": most}, OpenApiParameter.PATH, description=in_path),
        parameter("id", f"the {what}, when the path has -", {"type": "string"}),
    ]


def _object(**properties: dict) -> dict:
    return {"type": "object", "properties": properties, "additionalProperties": False}


GROUP_ID = _id("group_id", GROUP_ID_MAX_BYTES, "group ID")
TEXT_VALUE, TIME_MS = {"type": "string"}, {"type": "integer", "description": "epoch milliseconds; now if absent"}
USER_ID = {"type": "string", "pattern": f"^[ -~]{{1,{OWNER_ID_MAX_BYTES}}}$"}
MEMBER = {"oneOf": [USER_ID, {"type": "object", "required": ["Member_Account"], "properties": {
    "Member_Account": USER_ID, "JoinTime": {"type": "integer", "description": "epoch seconds"},
}}]}  # fmt: skip
MEMBERS = {"type": "array", "items": MEMBER, "maxItems": MAX_MEMBERS}
GROUP_TYPE = {"type": "string", "enum": [*GroupType.values, *OLD_GROUP_TYPES]}
TOLD = {200: serializers.ToldAnswer, **FEED_PROBLEMS}
CHANGED = {200: serializers.MembersAnswer, **FEED_PROBLEMS}
PUT = {200: serializers.PutAnswer, **FEED_PROBLEMS, **problems(404)}

groups = extend_schema(
    operation_id="setGroups",
    summary="Groups in the form of get_group_info's answer, one or up to 500; a MemberList replaces the members",
    request=BODY,
    responses=TOLD,
    examples=[
        OpenApiExample(
            "a list",
            {"GroupInfo": [{"GroupId": "team", "Name": "The team", "Type": "Work", "MemberList": [{"Member_Account": "bob"}]}]},
            request_only=True,
        )
    ],
)
put_group = extend_schema(
    operation_id="setGroupInfo",
    summary="A group's name, avatar, type or members; what is absent stays as it is",
    parameters=GROUP_ID,
    request={
        "application/json": _object(Name=TEXT_VALUE, FaceUrl=TEXT_VALUE, Type=GROUP_TYPE, MemberList=MEMBERS, EventTime=TIME_MS)
    },
    responses=PUT,
)
add_members = extend_schema(
    operation_id="addGroupMembers",
    summary="Users come into a group",
    parameters=GROUP_ID,
    request={"application/json": _object(MemberList=MEMBERS, EventTime=TIME_MS) | {"required": ["MemberList"]}},
    responses=CHANGED,
)
remove_members = extend_schema(
    operation_id="removeGroupMembers",
    summary="Members go (ExitType Quit), or are made to (Kicked, or none)",
    parameters=GROUP_ID,
    request={
        "application/json": _object(
            MemberList=MEMBERS,
            MemberToDel_Account={"type": "array", "items": USER_ID},
            ExitType={"type": "string", "enum": ["Quit", "Kicked"]},
            EventTime=TIME_MS,
        )
    },
    responses=CHANGED,
)
users = extend_schema(
    operation_id="setUsers",
    summary="Users in the form of portrait_get's answer, one or up to 500",
    request=BODY,
    responses=TOLD,
    examples=[
        OpenApiExample(
            "one",
            {"To_Account": "bob", "ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": "Bob"}]},
            request_only=True,
        )
    ],
)
put_user = extend_schema(
    operation_id="setSelfInfo",
    summary="A user's nick or avatar; what is absent stays as it is",
    parameters=_id("user_id", OWNER_ID_MAX_BYTES, "user ID"),
    request={"application/json": _object(Nick=TEXT_VALUE, FaceUrl=TEXT_VALUE, EventTime=TIME_MS)},
    responses=PUT,
)
