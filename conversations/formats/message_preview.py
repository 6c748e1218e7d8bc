"""What a last message says in one line, in words: a pure function of its stored JSON.

The JSON is kept as it came, so nothing is taken for granted about the types of its parts.
Source: V2TIMMessage; names of elements as in Flutter's V2TimMessage up to 8.4, the SDK's classic dialect.
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations.choices import ConversationType, ElemType, MessageStatus

# Which key holds the element of a type; classic messages carry only this one.
ELEMENT_KEYS = {
    ElemType.TEXT: "textElem",
    ElemType.CUSTOM: "customElem",
    ElemType.IMAGE: "imageElem",
    ElemType.SOUND: "soundElem",
    ElemType.VIDEO: "videoElem",
    ElemType.FILE: "fileElem",
    ElemType.LOCATION: "locationElem",
    ElemType.FACE: "faceElem",
    ElemType.GROUP_TIPS: "groupTipsElem",
    ElemType.MERGER: "mergerElem",
    ElemType.GROUP_REPORT: "groupReportElem",
    ElemType.STREAM: "streamElem",
}
# The part of an element that says more than its kind.
CAPTIONS = {
    ElemType.CUSTOM: "desc",
    ElemType.FILE: "fileName",
    ElemType.LOCATION: "desc",
    ElemType.MERGER: "title",
}
# In a group the sender is shown by the first of these that is there, as the vendor's apps do.
SENDER_KEYS = ("nameCard", "friendRemark", "nickName", "sender")
GONE = (MessageStatus.REVOKED, MessageStatus.DELETED)
MAX_ELEMENTS = 10
MAX_LENGTH = 200
MAX_FULL_LENGTH = 5000


def in_words(last_message: str | None, type_: int) -> str:
    """One line, "" if there is no message; in a group it starts with the sender. `type_` is the conversation's."""
    message = _object(orjson.loads(last_message)) if last_message else {}
    if not message:
        return ""
    if message.get("status") in GONE:
        return _kind(MessageStatus(message["status"]))
    words = " ".join(_element_in_words(*element, _one_line) for element in _elements(message))
    words = _one_line(words) or _kind(ElemType.NONE)
    sender = sender_of(message)
    if type_ != ConversationType.GROUP or message.get("isSelf") is True or not sender:
        return words
    return _("%(sender)s: %(words)s") % {"sender": sender, "words": words}


def in_full(message: dict[str, Any]) -> list[str]:
    """A stored message's elements in words, each with all its text and lines."""
    parts = [_element_in_words(*element, _whole) for element in _elements(message)]
    return [part for part in parts if part] or [_kind(ElemType.NONE)]


def kinds_of(message: dict[str, Any]) -> list[str]:
    """What kinds of elements a stored message has, and none of what they say."""
    return [_kind(type_ or ElemType.NONE) for type_, _element in _elements(message)]


def is_notice(message: dict[str, Any]) -> bool:
    """Whether it is the group itself that speaks."""
    return any(type_ in (ElemType.GROUP_TIPS, ElemType.GROUP_REPORT) for type_, _element in _elements(message))


def sender_of(message: dict[str, Any]) -> str:
    """The name that other members see, or the user ID."""
    return next(filter(None, (_text(message, key, _one_line) for key in SENDER_KEYS)), "")


def _elements(message: dict[str, Any]) -> Iterator[tuple[ElemType | None, dict[str, Any]]]:
    """Each element with its type, None for a type that we don't know; further ones hang on `nextElem`."""
    holder = message
    for _count in range(MAX_ELEMENTS):
        type_ = _type_of(holder)
        # An element that follows another may also hold its parts itself.
        element = _object(holder.get(ELEMENT_KEYS.get(type_))) or ({} if holder is message else holder)
        yield type_, element
        holder = _object(element.get("nextElem"))
        if not holder:
            return


def _type_of(holder: dict[str, Any]) -> ElemType | None:
    number = holder.get("elemType")
    if type(number) is int and number in ElemType.values and number != ElemType.NONE:
        return ElemType(number)
    return next((type_ for type_, key in ELEMENT_KEYS.items() if holder.get(key)), None)


def _element_in_words(type_: ElemType | None, element: dict[str, Any], fitted: Callable[[str], str]) -> str:
    if type_ == ElemType.TEXT:
        return _text(element, "text", fitted)
    kind = _kind(type_ or ElemType.NONE)
    caption = _text(element, CAPTIONS[type_], fitted) if type_ in CAPTIONS else _seconds(element)
    return _("%(kind)s %(caption)s") % {"kind": kind, "caption": caption} if caption else kind


def _seconds(element: dict[str, Any]) -> str:
    """How long a voice message or video is."""
    duration = element.get("duration")
    return _("%(count)d s") % {"count": duration} if type(duration) is int and duration > 0 else ""


def _kind(kind: ElemType | MessageStatus) -> str:
    return _("[%(kind)s]") % {"kind": kind.label}


def _object(value: Any) -> dict[str, Any]:
    return value if type(value) is dict else {}


def _text(holder: dict[str, Any], key: str, fitted: Callable[[str], str]) -> str:
    value = holder.get(key)
    return fitted(value) if type(value) is str else ""


def _one_line(text: str) -> str:
    line = " ".join(text[: 4 * MAX_LENGTH].split())
    return line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…"


def _whole(text: str) -> str:
    return text.strip() if len(text) <= MAX_FULL_LENGTH else text[: MAX_FULL_LENGTH - 1] + "…"
