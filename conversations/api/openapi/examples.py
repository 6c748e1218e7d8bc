"""The OpenAPI document's examples: for each operation an answer, an error, and a request body if it takes one."""

from typing import Any, NamedTuple

from conversations.api.errors import problem_body
from conversations.exceptions import (
    Code,
    ConversationError,
    ConversationNotFound,
    GroupNotFound,
    InvalidParameter,
    NoPermission,
    TooManyConversations,
    TooManyRequests,
)

REQUEST_ID = "6f1c0d5c8a6c4c5f9d0b7b1f7a3e2d10"
VERSION = "1760000000.42"
PARAMETERS = {
    "owner": "alice",
    "since": "0",
    "id": ["c2c_bob", "group_team"],
}
TEXT_BODY = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "See you at six"}}]
CONVERSATION = {
    "conversationID": "c2c_bob",
    "type": 1,
    "userID": "bob",
    "groupID": None,
    "groupType": None,
    "showName": "Bob",
    "faceUrl": "https://example.org/avatars/bob.png",
    "recvOpt": 0,
    "unreadCount": 2,
    "draftText": "",
    "draftTimestamp": 0,
    "isPinned": False,
    "orderkey": 1_760_000_200_000_000,
    "groupAtInfoList": [],
    "customData": "",
    "c2cReadTimestamp": 1_760_000_100,
    "groupReadSequence": 0,
    "markList": [1],
    "conversationGroupList": ["Friends"],
    "lastMessage": {
        "msgID": "144115233775727695-1760000200-1287657",
        "timestamp": 1_760_000_200,
        "sender": "bob",
        "userID": "bob",
        "elemType": 1,
        "textElem": {"text": "See you at six"},
    },
}
GROUP = CONVERSATION | {
    "conversationID": "group_team",
    "type": 2,
    "userID": None,
    "groupID": "team",
    "groupType": "Work",
    "showName": "The team",
    "unreadCount": 0,
    "orderkey": 1_759_999_000_000_000,
    "groupAtInfoList": [{"seq": "17", "atType": 1}],
    "c2cReadTimestamp": 0,
    "groupReadSequence": 16,
    "markList": [],
    "conversationGroupList": [],
    "lastMessage": None,
}
IDS = {"conversationIDList": ["c2c_bob", "group_team"]}
NOT_FOUND_RESULT = {"conversationID": "c2c_nobody", "resultCode": 6004, "resultInfo": "Conversation c2c_nobody not found."}
RESULTS = {
    "results": [
        {"conversationID": "c2c_bob", "resultCode": 0, "resultInfo": ""},
        {"conversationID": "group_team", "resultCode": 0, "resultInfo": ""},
    ]
}
LOOKUP = {"conversationList": [CONVERSATION, GROUP], "unresolved": [NOT_FOUND_RESULT]}
EVENTS = (
    "retry: 3000\n\n"
    'event: unread\ndata: {"total":2,"muted":0,"conversations":1,"mentions":0,"markedUnread":0}\n\n'
    f'id: {VERSION}\nevent: changes\ndata: {{"version":"{VERSION}","changes":[{{"kind":"deleted","conversationID":"c2c_bob"}}],'
    '"isFinished":true,"resetRequired":false}\n\n'
)


class Examples(NamedTuple):
    """The examples of an operation."""

    answer: Any
    error: dict[str, Any]
    request: Any = None


def examples() -> dict[str, Examples]:
    """Return the examples by operation ID. Errors have the texts of the active language."""
    return _reads() | _changes() | _lists_and_groups() | _sync_and_report() | _ingest()


def _error(error: ConversationError) -> dict[str, Any]:
    return problem_body(error, REQUEST_ID)


def too_often() -> dict[str, Any]:
    """Return the problem of a credential that has reached a limit."""
    return _error(TooManyRequests("Too many requests: the limit is 1200 per minute. Try again in 42 s.", retry_after_s=42))


def _invalid(field: str, detail: str) -> dict[str, Any]:
    return _error(InvalidParameter(detail, field=field))


