"""What an unread total is made of: the conversations with unread messages, those with most first."""

from typing import NamedTuple

from conversations.lists import json_reads
from conversations.models import Conversation

# Conversations that are listed: about as many bytes as a page of messages.
MOST = 1000
COLUMNS = ("owner_id", "conversation_id", "type", "show_name", "face_url", "unread_count", "recv_opt")


class UnreadShares(NamedTuple):
    """A user's two totals, and the conversations that make them up, those with most unread first; `is_cut`: there are more."""

    total: int
    muted_total: int
    counted: list[Conversation]
    muted: list[Conversation]
    is_cut: bool


def of_owner(owner_id: str) -> UnreadShares:
    """Return what a user's unread totals are made of. Two queries, of the rows in the index of those that count."""
    conversations = Conversation.objects.for_owner(owner_id)
    _token, totals = json_reads.totals(conversations, owner_id)
    # No index holds this order: the unread rows of this one user are sorted.
    unread = conversations.counted().with_unread_messages().order_by("-unread_count", "conversation_id")
    rows = list(unread.only(*COLUMNS)[: MOST + 1])
    shown = rows[:MOST]
    counted, muted = [row for row in shown if not row.is_muted], [row for row in shown if row.is_muted]
    return UnreadShares(totals["total"], totals["muted"], counted, muted, is_cut=len(rows) > MOST)
