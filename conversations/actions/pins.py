"""Pin and unpin conversations."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import ngettext

from conversations.actions.results import Outcome, Results, _activate, change_each, locked_one
from conversations.choices import ChangedBy
from conversations.exceptions import TooManyPinned
from conversations.models import Conversation
from conversations.store.rows import save_conversations
from conversations.store.transactions import in_transaction


@in_transaction
def set_pinned(*, owner_id: str, conversation_id: str, pinned: bool) -> Outcome:
    """Keep a conversation at the top of its owner's list, or let it go.

    Raises ConversationNotFound, TooManyPinned. Source: V2TIMConversationManager.pinConversation.
    """
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    if conversation.is_pinned != pinned:
        if pinned:
            _check_room_for_pin(owner_id)
        conversation.is_pinned = pinned
        _activate(conversation)
        save_conversations(outcome.owner, [conversation], ("is_pinned", "order_key"), by=ChangedBy.PIN)
    return outcome


@in_transaction
def set_each_pinned(*, owner_id: str, conversation_ids: Sequence[str], pinned: bool) -> Results:
    """`set_pinned` for many, as far as there is room."""
    room: list[int] = []  # counted under the owner's lock

    def change(conversation: Conversation) -> bool:
        if conversation.is_pinned == pinned:
            return False
        if pinned:
            room[:] = [room[0] - 1] if room else [room_for_pins(owner_id) - 1]
            if room[0] < 0:
                raise too_many_pinned()
        conversation.is_pinned = pinned
        _activate(conversation)
        return True

    return change_each(owner_id, conversation_ids, change, ("is_pinned", "order_key"), by=ChangedBy.PIN)


def _check_room_for_pin(owner_id: str) -> None:
    if room_for_pins(owner_id) < 1:
        raise too_many_pinned()


def room_for_pins(owner_id: str) -> int:
    """How many more conversations the owner may pin."""
    return settings.MAX_PINNED - Conversation.objects.for_owner(owner_id).filter(is_pinned=True).count()


def too_many_pinned() -> TooManyPinned:
    most = settings.MAX_PINNED
    text = ngettext("At most %(count)d conversation can be pinned.", "At most %(count)d conversations can be pinned.", most)
    return TooManyPinned(text % {"count": most})
