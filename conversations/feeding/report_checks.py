"""Check the objects of a report."""

from typing import Any

from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.actions import settings
from conversations.choices import GroupType
from conversations.exceptions import InvalidParameter
from conversations.feeding.report_context import ReportedConversation
from conversations.formats import conversation, dialects
from conversations.formats.entries import Entry
from conversations.times import CLOCK_TOLERANCE_S, DAY_S, check_happened_s, now_s, to_epoch_s


def check(obj: Any, owner_id: str) -> ReportedConversation:
    """Return a reported object, of any dialect, as a checked conversation. Raises InvalidParameter, naming the key."""
    if type(obj) is dict and obj.get("conv_owner") not in (None, "", owner_id):
        raise InvalidParameter(_("conv_owner: Not the user of this list."), field="conv_owner")
    classic, ignored = dialects.to_classic(obj)
    entry = conversation.from_wire(classic)
    if entry.draft_timestamp > now_s() + CLOCK_TOLERANCE_S:
        ignored = [*ignored, _is_in_the_future("draftTimestamp")]
        classic = {key: value for key, value in classic.items() if key not in ("draftText", "draftTimestamp")}
        entry = conversation.from_wire(classic)
    _check_times(entry)
    settings.check_receive_option(entry.conversation_id, entry.recv_opt)
    if entry.group_type == GroupType.AVCHATROOM:
        raise InvalidParameter(_("groupType: AVChatRooms have no conversations."), field="groupType")
    keys = frozenset(key for key, value in classic.items() if value is not None)
    return ReportedConversation(entry, keys, dialects.ignored_error(ignored))


def _check_times(entry: Entry) -> None:
    check_happened_s(entry.c2c_read_timestamp, field="c2cReadTimestamp")
    if entry.last_message_at:
        check_happened_s(to_epoch_s(entry.last_message_at), field="lastMessage.timestamp", ahead_s=DAY_S)
    if entry.order_key > (now_s() + DAY_S) * 1_000_000:
        raise _is_in_the_future("orderkey")


def _is_in_the_future(field: str) -> InvalidParameter:
    return InvalidParameter(_("%(field)s is in the future.") % {"field": field}, field=field)


def named_id(obj: Any) -> str:
    """Return the conversationID that an invalid object names, cut to the valid length; "" if it names none."""
    conversation_id = obj.get("conversationID", obj.get("conv_id")) if type(obj) is dict else None
    return conversation_id[: identifiers.CONVERSATION_ID_MAX_BYTES] if type(conversation_id) is str else ""
