"""Read messages, edits and recalls from the bodies of the vendor's send, import and recall calls; pure, no database.

Source: "Sending One-to-One Messages to One User", "Sending Ordinary Messages in a Group", "Importing One-to-One Messages",
"Importing Group Messages", "Message Formats" and the two recall pages.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations.choices import ConversationType
from conversations.formats import fields, message_body
from conversations.formats.checks import refuse, refuse_unknown
from conversations.formats.conversation import LAST_MESSAGE_MAX_BYTES
from conversations.formats.fields import Body
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, Mentions, MessageEdit

# The first that is present counts: the webhooks' name, that of the one-to-one calls, that of import_group_msg.
TIME_KEYS = ("MsgTime", "MsgTimeStamp", "SendTime")
RANDOM_KEYS = ("MsgRandom", "Random")
GROUP_ONLY_KEYS = frozenset({*fields.GROUP_ID_KEYS, "TopicId", "GroupAtInfo"})
KEYS = GROUP_ONLY_KEYS | {
    "From_Account", "To_Account", *TIME_KEYS, *RANDOM_KEYS, "MsgSeq", "MsgKey", "MsgId", "MsgBody", "CloudCustomData",
    "SendMsgControl", "OnlineOnlyFlag", "MsgLifeTime", "SyncFromOldSystem",
    # Documented, and not shown by any conversation.
    "SyncOtherMachine", "ForbidCallbackControl", "OfflinePushInfo", "MsgPriority", "SupportMessageExtension",
    "IsNeedReadReceipt", "NeedReadReceipt", "RecentContactFlag", "SdkAppid",
}  # fmt: skip
C2C_RECALL_KEYS = frozenset({"From_Account", "To_Account", "MsgKey", "Operator_Account", "Reason", "SdkAppid"})
GROUP_RECALL_KEYS = frozenset({*fields.GROUP_ID_KEYS, "TopicId", "MsgSeqList", "Operator_Account", "Reason", "SdkAppid"})
_EDIT_KEYS = frozenset({"MsgBody", "CloudCustomData", "EventTime", "Operator_Account", "SdkAppid"})
C2C_EDIT_KEYS = _EDIT_KEYS | {"From_Account", "To_Account", "MsgKey"}
GROUP_EDIT_KEYS = _EDIT_KEYS | {*fields.GROUP_ID_KEYS, "TopicId", "MsgSeq", "GroupAtInfo"}

NO_UNREAD, NO_LAST_MSG = "NoUnread", "NoLastMsg"
SEND_CONTROLS = (NO_UNREAD, NO_LAST_MSG, "WithMuteNotifications", "NoMsgCheck")
HISTORY = 2  # a value of SyncFromOldSystem: imported as read
ELEMENTS_MAX = 100
# A last message also has its sender's names and avatar, and an import must still accept it with them.
NAMES_MAX_BYTES = 4096

# In the JSON of orjson: not after a backslash that itself is escaped.
NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def bodies(record: Any) -> list[Any]:
    """Return the bodies in a request, for `message`: of a single message, of a list, or of import_group_msg's MsgList."""
    if type(record) is list:
        return record
    if type(record) is not dict or "MsgList" not in record:
        return [record]
    shared = {key: value for key, value in record.items() if key != "MsgList"}
    return [shared | item for item in fields.list_of(record, "MsgList", dict)]


def message(body: Any, *, now_s: int) -> IncomingMessage:
    """Read the body of a send or import call. Raises InvalidParameter, naming the key."""
    refuse_unknown(fields.check_object(body), KEYS)
    type_ = ConversationType.GROUP if fields.has_group_id(body) else ConversationType.C2C
    misplaced = {key for key in GROUP_ONLY_KEYS if body.get(key) is not None}
    if type_ == ConversationType.C2C and misplaced:
        raise refuse(min(misplaced), _("Allowed only in messages with a GroupId."))
    incoming = read(body, type_, now_s=now_s)
    if not set(fields.list_of(body, "SendMsgControl", str)).issubset(SEND_CONTROLS):
        raise refuse("SendMsgControl", _("Each must be one of %(choices)s.") % {"choices": ", ".join(SEND_CONTROLS)})
    message_body.check_contents(incoming.elements)
    return incoming


