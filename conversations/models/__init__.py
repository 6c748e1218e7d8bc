"""The tables, and every named read of them."""

from conversations.models.api_keys import ApiKey
from conversations.models.conversations import Conversation, ConversationRow
from conversations.models.groups import Group, GroupMember, GroupMemberRow, PendingName
from conversations.models.messages import Message, Thread
from conversations.models.owners import Owner
from conversations.models.staff import Look, SavedView
from conversations.models.webhooks import Callback, CallbackOutcome

__all__ = [
    "ApiKey", "Callback", "CallbackOutcome", "Conversation", "ConversationRow", "Group", "GroupMember", "GroupMemberRow",
    "Look", "Message", "Owner", "PendingName", "SavedView", "Thread",
]  # fmt: skip
