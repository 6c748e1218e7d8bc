"""The content of a classic message, as opposed to its envelope: sender, time, thread and flags.

An edit replaces content, a recall removes it. Neither changes the envelope, so both can be applied to any viewer's copy of a
message. Source: V2TIMMessage; "Modifying Historical One-to-One Messages" and "Modifying Historical Group Messages".
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from conversations.choices import ElemType, MessageStatus
from conversations.formats.c_api_names import AT_ALL_CLASSIC
from conversations.formats.message_preview import ELEMENT_KEYS, elements_of

Body = dict[str, Any]

ELEMENT_PARTS = frozenset({"elemType", "MsgBody", *ELEMENT_KEYS.values()})
CUSTOM_DATA, AT_USERS = "cloudCustomData", "groupAtUserList"
# The keys that a notice keeps.
ENVELOPE_KEYS = frozenset({
    "msgID", "timestamp", "progress", "sender", "nickName", "friendRemark", "faceUrl", "nameCard", "groupID", "userID",
    "status", "isSelf", "isRead", "isPeerRead", "priority", "seq", "random", "isExcludedFromUnreadCount",
    "isExcludedFromLastMessage", "isSupportMessageExtension", "needReadReceipt", "hasRiskContent", "revokeReason",
    "isBroadcastMessage", "revokerInfo", "isExcludedFromContentModeration",
})  # fmt: skip
# The keys that a notice has with an empty value, if the message has them.
EMPTIED: Mapping[str, Any] = {
    CUSTOM_DATA: "", AT_USERS: [], "localCustomData": "", "localCustomInt": 0, "offlinePushInfo": {},
}  # fmt: skip
# The parts of the elements that clients can edit. Source: V2TIMMessageManager.modifyMessage.
EDITABLE: Mapping[ElemType | None, tuple[str, ...]] = {
    ElemType.TEXT: ("text",),
    ElemType.CUSTOM: ("data", "desc", "extension"),
    ElemType.LOCATION: ("desc", "longitude", "latitude"),
    ElemType.FACE: ("index", "data"),
}
# Who wrote a message, and what is said of who recalled it.
NAMES = ("nickName", "friendRemark", "nameCard", "faceUrl", "revokeReason")
# The edit of a message whose sender was erased: it replaces all other edits, and no later one replaces it.
ERASED_EDIT = '{"erased":[0,true]}'
# A client's own message before the server has taken it.
UNSENT = (MessageStatus.SENDING, MessageStatus.FAILED)
SAME_RANDOM_S = 300


# ---- Recalls and edits -------------------------------------------------------------------------


def to_notice(body: Mapping[str, Any], revoker: str = "") -> Body:
    """Return a recalled message: its envelope with status 6, nothing of its content. `revoker` is "" if unknown."""
    kept = {key: EMPTIED.get(key, value) for key, value in body.items() if key in ENVELOPE_KEYS or key in EMPTIED}
    revoker_info = {"userID": revoker} if revoker else body.get("revokerInfo")
    return kept | {"status": int(MessageStatus.REVOKED), "revokerInfo": revoker_info, "elemType": int(ElemType.NONE)}


def to_erased(body: Mapping[str, Any], *, is_group: bool) -> Body:
    """Return a message of an erased user: the notice of a recalled one, without any name and, in a group, without the sender.

    One to one, the conversation names the sender anyway.
    """
    notice = to_notice(body)
    nameless = (*NAMES, "sender") if is_group else NAMES
    return notice | {key: "" for key in nameless if key in notice} | {"revokerInfo": None}


def is_erased(edit: str) -> bool:
    """Return whether a message with this edit has lost its content because its sender was erased."""
    return edit == ERASED_EDIT


def is_recalled(body: Mapping[str, Any]) -> bool:
    """Return whether a message is the notice of a recalled one."""
    return body.get("status") == MessageStatus.REVOKED


def combine(first: Body, second: Body) -> Body:
    """Return what two reports of one message make: of its envelope and of each part of its content the longer one.

    Any rule would do that does not depend on their order, and does not mix the parts.
    """
    both = (first, second)
    custom_data = max((body.get(CUSTOM_DATA, "") for body in both), key=_length_and_text)
    at_users = max((body.get(AT_USERS, []) for body in both), key=_length_and_text)
    elements = max((_elements_in(body) for body in both), key=_length_and_text)
    envelope = max((_without_content(body) for body in both), key=_length_and_text)
    return envelope | {CUSTOM_DATA: custom_data, AT_USERS: at_users} | elements


def _elements_in(body: Body) -> Body:
    return {key: value for key, value in body.items() if key in ELEMENT_PARTS}


def _without_content(body: Body) -> Body:
    envelope = {key: value for key, value in body.items() if key not in ELEMENT_PARTS}
    # A recall says the same of both.
    return envelope | {CUSTOM_DATA: "", AT_USERS: [], "status": int(MessageStatus.SENT), "revokerInfo": None}


def _length_and_text(value: Any) -> tuple[int, bytes]:
    text = orjson.dumps(value)
    return len(text), text


# The parts that an edit can replace. A message's edits are stored as JSON, the newest of each part with its EventTime.
ELEMENTS, MENTIONS = "elements", "mentions"


def edit_to_json(event_time_ms: int, parts: Mapping[str, Any]) -> str:
    """Return the JSON of an edit; `parts` are ELEMENTS, CUSTOM_DATA and MENTIONS, as far as it replaces them."""
    return orjson.dumps({name: [event_time_ms, parts[name]] for name in sorted(parts)}).decode()


def merge_edits(first: str, second: str) -> str:
    """Return the newest edit of each part, in the order of EventTime; at one time the longer one."""
    if not (first and second):
        return first or second
    both = (orjson.loads(first), orjson.loads(second))
    parts = {}
    for name in sorted(both[0].keys() | both[1].keys()):
        parts[name] = max((edit[name] for edit in both if name in edit), key=lambda part: (part[0], *_length_and_text(part[1])))
    return orjson.dumps(parts).decode()


def edited_mentions(edit: str) -> tuple[bool, list[str]] | None:
    """Return whether an edit mentions everyone, and whom it names; None if it does not replace the mentions."""
    mentions = orjson.loads(edit).get(MENTIONS) if edit else None
    return mentions and (mentions[1]["all"], mentions[1]["accounts"])


def edit_without_mention(edit: str, user_id: str) -> str:
    """Return an edit that does not mention this user any more."""
    parts = orjson.loads(edit) if edit else {}
    if MENTIONS not in parts or user_id not in parts[MENTIONS][1]["accounts"]:
        return edit
    parts[MENTIONS][1]["accounts"].remove(user_id)
    return orjson.dumps(parts).decode()


def with_edit(body: Body, edit: str) -> Body:
    """Return a message with the parts that an edit replaces."""
    parts = {name: part for name, (_time, part) in orjson.loads(edit).items()} if edit else {}
    if CUSTOM_DATA in parts:
        body = body | {CUSTOM_DATA: parts[CUSTOM_DATA]}
    if MENTIONS in parts:
        mentions = parts[MENTIONS]
        body = body | {AT_USERS: [*([AT_ALL_CLASSIC] if mentions["all"] else []), *mentions["accounts"]]}
    if ELEMENTS in parts:
        body = {key: value for key, value in body.items() if key not in ELEMENT_PARTS} | parts[ELEMENTS]
    return body


# ---- Two reports of a message ------------------------------------------------------------------


def stage(body: Mapping[str, Any]) -> int:
    """Return how far a message has come: 0 before the server has it, 1 sent, 2 recalled."""
    return 0 if body.get("status") in UNSENT else 2 if is_recalled(body) else 1


def is_same_message(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Return whether two objects are one message, of which a client may give other times before it is sent."""
    if _has_same_id(first, second):
        return True
    times = [body.get("timestamp") or 0 for body in (first, second)]
    is_near = abs(times[0] - times[1]) <= SAME_RANDOM_S and not (stage(first) and stage(second))
    return is_near and _has_same_random(first, second)


