"""Past messages in the vendor's own answers and files; pure, no database.

* `admin_getroammsg`: one-to-one messages of two users
* `group_msg_get_simple`: messages of a group
* `get_history`: downloadable files of all messages of an hour
* the bodies of send and import calls, see `rest_messages`

Each comes as a whole answer, or as one message a record. Source: the pages of these calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from conversations.choices import ConversationType
from conversations.formats import fields, rest_messages
from conversations.formats.checks import refuse, refuse_unknown
from conversations.formats.fields import Body
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage

LIST_KEYS = ("MsgList", "RspMsgList")
# The keys of a past message that a send or import call does not have.
FLAGS_KEY, PEER_READ_KEY, PLACEHOLDER_KEY, FILE_TIME_KEY = "MsgFlagBits", "IsPeerRead", "IsPlaceMsg", "MsgTimestamp"
KEYS = frozenset({
    FLAGS_KEY, PEER_READ_KEY, PLACEHOLDER_KEY, FILE_TIME_KEY,
    # Documented, and not shown by any conversation.
    "ClientIP", "MsgFromPlatform", "IsSystemMsg", "MsgVersion",
})  # fmt: skip
RECALLED_FLAG = 8


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message, its recall, or both; of a deleted message, only the recall is left."""

    message: IncomingMessage | None
    recall: C2CRecall | GroupRecall | None = None
    is_peer_read: bool = False


def bodies(record: Any, default_group: str | None = None) -> list[Any]:
    """Return the bodies in a record, for `read`. A body without recipient belongs to the default group.

    Raises InvalidParameter if the record is the answer of a failed call.
    """
    if type(record) is not dict:
        return [_with_group(body, default_group) for body in rest_messages.bodies(record)]
    _check_success(record)
    list_key = next((key for key in LIST_KEYS if key in record), None)
    if list_key is None and "ActionStatus" not in record:
        return [_with_group(record, default_group)]
    # Of what stands beside the list, only what a message could have itself: files and answers have more than is documented.
    shared = {key: value for key, value in record.items() if key in rest_messages.KEYS and key != list_key}
    items = fields.list_of(record, list_key, dict) if list_key else []
    return [_with_group(shared | item, default_group) for item in items]


def read(body: Any, *, now_s: int) -> PastMessage:
    """Read a past message. Raises InvalidParameter, naming the key."""
    body = fields.check_object(body)
    refuse_unknown(body, rest_messages.KEYS | KEYS)
    sent = {key: value for key, value in body.items() if key not in KEYS}
    if body.get(FILE_TIME_KEY) is not None:
        sent = {"MsgTimeStamp": body[FILE_TIME_KEY]} | sent
    is_gone = fields.flag(body, PLACEHOLDER_KEY)
    is_recalled = is_gone or bool((fields.number(body, FLAGS_KEY) or 0) & RECALLED_FLAG)
    recall = _recall(sent, now_s) if is_recalled else None
    if is_gone or (is_recalled and not sent.get("MsgBody")):
        return PastMessage(None, recall)
    return PastMessage(rest_messages.message(sent, now_s=now_s), recall, fields.flag(body, PEER_READ_KEY))


def _check_success(record: Mapping[str, Any]) -> None:
    if record.get("ActionStatus", "OK") != "OK":
        failure = {"status": record["ActionStatus"], "code": record.get("ErrorCode"), "info": record.get("ErrorInfo")}
        raise refuse("ActionStatus", _("This answer reports a failure: %(status)s %(code)s %(info)s") % failure)


def _with_group(body: Any, default_group: str | None) -> Any:
    """Return the body with the default group: the messages of `group_msg_get_simple` have the group beside their list only."""
    if default_group is None or type(body) is not dict or "CallbackCommand" in body:
        return body
    has_recipient = fields.has_group_id(body) or body.get("To_Account") is not None
    return body if has_recipient else body | {"GroupId": default_group}


def _recall(body: Body, now_s: int) -> C2CRecall | GroupRecall:
    if fields.has_group_id(body):
        _time_s, seq, _random = rest_messages.identity(body, ConversationType.GROUP, now_s)
        return GroupRecall(fields.group_id(body), fields.topic_id(body), (fields.require_value("MsgSeq", seq),))
    time_s, seq, random = rest_messages.identity(body, ConversationType.C2C, now_s)
    time_s, random = fields.require_value("MsgTime", time_s), fields.require_value("MsgRandom", random)
    sender, peer = fields.user_id(body, "From_Account"), fields.user_id(body, "To_Account")
    return C2CRecall(sender, peer, time_s, random if seq is None else seq, random)
