"""A conversation of the C API, `conv_id` …, as a classic object.

Flutter from 8.5.6864 on and Unity give the same objects. Source: the vendor's C header of conversations.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType, GroupType
from conversations.exceptions import InvalidParameter
from conversations.formats import c_api_message
from conversations.formats.checks import check_dict, ignore_unknown, inside, refuse, refuse_unknown
from conversations.formats.fields import bare_id_of, conversation_type
from conversations.identifiers import join

# Keys whose values are those of their classic names.
RENAMED = {
    "conv_show_name": "showName",
    "conv_face_url": "faceUrl",
    "conv_unread_num": "unreadCount",
    "conv_is_pinned": "isPinned",
    "conv_recv_opt": "recvOpt",
    "conv_active_time": "orderkey",
    "conv_mark_array": "markList",
    "conv_custom_data": "customData",
    "conv_conversation_group_array": "conversationGroupList",
    "conv_c2c_read_timestamp": "c2cReadTimestamp",
    "conv_group_read_sequence": "groupReadSequence",
}
KEYS = {
    *RENAMED, "conv_id", "conv_type", "conv_owner", "conv_group_type", "conv_is_has_lastmsg", "conv_last_msg",
    "conv_is_has_draft", "conv_draft", "conv_group_at_info_array",
}  # fmt: skip
AT_INFO = {"conv_group_at_info_seq": "seq", "conv_group_at_info_at_type": "atType"}
DRAFT_KEYS = {"draft_msg", "draft_edit_time", "draft_user_define"}
# By number, from 0.
GROUP_TYPES = (
    GroupType.PUBLIC, GroupType.WORK, GroupType.MEETING, GroupType.BCHATROOM, GroupType.AVCHATROOM, GroupType.COMMUNITY,
)  # fmt: skip


def to_classic(item: Mapping[str, Any], ignored: list[InvalidParameter]) -> dict[str, Any]:
    """Return the classic object, and add the errors of keys that it has no room for to `ignored`.

    Raises InvalidParameter, naming the key.
    """
    item = ignore_unknown(item, KEYS, ignored)
    type_, bare_id = conversation_type(item, "conv_type"), bare_id_of(item, "conv_id")
    return {
        "conversationID": join(type_, bare_id),
        "groupType": _group_type(item.get("conv_group_type"), type_),
        "groupAtInfoList": _at_info(item.get("conv_group_at_info_array")),
        "lastMessage": _last_message(item, type_, bare_id),
        **_draft(item, ignored),
        **{name: item[key] for key, name in RENAMED.items() if key in item},
    }


def _group_type(value: Any, type_: ConversationType) -> Any:
    """Return the word for a number. One-to-one conversations have 0; a plugin that writes objects back gives the word."""
    if type(value) is not int:
        return value
    if value == 0 and type_ == ConversationType.C2C:
        return None
    if not 0 <= value < len(GROUP_TYPES):
        raise refuse("conv_group_type", _("Must be between 0 and %(most)d.") % {"most": len(GROUP_TYPES) - 1})
    return str(GROUP_TYPES[value])


def _at_info(entries: Any) -> Any:
    if type(entries) is not list:
        return entries
    for entry in entries:
        if type(entry) is not dict:
            raise refuse("conv_group_at_info_array", _("Each entry must be an object."))
        with inside("conv_group_at_info_array"):
            refuse_unknown(entry, AT_INFO)
    return [{AT_INFO[key]: value for key, value in entry.items()} for entry in entries]


def _last_message(item: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any] | None:
    message = _flagged_object(item, "conv_last_msg", "conv_is_has_lastmsg")
    with inside("conv_last_msg"):
        return c_api_message.to_classic(message, type_, bare_id) if message else None


def _draft(item: Mapping[str, Any], ignored: list[InvalidParameter]) -> dict[str, Any]:
    """Return the text and time of a draft, which is a message and, beside it, a text that the app defines.

    A row has room for one text: the message's, or the app's if the message has none.
    """
    draft: Mapping[str, Any] = _flagged_object(item, "conv_draft", "conv_is_has_draft")
    if not draft:
        return {}
    draft = ignore_unknown(draft, DRAFT_KEYS, ignored)
    with inside("conv_draft"):
        message = check_dict(draft.get("draft_msg"), "draft_msg")
        text, has_other_elements = c_api_message.text_of(message)
    if has_other_elements:
        ignored.append(refuse("draft_msg", _("Only the text of a draft is stored.")))
    app_text = draft.get("draft_user_define") or ""
    if text and app_text not in ("", text):
        ignored.append(refuse("draft_user_define", _("Not stored beside the text of draft_msg.")))
    return {"draftText": text or app_text, "draftTimestamp": draft.get("draft_edit_time")}


def _flagged_object(item: Mapping[str, Any], key: str, flag: str) -> dict[str, Any]:
    """Return an object, empty if the flag says that the conversation has none: it is then only a placeholder."""
    return {} if item.get(flag) is False else check_dict(item.get(key), key)