def read(body: Body, type_: ConversationType, *, now_s: int) -> IncomingMessage:
    """Read the message in a body that may have other keys, such as a webhook's. Raises InvalidParameter, naming the key."""
    controls = fields.list_of(body, "SendMsgControl", str)
    # SendTime is import_group_msg's word, after which "the unread message count for all members will become 0".
    is_history = fields.number(body, "SyncFromOldSystem") == HISTORY or body.get("SendTime") is not None
    time_s, seq, random = identity(body, type_, now_s)
    incoming = IncomingMessage(
        sender=fields.user_id(body, "From_Account"),
        **(_in_group(body) if type_ == ConversationType.GROUP else {"peer": fields.user_id(body, "To_Account")}),
        elements=_elements(body),
        time_s=time_s,
        seq=seq,
        random=random,
        msg_id=fields.text(body, "MsgId"),
        cloud_custom_data=fields.text(body, "CloudCustomData"),
        counts_as_unread=NO_UNREAD not in controls and not is_history,
        is_shown_last=NO_LAST_MSG not in controls,
        # One-to-one calls express it by a life of 0 seconds.
        is_online_only=fields.flag(body, "OnlineOnlyFlag") or fields.number(body, "MsgLifeTime") == 0,
    )
    _check_size(incoming)
    return incoming


def recall(body: Any) -> C2CRecall | GroupRecall:
    """Read the body of a recall call. Raises InvalidParameter, naming the key."""
    if fields.has_group_id(fields.check_object(body)):
        refuse_unknown(body, GROUP_RECALL_KEYS)
        return read_group_recall(body)
    refuse_unknown(body, C2C_RECALL_KEYS)
    return read_c2c_recall(body)


def read_c2c_recall(body: Body) -> C2CRecall:
    """Read the one-to-one recall in a body that may have other keys."""
    sender, peer = fields.user_id(body, "From_Account"), fields.user_id(body, "To_Account")
    return C2CRecall(sender, peer, *fields.msg_key(body), fields.optional_user_id(body, "Operator_Account"))


def read_group_recall(body: Body) -> GroupRecall:
    """Read the group recall in a body that may have other keys."""
    fields.text(body, "Reason")  # checked only: no list shows it
    operator = fields.optional_user_id(body, "Operator_Account")
    return GroupRecall(fields.group_id(body), fields.topic_id(body), fields.msg_seqs(body), operator)


