"""The forms in which conversations come, all to classic objects that `wire.from_wire` then checks.

Of an SDK or of our own export and API: an object, or a list answer. Of the C API: `conv_id` … objects and their list answer.
Of the vendor's REST: `recentcontact/get_list`. Nothing is lost silently: a key that has no place in a row is refused by name.
Source: Flutter's V2TimConversation, the vendor's C header of conversations, its REST page of `recentcontact/get_list`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType, GroupType
from conversations.exceptions import EMPTY_NAME, InvalidParameter
from conversations.formats import c_api_message
from conversations.identifiers import check_owner_id, join
from conversations.times import check_epoch_s

# An answer or line, by the key of its conversations; beside it, what says whose they are and what only an answer knows.
_OWNER_KEYS = ("owner", "From_Account")
_BESIDE = {
    "conversation": {"owner"},
    "conversationList": {"owner", "nextSeq", "isFinished"},
    "conversation_list_result_conv_list": {
        "owner", "conversation_list_result_next_seq", "conversation_list_result_is_finished",
    },
    "SessionItem": {
        *_OWNER_KEYS, "AssistFlags", "CompleteFlag", "TimeStamp", "StartIndex", "TopTimeStamp", "TopStartIndex",
        "ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay",
    },
}  # fmt: skip

_CAPI = {
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
_CAPI_TRANSLATED = {
    "conv_id", "conv_type", "conv_owner", "conv_group_type", "conv_is_has_lastmsg", "conv_last_msg", "conv_is_has_draft",
    "conv_draft", "conv_group_at_info_array",
}  # fmt: skip
_CAPI_AT_INFO = {"conv_group_at_info_seq": "seq", "conv_group_at_info_at_type": "atType"}
_CAPI_DRAFT = {"draft_msg", "draft_edit_time", "draft_user_define"}
_CAPI_GROUP_TYPES = (
    GroupType.PUBLIC,
    GroupType.WORK,
    GroupType.MEETING,
    GroupType.BCHATROOM,
    GroupType.AVCHATROOM,
    GroupType.COMMUNITY,
)

_REST_GROUP_IDS = ("GroupId", "ToGroupId", "ToGroupid")  # the vendor writes all three
_REST_ITEM = {"Type", "To_Account", *_REST_GROUP_IDS, "MsgTime", "TopFlag"}


def conversations_in(record: Any, default_owner: str | None = None) -> tuple[str, Sequence[Any]]:
    """A record's owner and its conversations, each of any dialect and for `to_classic` to read.

    Raises InvalidParameter for a record that is no known form, has an unknown key, tells a failure, or names no owner.
    """
    if type(record) is not dict:
        raise InvalidParameter(_("Must be a JSON object."))
    # The form of our own exports, by the million: nothing more to look at.
    if len(record) == 2 and "owner" in record:
        conversation = record.get("conversation")
        if type(conversation) is dict and "conversationID" in conversation:
            return check_owner_id(record["owner"]), (conversation,)
    items = _items(record)
    return _owner(record, items, default_owner), items


def to_classic(item: Any) -> dict[str, Any]:
    """A conversation of any dialect as a classic object. Raises InvalidParameter, naming the key."""
    if type(item) is not dict:
        raise _refuse("conversation", _("Must be an object."))
    if "conversationID" in item:
        # What our own API adds for `extra=true`.
        return {key: value for key, value in item.items() if key != "imsite"} if "imsite" in item else item
    if "conv_id" in item:
        return _from_capi(item)
    return _from_rest(item) if "Type" in item else item


def is_from_rest(item: Any) -> bool:
    """Whether a conversation is of a get_list answer, which tells its time and place and nothing else."""
    return "MsgTime" in item


def _refuse(key: str, why: str) -> InvalidParameter:
    return InvalidParameter(f"{key}: {why}", field=key)


def _refuse_unknown(values: Mapping[str, Any], known: set[str]) -> None:
    if unknown := values.keys() - known:
        raise _refuse(min(unknown) or EMPTY_NAME, _("Unknown key."))


def _items(record: Mapping[str, Any]) -> Sequence[Any]:
    if record.get("ActionStatus", "OK") != "OK":
        told = {"status": record["ActionStatus"], "code": record.get("ErrorCode"), "info": record.get("ErrorInfo")}
        raise _refuse("ActionStatus", _("This answer tells a failure: %(status)s %(code)s %(info)s") % told)
    if "conversationID" in record or "conv_id" in record:
        return (record,)
    # The vendor may leave an empty SessionItem out.
    form = next((key for key in _BESIDE if key in record), "SessionItem" if "CompleteFlag" in record else None)
    if form is None:
        raise InvalidParameter(_("No conversation in it: neither an object of a known form nor a list answer."))
    _refuse_unknown(record, {form, *_BESIDE[form]})
    if form == "conversation":
        return (record[form],)
    items = record.get(form)
    if type(items) is not list and items is not None:
        raise _refuse(form, _("Must be a list."))
    return items or ()


def _owner(record: Mapping[str, Any], items: Sequence[Any], default_owner: str | None) -> str:
    """Whose list it is: whoever the record or its conversations name, all of them the same, else the default."""
    named = [(key, record[key]) for key in _OWNER_KEYS if record.get(key) is not None]
    named += [("conv_owner", item["conv_owner"]) for item in items if type(item) is dict and item.get("conv_owner")]
    if not named and default_owner is None:
        raise _refuse("owner", _("Missing: say whose conversation it is."))
    first_key, owner = named[0] if named else ("owner", default_owner)
    for key, other in named:
        if other != owner:
            raise _refuse(key, _("Not the same owner as in %(key)s.") % {"key": first_key})
    return check_owner_id(owner, field=first_key)


# ---- The C API ---------------------------------------------------------------------------------


def _from_capi(item: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unknown(item, {*_CAPI, *_CAPI_TRANSLATED})
    type_, bare_id = _type(item, "conv_type"), _bare_id(item, "conv_id")
    return {
        "conversationID": join(type_, bare_id),
        "groupType": _capi_group_type(item.get("conv_group_type"), type_),
        "groupAtInfoList": _capi_at_info(item.get("conv_group_at_info_array")),
        "lastMessage": _capi_last_message(item, type_, bare_id),
        **_capi_draft(item),
        **{name: item[key] for key, name in _CAPI.items() if key in item},
    }


def _type(item: Mapping[str, Any], key: str) -> ConversationType:
    number = item.get(key)
    if type(number) is not int or number not in ConversationType:
        raise _refuse(key, _("Must be 1 (one to one) or 2 (group); system conversations are not kept."))
    return ConversationType(number)


def _bare_id(item: Mapping[str, Any], key: str) -> str:
    bare_id = item.get(key)
    if type(bare_id) is not str or not bare_id:
        raise _refuse(key, _("Must be a user or group ID."))
    return bare_id


def _capi_group_type(value: Any, type_: ConversationType) -> Any:
    """A number, which one-to-one conversations leave at 0; a plugin that writes objects back gives the word."""
    if type(value) is not int:
        return value
    if value == 0 and type_ == ConversationType.C2C:
        return None
    if not 0 <= value < len(_CAPI_GROUP_TYPES):
        raise _refuse("conv_group_type", _("Must be from 0 to %(most)d.") % {"most": len(_CAPI_GROUP_TYPES) - 1})
    return str(_CAPI_GROUP_TYPES[value])


def _capi_at_info(entries: Any) -> Any:
    if type(entries) is not list:
        return entries
    for entry in entries:
        if type(entry) is not dict:
            raise _refuse("conv_group_at_info_array", _("Each entry is an object."))
        _refuse_unknown(entry, set(_CAPI_AT_INFO))
    return [{_CAPI_AT_INFO[key]: value for key, value in entry.items()} for entry in entries]


def _capi_object(item: Mapping[str, Any], key: str, flag: str | None = None) -> dict[str, Any]:
    """An object that a flag can take away: what stands there then is only its empty form."""
    value = item.get(key)
    if value is None or (flag and item.get(flag) is False):
        return {}
    if type(value) is not dict:
        raise _refuse(key, _("Must be an object."))
    return value


def _capi_last_message(item: Mapping[str, Any], type_: ConversationType, bare_id: str) -> dict[str, Any] | None:
    message = _capi_object(item, "conv_last_msg", "conv_is_has_lastmsg")
    return c_api_message.to_classic(message, type_, bare_id) if message else None


def _capi_draft(item: Mapping[str, Any]) -> dict[str, Any]:
    """A draft is a message of which a row keeps the text, and a text of the app's own, which stands in if there is no other."""
    draft = _capi_object(item, "conv_draft", "conv_is_has_draft")
    if not draft:
        return {}
    _refuse_unknown(draft, _CAPI_DRAFT)
    text = "".join(c_api_message.texts_of(_capi_object(draft, "draft_msg")))
    own = draft.get("draft_user_define") or ""
    if text and own not in ("", text):
        raise _refuse("draft_user_define", _("There is no place for it beside the draft's text."))
    return {"draftText": text or own, "draftTimestamp": draft.get("draft_edit_time")}


# ---- REST --------------------------------------------------------------------------------------


def _from_rest(item: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of get_list, which knows neither name nor unread nor last message; its time gives the place in the list."""
    _refuse_unknown(item, _REST_ITEM)
    type_ = _type(item, "Type")
    keys = ["To_Account"] if type_ == ConversationType.C2C else [key for key in _REST_GROUP_IDS if key in item]
    msg_time_s, top = item.get("MsgTime", 0), item.get("TopFlag", 0)
    if type(msg_time_s) is not int:
        raise _refuse("MsgTime", _("Must be a whole number."))
    if type(top) is not int or top not in (0, 1):
        raise _refuse("TopFlag", _("Must be 0 or 1."))
    return {
        "conversationID": join(type_, _bare_id(item, keys[0] if keys else "GroupId")),
        "orderkey": check_epoch_s(msg_time_s, field="MsgTime") * 1_000_000,
        "isPinned": top == 1,
    }
