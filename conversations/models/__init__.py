"""The tables, and every named read of them."""

from conversations.models.api_keys import ApiKey
from conversations.models.conversations import Conversation, ConversationRow
from conversations.models.events import ConversationEvent
from conversations.models.groups import Group, GroupMember, GroupMemberRow, ProfileUpdate
from conversations.models.inconsistencies import Inconsistency, Verification
from conversations.models.messages import Message, MessageRow, Thread
from conversations.models.owners import Owner, PendingReceipt
from conversations.models.staff import AccessLogEntry, LoginEvent, LoginLogEntry, SavedView, ViewedPage
from conversations.models.webhooks import RefusedWebhooks, WebhookEvent, WebhookOutcome, WebhookRefusal

__all__ = [
    "AccessLogEntry", "ApiKey", "Conversation", "ConversationEvent", "ConversationRow", "Group", "GroupMember",
    "GroupMemberRow", "Inconsistency", "LoginEvent", "LoginLogEntry", "Message", "MessageRow", "Owner", "PendingReceipt",
    "ProfileUpdate", "RefusedWebhooks", "SavedView", "Thread", "Verification", "ViewedPage", "WebhookEvent", "WebhookOutcome",
    "WebhookRefusal",
]  # fmt: skip
