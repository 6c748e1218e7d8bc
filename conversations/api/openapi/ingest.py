"""The OpenAPI document's summaries, bodies and answers of the ingest calls."""

from drf_spectacular.utils import extend_schema

from conversations.api import outputs
from conversations.choices import OLD_GROUP_TYPES, GroupType
from conversations.formats.rest_groups import MAX_MEMBERS
from conversations.identifiers import OWNER_ID_MAX_BYTES

# The server takes one object without a list as well, which no generated client can express. The vendor documents the keys.
# Of an object with additionalProperties, C++ makes a map that it can't send.
OBJECT = {"type": "object"}
BODY = {"application/json": {"type": "array", "items": OBJECT, "minItems": 1, "maxItems": 500}}


def _object(**properties: dict) -> dict:
    return {"type": "object", "properties": properties, "additionalProperties": False}


TEXT, TIME_MS = {"type": "string"}, {"type": "integer", "description": "epoch milliseconds; now if absent"}
USER_ID = {"type": "string", "pattern": f"^[ -~]{{1,{OWNER_ID_MAX_BYTES}}}$"}
# The server takes a bare user ID as well.
MEMBER = _object(Member_Account=USER_ID, JoinTime={"type": "integer", "description": "epoch seconds"}) | {
    "required": ["Member_Account"]
}
MEMBERS = {"type": "array", "items": MEMBER, "maxItems": MAX_MEMBERS}
GROUP_TYPE = {"type": "string", "enum": [*GroupType.values, *OLD_GROUP_TYPES]}
RESULTS = {200: outputs.UpdateResultsAnswer}
CHANGED = {200: outputs.MembersAnswer}
UPDATED = {200: outputs.UpdateAnswer}

messages = extend_schema(
    operation_id="sendMessages",
    summary="Store up to 500 messages in the form of Tencent's send and import calls",
    request=BODY,
    responses={200: outputs.MessagesAnswer},
)
modify = extend_schema(
    operation_id="modifyMessages",
    summary="Edit up to 500 messages in the form of modify_c2c_msg and modify_group_msg",
    request=BODY,
    responses={200: outputs.MessagesAnswer},
)
recall = extend_schema(
    operation_id="recallMessage",
    summary="Recall a one-to-one message by its MsgKey, or group messages by MsgSeq",
    request={"application/json": OBJECT},
    responses={200: {"type": "object", "maxProperties": 0}},
)
groups = extend_schema(
    operation_id="setGroups",
    summary="Store up to 500 groups in the form of get_group_info's answer",
    request=BODY,
    responses=RESULTS,
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
    summary="Store up to 500 users in the form of portrait_get's answer",
    request=BODY,
    responses=RESULTS,
)
put_user = extend_schema(
    operation_id="setSelfInfo",
    summary="Set a user's nickname or avatar; absent keys change nothing",
    request={"application/json": _object(Nick=TEXT, FaceUrl=TEXT, EventTime=TIME_MS)},
    responses=UPDATED,
)
