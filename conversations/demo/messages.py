"""Random messages of any kind, and each side's view of them. Source of the keys: Flutter's classic V2TimMessage."""

from dataclasses import dataclass
from random import Random
from typing import Any

from conversations.choices import ElemType, MessageStatus
from conversations.demo import words
from conversations.demo.people import Group, Person
from conversations.demo.scripts import DAY_S
from conversations.formats.message_body import ELEMENTS, IMAGE, IMAGE_TYPES, Table

MEDIA = "https://media.example.com/demo"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message, and the keys of it that are the same in every list."""

    sender_id: str
    time_s: int
    seq: int
    is_recalled: bool
    shared: dict[str, Any]


def make_message(chance: Random, sender: Person, now_s: int, *, group: Group | None = None) -> SentMessage:
    """Return a random message of the last weeks, more likely of the last days. Only groups have group notices."""
    time_s = now_s - int(chance.choice((1, 1, 2, 7, 40)) * DAY_S * chance.random()) - 5
    seq, random = chance.randrange(1, 900 if group else 60_000), chance.randrange(1, 1 << 32)
    elem_type, elements = _element(chance, sender, group)
    is_recalled = elem_type == ElemType.TEXT and chance.random() < 0.03
    shared = {
        "msgID": msg_id(chance, time_s, random),
        "timestamp": time_s,
        "progress": 100,
        "sender": sender.user_id,
        "nickName": sender.name,
        "friendRemark": "",
        "faceUrl": sender.face_url,
        "nameCard": f"{sender.name} ({chance.choice(('ops', '设计', 'sales'))})" if group and chance.random() < 0.3 else "",
        "groupID": group.group_id if group else None,
        "userID": None,
        "status": int(MessageStatus.REVOKED if is_recalled else MessageStatus.SENT),
        "elemType": int(elem_type),
        "localCustomData": "",
        "localCustomInt": 0,
        "cloudCustomData": "",
        "isSelf": False,
        "isRead": False,
        "isPeerRead": False,
        "priority": 2,
        "seq": str(seq),
        "random": random,
        "groupAtUserList": [],
        "isExcludedFromUnreadCount": False,
        "isExcludedFromLastMessage": False,
        "isSupportMessageExtension": False,
        "needReadReceipt": False,
        "hasRiskContent": False,
        "revokeReason": chance.choice(words.RECALL_REASONS) if is_recalled else "",
        "isBroadcastMessage": False,
        "revokerInfo": _profile(sender) if is_recalled else None,
        "isExcludedFromContentModeration": False,
        "offlinePushInfo": {},
    }
    return SentMessage(sender.user_id, time_s, seq, is_recalled, shared | elements)


def as_seen(
    message: SentMessage,
    owner: Person,
    *,
    peer: Person | None = None,
    group: Group | None = None,
    is_read: bool,
    is_peer_read: bool = False,
) -> dict[str, Any]:
    """Return the message in the list of `owner`, with that user's view of sender, peer and read state."""
    is_self = message.sender_id == owner.user_id
    return message.shared | {
        "userID": peer.user_id if peer and not group else None,
        "isSelf": is_self,
        "isRead": is_self or is_read,
        "isPeerRead": is_self and is_peer_read,
    }


def msg_id(chance: Random, time_s: int, random: int) -> str:
    """Return a clients' ID for a message."""
    return f"144115{chance.randrange(10**12):012}-{time_s}-{random}"


def _profile(person: Person) -> dict[str, str]:
    return {"userID": person.user_id, "nickName": person.name, "faceUrl": person.face_url}


def _element(chance: Random, sender: Person, group: Group | None) -> tuple[ElemType, dict[str, Any]]:
    kinds = [_text] * 20 + [_image] * 4 + [_sound, _sound, _video, _file, _file, _location, _face, _custom, _merger]
    if group and chance.random() < 0.1:
        return _group_tips(chance, sender, group)
    return chance.choice(kinds)(chance)


