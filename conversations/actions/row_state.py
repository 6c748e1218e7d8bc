"""Questions and changes of a conversation's row that several actions share."""

from collections.abc import Mapping

from conversations import positions
from conversations.formats import at_info
from conversations.models import Conversation
from conversations.models.conversations import ORDER_KEY_LIMIT
from conversations.models.querysets import NO_AT_INFO
from conversations.times import now_us


def renew_order_key(conversation: Conversation) -> None:
    """Move a conversation to the top of its part of the list, as the newest activity does."""
    conversation.order_key = min(max(conversation.order_key + 1, now_us()), ORDER_KEY_LIMIT - 1)


def newest_known(conversation: Conversation, stored: Mapping[str, str]) -> str:
    """Return the position of the newest message that the row or the store knows of.

    `stored` has the newest stored position by conversationID, as `counts.newest_stored` returns it.
    """
    seqs = at_info.seqs(conversation.group_at_info)
    return max(
        conversation.last_message_position,
        conversation.imported_unread_position,
        conversation.deleted_position,
        conversation.cleared_position,
        stored.get(conversation.conversation_id, positions.NO_POSITION),
        positions.of_group(max(seqs)) if seqs else positions.NO_POSITION,
    )


def is_read(conversation: Conversation) -> bool:
    """Return whether a conversation has neither unread messages nor mentions."""
    return conversation.unread_count == 0 and conversation.group_at_info == NO_AT_INFO
