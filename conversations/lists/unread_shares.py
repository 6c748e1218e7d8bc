"""What an unread total is made of: the conversations with unread messages, those with most first."""

from typing import NamedTuple

from conversations.models import Conversation

# Conversations that are added up and sorted: about as many bytes as a page of messages, and no index holds this order.
MOST = 1000
COLUMNS = ("owner_id", "conversation_id", "type", "show_name", "face_url", "unread_count", "recv_opt")


class UnreadShares(NamedTuple):
    """The conversations that make up a user's two totals, those with most unread messages first; `is_cut`: there are more."""

    counted: list[Conversation]
    muted: list[Conversation]
    is_cut: bool

    @property
    def total(self) -> int:
        return sum(row.unread_count for row in self.counted)

    @property
    def muted_total(self) -> int:
        return sum(row.unread_count for row in self.muted)


def of_owner(owner_id: str) -> UnreadShares:
    """Return what a user's unread totals are made of. One query, of the rows in the index of those that count."""
    unread = Conversation.objects.for_owner(owner_id).counted().with_unread_messages()
    rows = list(unread.only(*COLUMNS)[: MOST + 1])
    shown = sorted(rows[:MOST], key=lambda row: (-row.unread_count, row.conversation_id))
    return UnreadShares(
        [row for row in shown if not row.is_muted], [row for row in shown if row.is_muted], is_cut=len(rows) > MOST
    )
