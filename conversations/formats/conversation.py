"""The classic conversation object, checked and normalised to an entry.

Source: V2TIMConversation; keys and types as in Flutter's V2TimConversation up to 8.4, the SDK's classic dialect.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations import identifiers, positions
from conversations.choices import OLD_GROUP_TYPES, ConversationType, GroupType, ReceiveOption
from conversations.exceptions import GroupNameTooLong, InvalidParameter
from conversations.formats import at_info, marks, message_content
from conversations.formats.checks import (
    INT32_MAX,
    INT64_MAX,
    TEXT_MAX_LENGTH,
    check_list,
    check_sequence_number,
    check_text,
    refuse,
    refuse_unknown,
)
from conversations.formats.entries import Entry
from conversations.times import check_epoch_s, from_epoch_s

KEYS = (
    "conversationID", "type", "userID", "groupID", "groupType", "showName", "faceUrl", "recvOpt", "unreadCount", "draftText",
    "draftTimestamp", "isPinned", "orderkey", "groupAtInfoList", "customData", "c2cReadTimestamp", "groupReadSequence",
    "markList", "conversationGroupList", "lastMessage",
)  # fmt: skip
MAX_GROUPS, GROUP_NAME_MAX_BYTES = 20, 32
CUSTOM_DATA_MAX_BYTES = 256
LAST_MESSAGE_MAX_BYTES = 64 * 1024
# Pinned conversations carry this bit in the vendor's own order keys.
VENDOR_PINNED_BIT = 1 << 62
# Vendor keys are small counters; ours are epoch microseconds, which passed 10^15 in 2001.
OWN_ORDER_KEY_FROM = 10**15

# Our exports add it to a group conversation that only the user's app reported.
CLAIMED = "claimed"

ALL_KEYS = frozenset((*KEYS, CLAIMED))
_LAST_RECEIVE_OPTION = int(max(ReceiveOption))
# The V2 word for each group type, old or new.
GROUP_TYPES = {word: word for word in GroupType.values} | {old: new.value for old, new in OLD_GROUP_TYPES.items()}


def from_wire(values: Mapping[str, Any]) -> Entry:
    """Check and normalise one conversation object; null and absent mean empty.

    A vendor's order key is replaced by one of ours, made from the newest activity. Raises InvalidParameter, naming the key.
    """
    refuse_unknown(values, ALL_KEYS)
    conversation_id = _text(values, "conversationID", identifiers.CONVERSATION_ID_MAX_BYTES)
    type_, bare_id = identifiers.split(conversation_id)
    _check_identity(values, type_, bare_id)
    last_message, sent_s, position = _last_message(values.get("lastMessage"), type_)
    draft_text = _text(values, "draftText")
    draft_timestamp = check_epoch_s(_integer(values, "draftTimestamp"), field="draftTimestamp")
    # Positional: an import makes millions of these.
    return Entry(
        conversation_id,
        int(type_),
        _group_type(values.get("groupType"), type_),
        _text(values, "showName"),
        _text(values, "faceUrl"),
        _integer(values, "recvOpt", most=_LAST_RECEIVE_OPTION),
        _integer(values, "unreadCount", most=INT32_MAX),
        last_message,
        from_epoch_s(sent_s) if last_message else None,
        position,
        draft_text,
        draft_timestamp,
        _boolean(values, "isPinned"),
        _activity_key(_integer(values, "orderkey"), sent_s, draft_timestamp if draft_text else 0),
        at_info.from_wire(values.get("groupAtInfoList")),
        marks.from_wire(values.get("markList")),
        check_custom_data(_text(values, "customData")),
        check_epoch_s(_integer(values, "c2cReadTimestamp"), field="c2cReadTimestamp"),
        _integer(values, "groupReadSequence"),
        _boolean(values, CLAIMED) and type_ == ConversationType.GROUP,
        _group_names(values.get("conversationGroupList")),
    )


def check_custom_data(text: Any, *, field: str = "customData") -> str:
    """Return an app's custom data, or raise InvalidParameter."""
    custom_data = check_text(text, field)
    if len(custom_data.encode()) > CUSTOM_DATA_MAX_BYTES:
        raise refuse(field, _("At most %(count)d bytes of UTF-8.") % {"count": CUSTOM_DATA_MAX_BYTES})
    return custom_data


def check_group_name(name: Any, *, field: str = "conversationGroupList") -> str:
    """Return a conversation group's name. Raises InvalidParameter, and of its subclasses GroupNameTooLong."""
    group_name = check_text(name, field)
    length = len(group_name.encode())
    if 1 <= length <= GROUP_NAME_MAX_BYTES:
        return group_name
    error = GroupNameTooLong if length else InvalidParameter
    reason = _("A name must have 1 to %(count)d bytes of UTF-8.") % {"count": GROUP_NAME_MAX_BYTES}
    raise error(f"{field}: {reason}", field=field)


