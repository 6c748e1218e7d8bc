"""Check the objects of a report."""

from collections.abc import Mapping
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
    checked = dialects.checked(obj, _check_values)
    if checked.entry.group_type == GroupType.AVCHATROOM:
        raise InvalidParameter(_("groupType: AVChatRooms have no conversations."), field="groupType")
    return ReportedConversation(checked.entry, checked.keys, tuple(checked.ignored))


def _check_values(values: Mapping[str, Any]) -> Entry:
    """Return a classic object as an entry. Raises InvalidParameter for the first value that can't be a report's."""
    entry = conversation.from_wire(values)
    settings.check_receive_option(entry.conversation_id, entry.recv_opt)
    check_happened_s(entry.c2c_read_timestamp, field="c2cReadTimestamp")
    if entry.draft_timestamp > now_s() + CLOCK_TOLERANCE_S:
        raise _is_in_the_future("draftTimestamp")
    if entry.last_message_at:
        check_happened_s(to_epoch_s(entry.last_message_at), field="lastMessage.timestamp", ahead_s=DAY_S)
    if entry.order_key > (now_s() + DAY_S) * 1_000_000:
        raise _is_in_the_future("orderkey")
    return entry


def _is_in_the_future(field: str) -> InvalidParameter:
    return InvalidParameter(_("%(field)s is in the future.") % {"field": field}, field=field)


def named_id(obj: Any) -> str:
    """Return the conversationID that an invalid object names, cut to the valid length; "" if it names none."""
    conversation_id = obj.get("conversationID", obj.get("conv_id")) if type(obj) is dict else None
    return conversation_id[: identifiers.CONVERSATION_ID_MAX_BYTES] if type(conversation_id) is str else ""
