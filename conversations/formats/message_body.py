"""A message of the vendor's REST calls and webhooks as the classic lastMessage of each of its viewers.

It has the classic keys only. Elements get the same form as in
`c_api_message`. Source: "Message Formats", and Flutter's V2TimMessage.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType, ElemType, MessageStatus
from conversations.exceptions import InvalidParameter
from conversations.formats.c_api_names import AT_ALL_CLASSIC
from conversations.formats.checks import refuse
from conversations.formats.message_preview import ELEMENT_KEYS
from conversations.formats.messages import IncomingMessage

# The classic name of each key, and the type of its value.
Table = Mapping[str, tuple[str, type | tuple[type, ...]]]

ELEMENTS: Mapping[str, tuple[ElemType, Table]] = {
    "TIMTextElem": (ElemType.TEXT, {"Text": ("text", str)}),
    "TIMCustomElem": (ElemType.CUSTOM, {"Data": ("data", str), "Desc": ("desc", str), "Ext": ("extension", str)}),
    "TIMImageElem": (ElemType.IMAGE, {}),
    "TIMSoundElem": (
        ElemType.SOUND,
        {"UUID": ("UUID", str), "Size": ("dataSize", int), "Second": ("duration", int), "Url": ("url", str)},
    ),
    "TIMVideoFileElem": (
        ElemType.VIDEO,
        {
            "VideoUUID": ("UUID", str),
            "VideoSize": ("videoSize", int),
            "VideoSecond": ("duration", int),
            "VideoUrl": ("videoUrl", str),
            "ThumbUUID": ("snapshotUUID", str),
            "ThumbSize": ("snapshotSize", int),
            "ThumbWidth": ("snapshotWidth", int),
            "ThumbHeight": ("snapshotHeight", int),
            "ThumbUrl": ("snapshotUrl", str),
        },
    ),
    "TIMFileElem": (
        ElemType.FILE,
        {"FileName": ("fileName", str), "UUID": ("UUID", str), "FileSize": ("fileSize", int), "Url": ("url", str)},
    ),
    "TIMLocationElem": (
        ElemType.LOCATION,
        {"Desc": ("desc", str), "Longitude": ("longitude", (int, float)), "Latitude": ("latitude", (int, float))},
    ),
    "TIMFaceElem": (ElemType.FACE, {"Index": ("index", int), "Data": ("data", str)}),
    "TIMRelayElem": (ElemType.MERGER, {"Title": ("title", str), "AbstractList": ("abstractList", list)}),
}
IMAGE: Table = {"Size": ("size", int), "Width": ("width", int), "Height": ("height", int), "URL": ("url", str)}
# Original, large and thumbnail: 1, 2, 3 in REST, one bit each in the SDK.
IMAGE_TYPES = {1: 1, 2: 4, 3: 2}

NORMAL_PRIORITY = 2  # V2TIMMessagePriority


def last_message(
    message: IncomingMessage,
    *,
    is_self: bool,
    nick_name: str = "",
    face_url: str = "",
    name_card: str = "",
    is_peer_read: bool = False,
) -> dict[str, Any]:
    """Return the classic message as its sender sees it (`is_self`), or as the peer or all other members see it."""
    return {
        **_SAME_FOR_ALL,
        "msgID": message.msg_id,
        "timestamp": message.time_s or 0,
        "sender": message.sender,
        "nickName": nick_name,
        "faceUrl": face_url,
        "nameCard": name_card,
        **_thread(message, is_self),
        "cloudCustomData": message.cloud_custom_data,
        "isSelf": is_self,
        "isRead": is_self,
        "isPeerRead": is_peer_read,
        "seq": str(message.seq or 0),
        "random": message.random or 0,
        "groupAtUserList": [*([AT_ALL_CLASSIC] if message.at_all else []), *message.at_accounts],
        "isExcludedFromUnreadCount": not message.counts_as_unread,
        "isExcludedFromLastMessage": not message.is_shown_last,
        "offlinePushInfo": {},
        **to_classic(message.elements),
    }


# Keys whose values neither webhooks nor send calls contain.
_SAME_FOR_ALL: Mapping[str, Any] = {
    "progress": 100,
    "friendRemark": "",
    "status": int(MessageStatus.SENT),
    "localCustomData": "",
    "localCustomInt": 0,
    "priority": NORMAL_PRIORITY,
    "isSupportMessageExtension": False,
    "needReadReceipt": False,
    "hasRiskContent": False,
    "revokeReason": "",
    "isBroadcastMessage": False,
    "revokerInfo": None,
    "isExcludedFromContentModeration": False,
}


def _thread(message: IncomingMessage, is_self: bool) -> dict[str, Any]:
    """Return groupID and userID, of which one is None; userID is always the user at the other end."""
    if message.type == ConversationType.GROUP:
        return {"groupID": message.thread, "userID": None}
    return {"groupID": None, "userID": message.peer if is_self else message.sender}


def to_classic(elements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return elemType and the first element. Each next element is the `nextElem` of the one before, with its own elemType.

    If the kind of the first is unknown, so is the message's, and it has MsgBody unchanged.
    """
    following: dict[str, Any] = {}
    for element in reversed(elements):
        following = _element(element) | ({"nextElem": following} if following else {})
    if "elemType" not in following:
        return {"elemType": int(ElemType.NONE), "MsgBody": list(elements)}
    type_ = following.pop("elemType")
    return {"elemType": type_, ELEMENT_KEYS[type_]: following}