def _text(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    return ElemType.TEXT, {"textElem": {"text": chance.choice(words.TEXTS)}}


def _image(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    name = f"{chance.randrange(1 << 32):08x}"
    images = [
        {
            "uuid": f"{name}_{size}",
            "type": image_type,
            "size": width * width // 3,
            "width": width,
            "height": width * 3 // 4,
            "url": f"{MEDIA}/{name}_{size}.jpg",
            "localUrl": "",
        }
        for size, image_type, width in (("orig", 1, 3024), ("thumb", 2, 198), ("large", 4, 720))
    ]
    return ElemType.IMAGE, {"imageElem": {"path": "", "imageList": images}}


def _sound(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    name, seconds = f"{chance.randrange(1 << 32):08x}", chance.randrange(1, 60)
    return ElemType.SOUND, {
        "soundElem": {
            "path": "",
            "UUID": name,
            "dataSize": seconds * 1650,
            "duration": seconds,
            "url": f"{MEDIA}/{name}.m4a",
            "localUrl": "",
        }
    }


def _video(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    name, seconds = f"{chance.randrange(1 << 32):08x}", chance.randrange(3, 90)
    return ElemType.VIDEO, {
        "videoElem": {
            "videoPath": "",
            "UUID": name,
            "videoSize": seconds * 210_000,
            "duration": seconds,
            "snapshotPath": "",
            "snapshotUUID": f"{name}_s",
            "snapshotSize": 30_211,
            "snapshotWidth": 540,
            "snapshotHeight": 960,
            "videoUrl": f"{MEDIA}/{name}.mp4",
            "snapshotUrl": f"{MEDIA}/{name}.jpg",
            "localVideoUrl": "",
            "localSnapshotUrl": "",
        }
    }


def _file(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    (file_name, size), name = chance.choice(words.FILES), f"{chance.randrange(1 << 32):08x}"
    return ElemType.FILE, {
        "fileElem": {
            "path": "",
            "fileName": file_name,
            "UUID": name,
            "fileSize": size,
            "url": f"{MEDIA}/{name}",
            "localUrl": "",
        }
    }


def _location(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    place, longitude, latitude = chance.choice(words.PLACES)
    return ElemType.LOCATION, {"locationElem": {"desc": place, "longitude": longitude, "latitude": latitude}}


def _face(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    index = chance.randrange(len(words.FACES))
    return ElemType.FACE, {"faceElem": {"index": index, "data": words.FACES[index]}}


def _custom(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    description, data = chance.choice(words.CUSTOM)
    return ElemType.CUSTOM, {"customElem": {"data": data, "desc": description, "extension": ""}}


def _merger(chance: Random) -> tuple[ElemType, dict[str, Any]]:
    lines = [f"{chance.choice(words.ENGLISH_NAMES)}: {text}" for text in chance.sample(words.TEXTS, 3)]
    return ElemType.MERGER, {
        "mergerElem": {"title": chance.choice(words.MERGED_TITLES), "abstractList": lines, "isLayersOverLimit": False}
    }


def _group_tips(chance: Random, sender: Person, group: Group) -> tuple[ElemType, dict[str, Any]]:
    tips_type = chance.choice((1, 2, 3))  # joined, was invited, left
    return ElemType.GROUP_TIPS, {
        "groupTipsElem": {
            "groupID": group.group_id,
            "type": tips_type,
            "opMember": _profile(sender),
            "memberList": [_profile(chance.choice(group.members))],
            "groupChangeInfoList": [],
            "memberChangeInfoList": [],
            "memberCount": len(group.members),
        }
    }


# ---- As an element of MsgBody ----------------------------------------------------------------


def msg_element(chance: Random, content: str | ElemType) -> dict[str, Any]:
    """Return an element of MsgBody: a text, or a random element of a kind."""
    if isinstance(content, str):
        return {"MsgType": "TIMTextElem", "MsgContent": {"Text": content}}
    msg_type, table = next((name, table) for name, (kind, table) in ELEMENTS.items() if kind == content)
    _kind, elements = _KINDS[content](chance)
    (element,) = elements.values()
    msg_content = _as_sent(element, table)
    if content == ElemType.IMAGE:
        rest_types = {sdk_type: rest_type for rest_type, sdk_type in IMAGE_TYPES.items()}
        images = [{"Type": rest_types[image["type"]], **_as_sent(image, IMAGE)} for image in element["imageList"]]
        msg_content = {"UUID": element["imageList"][0]["uuid"], "ImageFormat": 1, "ImageInfoArray": images}
    return {"MsgType": msg_type, "MsgContent": msg_content}


def _as_sent(element: dict[str, Any], table: Table) -> dict[str, Any]:
    return {key: element[name] for key, (name, _kind) in table.items()}


_KINDS = {
    ElemType.IMAGE: _image,
    ElemType.SOUND: _sound,
    ElemType.VIDEO: _video,
    ElemType.FILE: _file,
    ElemType.LOCATION: _location,
    ElemType.FACE: _face,
    ElemType.CUSTOM: _custom,
    ElemType.MERGER: _merger,
}
