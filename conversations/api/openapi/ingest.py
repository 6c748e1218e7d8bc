"""The OpenAPI document's words for the ingest calls."""

from drf_spectacular.utils import OpenApiExample, extend_schema

from conversations.api import outputs
from conversations.api.openapi.schema import WRITE_PROBLEMS, problems
from conversations.choices import OLD_GROUP_TYPES, GroupType
from conversations.formats.rest_groups import MAX_MEMBERS
from conversations.identifiers import OWNER_ID_MAX_BYTES

# One of the vendor's bodies, or a list of them: their many keys are the vendor's to document.
BODY = {"application/json": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 500}]}}
MSG_BODY = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]


def _object(**properties: dict) -> dict:
    return {"type": "object", "properties": properties, "additionalProperties": False}


TEXT, TIME_MS = {"type": "string"}, {"type": "integer", "description": "epoch milliseconds; now if absent"}
USER_ID = {"type": "string", "pattern": f"^[ -~]{{1,{OWNER_ID_MAX_BYTES}}}$"}
MEMBER = {"oneOf": [USER_ID, {"type": "object", "required": ["Member_Account"], "properties": {
    "Member_Account": USER_ID, "JoinTime": {"type": "integer", "description": "epoch seconds"},
}}]}  # fmt: skip
MEMBERS = {"type": "array", "items": MEMBER, "maxItems": MAX_MEMBERS}
GROUP_TYPE = {"type": "string", "enum": [*GroupType.values, *OLD_GROUP_TYPES]}
RESULTS = {200: outputs.UpdateResultsAnswer, **WRITE_PROBLEMS}
CHANGED = {200: outputs.MembersAnswer, **WRITE_PROBLEMS}
UPDATED = {200: outputs.UpdateAnswer, **WRITE_PROBLEMS, **problems(404)}

messages = extend_schema(
    operation_id="sendMessages",
    summary="Store messages in the form of Tencent's send and import calls, one or a list",
    request=BODY,
    responses={200: outputs.MessagesAnswer, **WRITE_PROBLEMS},
    examples=[
        OpenApiExample(
            "one to one",
            {"From_Account": "alice", "To_Account": "bob", "MsgSeq": 1, "MsgRandom": 7, "MsgBody": MSG_BODY},
            request_only=True,
        ),
        OpenApiExample(
            "group", {"GroupId": "team", "From_Account": "alice", "Random": 8, "MsgBody": MSG_BODY}, request_only=True
        ),
    ],
)
modify = extend_schema(
    operation_id="modifyMessages",
    summary="Edit messages in the form of modify_c2c_msg and modify_group_msg, one or a list; absent parts stay as they are",
    request=BODY,
    responses={200: outputs.MessagesAnswer, **WRITE_PROBLEMS},
    examples=[
        OpenApiExample(
            "one to one",
            {"From_Account": "alice", "To_Account": "bob", "MsgKey": "1_7_1760000000", "MsgBody": MSG_BODY},
            request_only=True,
        ),
        OpenApiExample("group", {"GroupId": "team", "MsgSeq": 8, "MsgBody": MSG_BODY}, request_only=True),
    ],
)
recall = extend_schema(
    operation_id="recallMessage",
    summary="Recall a one-to-one message by its MsgKey, or group messages by MsgSeq",
    request={"application/json": {"type": "object"}},
    responses={200: outputs.EmptyAnswer, **WRITE_PROBLEMS},
)
groups = extend_schema(
    operation_id="setGroups",
    summary="Store groups in the form of get_group_info's answer, one or up to 500; a MemberList replaces the members",
    request=BODY,
    responses=RESULTS,
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
    summary="Set a group's name, avatar, type or members; absent keys change nothing",
    request={"application/json": _object(Name=TEXT, FaceUrl=TEXT, Type=GROUP_TYPE, MemberList=MEMBERS, EventTime=TIME_MS)},
    responses=UPDATED,
)
add_members = extend_schema(
    operation_id="addGroupMembers",
    summary="Add members to a group",
    request={"application/json": _object(MemberList=MEMBERS, EventTime=TIME_MS) | {"required": ["MemberList"]}},
    responses=CHANGED,
)
remove_members = extend_schema(
    operation_id="removeGroupMembers",
    summary="Remove members (ExitType Quit or Kicked; default Kicked)",
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
    summary="Store users in the form of portrait_get's answer, one or up to 500",
    request=BODY,
    responses=RESULTS,
    examples=[
        OpenApiExample(
            "one user",
            {"To_Account": "bob", "ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": "Bob"}]},
            request_only=True,
        )
    ],
)
put_user = extend_schema(
    operation_id="setSelfInfo",
    summary="Set a user's nickname or avatar; absent keys change nothing",
    request={"application/json": _object(Nick=TEXT, FaceUrl=TEXT, EventTime=TIME_MS)},
    responses=UPDATED,
)
