"""What an owner does with a conversation: one function for each intention, for API, admin, pages and commands alike."""

import time

from django.conf import settings
from django.db import transaction
from django.utils.translation import ngettext

from conversations.changes import lock_owners, save_owners
from conversations.exceptions import ConversationNotFound, TooManyPinned
from conversations.models import Conversation


@transaction.atomic
def set_pinned(*, owner_id: str, conversation_id: str, pinned: bool) -> Conversation:
    """Keep a conversation at the top of its owner's list, or let it go.

    Setting the state it already has changes nothing and takes no version. Raises ConversationNotFound, TooManyPinned.
    Source: V2TIMConversationManager.pinConversation.
    """
    owner = lock_owners([owner_id])[owner_id]
    theirs = Conversation.objects.for_owner(owner_id)
    conversation = theirs.filter(conversation_id=conversation_id).first()
    if conversation is None:
        raise ConversationNotFound(conversation_id)
    if conversation.is_pinned != pinned:
        if pinned and theirs.filter(is_pinned=True).count() >= settings.MAX_PINNED:
            text = ngettext(
                "At most %(count)d conversation can be pinned.",
                "At most %(count)d conversations can be pinned.",
                settings.MAX_PINNED,
            )
            raise TooManyPinned(text % {"count": settings.MAX_PINNED})
        conversation.is_pinned = pinned
        conversation.order_key = max(conversation.order_key + 1, time.time_ns() // 1000)
        conversation.version = owner.next_version()
        conversation.save(update_fields=["is_pinned", "order_key", "version"])
        conversation.refresh_from_db(fields=["wire_head"])
        save_owners([owner])
    return conversation
