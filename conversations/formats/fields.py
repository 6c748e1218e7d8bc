"""Single values of the vendor's bodies, checked and refused by name.

Numbers may come as decimal text, as some of its pages and many of its users write them; null is the same as absent.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.choices import OLD_GROUP_TYPES, ConversationType, GroupType
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import EMPTY_NAME, InvalidParameter
from conversations.formats.conversation import INT64_MAX, check_text
from conversations.times import YEAR_2100_S, check_epoch_s

Body = Mapping[str, Any]

UINT32_MAX = (1 << 32) - 1
# The number after it must still be one that a read position can hold.
MSG_SEQ_MAX = (1 << 53) - 1
# The vendor writes all three.
GROUP_ID_KEYS = ("GroupId", "ToGroupId", "ToGroupid")
AHEAD_MAX_S = 24 * 60 * 60

_GROUP_TYPES = {word: word for word in GroupType.values} | {old: new.value for old, new in OLD_GROUP_TYPES.items()}
_MSG_KEY = re.compile(r"([0-9]{1,10})_([0-9]{1,10})_([0-9]{1,10})", re.ASCII).fullmatch


def refuse(key: str, why: str) -> InvalidParameter:
    return InvalidParameter(f"{key}: {why}", field=key)


def refuse_unknown(body: Body, known: Collection[str]) -> None:
    """Raise InvalidParameter for the first key that is not known."""
    if unknown := body.keys() - known:
        raise refuse(min(unknown) or EMPTY_NAME, _("Unknown key."))


def check_object(body: Any) -> Body:
    """Give a JSON object back, or raise InvalidParameter."""
    if type(body) is not dict:
        raise InvalidParameter(_("Must be a JSON object."))
    return body


def required(body: Body, key: str) -> Any:
    """A value that must be there."""
    if body.get(key) is None:
        raise refuse(key, _("Missing."))
    return body[key]


def check_told(**values: Any) -> None:
    """Raise InvalidParameter for the first value that a body, read already, has not told."""
    for key, value in values.items():
        if value is None:
            raise refuse(key, _("Missing."))


def text(body: Body, key: str) -> str:
    """Text that can be stored, "" if absent."""
    return "" if body.get(key) is None else check_text(body[key], key)


def text_or_none(body: Body, key: str) -> str | None:
    """Text that can be stored, None if absent."""
    return None if body.get(key) is None else text(body, key)


def list_of(body: Body, key: str, kind: type) -> list[Any]:
    """A list of texts or objects, empty if absent."""
    values = body.get(key)
    if values is None:
        return []
    if type(values) is not list:
        raise refuse(key, _("Must be a list."))
    if not all(type(value) is kind for value in values):
        raise refuse(key, _("Each entry is an object.") if kind is dict else _("Each entry is a text."))
    return values


# ---- Who and where -----------------------------------------------------------------------------


def user_id(body: Body, key: str) -> str:
    """A user ID that must be there."""
    return _bare_id(required(body, key), key, ConversationType.C2C)


def optional_user_id(body: Body, key: str) -> str:
    """A user ID, "" if absent or empty."""
    return user_id(body, key) if body.get(key) not in (None, "") else ""


def user_ids(body: Body, key: str, inside: str = "") -> tuple[str, ...]:
    """The user IDs of a list, or of `inside` of each of its objects; each once, none if absent."""
    if inside:
        return tuple(dict.fromkeys(user_id(entry, inside) for entry in list_of(body, key, dict)))
    return tuple(dict.fromkeys(_bare_id(entry, key, ConversationType.C2C) for entry in list_of(body, key, str)))


def has_group_id(body: Body) -> bool:
    return any(body.get(key) is not None for key in GROUP_ID_KEYS)


def group_id(body: Body) -> str:
    """A group ID that must be there, in any of its spellings."""
    key = next((key for key in GROUP_ID_KEYS if body.get(key) is not None), GROUP_ID_KEYS[0])
    return _bare_id(required(body, key), key, ConversationType.GROUP)


def topic_id(body: Body) -> str:
    """The topic of a community, "" if absent or empty."""
    topic = body.get("TopicId")
    return _bare_id(topic, "TopicId", ConversationType.GROUP) if topic not in (None, "") else ""


def group_type(body: Body) -> str:
    """The V2 word for a group's type, whether it came old or new; "" for one that is absent or unknown."""
    return _GROUP_TYPES.get(text(body, "Type"), "")


def _bare_id(value: Any, key: str, type_: ConversationType) -> str:
    if type(value) is str and identifiers.is_conversation_id(identifiers.join(type_, value)):
        return value
    if type_ == ConversationType.C2C:
        raise refuse(key, _("A user ID is 1 to 64 printable ASCII characters, and does not end in @TGS."))
    raise refuse(key, _("A group ID is 1 to 96 printable ASCII characters, and does not end in @TGS."))


# ---- Numbers -----------------------------------------------------------------------------------


def number(body: Body, key: str, most: int = INT64_MAX) -> int | None:
    """A whole number from 0 on, also as decimal text; None if absent."""
    value = body.get(key)
    if value is None:
        return None
    if type(value) is str:
        value = parse_digits(value, at_most=INT64_DIGITS)
    if type(value) is not int:
        raise refuse(key, _("Must be a whole number."))
    if not 0 <= value <= most:
        raise refuse(key, _("Must be from 0 to %(most)d.") % {"most": most})
    return value


def flag(body: Body, key: str) -> bool:
    """Whether a number is there and above 0."""
    return bool(number(body, key))


def check_time_s(seconds: int, key: str, now_s: int) -> int:
    """Give epoch seconds back, or raise InvalidParameter for milliseconds, or for more than a day ahead."""
    if check_epoch_s(seconds, field=key) > now_s + AHEAD_MAX_S:
        raise refuse(key, _("More than a day ahead."))
    return seconds


def event_time_ms(body: Body, now_s: int) -> int | None:
    """When a webhook fired, in epoch milliseconds, although some of them tell seconds; None if absent."""
    value = number(body, "EventTime")
    if not value:
        return None
    milliseconds = value if value >= YEAR_2100_S else value * 1000
    check_time_s(milliseconds // 1000, "EventTime", now_s)
    return milliseconds


def msg_key(body: Body) -> tuple[int, int, int]:
    """MsgTime, MsgSeq and MsgRandom of a MsgKey, which must be there."""
    key = required(body, "MsgKey")
    found = _MSG_KEY(key) if type(key) is str else None
    seq, random, time_s = map(int, found.groups()) if found else (0, UINT32_MAX + 1, 0)
    if max(seq, random) > UINT32_MAX:
        raise refuse("MsgKey", _("Must read MsgSeq_MsgRandom_MsgTime."))
    return time_s, seq, random


def msg_seqs(body: Body) -> tuple[int, ...]:
    """The numbers of MsgSeqList, which must not be empty; each once."""
    required(body, "MsgSeqList")
    seqs = tuple(dict.fromkeys(number(entry, "MsgSeq", most=MSG_SEQ_MAX) for entry in list_of(body, "MsgSeqList", dict)))
    if not seqs or None in seqs:
        raise refuse("MsgSeqList", _("Each entry has a MsgSeq, and there is at least one."))
    return seqs
