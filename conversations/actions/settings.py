"""Set message receiving options, marks and custom data of conversations."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.actions import begun_conversations, unlisted
from conversations.actions.results import Outcome, Results, change_each
from conversations.choices import ALLOWED_MARKS, C2C_RECEIVE_OPTIONS, MARK_BITS, ChangedBy, ConversationType, ReceiveOption
from conversations.exceptions import InvalidParameter
from conversations.formats import conversation as formats_conversation
from conversations.formats import marks as formats_marks
from conversations.models import Conversation
from conversations.store.transactions import in_transaction

MARK_MASK = (1 << MARK_BITS) - 1


@in_transaction
def set_receive_option(*, owner_id: str, conversation_id: str, option: int, is_vouched_for: bool = False) -> Outcome:
    """Set whether new messages are received and notified of, also before the first one or after a deletion.

    `is_vouched_for`: a service acts, whose new conversations are not limited. Raises ConversationNotFound, InvalidParameter,
    TooManyConversations.

    Source: V2TIMMessageManager.setC2CReceiveMessageOpt, setGroupReceiveMessageOpt.
    """
    check_receive_option(conversation_id, option)
    outcome = unlisted.lock_any(owner_id, conversation_id)
    if outcome.conversation.recv_opt != option:
        if outcome.conversation._state.adding and not is_vouched_for:
            begun_conversations.begin_one(owner_id)
        outcome.conversation.recv_opt = option
        outcome.save(("recv_opt",), by=ChangedBy.RECEIVE_OPTION)
    return outcome


def check_receive_option(conversation_id: str, option: int) -> None:
    """Raise InvalidParameter for an option that a conversation of this type does not accept."""
    if option not in ReceiveOption.values:
        raise InvalidParameter(_("recvOpt must be between 0 and 4."), field="recvOpt")
    if identifiers.split(conversation_id)[0] == ConversationType.C2C and option not in C2C_RECEIVE_OPTIONS:
        raise InvalidParameter(_("A one-to-one conversation accepts only recvOpt 0, 1 and 2."), field="recvOpt")


@in_transaction
def set_marks(*, owner_id: str, conversation_ids: Sequence[str], marks: int, enabled: bool) -> Results:
    """Set or remove mark bits, several at once. Marks do not change any count.

    Raises InvalidParameter. Source: V2TIMConversationManager.markConversation.
    """
    if not 0 < marks < 1 << 64 or marks & ~ALLOWED_MARKS:
        raise InvalidParameter(_("markType must be a sum of 1, 2, 4, 8 and 1<<n with n between 32 and 63."), field="markType")
    signed = formats_marks.to_signed(marks)

    def change(conversation: Conversation) -> bool:
        before = conversation.marks
        conversation.marks = before | signed if enabled else before & ~signed
        return conversation.marks != before

    return change_each(owner_id, conversation_ids, change, ("marks",), by=ChangedBy.MARK)


class Labels(NamedTuple):
    """What an app notes on a conversation: mark bits to set and to remove, and its custom data, None to leave it."""

    marks_on: int = 0
    marks_off: int = 0
    custom_data: str | None = None

    def followed_by(self, later: "Labels") -> "Labels":
        """Return both as one; the later one holds where they differ."""
        return Labels(
            self.marks_on & ~later.marks_off | later.marks_on,
            self.marks_off & ~later.marks_on | later.marks_off,
            self.custom_data if later.custom_data is None else later.custom_data,
        )


@in_transaction
def set_labels(*, owner_id: str, labels: Mapping[str, Labels]) -> Results:
    """Set marks and custom data of many conversations, each its own, by conversationID."""

    def change(conversation: Conversation) -> bool:
        before = conversation.marks, conversation.custom_data
        label = labels[conversation.conversation_id]
        conversation.marks = formats_marks.to_signed(conversation.marks & MARK_MASK & ~label.marks_off | label.marks_on)
        if label.custom_data is not None:
            conversation.custom_data = label.custom_data
        return (conversation.marks, conversation.custom_data) != before

    return change_each(owner_id, list(labels), change, ("marks", "custom_data"), by=ChangedBy.MARK)


@in_transaction
def set_each_receive_option(*, owner_id: str, conversation_ids: Sequence[str], option: int) -> Results:
    """Set the message receiving option of many conversations."""

    def change(conversation: Conversation) -> bool:
        check_receive_option(conversation.conversation_id, option)
        before, conversation.recv_opt = conversation.recv_opt, option
        return before != option

    return change_each(owner_id, conversation_ids, change, ("recv_opt",), by=ChangedBy.RECEIVE_OPTION)


@in_transaction
def set_custom_data(*, owner_id: str, conversation_ids: Sequence[str], text: str) -> Results:
    """Store an app's own data with conversations. Raises InvalidParameter.

    Source: V2TIMConversationManager.setConversationCustomData.
    """
    formats_conversation.check_custom_data(text)

    def change(conversation: Conversation) -> bool:
        before, conversation.custom_data = conversation.custom_data, text
        return before != text

    return change_each(owner_id, conversation_ids, change, ("custom_data",), by=ChangedBy.CUSTOM_DATA)
