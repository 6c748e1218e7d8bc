"""What users noted on their conversations: marks, custom data and conversation groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from conversations.models import Conversation
from conversations.models.querysets import ConversationQuerySet


class LabelledConversation(NamedTuple):
    """A conversation's marks and conversation groups as bits, its custom data, and its newest change."""

    conversation_id: str
    marks: int
    conversation_groups: int
    custom_data: str
    changed_at: datetime | None
    version: int


def page(owner_id: str, after_version: int, count: int) -> tuple[list[LabelledConversation], bool]:
    """Return the `count` labelled conversations whose newest change is after a version, and whether more follow.

    They are in order of their newest changes: one that changes between two pages is returned again, and none is skipped.
    """
    rows = Conversation.objects.for_owner(owner_id).labelled().filter(version__gt=after_version).order_by("version")
    found = _read(rows[: count + 1])
    return found[:count], len(found) > count


def of_ids(owner_id: str, conversation_ids: Sequence[str]) -> list[LabelledConversation]:
    """Return the conversations of these IDs that exist, labelled or not, in the order of the IDs."""
    rows = {row.conversation_id: row for row in _read(Conversation.objects.for_owner(owner_id).any_of(conversation_ids))}
    return [rows[conversation_id] for conversation_id in dict.fromkeys(conversation_ids) if conversation_id in rows]


def _read(rows: ConversationQuerySet) -> list[LabelledConversation]:
    return [LabelledConversation(*values) for values in rows.values_list(*LabelledConversation._fields)]
