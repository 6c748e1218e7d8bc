"""The object that current SDKs return for a conversation before its first message. It is not stored."""

from typing import Any

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.models import Owner


def placeholder(conversation_id: str) -> dict[str, Any]:
    """Return an empty conversation object, with the peer's name and avatar if known. At most one query.

    A group's name and avatar are left out: only members may see them, and a user without a row is not known to be a member.
    Raises InvalidParameter.
    """
    type_, bare_id = identifiers.split(conversation_id)
    is_c2c = type_ == ConversationType.C2C
    peer = Owner.objects.named(bare_id).first() if is_c2c else None
    return {
        "conversationID": conversation_id,
        "type": type_,
        "userID": bare_id if is_c2c else None,
        "groupID": None if is_c2c else bare_id,
        "groupType": None,
        "showName": peer.nick_name if peer and peer.nick_name else bare_id,
        "faceUrl": peer.face_url if peer else "",
        "recvOpt": 0,
        "unreadCount": 0,
        "draftText": "",
        "draftTimestamp": 0,
        "isPinned": False,
        "orderkey": 0,
        "groupAtInfoList": [],
        "customData": "",
        "c2cReadTimestamp": 0,
        "groupReadSequence": 0,
        "markList": [],
        "conversationGroupList": [],
        "lastMessage": None,
    }
