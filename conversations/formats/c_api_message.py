"""A message of the C API as a classic message.

A key without a classic name keeps its own, since last messages are stored with all their keys.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType, ElemType
from conversations.formats import c_api_names
from conversations.formats.checks import check_dict, check_list, refuse


def to_classic(message: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    """Return the classic message of a conversation, its values unchecked. Raises InvalidParameter for a wrong structure."""
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


def text_of(message: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the text of a message, and whether it has other elements."""
    elements = check_list(message.get("message_elem_array"), "message_elem_array")
    texts = [
        element["text_elem_content"]
        for element in elements
        if type(element) is dict and element.get("elem_type") == 0 and type(element.get("text_elem_content")) is str
    ]
    return "".join(texts), len(texts) < len(elements)


def _renamed(values: Any, table: c_api_names.Table) -> Any:
    """Rename the keys of an object, or of each object in a list; other values pass unchanged."""
    if type(values) is list:
        return [_renamed(value, table) for value in values]
    if type(values) is not dict:
        return values
    renamed = {}
    for key, value in values.items():
        name = table.get(key, key)
        if type(name) is tuple:
            name, inner_table = name
            value = _renamed(value, inner_table)
        renamed[name] = value
    return renamed


def _thread(rest: dict[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any]:
    """Return userID and groupID, of which one is None. The message's own keys for them are dropped if they agree."""
    for key, expected in (("message_conv_type", type_), ("message_conv_id", bare_id)):
        if rest.get(key) in (expected, "", None):
            rest.pop(key, None)
    is_group = type_ == ConversationType.GROUP
    return {"userID": None if is_group else bare_id, "groupID": bare_id if is_group else None}


def _time_and_number(rest: dict[str, Any]) -> dict[str, Any]:
    """Return timestamp and seq: the server's time, or the client's for a message that never reached the server."""
    time_key = "message_server_time" if rest.get("message_server_time") else "message_client_time"
    timestamp, seq = rest.pop(time_key, 0), rest.pop("message_seq", 0)
    if not rest.get("message_server_time"):
        rest.pop("message_server_time", None)
    return {"timestamp": timestamp, "seq": str(seq) if type(seq) is int else seq}


def _sender(rest: dict[str, Any]) -> dict[str, Any]:
    """Return the sender's names and avatar, and the users whom the message mentions."""
    sender: dict[str, Any] = {}
    for key, table, names in (
        ("message_sender_profile", c_api_names.USER, ("nickName", "faceUrl", "friendRemark")),
        ("message_sender_group_member_info", c_api_names.MEMBER, ("nameCard",)),
    ):
        profile = _renamed(check_dict(rest.pop(key, None), key), table)
        sender |= {name: profile.pop(name) for name in names if name in profile}
        if profile.get("userID") in (rest.get("message_sender"), ""):
            profile.pop("userID", None)
        if profile:
            sender[key] = profile
    at_users = check_list(rest.pop("message_group_at_user_array", None), "message_group_at_user_array")
    sender["groupAtUserList"] = [c_api_names.AT_ALL_CLASSIC if user == c_api_names.AT_ALL else user for user in at_users]
    return sender


def _revoker(rest: dict[str, Any]) -> dict[str, Any]:
    revoker = {name: rest.pop(key, None) for key, name in c_api_names.REVOKER}
    return {"revokerInfo": revoker if any(revoker.values()) else None}


def _push(rest: dict[str, Any]) -> dict[str, Any]:
    for key in c_api_names.PUSH_KEYS:
        if config := check_dict(rest.pop(key, None), key):
            info = _renamed(config, c_api_names.PUSH)
            if info.get("offline_push_config_flag") in (0, 1):
                info["disablePush"] = info.pop("offline_push_config_flag") == 1
            return {"offlinePushInfo": info}
    return {}


def _elements(rest: dict[str, Any]) -> dict[str, Any]:
    """Return elemType and the first element. Each next element is the `nextElem` of the one before, with its own elemType."""
    elements = check_list(rest.pop("message_elem_array", None), "message_elem_array")
    if not all(type(element) is dict for element in elements):
        raise refuse("message_elem_array", _("Each entry must be an object."))
    following = None
    for element in reversed(elements):
        following = _element(element) | ({"nextElem": following} if following else {})
    if not following or "elemType" not in following:
        # Its kind has no classic counterpart, so it stays unchanged.
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