def edit(body: Any, *, now_ms: int) -> MessageEdit:
    """Read the body of an edit call; its time is now if it has none. Raises InvalidParameter, naming the key."""
    is_group = fields.has_group_id(fields.check_object(body))
    refuse_unknown(body, GROUP_EDIT_KEYS if is_group else C2C_EDIT_KEYS)
    message_edit = read_group_edit(body, now_s=now_ms // 1000) if is_group else read_c2c_edit(body, now_s=now_ms // 1000)
    message_body.check_contents(message_edit.elements or ())
    return replace(message_edit, event_time_ms=message_edit.event_time_ms or now_ms)


def read_c2c_edit(body: Body, *, now_s: int) -> MessageEdit:
    """Read the one-to-one edit in a body that may have other keys."""
    time_s, seq, random = fields.msg_key(body)
    return MessageEdit(
        sender=fields.user_id(body, "From_Account"),
        peer=fields.user_id(body, "To_Account"),
        time_s=time_s,
        seq=seq,
        random=random,
        **_edited_parts(body, now_s),
    )


def read_group_edit(body: Body, *, now_s: int) -> MessageEdit:
    """Read the group edit in a body that may have other keys."""
    seq = fields.number(body, "MsgSeq", most=fields.MSG_SEQ_MAX)
    if not seq:  # a group's numbers begin at 1
        raise refuse("MsgSeq", _("Missing."))
    mentions = _mentions(body) if body.get("GroupAtInfo") is not None else None
    return MessageEdit(
        group_id=fields.group_id(body), topic_id=fields.topic_id(body), seq=seq, mentions=mentions, **_edited_parts(body, now_s)
    )


def _edited_parts(body: Body, now_s: int) -> dict[str, Any]:
    """Return the parts of the content that an edit replaces: each of them may be absent, but not all."""
    present = [key for key in ("MsgBody", "CloudCustomData", "GroupAtInfo") if body.get(key) is not None]
    if not present:
        raise refuse("MsgBody", _("Missing."))
    elements = _elements(body) if "MsgBody" in present else None
    _check_sizes(elements or (), message_body.to_classic(elements) if elements else {})
    return {
        "elements": elements,
        "cloud_custom_data": fields.text_or_none(body, "CloudCustomData"),
        "event_time_ms": fields.event_time_ms(body, now_s) or 0,
    }


def identity(body: Body, type_: ConversationType, now_s: int) -> tuple[int | None, int | None, int | None]:
    """Return MsgTime, MsgSeq and random of a message, each None if absent."""
    # A recall names a message by MsgKey alone, so its parts take precedence.
    if type_ == ConversationType.C2C and body.get("MsgKey") not in (None, ""):
        key_time_s, key_seq, key_random = fields.msg_key(body)
        return fields.check_time_s(key_time_s, "MsgKey", now_s), key_seq, key_random
    # Clients write 0 for a number that they leave unset. No time is 0, nor is a group's number: these begin at 1.
    times = ((key, number) for key in TIME_KEYS if (number := fields.number(body, key)))
    time_s = next((fields.check_time_s(number, key, now_s) for key, number in times), None)
    random_key = next((key for key in RANDOM_KEYS if body.get(key) is not None), RANDOM_KEYS[0])
    random = fields.number(body, random_key, most=fields.UINT32_MAX)
    if type_ == ConversationType.GROUP:
        return time_s, fields.number(body, "MsgSeq", most=fields.MSG_SEQ_MAX) or None, random
    return time_s, fields.number(body, "MsgSeq", most=fields.UINT32_MAX), random


def _in_group(body: Body) -> dict[str, Any]:
    mentions = _mentions(body)
    return {
        "group_id": fields.group_id(body),
        "topic_id": fields.topic_id(body),
        "group_type": fields.group_type(body),
        "at_all": mentions.all,
        "at_accounts": mentions.accounts,
        "targets": fields.user_ids(body, "To_Account"),
    }


def _mentions(body: Body) -> Mentions:
    entries = fields.list_of(body, "GroupAtInfo", dict)
    single = [entry for entry in entries if not fields.flag(entry, "GroupAtAllFlag")]
    accounts = tuple(dict.fromkeys(fields.user_id(entry, "GroupAt_Account") for entry in single))
    return Mentions(len(single) < len(entries), accounts)


def _elements(body: Body) -> tuple[dict[str, Any], ...]:
    fields.required(body, "MsgBody")
    elements = fields.list_of(body, "MsgBody", dict)
    if not 1 <= len(elements) <= ELEMENTS_MAX:
        raise refuse("MsgBody", _("Must have 1 to %(count)d elements.") % {"count": ELEMENTS_MAX})
    for element in elements:
        if type(element.get("MsgType")) is not str or type(element.get("MsgContent")) is not dict:
            raise refuse("MsgBody", _("Each element must have a MsgType, a string, and a MsgContent, an object."))
    return tuple(elements)


def _check_size(message: IncomingMessage) -> None:
    """Raise InvalidParameter for a message that can't be stored, or that is too large for a last message."""
    _check_sizes(message.elements, message_body.last_message(message, is_self=False))


def _check_sizes(elements: Sequence[dict[str, Any]], classic: dict[str, Any]) -> None:
    try:
        packed = orjson.dumps(elements)
        shown = orjson.dumps(classic)
    except TypeError as error:
        # Unpaired surrogates, numbers beyond 64 bits, objects nested too deeply.
        raise refuse("MsgBody", str(error)) from error
    if max(len(packed), len(shown) + NAMES_MAX_BYTES) > LAST_MESSAGE_MAX_BYTES:
        raise refuse("MsgBody", _("At most %(count)d bytes.") % {"count": LAST_MESSAGE_MAX_BYTES - NAMES_MAX_BYTES})
    if NUL.search(packed):
        raise refuse("MsgBody", _("NUL characters are not allowed."))
