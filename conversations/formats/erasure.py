"""Stored JSON without what it says of a user who is erased; pure."""

from collections.abc import Mapping, Set
from typing import Any

import orjson

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.formats import message_content
from conversations.formats.entries import Entry
from conversations.times import to_epoch_s

# What a part of a message says of the user whose ID is beside it. Source: V2TIMGroupMemberInfo, V2TIMUserInfo.
NAME_KEYS = frozenset({*message_content.NAMES, "nickname", "faceURL", "avatar", "nick"})
ID_KEYS = ("userID", "identifier")


def in_json(user_id: str) -> str:
    """Return an ID as it stands in stored JSON, with its quotes: a text that has it not does not name the user."""
    return orjson.dumps(user_id).decode()


def names_user(value: Any, user_id: str) -> bool:
    """Return whether a JSON value is this user ID, or has it inside as a whole text."""
    if type(value) is dict:
        return any(names_user(part, user_id) for part in value.values())
    if type(value) is list:
        return any(names_user(part, user_id) for part in value)
    return bool(value == user_id)


# Which key of a webhook with a content or a name says whose that is.
AUTHOR_KEYS = {
    "C2C.CallbackAfterSendMsg": "From_Account",
    "C2C.CallbackAfterModifyMsg": "From_Account",
    "Group.CallbackAfterSendMsg": "From_Account",
    "Group.CallbackAfterModifyMsg": "Operator_Account",  # it does not say who had sent the message
    "Profile.CallbackPortraitSet": "From_Account",
}


def is_written_by(command: str, content: Any, user_id: str) -> bool:
    """Return whether a webhook brings what this user wrote: a message, an edit, or a profile."""
    key = AUTHOR_KEYS.get(command)
    return key is not None and type(content) is dict and content.get(key) == user_id


# ---- Last messages -----------------------------------------------------------------------------


def sender_of(message: Mapping[str, Any], conversation_id: str) -> str:
    """Return who sent the last message of a conversation; "" if that is the owner, or unknown."""
    sender = message.get("sender")
    if message.get("isSelf") is True:
        return ""
    if type(sender) is str and sender:
        return sender
    # One to one, what is not the owner's own is the peer's.
    type_, bare_id = identifiers.split(conversation_id)
    return bare_id if type_ == ConversationType.C2C else ""


def without_user(last_message: str, conversation_id: str, user_id: str) -> str:
    """Return another user's last message without what it says of this one: all, if the user sent it."""
    message = orjson.loads(last_message)
    if type(message) is not dict:
        return last_message
    is_theirs = sender_of(message, conversation_id) == user_id
    right = _erased(message, conversation_id) if is_theirs else _without_mentions(message, user_id)
    return last_message if right == message else orjson.dumps(right).decode()


def _erased(message: Mapping[str, Any], conversation_id: str) -> dict[str, Any]:
    is_group = identifiers.split(conversation_id)[0] == ConversationType.GROUP
    return message_content.to_erased(message, is_group=is_group)


def _without_mentions(message: Mapping[str, Any], user_id: str) -> dict[str, Any]:
    """Return somebody else's message without the user among those whom it mentions, or whom a notice names.

    What is at the top is the sender's.
    """
    right = {key: _without_names(value, user_id) for key, value in message.items()}
    at_users = message.get(message_content.AT_USERS)
    if type(at_users) is list and user_id in at_users:
        right[message_content.AT_USERS] = [at for at in at_users if at != user_id]
    revoker = message.get("revokerInfo")
    if type(revoker) is dict and revoker.get("userID") == user_id:
        right["revokerInfo"] = None
    return right


def _without_names(value: Any, user_id: str) -> Any:
    if type(value) is list:
        return [_without_names(part, user_id) for part in value]
    if type(value) is not dict:
        return value
    emptied = {*ID_KEYS, *NAME_KEYS} if any(value.get(key) == user_id for key in ID_KEYS) else ()
    return {key: "" if key in emptied else _without_names(part, user_id) for key, part in value.items()}


# ---- What comes in late ------------------------------------------------------------------------


def users_in(entry: Entry) -> set[str]:
    """Return whom an entry names: the peer, the last message's sender, and those whom it mentions or a notice names."""
    type_, bare_id = identifiers.split(entry.conversation_id)
    peers = {bare_id} if type_ == ConversationType.C2C else set()
    message = orjson.loads(entry.last_message) if entry.last_message else {}
    return (peers | {sender_of(message, entry.conversation_id)} | _mentioned_in(message)) - {""}


def _mentioned_in(value: Any) -> set[str]:
    if type(value) is list:
        return {user_id for part in value for user_id in _mentioned_in(part)}
    if type(value) is not dict:
        return set()
    at_users = value.get(message_content.AT_USERS)
    ids = [*(value.get(key) for key in ID_KEYS), *(at_users if type(at_users) is list else ())]
    return {id_ for id_ in ids if type(id_) is str} | {user_id for part in value.values() for user_id in _mentioned_in(part)}


def without_erased(entry: Entry, *, erased_at_s: Mapping[str, int], nameless: Set[str]) -> Entry:
    """Return an entry without erased users' names and mentions, and without the content of what they sent before."""
    bare_id = identifiers.split(entry.conversation_id)[1]
    if entry.type == ConversationType.C2C and bare_id in nameless:
        entry = entry._replace(show_name=bare_id, face_url="")
    if entry.last_message is None or entry.last_message_at is None:
        return entry
    message = orjson.loads(entry.last_message)
    erased_s = erased_at_s.get(sender_of(message, entry.conversation_id))
    if erased_s is not None and to_epoch_s(entry.last_message_at) <= erased_s:
        message = _erased(message, entry.conversation_id)
    for user_id in nameless & _mentioned_in(message):
        message = _without_mentions(message, user_id)
    return entry._replace(last_message=orjson.dumps(message).decode())
