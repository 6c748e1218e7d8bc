"""Delete conversations, and clear their history."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from conversations import identifiers, positions
from conversations.actions.results import Outcome, Results, change_each, lock_conversation
from conversations.actions.row_state import is_read, newest_known
from conversations.choices import ChangedBy
from conversations.exceptions import ConversationNotFound
from conversations.models import Conversation
from conversations.models.querysets import NO_AT_INFO
from conversations.store.owners import LockedOwner
from conversations.store.rows import save_conversations
from conversations.store.threads import newest_stored
from conversations.store.transactions import in_transaction
from conversations.times import now_s

# Columns that are empty in a conversation without messages.
MESSAGE_COLUMNS = (
    "unread_count", "imported_unread", "imported_unread_position", "last_message", "last_message_at", "last_message_position",
    "group_at_info",
)  # fmt: skip


@in_transaction
def clear_history(*, owner_id: str, conversation_id: str) -> Outcome:
    """Clear a conversation's message history; it stays where it is in the list. Raises ConversationNotFound.

    Source: V2TIMMessageManager.clearC2CHistoryMessage, clearGroupHistoryMessage.
    """
    outcome = lock_conversation(owner_id, conversation_id)
    conversation = outcome.conversation
    newest = newest_known(conversation, newest_stored(owner_id, [conversation_id]))
    if newest != conversation.cleared_position or conversation.last_message or not is_read(conversation):
        conversation.cleared_position = newest
        _drop_messages(conversation)
        save_conversations(outcome.owner, [conversation], (*MESSAGE_COLUMNS, "cleared_position"), by=ChangedBy.CLEAR)
    return outcome


def delete_one(*, owner_id: str, conversation_id: str, clear_messages: bool = True) -> str:
    """Delete one conversation, and return the sync token after it. Raises ConversationNotFound.

    Source: V2TIMConversationManager.deleteConversation.
    """
    token, [result] = delete(owner_id=owner_id, conversation_ids=[conversation_id], clear_messages=clear_messages)
    if result.code:
        raise ConversationNotFound(conversation_id)
    return token


@in_transaction
def delete(*, owner_id: str, conversation_ids: Sequence[str], clear_messages: bool = True) -> Results:
    """Remove conversations from the list until a newer message arrives.

    Marks, conversation groups, the message receiving option and the read position are kept for their return.

    Source: V2TIMConversationManager.deleteConversationList.
    """
    deleted_at = timezone.now()

    @cache
    def stored() -> Mapping[str, str]:  # called when first needed: by then the owner is locked
        return newest_stored(owner_id, filter(identifiers.is_conversation_id, conversation_ids))

    def change(conversation: Conversation) -> bool:
        conversation.deleted_at, conversation.deleted_position = deleted_at, newest_known(conversation, stored())
        if clear_messages:
            conversation.cleared_position = conversation.deleted_position
        _drop_messages(conversation)
        if conversation.draft_text:
            # Cancelled like any draft, so that an older edit from another device does not come back with the next message.
            conversation.draft_text, conversation.draft_timestamp = "", max(now_s(), conversation.draft_timestamp)
        conversation.is_pinned, conversation.custom_data = False, ""
        return True

    columns = (
        *MESSAGE_COLUMNS, "deleted_at", "deleted_position", "cleared_position",
        "draft_text", "draft_timestamp", "is_pinned", "custom_data",
    )  # fmt: skip
    return change_each(owner_id, conversation_ids, change, columns, by=ChangedBy.DELETE, before_saving=_forget_old_deletions)


def _drop_messages(conversation: Conversation) -> None:
    conversation.unread_count = conversation.imported_unread = 0
    conversation.imported_unread_position = conversation.last_message_position = positions.NO_POSITION
    conversation.last_message = conversation.last_message_at = None
    conversation.group_at_info = NO_AT_INFO


def _forget_old_deletions(owner: LockedOwner) -> None:
    """Make clients start over that last synced before a deletion of more than TOMBSTONE_DAYS ago."""
    before = timezone.now() - timedelta(days=settings.TOMBSTONE_DAYS)
    old = Conversation.objects.tombstones_of(owner.owner_id).filter(deleted_at__lt=before)
    newest = old.aggregate(newest=Max("version"))["newest"] or 0
    owner.reset_below = max(owner.reset_below, newest)
