"""The OpenAPI document's schema of a conversation with `format=web`; the answers name V2TIMConversation, their usual form."""

from typing import Any

from conversations.formats.web_conversation import RECEIVE_OPTIONS, WORDS

# No format of integers in generated clients holds 1<<63. Any mark is a power of two, which their other numbers hold exactly.
MARK = {"type": "number"}
_TEXT, _FLAG, _INTEGER = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}


def _object(description: str, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in ("userProfile", "groupProfile")]
    return {"type": "object", "description": description, "required": required, "properties": properties}


WEB_CONVERSATION = _object(
    "A conversation as the Web SDK (JavaScript, mini programs, uni-app) has it, with format=web",
    conversationID=_TEXT | {"description": "C2C<userID> or GROUP<groupID>"},
    type=_TEXT | {"enum": [*WORDS.values()]},
    subType=_TEXT | {"description": "Private, Public, ChatRoom, AVChatRoom or Community; empty for one to one"},
    userProfile=_object("the peer; absent for a group", userID=_TEXT, nick=_TEXT, avatar=_TEXT),
    groupProfile=_object("absent for one to one", groupID=_TEXT, name=_TEXT, avatar=_TEXT, type=_TEXT),
    remark=_TEXT,
    messageRemindType=_TEXT | {"enum": [*RECEIVE_OPTIONS]},
    isMuted=_FLAG,
    unreadCount=_INTEGER,
    isPinned=_FLAG,
    groupAtInfoList={
        "type": "array",
        "items": _object("a mention", messageSequence=_INTEGER, atTypeArray={"type": "array", "items": _INTEGER}),
    },
    markList={"type": "array", "items": MARK},
    customData=_TEXT,
    conversationGroupList={"type": "array", "items": _TEXT},
    draftText=_TEXT,
    draftTimestamp=_INTEGER | {"description": "epoch seconds of the last edit"},
    lastMessage=_object(
        "without a message lastTime is 0; keys of the native form that have no name here may follow",
        lastTime=_INTEGER | {"description": "epoch seconds"},
        lastSequence=_INTEGER,
        fromAccount=_TEXT,
        nick=_TEXT,
        nameCard=_TEXT,
        type=_TEXT | {"description": "TIMTextElem, …"},
        payload={"type": ["object", "null"]},
        messageForShow=_TEXT | {"description": "a preview in the language of the request"},
        isRevoked=_FLAG,
        revoker={"type": ["string", "null"]},
        isPeerRead=_FLAG,
        cloudCustomData=_TEXT,
    ),
)
