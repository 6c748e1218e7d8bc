"""Answer questions about a conversation's row that several actions ask."""

from collections.abc import Mapping

from conversations import positions
from conversations.formats import at_info
from conversations.models import Conversation
from conversations.models.querysets import NO_AT_INFO


def newest_known(conversation: Conversation, stored: Mapping[str, str]) -> str:
    """Return the position of the newest message that the row or the store knows of.

    `stored` has the newest stored position by conversationID, as `newest_stored` returns it.
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
