"""A conversation of the vendor's REST call `recentcontact/get_list`, as a classic object."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType
from conversations.exceptions import InvalidParameter
from conversations.formats.checks import ignore_unknown, refuse
from conversations.formats.fields import GROUP_ID_KEYS, bare_id_of, conversation_type
from conversations.identifiers import join, split
from conversations.times import check_epoch_s

KEYS = {"Type", "To_Account", *GROUP_ID_KEYS, "MsgTime", "TopFlag"}


def to_classic(item: Mapping[str, Any], ignored: list[InvalidParameter]) -> dict[str, Any]:
    """Return the classic object, without name, unread and last message; its time gives the place in the list.

    Adds the errors of unknown keys to `ignored`. Raises InvalidParameter, naming the key.
    """
    item = ignore_unknown(item, KEYS, ignored)
    conversation_id = _conversation_id(item)
    msg_time_s, is_pinned = item.get("MsgTime", 0), item.get("TopFlag", 0)
    if type(msg_time_s) is not int:
        raise refuse("MsgTime", _("Must be a whole number."))
    if type(is_pinned) is not int or is_pinned not in (0, 1):
        raise refuse("TopFlag", _("Must be 0 or 1."))
    return {
        "conversationID": conversation_id,
        "orderkey": check_epoch_s(msg_time_s, field="MsgTime") * 1_000_000,
        "isPinned": is_pinned == 1,
    }


def conversation_id_of(item: Mapping[str, Any]) -> str:
    """Return the conversationID of a REST call's conversation, in any spelling of its keys. Raises InvalidParameter."""
    conversation_id = _conversation_id(item)
    split(conversation_id)
    return conversation_id


def _conversation_id(item: Mapping[str, Any]) -> str:
    type_ = conversation_type(item, "Type")
    return join(type_, bare_id_of(item, _id_key(item, type_)))


def _id_key(item: Mapping[str, Any], type_: ConversationType) -> str:
    if type_ == ConversationType.C2C:
        return "To_Account"
    return next((key for key in GROUP_ID_KEYS if key in item), GROUP_ID_KEYS[0])