def _element(element: Mapping[str, Any]) -> dict[str, Any]:
    content = element["MsgContent"]
    if element["MsgType"] not in ELEMENTS:
        return {"MsgType": element["MsgType"], "MsgContent": content}
    type_, table = ELEMENTS[element["MsgType"]]
    images = {"imageList": _image_list(content)} if type_ == ElemType.IMAGE else {}
    return {"elemType": int(type_), **_renamed(content, table), **images}


def _renamed(values: Mapping[str, Any], table: Table) -> dict[str, Any]:
    return {name: values[key] for key, (name, _kind) in table.items() if values.get(key) is not None}


def _image_list(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an image for each size. All have the UUID of the element, since REST has no other."""
    images = []
    for info in _objects(content.get("ImageInfoArray")):
        number = info.get("Type")
        if type(number) is int and number in IMAGE_TYPES:
            images.append({"type": IMAGE_TYPES[number], "uuid": content.get("UUID"), **_renamed(info, IMAGE)})
    return sorted(images, key=lambda image: image["type"])


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if type(entry) is dict] if type(value) is list else []


# ---- Types of values ---------------------------------------------------------------------------


def check_contents(elements: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidParameter for a value whose type differs from the documented one, on which clients rely."""
    for element in elements:
        if element["MsgType"] not in ELEMENTS:
            continue
        type_, table = ELEMENTS[element["MsgType"]]
        content = element["MsgContent"]
        _check_types(content, table)
        if type_ == ElemType.IMAGE:
            _check_images(content)
        if type_ == ElemType.MERGER and not all(type(line) is str for line in content.get("AbstractList") or ()):
            raise _wrong_type("AbstractList")


def _check_types(values: Mapping[str, Any], table: Table) -> None:
    for key, (_name, kind) in table.items():
        value = values.get(key)
        # isinstance takes true for a number.
        if value is not None and (type(value) is bool or not isinstance(value, kind)):
            raise _wrong_type(key)


def _check_images(content: Mapping[str, Any]) -> None:
    _check_types(content, {"UUID": ("uuid", str), "ImageInfoArray": ("imageList", list)})
    infos = content.get("ImageInfoArray") or []
    for info in infos:
        if type(info) is not dict or type(info.get("Type")) is not int or info["Type"] not in IMAGE_TYPES:
            raise refuse("MsgBody", _("Each entry of ImageInfoArray must have a Type between 1 and 3."))
        _check_types(info, IMAGE)


def _wrong_type(key: str) -> InvalidParameter:
    return refuse("MsgBody", _("%(key)s has the wrong type.") % {"key": key})
