"""A row to and from the 20 classic keys of V2TIMConversation, as JSON bytes and as objects.

Source: V2TIMConversation; keys and types as in Flutter's V2TimConversation up to 8.4, the SDK's classic dialect.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, Self

import orjson
from django.utils.translation import gettext as _

from conversations import identifiers, positions
from conversations.choices import (
    ALLOWED_MARKS,
    FIRST_CUSTOM_MARK_BIT,
    MARK_BITS,
    OLD_GROUP_TYPES,
    AtType,
    ConversationType,
    GroupType,
    ReceiveOption,
)
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import GroupNameTooLong, InvalidParameter
from conversations.times import check_epoch_s, from_epoch_s

REVISION = 1  # part of every ETag: raise it when the JSON of an unchanged row changes

KEYS = (
    "conversationID", "type", "userID", "groupID", "groupType", "showName", "faceUrl", "recvOpt", "unreadCount", "draftText",
    "draftTimestamp", "isPinned", "orderkey", "groupAtInfoList", "customData", "c2cReadTimestamp", "groupReadSequence",
    "markList", "conversationGroupList", "lastMessage",
)  # fmt: skip

MAX_GROUPS, GROUP_NAME_MAX_BYTES = 20, 32
CUSTOM_DATA_MAX_BYTES = 256
LAST_MESSAGE_MAX_BYTES = 64 * 1024
TEXT_MAX_LENGTH = 20_000
MAX_AT_ENTRIES = 1000
INT32_MAX, INT64_MAX = (1 << 31) - 1, (1 << 63) - 1

# Pinned conversations carry this bit in the vendor's own order keys.
VENDOR_PINNED_BIT = 1 << 62
# Vendor keys are small counters; ours are epoch microseconds, which passed 10^15 in 2001.
OWN_ORDER_KEY_FROM = 10**15


class Entry(NamedTuple):
    """A conversation as it came over the wire: checked, normalised, in the columns' types."""

    conversation_id: str
    type: int
    group_type: str
    show_name: str
    face_url: str
    recv_opt: int
    unread_count: int
    last_message: str | None
    last_message_at: datetime | None
    last_message_position: str
    draft_text: str
    draft_timestamp: int
    is_pinned: bool
    order_key: int
    group_at_info: str
    marks: int
    custom_data: str
    c2c_read_timestamp: int
    group_read_sequence: int
    group_names: tuple[str, ...]  # last: all before it are columns as they are

    def with_read_position_of(self, other: "ReadPosition") -> Self:
        """Return the entry with the further read position of both; what that covers is not unread."""
        given = self.c2c_read_timestamp, self.group_read_sequence
        c2c, group = max(given[0], other.c2c_read_timestamp), max(given[1], other.group_read_sequence)
        if (c2c, group) == given:
            return self
        limit = positions.unread_at_most(self.last_message_position, self.type, c2c, group)
        unread = self.unread_count if limit is None else min(self.unread_count, limit)
        mentions = at_info_after(self.group_at_info, group)
        return self._replace(unread_count=unread, group_at_info=mentions, c2c_read_timestamp=c2c, group_read_sequence=group)

    def without_cleared(self, stored: "DeletedPositions") -> Self:
        """Return the entry without what its owner has deleted: messages, the unread count they can account for, mentions."""
        gone = max(stored.deleted_position, stored.cleared_position)
        if not gone:
            return self
        entry = self
        if entry.last_message_position <= gone:
            entry = entry._replace(unread_count=0)
        if entry.last_message_position <= stored.cleared_position:
            entry = entry._replace(last_message=None, last_message_at=None, last_message_position=positions.NO_POSITION)
        if entry.type == ConversationType.GROUP:
            seq = int(gone)
            left = max(0, int(entry.last_message_position or 0) - seq)
            mentions = at_info_after(entry.group_at_info, seq)
            entry = entry._replace(unread_count=min(entry.unread_count, left), group_at_info=mentions)
        return entry


class ReadPosition(Protocol):
    """Anything with a read position: an entry, or a stored row."""

    @property
    def c2c_read_timestamp(self) -> int: ...
    @property
    def group_read_sequence(self) -> int: ...


