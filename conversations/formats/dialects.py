"""The forms in which conversations come: records that hold them, and their dialects, all brought to classic objects.

* classic: an object or a list answer of an SDK, or of our own export and API
* C API: `conv_id` … objects and their list answer
* REST: answers of `recentcontact/get_list`

`conversation.from_wire` then checks the classic objects. A key that a row has no room for is refused by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter
from conversations.formats import c_api_conversation, rest_conversation
from conversations.formats.checks import check_list, refuse, refuse_unknown
from conversations.identifiers import check_owner_id

OWNER_KEYS = ("owner", "From_Account")
# The forms of a record, by the key of its conversations, and the keys that may stand beside it.
BESIDE = {
    "conversation": {"owner"},
    "conversationList": {"owner", "nextSeq", "isFinished"},
    "conversation_list_result_conv_list": {
        "owner", "conversation_list_result_next_seq", "conversation_list_result_is_finished",
    },
    "SessionItem": {
        *OWNER_KEYS, "AssistFlags", "CompleteFlag", "TimeStamp", "StartIndex", "TopTimeStamp", "TopStartIndex",
        "ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay",
    },
}  # fmt: skip


def conversations_in(record: Any, default_owner: str | None = None) -> tuple[str, Sequence[Any]]:
    """Return a record's owner and its conversations, each in any dialect, for `to_classic`.

    Raises InvalidParameter if the record has no known form, has an unknown key, reports a failure, or names no owner.
    """
    if type(record) is not dict:
        raise InvalidParameter(_("Must be a JSON object."))
    # A short cut for the form of our own exports, which come by the million.
    if len(record) == 2 and "owner" in record:
        conversation = record.get("conversation")
        if type(conversation) is dict and "conversationID" in conversation:
            return check_owner_id(record["owner"]), (conversation,)
    items = _items(record)
    return _owner(record, items, default_owner), items


def to_classic(item: Any) -> dict[str, Any]:
    """Return a conversation of any dialect as a classic object. Raises InvalidParameter, naming the key."""
    if type(item) is not dict:
        raise refuse("conversation", _("Must be an object."))
    if "conversationID" in item:
        # Our own API adds this key for `extra=true`.
        return {key: value for key, value in item.items() if key != "imsite"} if "imsite" in item else item
    if "conv_id" in item:
        return c_api_conversation.to_classic(item)
    return rest_conversation.to_classic(item) if "Type" in item else item


def is_from_rest(item: Any) -> bool:
    """Return whether a conversation is from a get_list answer, which has its time and place and nothing else."""
    return "MsgTime" in item


def _items(record: Mapping[str, Any]) -> Sequence[Any]:
    if record.get("ActionStatus", "OK") != "OK":
        failure = {"status": record["ActionStatus"], "code": record.get("ErrorCode"), "info": record.get("ErrorInfo")}
        raise refuse("ActionStatus", _("This answer reports a failure: %(status)s %(code)s %(info)s") % failure)
    if "conversationID" in record or "conv_id" in record:
        return (record,)
    # The vendor may leave an empty SessionItem out.
    form = next((key for key in BESIDE if key in record), "SessionItem" if "CompleteFlag" in record else None)
    if form is None:
        raise InvalidParameter(_("No conversation found: neither an object of a known form nor a list answer."))
    refuse_unknown(record, {form, *BESIDE[form]})
    return (record[form],) if form == "conversation" else check_list(record.get(form), form)


def _owner(record: Mapping[str, Any], items: Sequence[Any], default_owner: str | None) -> str:
    """Return the one owner that the record and its conversations name, or the default if they name none."""
    named = [(key, record[key]) for key in OWNER_KEYS if record.get(key) is not None]
    named += [("conv_owner", item["conv_owner"]) for item in items if type(item) is dict and item.get("conv_owner")]
    if not named and default_owner is None:
        raise refuse("owner", _("Missing: name the user whose conversation this is."))
    first_key, owner = named[0] if named else ("owner", default_owner)
    for key, other_owner in named:
        if other_owner != owner:
            raise refuse(key, _("Differs from the user in %(key)s.") % {"key": first_key})
    return check_owner_id(owner, field=first_key)
