"""Single values of the vendor's REST and webhook bodies. Each function checks one key and raises InvalidParameter naming it.

Numbers may come as decimal text, as in some of the vendor's pages and many of its users' code; null is the same as absent.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.formats.checks import INT64_MAX, check_list, check_text, refuse
from conversations.formats.conversation import GROUP_TYPES
from conversations.times import YEAR_2100_S, check_epoch_s

Value = TypeVar("Value")
Body = Mapping[str, Any]

UINT32_MAX = (1 << 32) - 1
# The number after it must still be one that a read position can hold.
MSG_SEQ_MAX = (1 << 53) - 1
# The vendor writes all three.
GROUP_ID_KEYS = ("GroupId", "ToGroupId", "ToGroupid")
AHEAD_MAX_S = 24 * 60 * 60

_MSG_KEY = re.compile(r"([0-9]{1,10})_([0-9]{1,10})_([0-9]{1,10})", re.ASCII).fullmatch


def check_object(body: Any) -> Body:
    """Return a body that is a JSON object."""
    if type(body) is not dict:
        raise InvalidParameter(_("Must be a JSON object."))
    return body


def required(body: Body, key: str) -> Any:
    """Return a value that must not be absent."""
    if body.get(key) is None:
        raise refuse(key, _("Missing."))
    return body[key]


def require_values(**values: Any) -> None:
    """Raise InvalidParameter for the first value that is None: the body, read already, lacks its key."""
    for key, value in values.items():
        require_value(key, value)


def require_value(key: str, value: Value | None) -> Value:
    """Return a value of the body that was read already. Raises InvalidParameter if the body lacks its key."""
    if value is None:
        raise refuse(key, _("Missing."))
    return value


def text(body: Body, key: str) -> str:
    """Return a text, "" if absent."""
    return "" if body.get(key) is None else check_text(body[key], key)


def text_or_none(body: Body, key: str) -> str | None:
    """Return a text, None if absent."""
    return None if body.get(key) is None else text(body, key)


def list_of(body: Body, key: str, kind: type) -> list[Any]:
    """Return a list whose entries are all of `kind`, str or dict; empty if absent."""
    values = check_list(body.get(key), key)
    if not all(type(value) is kind for value in values):
        raise refuse(key, _("Each entry must be an object.") if kind is dict else _("Each entry must be a string."))
    return values


# ---- Users and groups --------------------------------------------------------------------------


def user_id(body: Body, key: str) -> str:
    """Return a user ID, which must not be absent."""
    return _check_id(required(body, key), key, ConversationType.C2C)


def optional_user_id(body: Body, key: str) -> str:
    """Return a user ID, "" if absent or empty."""
    return user_id(body, key) if body.get(key) not in (None, "") else ""


def user_ids(body: Body, key: str, inside: str = "") -> tuple[str, ...]:
    """Return the distinct user IDs of a list, or those that its objects have under the key `inside`; empty if absent."""
    if inside:
        return tuple(dict.fromkeys(user_id(entry, inside) for entry in list_of(body, key, dict)))
    return tuple(dict.fromkeys(_check_id(entry, key, ConversationType.C2C) for entry in list_of(body, key, str)))


def has_group_id(body: Body) -> bool:
    """Return whether a group ID is present, in any of its spellings."""
    return any(body.get(key) is not None for key in GROUP_ID_KEYS)


def group_id(body: Body) -> str:
    """Return a group ID, in any of its spellings, which must not be absent."""
    key = next((key for key in GROUP_ID_KEYS if body.get(key) is not None), GROUP_ID_KEYS[0])
    return _check_id(required(body, key), key, ConversationType.GROUP)


def topic_id(body: Body) -> str:
    """Return a community's topic ID, "" if absent or empty."""
    topic = body.get("TopicId")
    return _check_id(topic, "TopicId", ConversationType.GROUP) if topic not in (None, "") else ""


def group_type(body: Body) -> str:
    """Return the V2 word for a group's type, old or new; "" if absent or unknown."""
    return GROUP_TYPES.get(text(body, "Type"), "")


def conversation_type(item: Body, key: str) -> ConversationType:
    """Return a conversation's type, which must be an integer."""
    number = item.get(key)
    if type(number) is not int or number not in ConversationType:
        raise refuse(key, _("Must be 1 (one to one) or 2 (group); system conversations are not stored."))
    return ConversationType(number)


def bare_id_of(item: Body, key: str) -> str:
    """Return a user or group ID that is not empty; whether it is well-formed shows in its conversationID."""
    bare_id = item.get(key)
    if type(bare_id) is not str or not bare_id:
        raise refuse(key, _("Must be a user or group ID."))
    return bare_id


def _check_id(value: Any, key: str, type_: ConversationType) -> str:
    if type(value) is str and identifiers.is_conversation_id(identifiers.join(type_, value)):
        return value
    if type_ == ConversationType.C2C:
        raise refuse(key, _("A user ID must have 1 to 64 printable ASCII characters and must not end in @TGS."))
    raise refuse(key, _("A group ID must have 1 to 96 printable ASCII characters and must not end in @TGS."))


# ---- Numbers -----------------------------------------------------------------------------------


def number(body: Body, key: str, most: int = INT64_MAX) -> int | None:
    """Return a whole number between 0 and `most`, None if absent."""
    value = body.get(key)
    if value is None:
        return None
    if type(value) is str:
        value = parse_digits(value, at_most=INT64_DIGITS)
    if type(value) is not int:
        raise refuse(key, _("Must be a whole number."))
    if not 0 <= value <= most:
        raise refuse(key, _("Must be between 0 and %(most)d.") % {"most": most})
    return value


def flag(body: Body, key: str) -> bool:
    """Return whether a number is present and above 0."""
    return bool(number(body, key))


def check_time_s(seconds: int, key: str, now_s: int) -> int:
    """Return epoch seconds; milliseconds and times more than a day ahead are refused."""
    if check_epoch_s(seconds, field=key) > now_s + AHEAD_MAX_S:
        raise refuse(key, _("More than one day in the future."))
    return seconds


def event_time_ms(body: Body, now_s: int) -> int | None:
    """Return a webhook's EventTime in epoch milliseconds, None if absent; some webhooks have it in seconds."""
    value = number(body, "EventTime")
    if not value:
        return None
    milliseconds = value if value >= YEAR_2100_S else value * 1000
    check_time_s(milliseconds // 1000, "EventTime", now_s)
    return milliseconds


def msg_key(body: Body) -> tuple[int, int, int]:
    """Return MsgTime, MsgSeq and MsgRandom of a MsgKey, which must not be absent."""
    key = required(body, "MsgKey")
    match = _MSG_KEY(key) if type(key) is str else None
    seq, random, time_s = map(int, match.groups()) if match else (0, UINT32_MAX + 1, 0)
    if max(seq, random) > UINT32_MAX:
        raise refuse("MsgKey", _("Must have the form MsgSeq_MsgRandom_MsgTime."))
    return time_s, seq, random


def msg_seqs(body: Body) -> tuple[int, ...]:
    """Return the distinct numbers of MsgSeqList, which must not be empty."""
    required(body, "MsgSeqList")
    numbers = dict.fromkeys(number(entry, "MsgSeq", most=MSG_SEQ_MAX) for entry in list_of(body, "MsgSeqList", dict))
    seqs = tuple(seq for seq in numbers if seq is not None)
    if not seqs or None in numbers:
        raise refuse("MsgSeqList", _("Must have at least one entry, and each entry a MsgSeq."))
    return seqs
