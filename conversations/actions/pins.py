"""Pin and unpin conversations."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import ngettext

from conversations.actions.results import Outcome, Results, change_each, lock_conversation
from conversations.choices import ChangedBy
from conversations.exceptions import TooManyPinned
from conversations.models import Conversation
from conversations.store.rows import count_pinned_later, save_conversations
from conversations.store.statements import Later
from conversations.store.transactions import in_transaction


@in_transaction
def set_pinned(*, owner_id: str, conversation_id: str, pinned: bool) -> Outcome:
    """Pin a conversation to the top of its owner's list, or unpin it.

    Raises ConversationNotFound, TooManyPinned. Source: V2TIMConversationManager.pinConversation.
    """
    room: Later[int] | None = None

    def count() -> None:
        nonlocal room
        room = room_for_pins_later(owner_id) if pinned else None

    outcome = lock_conversation(owner_id, conversation_id, then=count)
    conversation = outcome.conversation
    if conversation.is_pinned != pinned:
        if room and room() < 1:
            raise too_many_pinned()
        conversation.is_pinned = pinned
        save_conversations(outcome.owner, [conversation], ("is_pinned",), by=ChangedBy.PIN)
    return outcome


@in_transaction
def set_each_pinned(*, owner_id: str, conversation_ids: Sequence[str], pinned: bool) -> Results:
    """Pin or unpin many conversations. Once MAX_PINNED is reached, the others are refused."""
    room: int | None = None  # counted when first needed: by then the owner is locked

    def change(conversation: Conversation) -> bool:
        nonlocal room
        if conversation.is_pinned == pinned:
            return False
        if pinned:
            room = room_for_pins(owner_id) if room is None else room
            if room < 1:
                raise too_many_pinned()
            room -= 1
        conversation.is_pinned = pinned
        return True

    return change_each(owner_id, conversation_ids, change, ("is_pinned",), by=ChangedBy.PIN)


def room_for_pins(owner_id: str) -> int:
    """Return how many more conversations the owner may pin."""
    return room_for_pins_later(owner_id)()


def room_for_pins_later(owner_id: str) -> Later[int]:
    """Count, along with the next statement, how many more conversations the owner may pin."""
    pinned = count_pinned_later(owner_id)
    return lambda: int(settings.MAX_PINNED) - pinned()


def too_many_pinned() -> TooManyPinned:
    """Return the refusal of a pin beyond MAX_PINNED."""
    most = settings.MAX_PINNED
    text = ngettext("At most %(count)d conversation can be pinned.", "At most %(count)d conversations can be pinned.", most)
    return TooManyPinned(text % {"count": most})
