"""Save and cancel drafts."""

from conversations.actions import begun_conversations, unlisted
from conversations.actions.results import Outcome
from conversations.choices import ChangedBy
from conversations.formats import checks
from conversations.models import Conversation
from conversations.store.rows import insert_rows, save_conversations
from conversations.store.transactions import in_transaction
from conversations.times import check_happened_s, now_s, to_epoch_s

COLUMNS = ("draft_text", "draft_timestamp")


@in_transaction
def set_draft(
    *, owner_id: str, conversation_id: str, text: str | None, timestamp_s: int | None = None, is_vouched_for: bool = False
) -> Outcome:
    """Save the text that the owner has begun to write; "" or None cancels it. An edit older than the stored one is ignored.

    `timestamp_s` is the edit's time in epoch seconds, now if None. A draft begins a conversation that is not there, and
    restores one that was deleted before. `is_vouched_for`: a service acts, whose new conversations are not limited. Raises
    ConversationNotFound, InvalidParameter, TooManyConversations.
    Source: V2TIMConversationManager.setConversationDraft, which stores it on the device.
    """
    text = checks.check_text("" if text is None else text, "draftText")
    if timestamp_s is not None:
        # An edit dated ahead would keep out every other one until then.
        check_happened_s(timestamp_s, field="draftTimestamp")
    outcome = unlisted.lock_any(owner_id, conversation_id)
    conversation = outcome.conversation
    if not _is_change(conversation, text, timestamp_s):
        return outcome
    if not outcome.is_listed and timestamp_s is not None and not lists_again(conversation, timestamp_s):
        return outcome
    if conversation._state.adding and not is_vouched_for:
        begun_conversations.begin_one(owner_id)
    if timestamp_s is None:
        timestamp_s = max(now_s(), conversation.draft_timestamp)
    # A cancelled draft keeps its time, so that an older edit from another device does not bring it back.
    conversation.draft_text, conversation.draft_timestamp = text, timestamp_s
    return _save(outcome)


def _is_change(conversation: Conversation, text: str, timestamp_s: int | None) -> bool:
    # Apps cancel whenever a chat is left: without a draft this changes nothing, and must not move the conversation.
    if not (text or conversation.draft_text):
        return False
    if timestamp_s is None:
        return text != conversation.draft_text
    is_same = (text, timestamp_s) == (conversation.draft_text, conversation.draft_timestamp)
    return timestamp_s >= conversation.draft_timestamp and not is_same


def lists_again(conversation: Conversation, timestamp_s: int) -> bool:
    """Return whether a draft of this time lists an unlisted conversation: after a deletion only a later one does."""
    if conversation.deleted_at is None or conversation.was_never_listed:
        return True
    return timestamp_s > max(to_epoch_s(conversation.deleted_at), conversation.draft_timestamp - 1)


def _save(outcome: Outcome) -> Outcome:
    owner, conversation, is_listed = outcome
    if is_listed:
        save_conversations(owner, [conversation], COLUMNS, by=ChangedBy.DRAFT)
        return outcome
    unlisted.put_into_list(conversation)
    if conversation._state.adding:
        insert_rows(owner, [conversation], by=ChangedBy.DRAFT)
    else:
        save_conversations(owner, [conversation], (*COLUMNS, *unlisted.LISTING_COLUMNS), by=ChangedBy.DRAFT)
    return Outcome(owner, conversation)
