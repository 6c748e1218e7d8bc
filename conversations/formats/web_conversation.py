"""A conversation of the Web SDK, also of mini programs, uni-app and React Native, as a classic object, and the way back.

What this dialect has no key for is left out on the way back: order key, read positions, and the exceptions of receive options.
Source: the Conversation object of Tencent Cloud Chat's JavaScript SDK, v3.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations.choices import OLD_GROUP_TYPES, AtType, ConversationType, ReceiveOption
from conversations.exceptions import InvalidParameter
from conversations.formats import web_message
from conversations.formats.checks import check_dict, check_list, check_text, ignore_unknown, refuse
from conversations.identifiers import is_conversation_id, join, split

# Keys whose values and names are the classic ones.
SAME = (
    "unreadCount", "isPinned", "markList", "customData", "conversationGroupList", "draftText", "draftTimestamp",
)  # fmt: skip
# Only this dialect has them.
OWN = {
    "subType", "userProfile", "groupProfile", "messageRemindType", "remark", "operationType", "draft",
}  # fmt: skip
KEYS = {
    *SAME, *OWN, "conversationID", "type", "lastMessage", "groupAtInfoList",
    # Says no more than messageRemindType.
    "isMuted",
    # Our own API adds it for `extra=true`.
    "imsite",
}  # fmt: skip
PREFIXES = {"C2C": ConversationType.C2C, "GROUP": ConversationType.GROUP}
WORDS = {type_: word for word, type_ in PREFIXES.items()}
TYPES = {"C2C": ConversationType.C2C, "GROUP": ConversationType.GROUP, "TOPIC": ConversationType.GROUP}
SYSTEM = "@TIM#SYSTEM"
RECEIVE_OPTIONS = {
    "AcceptAndNotify": ReceiveOption.RECEIVE,
    "Discard": ReceiveOption.NOT_RECEIVE,
    "AcceptNotNotify": ReceiveOption.RECEIVE_NOT_NOTIFY,
}
# The nearest word of each option; the exceptions for mentions have none.
REMIND_TYPES = {option: word for word, option in RECEIVE_OPTIONS.items()} | {
    ReceiveOption.RECEIVE_NOT_NOTIFY_EXCEPT_AT: "AcceptNotNotify",
    ReceiveOption.NOT_RECEIVE_EXCEPT_AT: "Discard",
}
# The SDK's constants still have the names of before V2.
SUBTYPES = {new: old for old, new in OLD_GROUP_TYPES.items()}


def is_web(item: Mapping[str, Any]) -> bool:
    """Return whether an object with a conversationID is of this dialect: its type is a word, or it has a key of its own."""
    type_ = item.get("type")
    return type(type_) is str or (type_ is None and not OWN.isdisjoint(item))


def to_classic(item: Mapping[str, Any], ignored: list[InvalidParameter]) -> dict[str, Any]:
    """Return the classic object, and add the errors of keys that it has no room for to `ignored`.

    Raises InvalidParameter, naming the key.
    """
    values = ignore_unknown(item, KEYS, ignored)
    type_, bare_id = _type_and_id(values)
    return {
        "conversationID": join(type_, bare_id),
        **{key: values[key] for key in SAME if key in values},
        **_profile(values, type_),
        **_receive_option(values, ignored),
        **_draft(values, ignored),
        **_at_info(values),
        **_last_message(values, type_, bare_id),
    }


def _type_and_id(values: Mapping[str, Any]) -> tuple[ConversationType, str]:
    """Return the type and ID of `C2C<userID>`, `GROUP<groupID>`, or a classic conversationID."""
    conversation_id, word = values.get("conversationID"), values.get("type")
    if SYSTEM in (conversation_id, word):
        raise refuse("conversationID", _("System conversations are not stored."))
    type_, bare_id = _split(check_text(conversation_id, "conversationID"))
    if word is not None and (type(word) is not str or TYPES.get(word) != type_):
        raise refuse("type", _("Does not match the conversationID."))
    return type_, bare_id


def _split(conversation_id: str) -> tuple[ConversationType, str]:
    for prefix, type_ in PREFIXES.items():
        bare_id = conversation_id.removeprefix(prefix)
        if bare_id != conversation_id and is_conversation_id(join(type_, bare_id)):
            return type_, bare_id
    return split(conversation_id)


def _profile(values: Mapping[str, Any], type_: ConversationType) -> dict[str, Any]:
    """Return name, avatar and group type; a friend's remark takes precedence over the nickname."""
    if type_ == ConversationType.C2C:
        user = check_dict(values.get("userProfile"), "userProfile")
        return _present(showName=values.get("remark") or user.get("nick"), faceUrl=user.get("avatar"))
    group = check_dict(values.get("groupProfile"), "groupProfile")
    group_type = values.get("subType") or group.get("type")
    return _present(showName=group.get("name"), faceUrl=group.get("avatar"), groupType=group_type)


