"""The lastMessage of the Web SDK as a classic message, and the way back.

What has no name in the other dialect keeps its own, so that a message that goes out and comes in again is the same.

Source: the Conversation and Message objects of Tencent Cloud Chat's JavaScript SDK, v3.
"""

from collections.abc import Mapping
from typing import Any

from conversations.choices import ConversationType, ElemType, MessageStatus
from conversations.formats.checks import check_sequence_number
from conversations.formats.message_content import ELEMENT_PARTS, ENVELOPE_KEYS, is_recalled
from conversations.formats.message_preview import ELEMENT_KEYS, content_preview, elements_of

# Keys whose values are those of their classic names.
RENAMED = {
    "lastTime": "timestamp",
    "fromAccount": "sender",
    "nick": "nickName",
    "avatar": "faceUrl",
    "nameCard": "nameCard",
    "isPeerRead": "isPeerRead",
    "cloudCustomData": "cloudCustomData",
    "revokeReason": "revokeReason",
}
TRANSLATED = {"lastSequence", "type", "payload", "messageForShow", "isRevoked", "revoker", "revokerInfo"}
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
# The type of each element, and its payload's keys.
KINDS = {type_: (kind, names) for kind, (type_, names) in ELEMENTS.items()} | {
    ElemType.GROUP_REPORT: ("TIMGroupSystemNoticeElem", {})
}
# The operationType of a group notice by the type of groupTipsElem: there, an invitation is a type of its own.
TIP_OPERATIONS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7}
# What the SDK has where there is no message: lists read these keys without asking.
EMPTY: Mapping[str, Any] = {
    "lastTime": 0, "lastSequence": 0, "fromAccount": "", "nick": "", "nameCard": "", "type": "", "payload": None,
    "messageForShow": "", "isRevoked": False, "revoker": None, "isPeerRead": False, "cloudCustomData": "",
}  # fmt: skip
# The classic keys that the way back leaves to to_classic().
DERIVED = {*RENAMED.values(), *ELEMENT_PARTS, "userID", "groupID", "seq", "status", "revokerInfo"}


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
    if not is_group and message.get("fromAccount") and "isSelf" not in message:
        classic["isSelf"] = message["fromAccount"] != bare_id
    rest = {key: value for key, value in message.items() if key not in RENAMED and key not in TRANSLATED}
    if message.get("isRevoked"):
        envelope = {key: value for key, value in rest.items() if key in ENVELOPE_KEYS}
        return {**envelope, **classic, **_recall(message)}
    status = message.get("status")
    sent = {"status": status if type(status) is int else int(MessageStatus.SENT)}
    return {**rest, **classic, **sent, **_element(message)}


def _recall(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status of a recalled message and the user who recalled it."""
    revoker = message.get("revoker")
    revoker_info = {"userID": revoker} if type(revoker) is str and revoker else None
    return {"status": int(MessageStatus.REVOKED), "elemType": int(ElemType.NONE), "revokerInfo": revoker_info}


def _element(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return elemType and the element, or the SDK's own preview as a text if the payload is unknown or absent.

    Nothing if the message has the classic ones.
    """
    if not ELEMENT_PARTS.isdisjoint(message):
        return {}
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


# ---- The way back ------------------------------------------------------------------------------


def from_classic(message: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    """Return a stored message of a conversation, or {}, in this dialect; its messageForShow is in the current language."""
    if not message:
        return dict(EMPTY)
    web = {
        **{key: value for key, value in message.items() if not (key in DERIVED or key in RENAMED or key in TRANSLATED)},
        **EMPTY,
        **{key: message[name] for key, name in RENAMED.items() if message.get(name) is not None},
        "lastSequence": check_sequence_number(message.get("seq") or 0, "seq"),
        "messageForShow": content_preview(message),
    }
    if is_recalled(message):
        revoker = message.get("revokerInfo")
        return web | {"isRevoked": True, "revoker": revoker.get("userID") if type(revoker) is dict else None}
    if (status := message.get("status", MessageStatus.SENT)) != MessageStatus.SENT:
        web["status"] = status
    web |= _payload(*next(elements_of(message)))
    parts = {key: message[key] for key in ELEMENT_PARTS if key in message}
    # A payload that has not all of the elements stands beside them.
    return web if _element(web) == parts else web | (parts or {"elemType": int(ElemType.NONE)})


def _payload(type_: ElemType | None, element: Mapping[str, Any]) -> dict[str, Any]:
    if type_ == ElemType.IMAGE:
        return {"type": "TIMImageElem", "payload": _image_payload(element)}
    if type_ == ElemType.GROUP_TIPS:
        return {"type": "TIMGroupTipElem", "payload": _tip_payload(element)}
    if type_ is None or type_ not in KINDS:
        return {}
    kind, names = KINDS[type_]
    return {"type": kind, "payload": {key: element[name] for key, name in names.items() if element.get(name) is not None}}


def _image_payload(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return the three sizes, of which each missing one is the first there is."""
    images = [image for image in _list(element.get("imageList")) if type(image) is dict]
    by_type = {image["type"]: image for image in images if image.get("type") in IMAGE_TYPES}
    sizes = [by_type.get(image_type, images[0]) for image_type in IMAGE_TYPES] if images else []
    infos = [{key: image[name] for key, name in IMAGE.items() if name in image} for image in sizes]
    return {"uuid": images[0].get("uuid") if images else None, "imageInfoArray": infos}


def _tip_payload(element: Mapping[str, Any]) -> dict[str, Any]:
    tip_type = element.get("type")
    return {
        "operationType": TIP_OPERATIONS.get(tip_type, 0) if type(tip_type) is int else 0,
        "operatorID": _user_id(element.get("opMember")),
        "userIDList": [_user_id(member) for member in _list(element.get("memberList"))],
    }


def _user_id(member: Any) -> Any:
    return member.get("userID") or "" if type(member) is dict else ""


def _list(value: Any) -> list[Any]:
    return value if type(value) is list else []
