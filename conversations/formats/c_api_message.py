"""A message of the C API to the classic one.

A key without a classic home stays under its own name, since a last message is kept whole.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType, ElemType
from conversations.exceptions import InvalidParameter
from conversations.formats import c_api_names


def to_classic(message: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    """The classic message of a conversation, not yet checked. Raises InvalidParameter where its structure is wrong."""
    rest = dict(message)
    return {
        **_thread(rest, type_, bare_id),
        **_time_and_number(rest),
        **_sender(rest),
        **_revoker(rest),
        **_push(rest),
        **_elements(rest),
        **_renamed(rest, c_api_names.MESSAGE),
    }


def texts_of(message: Mapping[str, Any]) -> list[str]:
    """The texts of a message that holds nothing else, as a draft does. Raises InvalidParameter if it does."""
    elements = _part(dict(message), "message_elem_array", list)
    for element in elements:
        if type(element) is not dict or element.get("elem_type") != 0 or type(element.get("text_elem_content")) is not str:
            raise _refuse("message_elem_array", _("A draft holds text only."))
    return [element["text_elem_content"] for element in elements]


def _refuse(key: str, why: str) -> InvalidParameter:
    return InvalidParameter(f"{key}: {why}", field=key)


def _part(values: dict[str, Any], key: str, kind: type) -> Any:
    """Take an object or list out; absent and null are empty ones."""
    part = values.pop(key, None)
    if part is None:
        return kind()
    if type(part) is not kind:
        raise _refuse(key, _("Must be an object.") if kind is dict else _("Must be a list."))
    return part


def _renamed(values: Any, table: c_api_names.Table) -> Any:
    """Rename the keys of an object, or of each in a list; anything else is for the reader of the message to judge."""
    if type(values) is list:
        return [_renamed(value, table) for value in values]
    if type(values) is not dict:
        return values
    renamed = {}
    for key, value in values.items():
        name = table.get(key, key)
        if type(name) is tuple:
            name, beneath = name
            value = _renamed(value, beneath)
        renamed[name] = value
    return renamed


def _thread(rest: dict[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    """Exactly one of userID and groupID; what the message itself says of it is dropped, if it says the same."""
    for key, same in (("message_conv_type", type_), ("message_conv_id", bare_id)):
        if rest.get(key) in (same, "", None):
            rest.pop(key, None)
    is_group = type_ == ConversationType.GROUP
    return {"userID": None if is_group else bare_id, "groupID": bare_id if is_group else None}


def _time_and_number(rest: dict[str, Any]) -> dict[str, Any]:
    """The server's time, or the sender's for a message that never got there."""
    time_key = "message_server_time" if rest.get("message_server_time") else "message_client_time"
    timestamp, seq = rest.pop(time_key, 0), rest.pop("message_seq", 0)
    if not rest.get("message_server_time"):
        rest.pop("message_server_time", None)
    return {"timestamp": timestamp, "seq": str(seq) if type(seq) is int else seq}


def _sender(rest: dict[str, Any]) -> dict[str, Any]:
    """Names and avatar of the sender, and whom the message names with an @."""
    found: dict[str, Any] = {}
    for key, table, wanted in (
        ("message_sender_profile", c_api_names.USER, ("nickName", "faceUrl", "friendRemark")),
        ("message_sender_group_member_info", c_api_names.MEMBER, ("nameCard",)),
    ):
        profile = _renamed(_part(rest, key, dict), table)
        found |= {name: profile.pop(name) for name in wanted if name in profile}
        if profile.get("userID") in (rest.get("message_sender"), ""):
            profile.pop("userID", None)
        if profile:
            found[key] = profile
    at_users = _part(rest, "message_group_at_user_array", list)
    found["groupAtUserList"] = [c_api_names.AT_ALL_CLASSIC if user == c_api_names.AT_ALL else user for user in at_users]
    return found


def _revoker(rest: dict[str, Any]) -> dict[str, Any]:
    revoker = {name: rest.pop(key, None) for key, name in c_api_names.REVOKER}
    return {"revokerInfo": revoker if any(revoker.values()) else None}


def _push(rest: dict[str, Any]) -> dict[str, Any]:
    for key in c_api_names.PUSH_KEYS:
        if config := _part(rest, key, dict):
            info = _renamed(config, c_api_names.PUSH)
            if info.get("offline_push_config_flag") in (0, 1):
                info["disablePush"] = info.pop("offline_push_config_flag") == 1
            return {"offlinePushInfo": info}
    return {}


def _elements(rest: dict[str, Any]) -> dict[str, Any]:
    """The first element gives the message its type, each other hangs on the one before as `nextElem`, with its own elemType."""
    elements = _part(rest, "message_elem_array", list)
    if not all(type(element) is dict for element in elements):
        raise _refuse("message_elem_array", _("Each entry is an object."))
    following = None
    for element in reversed(elements):
        following = _element(element) | ({"nextElem": following} if following else {})
    if not following or "elemType" not in following:
        # Of a kind without a classic twin, so it stays as it is.
        return {"elemType": int(ElemType.NONE)} | ({"message_elem_array": elements} if elements else {})
    type_ = following.pop("elemType")
    return {"elemType": type_, _ELEMENT_KEYS[type_]: following}


_ELEMENT_KEYS = {type_: key for type_, key, _table in c_api_names.ELEMENTS.values()}


def _element(element: Mapping[str, Any]) -> dict[str, Any]:
    number = element.get("elem_type")
    if type(number) is not int or number not in c_api_names.ELEMENTS:
        return dict(element)
    type_, _key, table = c_api_names.ELEMENTS[number]
    rest = {key: value for key, value in element.items() if key != "elem_type"}
    special = {}
    if type_ == ElemType.IMAGE:
        special = {"imageList": _image_list(rest)}
    elif type_ == ElemType.GROUP_TIPS:
        special = _tips_type(rest)
    return {"elemType": int(type_), **_renamed(rest, table), **special}


def _image_list(rest: dict[str, Any]) -> list[dict[str, Any]]:
    images = []
    for prefix, image_type in c_api_names.IMAGES:
        image = {name: rest.pop(f"image_elem_{prefix}_{key}", None) for key, name in c_api_names.IMAGE.items()}
        if any(image.values()):
            images.append({"type": image_type} | image)
    return images


def _tips_type(rest: dict[str, Any]) -> dict[str, Any]:
    tip_type = rest.get("group_tips_elem_tip_type")
    if type(tip_type) is not int or tip_type not in c_api_names.TIPS_TYPES:
        return {}
    if tip_type == c_api_names.TIPS_JOINED and rest.get("group_tips_elem_join_type") == c_api_names.TIPS_INVITED:
        return {"type": c_api_names.TIPS_INVITED}
    return {"type": c_api_names.TIPS_TYPES[tip_type]}