def _present(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _receive_option(values: Mapping[str, Any], ignored: list[InvalidParameter]) -> dict[str, Any]:
    word = values.get("messageRemindType")
    if word is None or word == "":
        return {}
    if type(word) is str and word in RECEIVE_OPTIONS:
        return {"recvOpt": int(RECEIVE_OPTIONS[word])}
    ignored.append(refuse("messageRemindType", _("Must be one of %(choices)s.") % {"choices": ", ".join(RECEIVE_OPTIONS)}))
    return {}


def _draft(values: Mapping[str, Any], ignored: list[InvalidParameter]) -> dict[str, Any]:
    """Return the text of `draft`, the older name of draftText."""
    draft = values.get("draft")
    if draft is None or values.get("draftText") is not None:
        return {}
    if type(draft) is str:
        return {"draftText": draft}
    ignored.append(refuse("draft", _("A draft can contain text only.")))
    return {}


def _at_info(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the classic entries; a message that mentions everyone and the user has one entry with both types."""
    if values.get("groupAtInfoList") is None:
        return {}
    entries = check_list(values["groupAtInfoList"], "groupAtInfoList")
    return {"groupAtInfoList": [_at_entry(entry) for entry in entries]}


def _at_entry(entry: Any) -> dict[str, Any]:
    types = entry.get("atTypeArray") if type(entry) is dict else None
    if type(types) is not list or not types or not all(type(number) is int and number in AtType.values for number in types):
        raise refuse("groupAtInfoList", _("Each entry must have messageSequence and atTypeArray, a list of 1, 2 or 3."))
    # The values are bits: 3 is everyone (2) and the user (1).
    at_type = 0
    for number in types:
        at_type |= number
    return {"seq": entry.get("messageSequence"), "atType": at_type}


def _last_message(values: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    message = check_dict(values.get("lastMessage"), "lastMessage")
    return {"lastMessage": web_message.to_classic(message, type_, bare_id)} if message.get("lastTime") else {}


# ---- The way back ------------------------------------------------------------------------------


def from_json(conversation: bytes) -> bytes:
    """Return the JSON of a classic object in this dialect."""
    return orjson.dumps(from_classic(orjson.loads(conversation)))


def change_from_json(change: bytes) -> bytes:
    """Return the JSON of an entry of the change feed, with what it says of a conversation in this dialect."""
    values = orjson.loads(change)
    if "conversation" in values:
        values["conversation"] = from_classic(values["conversation"])
    elif "conversationID" in values:
        type_, bare_id = split(values["conversationID"])
        values["conversationID"] = WORDS[type_] + bare_id
    return orjson.dumps(values)


def from_classic(classic: Mapping[str, Any]) -> dict[str, Any]:
    """Return one of our own classic objects in this dialect; its messageForShow is in the current language."""
    type_, bare_id = split(classic["conversationID"])
    group_type = SUBTYPES.get(classic["groupType"], classic["groupType"] or "")
    word = REMIND_TYPES[classic["recvOpt"]]
    return {
        "conversationID": WORDS[type_] + bare_id,
        "type": WORDS[type_],
        "subType": group_type,
        **_profile_from_classic(classic, type_, bare_id, group_type),
        "remark": "",
        "messageRemindType": word,
        "isMuted": word != REMIND_TYPES[ReceiveOption.RECEIVE],
        "groupAtInfoList": [
            {"messageSequence": int(entry["seq"]), "atTypeArray": [entry["atType"]]} for entry in classic["groupAtInfoList"]
        ],
        "lastMessage": web_message.from_classic(classic["lastMessage"] or {}, type_, bare_id),
        **{key: classic[key] for key in (*SAME, "imsite") if key in classic},
    }


def _profile_from_classic(
    classic: Mapping[str, Any], type_: ConversationType, bare_id: str, group_type: str
) -> dict[str, dict[str, str]]:
    # A remark can't be distinguished from a nickname: both are the conversation's name.
    name, avatar = classic["showName"], classic["faceUrl"]
    if type_ == ConversationType.C2C:
        return {"userProfile": {"userID": bare_id, "nick": name, "avatar": avatar}}
    return {"groupProfile": {"groupID": bare_id, "name": name, "avatar": avatar, "type": group_type}}