def _has_same_id(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return bool(first.get("msgID")) and first["msgID"] == second.get("msgID")


def _has_same_random(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return bool(first.get("random") and first.get("sender")) and all(
        first[key] == second.get(key) for key in ("random", "sender")
    )


def _is_reworded(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two objects of one message have the same kinds of elements, but differ in what an edit can change."""
    parts, other_parts = list(_editable_parts(body)), list(_editable_parts(other))
    if [type_ for type_, _values in parts] != [type_ for type_, _values in other_parts]:
        return False
    return parts != other_parts or (CUSTOM_DATA in body and (body[CUSTOM_DATA] or "") != (other.get(CUSTOM_DATA) or ""))


def _editable_parts(body: Mapping[str, Any]) -> Iterator[tuple[ElemType | None, list[Any]]]:
    for type_, element in elements_of(body):
        yield type_, [element.get(key) or "" for key in EDITABLE.get(type_, ())]


def is_newer_state(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether an object at a stored message's position is this message in a later state: recalled, or edited.

    The stored one was neither edited nor recalled, so whatever differs from it is later.
    """
    is_same = _has_same_id(body, other) or _has_same_random(body, other)
    return is_same and bool(stage(body)) and (is_recalled(body) or _is_reworded(body, other))


def is_edit(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two objects at one position are one message, and differ in what an edit can change."""
    return (_has_same_id(body, other) or _has_same_random(body, other)) and _is_reworded(body, other)
