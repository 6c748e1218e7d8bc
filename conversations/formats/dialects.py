"""The forms in which conversations come: records that hold them, and their dialects, all brought to classic objects.

* classic: an object or a list answer of an SDK, or of our own export and API
* C API: `conv_id` … objects and their list answer
* Web: objects of the JavaScript SDK, also of mini programs and uni-app, and their list answer
* REST: answers of `recentcontact/get_list`

`conversation.from_wire` then checks the classic objects. A key that a row has no room for, or whose value can't be used, is
ignored, and reported by name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter
from conversations.formats import c_api_conversation, conversation, rest_conversation, web_conversation
from conversations.formats.checks import check_dict, check_list, ignore_unknown, refuse, refuse_unknown
from conversations.formats.entries import Entry
from conversations.formats.fields import GROUP_ID_KEYS
from conversations.identifiers import check_owner_id

OWNER_KEYS = ("owner", "From_Account")
# The forms of a record, by the key of its conversations, and the keys that may stand beside it.
BESIDE = {
    "conversation": {"owner"},
    "conversationList": {"owner", "nextSeq", "isFinished", "isSyncCompleted"},
    "conversation_list_result_conv_list": {
        "owner", "conversation_list_result_next_seq", "conversation_list_result_is_finished",
    },
    "SessionItem": {
        *OWNER_KEYS, "AssistFlags", "CompleteFlag", "TimeStamp", "StartIndex", "TopTimeStamp", "TopStartIndex",
        "ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay",
    },
}  # fmt: skip


# Without one of these an object would be of another conversation, or of none: a wrong value refuses it.
NEEDED_KEYS = {
    "conversationID", "type", "userID", "groupID", conversation.CLAIMED, "conv_id", "conv_type",
    "Type", "To_Account", *GROUP_ID_KEYS, "MsgTime",
}  # fmt: skip
# A draft is one value in two keys.
DRAFT_KEYS = {"draftText", "draftTimestamp"}

Value = TypeVar("Value")


class Classic(NamedTuple):
    """A classic object, and the errors of keys that were ignored."""

    values: Mapping[str, Any]
    ignored: Sequence[InvalidParameter] = ()


class Checked(NamedTuple):
    """A checked conversation, the classic keys that it has, and the errors of keys that were ignored."""

    entry: Entry
    keys: frozenset[str]
    ignored: Sequence[InvalidParameter]
    is_incomplete: bool  # a value could not be used


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
    record = _unwrapped(record)
    items = _items(record)
    return _owner(record, items, default_owner), items


def to_classic(item: Any) -> Classic:
    """Return a conversation of any dialect as a classic object. Raises InvalidParameter, naming the key."""
    if type(item) is not dict:
        raise refuse("conversation", _("Must be an object."))
    ignored: list[InvalidParameter] = []
    if "conv_id" in item:
        return Classic(c_api_conversation.to_classic(item, ignored), ignored)
    if "conversationID" in item:
        if web_conversation.is_web(item):
            return Classic(web_conversation.to_classic(item, ignored), ignored)
        return _from_classic(item)
    if "Type" in item:
        return Classic(rest_conversation.to_classic(item, ignored), ignored)
    raise refuse("conversation", _("Unknown form.") + " " + _forms())


def checked(item: Any, check: Callable[[Mapping[str, Any]], Entry] = conversation.from_wire) -> Checked:
    """Return a conversation of any dialect, checked, without the keys whose values can't be used.

    Raises InvalidParameter if it names no conversation.
    """
    refused: list[InvalidParameter] = []
    _item, classic = _without_refused(item, to_classic, refused)
    values, entry = _without_refused(classic.values, check, refused)
    keys = frozenset(key for key, value in values.items() if value is not None)
    return Checked(entry, keys, [*classic.ignored, *refused], bool(refused))


def _without_refused(
    values: Any, use: Callable[[Any], Value], refused: list[InvalidParameter]
) -> tuple[Mapping[str, Any], Value]:
    """Return an object without the keys that `use` refuses, and its result. Their errors are added to `refused`."""
    while True:
        try:
            return values, use(values)
        except InvalidParameter as error:
            key = next(iter(error.errors), "").partition(".")[0]
            if type(values) is not dict or key not in values or key in NEEDED_KEYS:
                raise
            refused.append(error)
            left_out = DRAFT_KEYS if key in DRAFT_KEYS else {key}
            values = {key: value for key, value in values.items() if key not in left_out}


def ignored_text(ignored: Sequence[InvalidParameter]) -> str:
    """Return the sentences of ignored keys as one line."""
    return " ".join(str(error.detail) for error in ignored)


def _from_classic(item: Mapping[str, Any]) -> Classic:
    if _CLASSIC_KEYS.issuperset(item):
        return Classic(item)
    ignored: list[InvalidParameter] = []
    # Our own API adds `imsite` for `extra=true`.
    values = ignore_unknown(item, {*_CLASSIC_KEYS, "imsite"}, ignored)
    return Classic({key: value for key, value in values.items() if key != "imsite"}, ignored)


_CLASSIC_KEYS = conversation.ALL_KEYS


def _forms() -> str:
    return _(
        "Expected a conversation of the native and Flutter SDKs (conversationID c2c_… or group_…), of the Web SDK, mini "
        "programs and uni-app (C2C… or GROUP…), of the C API (conv_id), or of the REST call get_list."
    )


def is_from_rest(item: Any) -> bool:
    """Return whether a conversation is from a get_list answer, which has its time and place and nothing else."""
    return "MsgTime" in item


def _unwrapped(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of an SDK's whole answer, `code` and `data`, with the owner beside them; other records as they are."""
    if "data" not in record:
        return record
    refuse_unknown(record, {"owner", "code", "desc", "data"})
    if record.get("code", 0) != 0:
        raise _failure("code", status="code", code=record["code"], info=record.get("desc", ""))
    data = record["data"]
    data = {"conversationList": data} if type(data) is list else check_dict(data, "data")
    return {"owner": record["owner"], **data} if "owner" in record else data


def _failure(key: str, **failure: Any) -> InvalidParameter:
    return refuse(key, _("This answer reports a failure: %(status)s %(code)s %(info)s") % failure)


def _items(record: Mapping[str, Any]) -> Sequence[Any]:
    if record.get("ActionStatus", "OK") != "OK":
        status = record["ActionStatus"]
        raise _failure("ActionStatus", status=status, code=record.get("ErrorCode"), info=record.get("ErrorInfo"))
    if "conversationID" in record or "conv_id" in record:
        return (record,)
    # The vendor may leave an empty SessionItem out.
    form = next((key for key in BESIDE if key in record), "SessionItem" if "CompleteFlag" in record else None)
    if form is None:
        raise InvalidParameter(_("No conversation found.") + " " + _forms())
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
    return check_owner_id(cast(str, owner), field=first_key)
