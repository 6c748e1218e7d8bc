"""The object that current SDKs return for a conversation that is not in the list, as before its first message."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.formats.conversation_json import group_names_of
from conversations.formats.marks import mark_list
from conversations.models import Conversation, Owner

# The settings that an unlisted row may have, and their values without one.
NO_SETTINGS: dict[str, Any] = {
    "recv_opt": 0, "is_pinned": False, "custom_data": "", "c2c_read_timestamp": 0, "group_read_sequence": 0, "marks": 0,
    "conversation_groups": 0,
}  # fmt: skip


def placeholder(owner_id: str, conversation_id: str, *, using: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """Return the object of a conversation without messages, with the settings that wait for the first one. Some three queries.

    It has the peer's name and avatar if known. Those of a group are left out: only members may see them, and a user without a
    row is not known to be a member. `using` is the alias of the database. Raises InvalidParameter.
    """
    type_, bare_id = identifiers.split(conversation_id)
    is_c2c = type_ == ConversationType.C2C
    peer = Owner.objects.using(using).named(bare_id).first() if is_c2c else None
    rows = Conversation.objects.using(using).named(owner_id, conversation_id)
    waiting = rows.values(*NO_SETTINGS).first() or NO_SETTINGS
    return {
        "conversationID": conversation_id,
        "type": type_,
        "userID": bare_id if is_c2c else None,
        "groupID": None if is_c2c else bare_id,
        "groupType": None,
        "showName": peer.nick_name if peer and peer.nick_name else bare_id,
        "faceUrl": peer.face_url if peer else "",
        "recvOpt": waiting["recv_opt"],
        "unreadCount": 0,
        "draftText": "",
        "draftTimestamp": 0,
        "isPinned": waiting["is_pinned"],
        "orderkey": 0,
        "groupAtInfoList": [],
        "customData": waiting["custom_data"],
        "c2cReadTimestamp": waiting["c2c_read_timestamp"],
        "groupReadSequence": waiting["group_read_sequence"],
        "markList": mark_list(waiting["marks"]),
        "conversationGroupList": _group_names(owner_id, waiting["conversation_groups"], using),
        "lastMessage": None,
    }


def _group_names(owner_id: str, conversation_groups: int, using: str) -> list[str]:
    if not conversation_groups:
        return []
    return group_names_of(conversation_groups, Owner.objects.using(using).get(owner_id=owner_id).group_names)
