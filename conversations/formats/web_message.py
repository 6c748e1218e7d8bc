"""The lastMessage of the Web SDK as a classic message.

Source: the Conversation and Message objects of Tencent Cloud Chat's JavaScript SDK, v3.
"""

from collections.abc import Mapping
from typing import Any

from conversations.choices import ConversationType, ElemType, MessageStatus
from conversations.formats.message_preview import ELEMENT_KEYS

# Keys whose values are those of their classic names.
RENAMED = {
    "lastTime": "timestamp",
    "fromAccount": "sender",
    "nick": "nickName",
    "avatar": "faceUrl",
    "nameCard": "nameCard",
    "isPeerRead": "isPeerRead",
    "cloudCustomData": "cloudCustomData",
}
TRANSLATED = {"lastSequence", "type", "payload", "messageForShow", "isRevoked", "revoker", "revokerInfo", "revokeReason"}
# The classic key of each payload key, by type.
ELEMENTS: Mapping[str, tuple[ElemType, Mapping[str, str]]] = {
    "TIMTextElem": (ElemType.TEXT, {"text": "text"}),
    "TIMCustomElem": (ElemType.CUSTOM, {"data": "data", "description": "desc", "extension": "extension"}),
    "TIMFaceElem": (ElemType.FACE, {"index": "index", "data": "data"}),
    "TIMLocationElem": (
        ElemType.LOCATION,
        {"description": "desc", "longitude": "longitude", "latitude": "latitude"},
    ),
    "TIMFileElem": (
        ElemType.FILE,
        {"fileName": "fileName", "uuid": "UUID", "fileSize": "fileSize", "fileUrl": "url"},
    ),
    "TIMSoundElem": (ElemType.SOUND, {"uuid": "UUID", "size": "dataSize", "second": "duration", "url": "url"}),
    "TIMVideoFileElem": (
        ElemType.VIDEO,
        {
            "videoUUID": "UUID",
            "videoSize": "videoSize",
            "videoSecond": "duration",
            "videoUrl": "videoUrl",
            "thumbUUID": "snapshotUUID",
            "thumbSize": "snapshotSize",
            "thumbWidth": "snapshotWidth",
            "thumbHeight": "snapshotHeight",
            "thumbUrl": "snapshotUrl",
        },
    ),
    "TIMRelayElem": (ElemType.MERGER, {"title": "title", "abstractList": "abstractList"}),
}
IMAGE = {"width": "width", "height": "height", "size": "size", "url": "url"}
# Original, large and thumbnail: 0, 1, 2 in order of imageInfoArray, one bit each in the SDK's classic dialect.
IMAGE_TYPES = (1, 4, 2)


def to_classic(message: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    """Return the classic message of a conversation, its values unchecked.

    A recalled message has no content. A key without a classic name keeps its own.
    """
    is_group, seq = type_ == ConversationType.GROUP, message.get("lastSequence") or 0
    classic = {name: message[key] for key, name in RENAMED.items() if message.get(key) is not None}
    classic |= {
        "userID": None if is_group else bare_id,
        "groupID": bare_id if is_group else None,
        "seq": str(seq) if type(seq) is int else seq,
    }
    if not is_group and message.get("fromAccount"):
        classic["isSelf"] = message["fromAccount"] != bare_id
    if message.get("isRevoked"):
        return classic | _recall(message)
    rest = {key: value for key, value in message.items() if key not in RENAMED and key not in TRANSLATED}
    return {**rest, **classic, "status": int(MessageStatus.SENT), **_element(message)}


def _recall(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status of a recalled message and the user who recalled it."""
    revoker = message.get("revoker")
    revoker_info = {"userID": revoker} if type(revoker) is str and revoker else None
    return {"status": int(MessageStatus.REVOKED), "elemType": int(ElemType.NONE), "revokerInfo": revoker_info}


def _element(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return elemType and the element, or the SDK's own preview as a text if the payload is unknown or absent."""
    kind, payload = message.get("type"), message.get("payload")
    if type(payload) is dict and payload:
        if kind == "TIMImageElem":
            return {"elemType": int(ElemType.IMAGE), "imageElem": {"imageList": _images(payload)}}
        if type(kind) is str and kind in ELEMENTS:
            type_, names = ELEMENTS[kind]
            element = {name: payload[key] for key, name in names.items() if payload.get(key) is not None}
            return {"elemType": int(type_), ELEMENT_KEYS[type_]: element}
    preview = message.get("messageForShow")
    if type(preview) is str and preview:
        return {"elemType": int(ElemType.TEXT), "textElem": {"text": preview}}
    return {"elemType": int(ElemType.NONE)}


def _images(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    infos = payload.get("imageInfoArray")
    if type(infos) is not list:
        return []
    return [
        {"type": image_type, "uuid": payload.get("uuid"), **{name: info[key] for key, name in IMAGE.items() if key in info}}
        for image_type, info in zip(IMAGE_TYPES, infos)
        if type(info) is dict
    ]