class DeletedPositions(Protocol):
    """Anything that knows up to where its owner deleted and cleared."""

    @property
    def deleted_position(self) -> str: ...
    @property
    def cleared_position(self) -> str: ...


# ---- A row to JSON ---------------------------------------------------------------------------


def to_json(wire_head: bytes, last_message: bytes | None, middle: bytes, extra: bytes = b"") -> bytes:
    """The conversation object; `middle` is `marks_and_groups()` of the row."""
    return b"%b%b%b%b}" % (wire_head, middle, last_message or b"null", extra)


@lru_cache(maxsize=4096)
def marks_and_groups(marks: int, conversation_groups: int, group_names: str) -> bytes:
    """The JSON between head and last message. `group_names` is the owner's, JSON as stored."""
    names = group_list(conversation_groups, group_names)
    lists = orjson.dumps({"markList": mark_list(marks), "conversationGroupList": names})
    return b',%b,"lastMessage":' % lists[1:-1]


def group_list(conversation_groups: int, group_names: str) -> list[str]:
    """The names of the bits, sorted: which bit each has differs from one database to the next."""
    return sorted(name for bit, name in enumerate(orjson.loads(group_names)) if name and conversation_groups >> bit & 1)


def all_groups(group_names: str) -> list[str]:
    """The names of an owner's conversation groups, sorted, without the places of deleted ones. JSON as stored."""
    return sorted(name for name in orjson.loads(group_names) if name)


def extra_json(version: int, membership: str) -> bytes:
    """The one more key that `extra=true` asks for."""
    return b',"imsite":%b' % orjson.dumps({"version": version, "membership": membership})


def row_to_json(wire_head: str, last_message: str | None, marks: int, conversation_groups: int, group_names: str) -> bytes:
    """The conversation object from a row's columns and its owner's group names."""
    middle = marks_and_groups(marks, conversation_groups, group_names)
    return to_json(wire_head.encode(), last_message.encode() if last_message else None, middle)


def mark_list(marks: int) -> list[int]:
    """One number for each bit set, smallest first. `marks` is signed, as stored."""
    return [1 << bit for bit in range(MARK_BITS) if marks >> bit & 1]


def to_signed(marks: int) -> int:
    """64 mark bits as the database's signed number."""
    return marks - (1 << MARK_BITS) if marks >> (MARK_BITS - 1) else marks


# ---- JSON to a row ---------------------------------------------------------------------------


def from_wire(values: Mapping[str, Any]) -> Entry:
    """Check and normalise one conversation object; null and absent mean empty.

    Raises InvalidParameter, naming the key. The order key is ours afterwards: a vendor's is remade from the newest activity.
    """
    if not _KNOWN_KEYS.issuperset(values):
        raise _refuse(min(values.keys() - _KNOWN_KEYS, key=str), _("Unknown key."))
    conversation_id = _text(values, "conversationID", identifiers.CONVERSATION_ID_MAX_BYTES)
    type_, bare_id = identifiers.split(conversation_id)
    _check_same(values, "type", type_, allowed=(0, None))
    _check_same(values, "userID", bare_id if type_ == ConversationType.C2C else "", allowed=("", None))
    _check_same(values, "groupID", bare_id if type_ == ConversationType.GROUP else "", allowed=("", None))
    last_message, sent_s, position = _last_message(values.get("lastMessage"), type_)
    draft_timestamp = check_epoch_s(_integer(values, "draftTimestamp"), field="draftTimestamp")
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
        _text(values, "draftText"),
        draft_timestamp,
        _boolean(values, "isPinned"),
        _order_key(_integer(values, "orderkey"), max(sent_s, draft_timestamp)),
        _group_at_info(values.get("groupAtInfoList")),
        _marks(values.get("markList")),
        check_custom_data(_text(values, "customData")),
        check_epoch_s(_integer(values, "c2cReadTimestamp"), field="c2cReadTimestamp"),
        _integer(values, "groupReadSequence"),
        _group_names(values.get("conversationGroupList")),
    )


