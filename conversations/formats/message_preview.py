"""Previews of messages in words: pure functions of their stored JSON.

Clients' JSON is stored unchanged, so a part may have any type.
Source: V2TIMMessage; names of elements as in Flutter's V2TimMessage up to 8.4, the SDK's classic dialect.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext as _

from conversations.choices import ConversationType, ElemType, MessageStatus
from conversations.formats import attachments

# The key of the element of each type; a classic message has no other.
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
KNOWN_TYPES = frozenset(ElemType.values)  # which are a new list each time
# The part of an element that is shown beside its kind.
CAPTIONS = {
    ElemType.CUSTOM: "desc",
    ElemType.FILE: "fileName",
    ElemType.LOCATION: "desc",
    ElemType.MERGER: "title",
}
# In a group, the first of these that is present names the sender, as in the vendor's apps.
SENDER_KEYS = ("nameCard", "friendRemark", "nickName", "sender")
WITHDRAWN = (MessageStatus.REVOKED, MessageStatus.DELETED)
MAX_ELEMENTS = 10
MAX_LENGTH = 200
MAX_FULL_LENGTH = 5000


class Part(NamedTuple):
    """The preview of one element, and where its content is on the web: "" for nowhere."""

    text: str
    url: str = ""

    @property
    def host(self) -> str:
        """The host to which the address leads."""
        return attachments.host_of(self.url)


def one_line_preview(last_message: str | None, type_: int) -> str:
    """Return a preview on one line, "" without a message. `type_` is the conversation's; in a group the sender comes first."""
    message = _object(orjson.loads(last_message)) if last_message else {}
    if not message:
        return ""
    preview, sender = content_preview(message), sender_of(message)
    is_alone = message.get("status") in WITHDRAWN or message.get("isSelf") is True or not sender
    if type_ != ConversationType.GROUP or is_alone:
        return preview
    return _("%(sender)s: %(words)s") % {"sender": sender, "words": preview}


def content_preview(message: Mapping[str, Any]) -> str:
    """Return a preview of a stored message on one line, without its sender."""
    if message.get("status") in WITHDRAWN:
        return _kind(MessageStatus(message["status"]))
    preview = " ".join(_element_preview(*element, _one_line) for element in elements_of(message))
    return _one_line(preview) or _kind(ElemType.NONE)


def element_previews(message: dict[str, Any]) -> list[Part]:
    """Return a preview of each element of a stored message, with its whole text and its lines."""
    if message.get("status") in WITHDRAWN:
        return [Part(_kind(MessageStatus(message["status"])))]
    parts = [Part(_element_preview(*element, _whole), attachments.address_of(*element)) for element in elements_of(message)]
    return [part for part in parts if part.text] or [Part(_kind(ElemType.NONE))]


def element_kinds(message: dict[str, Any]) -> list[Part]:
    """Return the kind of each element of a stored message, for staff who must not see its content."""
    if message.get("status") in WITHDRAWN:
        return [Part(_kind(MessageStatus(message["status"])))]
    return [Part(_kind(type_ or ElemType.NONE)) for type_, _element in elements_of(message)]


def is_notice(message: dict[str, Any]) -> bool:
    """Return whether a stored message is a system notice of its group."""
    return any(type_ in (ElemType.GROUP_TIPS, ElemType.GROUP_REPORT) for type_, _element in elements_of(message))


def sender_of(message: dict[str, Any]) -> str:
    """Return the sender's name as other members see it, or the user ID."""
    return next(filter(None, (_text(message, key, _one_line) for key in SENDER_KEYS)), "")


def elements_of(message: Mapping[str, Any]) -> Iterator[tuple[ElemType | None, Mapping[str, Any]]]:
    """Yield each element with its type, None for an unknown type; the next one is under `nextElem`."""
    holder = message
    for _count in range(MAX_ELEMENTS):
        type_ = _type_of(holder)
        # After the first, the parts of an element may also stand in the holder itself.
        key = None if type_ is None else ELEMENT_KEYS.get(type_)
        element = (_object(holder.get(key)) if key else {}) or ({} if holder is message else holder)
        yield type_, element
        holder = _object(element.get("nextElem"))
        if not holder:
            return


def _type_of(holder: Mapping[str, Any]) -> ElemType | None:
    number = holder.get("elemType")
    if type(number) is int and number in KNOWN_TYPES and number != ElemType.NONE:
        return ElemType(number)
    return next((type_ for type_, key in ELEMENT_KEYS.items() if holder.get(key)), None)


def _element_preview(type_: ElemType | None, element: Mapping[str, Any], shorten: Callable[[str], str]) -> str:
    if type_ == ElemType.TEXT:
        return _text(element, "text", shorten)
    kind = _kind(type_ or ElemType.NONE)
    caption = _text(element, CAPTIONS[type_], shorten) if type_ in CAPTIONS else _seconds(element)
    return _("%(kind)s %(caption)s") % {"kind": kind, "caption": caption} if caption else kind


def _seconds(element: Mapping[str, Any]) -> str:
    """Return the length of a voice message or video, "" without one."""
    duration = element.get("duration")
    return _("%(count)d s") % {"count": duration} if type(duration) is int and duration > 0 else ""


def _kind(kind: ElemType | MessageStatus) -> str:
    return _("[%(kind)s]") % {"kind": kind.label}


def _object(value: Any) -> dict[str, Any]:
    return value if type(value) is dict else {}


def _text(holder: Mapping[str, Any], key: str, shorten: Callable[[str], str]) -> str:
    value = holder.get(key)
    return shorten(value) if type(value) is str else ""


def _one_line(text: str) -> str:
    line = " ".join(text[: 4 * MAX_LENGTH].split())
    return line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…"


def _whole(text: str) -> str:
    return text.strip() if len(text) <= MAX_FULL_LENGTH else text[: MAX_FULL_LENGTH - 1] + "…"