def _not_found() -> dict[str, Any]:
    return _error(ConversationNotFound("c2c_nobody"))


def _no_group() -> dict[str, Any]:
    return _error(GroupNotFound("No conversation group named Family."))


def _no_scope() -> dict[str, Any]:
    return _error(NoPermission("This credential does not allow this call."))


def _reads() -> dict[str, Examples]:
    request = {"conversationIDList": ["c2c_bob", "group_team", "c2c_nobody"]}
    return {
        "getConversation": Examples(CONVERSATION, _not_found()),
        "getConversationListByFilter": Examples(
            {"conversationList": [CONVERSATION, GROUP], "nextSeq": "0", "isFinished": True},
            _invalid("isPinned", "isPinned must be true or false."),
        ),
        "getConversationListByQuery": Examples(LOOKUP, _invalid("id", "Pass 1 to 100 IDs as id=…; POST takes up to 1000.")),
        "getConversationList": Examples(LOOKUP, _invalid("conversationIDList", "Pass 1 to 1000 IDs."), request),
        "getTotalUnreadMessageCount": Examples(
            {"total": 2, "muted": 0, "conversations": 1, "mentions": 1, "markedUnread": 0},
            _invalid("owner", "Missing parameter owner: with a service key, pass ?owner=USER_ID."),
        ),
        "getConversationGroupList": Examples(
            {"conversationGroupList": ["Friends", "Work"]},
            _error(NoPermission("This credential gives no access to another user's list.")),
        ),
    }


def _changes() -> dict[str, Examples]:
    draft = {"draftText": "On my way", "draftTimestamp": 1_760_000_300}
    return {
        "pinConversation": Examples(CONVERSATION | {"isPinned": True}, _not_found()),
        "unpinConversation": Examples(CONVERSATION, _not_found()),
        "setConversationDraft": Examples(CONVERSATION | draft, _not_found(), draft),
        "setReceiveMessageOpt": Examples(CONVERSATION | {"recvOpt": 2}, _not_found(), {"recvOpt": 2}),
        "cleanConversationUnreadMessageCount": Examples(
            CONVERSATION | {"unreadCount": 0, "c2cReadTimestamp": 1_760_000_200},
            _not_found(),
            {"cleanTimestamp": 1_760_000_200},
        ),
        "clearHistoryMessage": Examples(CONVERSATION | {"unreadCount": 0, "lastMessage": None}, _not_found()),
        "deleteConversation": Examples(None, _not_found()),
        "cleanAllUnreadMessageCount": Examples(
            {"changed": 3, "pending": 0}, _invalid("scope", 'scope: "alles" is not a valid choice.'), {"scope": "all"}
        ),
    }


def _lists_and_groups() -> dict[str, Examples]:
    too_many = _error(TooManyConversations("Pass 1 to 100 conversations.", field="conversationIDList"))
    return {
        "markConversation": Examples(RESULTS, too_many, IDS | {"markType": "1", "enableMark": True}),
        "setConversationCustomData": Examples(RESULTS, too_many, IDS | {"customData": '{"color":"blue"}'}),
        "deleteConversationList": Examples(RESULTS, too_many, IDS | {"clearMessage": False}),
        "createConversationGroup": Examples(RESULTS, too_many, IDS | {"groupName": "Family"}),
        "renameConversationGroup": Examples(
            {"conversationGroupList": ["Old friends"]}, _no_group(), {"newName": "Old friends"}
        ),
        "deleteConversationGroup": Examples({"conversationGroupList": []}, _no_group()),
        "addConversationsToGroup": Examples(RESULTS, _no_group(), IDS),
        "deleteConversationsFromGroup": Examples(RESULTS, _no_group(), IDS),
    }