# ---- Single keys -------------------------------------------------------------------------------


def _text(values: Mapping[str, Any], key: str, max_length: int = TEXT_MAX_LENGTH) -> str:
    text = values.get(key)
    return "" if text is None or text == "" else check_text(text, key, max_length)


def _integer(values: Mapping[str, Any], key: str, most: int = INT64_MAX, *, inside: str = "") -> int:
    number = values.get(key)
    if type(number) is int and 0 <= number <= most:
        return number
    if number is None:
        return 0
    if type(number) is not int:
        raise refuse(inside + key, _("Must be a whole number."))
    raise refuse(inside + key, _("Must be between 0 and %(most)d.") % {"most": most})


def _boolean(values: Mapping[str, Any], key: str) -> bool:
    flag = values.get(key, False)
    if flag is not None and type(flag) is not bool:
        raise refuse(key, _("Must be true or false."))
    return bool(flag)


def _check_identity(values: Mapping[str, Any], type_: ConversationType, bare_id: str) -> None:
    """Raise InvalidParameter if a key that repeats a part of the conversationID differs from it."""
    is_group = type_ == ConversationType.GROUP
    for key, expected, empty in (
        ("type", type_, 0),
        ("userID", "" if is_group else bare_id, ""),
        ("groupID", bare_id if is_group else "", ""),
    ):
        value = values.get(key)
        if (value != expected and value not in (empty, None)) or type(value) is bool:
            raise refuse(key, _("Does not match the conversationID."))


def _group_type(value: Any, type_: ConversationType) -> str:
    if value is None or value == "":
        return ""
    if type(value) is str and value in GROUP_TYPES and type_ == ConversationType.GROUP:
        return GROUP_TYPES[value]
    raise refuse("groupType", _("Must be one of %(choices)s, and for groups only.") % {"choices": ", ".join(GroupType)})


def _activity_key(key: int, sent_s: int, draft_s: int) -> int:
    """Return the order key without the draft's part. A key of the vendor's own kind is remade from the newest message."""
    if key & VENDOR_PINNED_BIT or key < OWN_ORDER_KEY_FROM:
        return sent_s * 1_000_000
    if key >= 1 << 53:
        raise refuse("orderkey", _("Must be below 2^53, or have the bit for pinned."))
    # The key of a draft says nothing of what was there before: that is the last message, as far as is known.
    return key if key > draft_s * 1_000_000 else sent_s * 1_000_000


def _group_names(value: Any) -> tuple[str, ...]:
    if not value and (value is None or type(value) is list):
        return ()
    names = tuple(sorted({check_group_name(name) for name in check_list(value, "conversationGroupList")}))
    if len(names) > MAX_GROUPS:
        raise refuse("conversationGroupList", _("At most %(count)d conversation groups.") % {"count": MAX_GROUPS})
    return names


def _last_message(message: Any, type_: ConversationType) -> tuple[str | None, int, str]:
    """Return a message's canonical JSON, MsgTime and position. The JSON has all its keys, unknown ones too."""
    if message is None:
        return None, 0, positions.NO_POSITION
    if type(message) is not dict:
        raise refuse("lastMessage", _("Must be an object."))
    if message_content.is_recalled(message):
        message = message_content.to_notice(message)
    try:
        packed = orjson.dumps(message)
    except TypeError as error:
        raise refuse("lastMessage", str(error)) from error
    if len(packed) > LAST_MESSAGE_MAX_BYTES:
        raise refuse("lastMessage", _("At most %(count)d bytes.") % {"count": LAST_MESSAGE_MAX_BYTES})
    if b"\\u0000" in packed and _has_nul(message):
        raise refuse("lastMessage", _("NUL characters are not allowed."))
    sent_s = check_epoch_s(_integer(message, "timestamp", inside="lastMessage."), field="lastMessage.timestamp")
    seq = check_sequence_number(message.get("seq") or 0, "lastMessage.seq")
    if type_ == ConversationType.GROUP:
        return packed.decode(), sent_s, positions.of_group(seq)
    random = _integer(message, "random", inside="lastMessage.")
    return packed.decode(), sent_s, positions.of_c2c(sent_s, seq % (1 << 32), random % (1 << 32))


def _has_nul(value: Any) -> bool:
    if type(value) is dict:
        return any(_has_nul(key) or _has_nul(part) for key, part in value.items())
    if type(value) is list:
        return any(map(_has_nul, value))
    return type(value) is str and "\0" in value