_KNOWN_KEYS = frozenset(KEYS)
_LAST_RECEIVE_OPTION = int(max(ReceiveOption))


def _refuse(key: str, why: str) -> InvalidParameter:
    return InvalidParameter(f"{key}: {why}", field=key)


def _check_storable(text: str, key: str) -> str:
    if "\0" in text:
        raise _refuse(key, _("NUL characters are not allowed."))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _refuse(key, _("Unpaired surrogates are not allowed.")) from None
    return text


def _text(values: Mapping[str, Any], key: str, max_length: int = TEXT_MAX_LENGTH) -> str:
    text = values.get(key)
    return "" if text is None or text == "" else check_text(text, key, max_length)


def check_text(text: Any, key: str, max_length: int = TEXT_MAX_LENGTH) -> str:
    """Give `text` back, or raise InvalidParameter for what is none, or too long, or can't be stored."""
    if type(text) is not str:
        raise _refuse(key, _("Must be text."))
    if len(text) > max_length:
        raise _refuse(key, _("At most %(count)d characters.") % {"count": max_length})
    return _check_storable(text, key)


def _integer(values: Mapping[str, Any], key: str, most: int = INT64_MAX, *, inside: str = "") -> int:
    number = values.get(key)
    if type(number) is int and 0 <= number <= most:
        return number
    if number is None:
        return 0
    if type(number) is not int:
        raise _refuse(inside + key, _("Must be a whole number."))
    raise _refuse(inside + key, _("Must be from 0 to %(most)d.") % {"most": most})


def _boolean(values: Mapping[str, Any], key: str) -> bool:
    flag = values.get(key, False)
    if flag is not None and type(flag) is not bool:
        raise _refuse(key, _("Must be true or false."))
    return bool(flag)


def _check_same(values: Mapping[str, Any], key: str, expected: Any, *, allowed: tuple) -> None:
    given = values.get(key)
    if (given != expected and given not in allowed) or type(given) is bool:
        raise _refuse(key, _("Does not fit the conversationID."))


def _list(value: Any, key: str) -> list:
    if value is None:
        return []
    if type(value) is not list:
        raise _refuse(key, _("Must be a list."))
    return value


def _group_type(value: Any, type_: ConversationType) -> str:
    if value is None or value == "":
        return ""
    if type(value) is str and value in _GROUP_TYPES and type_ == ConversationType.GROUP:
        return _GROUP_TYPES[value]
    raise _refuse("groupType", _("Must be one of %(choices)s, and for groups only.") % {"choices": ", ".join(GroupType)})


# The V2 word for each, old or new.
_GROUP_TYPES = {word: word for word in GroupType.values} | {old: new.value for old, new in OLD_GROUP_TYPES.items()}


def _order_key(given: int, newest_s: int) -> int:
    if given & VENDOR_PINNED_BIT or given < OWN_ORDER_KEY_FROM:
        return newest_s * 1_000_000
    if given >= 1 << 53:
        raise _refuse("orderkey", _("Must be below 2^53, or have the bit for pinned."))
    return given


def _marks(value: Any) -> int:
    marks = 0
    for mark in _list(value, "markList"):
        if type(mark) is not int or mark <= 0 or mark & ~ALLOWED_MARKS:
            raise _refuse("markList", _("Each is 1, 2, 4, 8 or 1<<n with n from %(n)d to 63.") % {"n": FIRST_CUSTOM_MARK_BIT})
        marks |= mark
    return to_signed(marks)


def _group_names(value: Any) -> tuple[str, ...]:
    if not value and (value is None or type(value) is list):
        return ()
    names = tuple(sorted({check_group_name(name) for name in _list(value, "conversationGroupList")}))
    if len(names) > MAX_GROUPS:
        raise _refuse("conversationGroupList", _("At most %(count)d conversation groups.") % {"count": MAX_GROUPS})
    return names


def check_custom_data(text: Any) -> str:
    """Give an app's own data back, or raise InvalidParameter."""
    if len(check_text(text, "customData").encode()) > CUSTOM_DATA_MAX_BYTES:
        raise _refuse("customData", _("At most %(count)d bytes of UTF-8.") % {"count": CUSTOM_DATA_MAX_BYTES})
    return text