def _sync_and_report() -> dict[str, Examples]:
    changes = [{"kind": "changed", "conversation": CONVERSATION}, {"kind": "deleted", "conversationID": "c2c_carol"}]
    since = _invalid("since", "since must be 0 or a version that the server returned.")
    too_many = _error(TooManyConversations("Pass 1 to 100 conversations.", field="conversationList"))
    report = {"conversationID": "c2c_bob", "isPinned": True, "recvOpt": 0, "c2cReadTimestamp": 1_760_000_200}
    event = {"timeUs": 1_760_000_200_000_000, "version": 42, "kind": "pin"}
    event |= {"changes": {"isPinned": [False, True]}, "actor": "usersig"}
    return {
        "getConversationEvents": Examples(
            {"eventList": [event], "nextSeq": "", "isFinished": True},
            _invalid("nextSeq", "nextSeq must come from the previous page."),
        ),
        "getConversationChanges": Examples(
            {"version": VERSION, "changes": changes, "isFinished": True, "resetRequired": False}, since
        ),
        "getEvents": Examples(EVENTS, since),
        "reportConversations": Examples({"results": RESULTS["results"][:1]}, too_many, {"conversationList": [report]}),
    }


def _ingest() -> dict[str, Examples]:
    applied = {"index": 0, "status": "applied", "resultCode": 0, "resultInfo": ""}
    stored = applied | {"MsgKey": "31906_1287657_1760000200", "MsgTime": 1_760_000_200}
    message = {"From_Account": "bob", "To_Account": "alice", "MsgRandom": 1_287_657, "MsgBody": TEXT_BODY}
    group_message = {"From_Account": "bob", "GroupId": "team", "Random": 1_730_592_866, "MsgBody": TEXT_BODY}
    members = [{"Member_Account": "alice"}, {"Member_Account": "bob", "JoinTime": 1_760_000_000}]
    user = {"To_Account": "bob", "ProfileItem": [{"Tag": "Tag_Profile_IM_Nick", "Value": "Bob"}]}
    webhook = {
        "CallbackCommand": "C2C.CallbackAfterSendMsg",
        "From_Account": "bob",
        "To_Account": "alice",
        "MsgSeq": 31_906,
        "MsgRandom": 1_287_657,
        "MsgTime": 1_760_000_200,
        "MsgKey": "31906_1287657_1760000200",
        "MsgBody": TEXT_BODY,
    }
    refused = {
        "ActionStatus": "FAIL",
        "ErrorCode": int(Code.NO_PERMISSION),
        "ErrorInfo": "SdkAppid does not match IM_SDK_APP_ID.",
    }
    return {
        "sendMessages": Examples(
            {"results": [stored, applied | {"index": 1, "MsgSeq": 18, "MsgTime": 1_760_000_201}]},
            _no_scope(),
            [message, group_message],
        ),
        "modifyMessages": Examples(
            {"results": [applied | {"MsgKey": stored["MsgKey"], "EventTime": 1_760_000_300_000}]},
            _no_scope(),
            [{"From_Account": "bob", "To_Account": "alice", "MsgKey": stored["MsgKey"], "MsgBody": TEXT_BODY}],
        ),
        "recallMessage": Examples(
            {},
            _no_scope(),
            {"From_Account": "bob", "To_Account": "alice", "MsgKey": "31906_1287657_1760000200"},
        ),
        "setGroups": Examples(
            {"results": [applied | {"GroupId": "team"}]},
            _no_scope(),
            [{"GroupId": "team", "Name": "The team", "Type": "Work", "MemberList": members}],
        ),
        "setGroupInfo": Examples(
            {"status": "applied"}, _no_scope(), {"Name": "The team", "Type": "Work", "MemberList": members}
        ),
        "addGroupMembers": Examples({"changed": 2}, _no_scope(), {"MemberList": members}),
        "removeGroupMembers": Examples(
            {"changed": 1}, _no_scope(), {"MemberList": [{"Member_Account": "bob"}], "ExitType": "Quit"}
        ),
        "setUsers": Examples({"results": [applied | {"To_Account": "bob"}]}, _no_scope(), [user]),
        "setSelfInfo": Examples(
            {"status": "applied"}, _no_scope(), {"Nick": "Bob", "FaceUrl": "https://example.org/avatars/bob.png"}
        ),
        "receiveTencentWebhook": Examples({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}, refused, webhook),
    }
