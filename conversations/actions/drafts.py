"""Save and cancel drafts."""

from conversations.actions.results import Outcome, lock_conversation
from conversations.choices import ChangedBy
from conversations.formats import checks
from conversations.models import Conversation
from conversations.store.rows import save_conversations
from conversations.store.transactions import in_transaction
from conversations.times import check_happened_s, now_s


@in_transaction
def set_draft(*, owner_id: str, conversation_id: str, text: str | None, timestamp_s: int | None = None) -> Outcome:
    """Save the text that the owner has begun to write; "" or None cancels it. An edit older than the stored one is ignored.

    `timestamp_s` is the edit's time in epoch seconds, now if None. Raises ConversationNotFound, InvalidParameter.
    Source: V2TIMConversationManager.setConversationDraft, which stores it on the device.
    """
    text = checks.check_text("" if text is None else text, "draftText")
    if timestamp_s is not None:
        # An edit dated ahead would keep out every other one until then.
        check_happened_s(timestamp_s, field="draftTimestamp")
    outcome = lock_conversation(owner_id, conversation_id)
    conversation = outcome.conversation
    if timestamp_s is None:
        is_new = text != conversation.draft_text
        timestamp_s = max(now_s(), conversation.draft_timestamp)
    else:
        is_new = timestamp_s >= conversation.draft_timestamp and (text, timestamp_s) != _draft(conversation)
    # Apps cancel whenever a chat is left: without a draft this changes nothing, and must not move the conversation.
    if is_new and (text or conversation.draft_text):
        # A cancelled draft keeps its time, so that an older edit from another device does not bring it back.
        conversation.draft_text, conversation.draft_timestamp = text, timestamp_s
        save_conversations(outcome.owner, [conversation], ("draft_text", "draft_timestamp"), by=ChangedBy.DRAFT)
    return outcome


def _draft(conversation: Conversation) -> tuple[str, int]:
    return conversation.draft_text, conversation.draft_timestamp