def check_group_name(name: Any, *, field: str = "conversationGroupList") -> str:
    """Give a conversation group's name back. Raises InvalidParameter, and of its subclasses GroupNameTooLong."""
    length = len(check_text(name, field).encode())
    if 1 <= length <= GROUP_NAME_MAX_BYTES:
        return name
    error = GroupNameTooLong if length else InvalidParameter
    why = _("A name is 1 to %(count)d bytes of UTF-8.") % {"count": GROUP_NAME_MAX_BYTES}
    raise error(f"{field}: {why}", field=field)


def _group_at_info(value: Any) -> str:
    entries = []
    if len(given := _list(value, "groupAtInfoList")) > MAX_AT_ENTRIES:
        raise _refuse("groupAtInfoList", _("At most %(count)d entries.") % {"count": MAX_AT_ENTRIES})
    for entry in given:
        if type(entry) is not dict or entry.keys() - {"seq", "atType"}:
            raise _refuse("groupAtInfoList", _("Each entry has seq and atType."))
        if type(entry.get("atType")) is not int or entry["atType"] not in AtType.values:
            raise _refuse("groupAtInfoList", _("atType is 1, 2 or 3."))
        entries.append({"seq": str(_seq(entry.get("seq"), "groupAtInfoList")), "atType": entry["atType"]})
    return orjson.dumps(entries).decode() if entries else "[]"


def at_seqs(group_at_info: str) -> list[int]:
    """The sequence numbers of the messages that mention, from a row's JSON."""
    return [int(entry["seq"]) for entry in orjson.loads(group_at_info)]


def at_info_after(group_at_info: str, seq: int) -> str:
    """A row's @ entries without those of messages up to `seq`."""
    left = [entry for entry in orjson.loads(group_at_info) if int(entry["seq"]) > seq]
    return orjson.dumps(left).decode()


def at_entries(group_at_info: str) -> dict[int, int]:
    """The @ types by the sequence numbers of their messages, from a row's JSON."""
    return {int(entry["seq"]): entry["atType"] for entry in orjson.loads(group_at_info)}


def _seq(value: Any, key: str) -> int:
    """A sequence number, which travels as text because it may pass 2^53."""
    if type(value) is str:
        value = parse_digits(value, at_most=INT64_DIGITS)
    if type(value) is not int or not 0 <= value <= INT64_MAX:
        raise _refuse(key, _("seq is a whole number, or one as text."))
    return value


def _last_message(message: Any, type_: ConversationType) -> tuple[str | None, int, str]:
    """A message's canonical JSON, MsgTime and position; it is kept whole, with keys we do not know."""
    if message is None:
        return None, 0, positions.NO_POSITION
    if type(message) is not dict:
        raise _refuse("lastMessage", _("Must be an object."))
    try:
        packed = orjson.dumps(message)
    except TypeError as error:
        raise _refuse("lastMessage", str(error)) from error
    if len(packed) > LAST_MESSAGE_MAX_BYTES:
        raise _refuse("lastMessage", _("At most %(count)d bytes.") % {"count": LAST_MESSAGE_MAX_BYTES})
    if b"\\u0000" in packed and _holds_nul(message):
        raise _refuse("lastMessage", _("NUL characters are not allowed."))
    sent_s = check_epoch_s(_integer(message, "timestamp", inside="lastMessage."), field="lastMessage.timestamp")
    seq = _seq(message.get("seq") or 0, "lastMessage.seq")
    if type_ == ConversationType.GROUP:
        return packed.decode(), sent_s, positions.of_group(seq)
    random = _integer(message, "random", inside="lastMessage.")
    return packed.decode(), sent_s, positions.of_c2c(sent_s, seq % (1 << 32), random % (1 << 32))


def _holds_nul(value: Any) -> bool:
    if type(value) is dict:
        return any(_holds_nul(key) or _holds_nul(part) for key, part in value.items())
    if type(value) is list:
        return any(map(_holds_nul, value))
    return type(value) is str and "\0" in value
