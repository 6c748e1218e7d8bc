"""One page of a filtered list, read in bounded time."""

from typing import NamedTuple

from conversations.lists.cursors import Cursor
from conversations.models import Conversation
from conversations.models.querysets import ConversationQuerySet

# How many rows of a list are searched for rows that match a filter before a page is returned, however few match.
SEARCHED_ROWS = 5000


class ListPage(NamedTuple):
    """Rows in display order, and the position that the next page follows, None after the last page."""

    rows: list[Conversation]
    next: Cursor | None


def read_page(
    matching: ConversationQuerySet, start: Cursor | None, *, limit: int, searched: ConversationQuerySet | None = None
) -> ListPage:
    """Return at most `limit` rows of `matching` after `start`.

    With `searched`, the unfiltered list that `matching` is a part of, only its next SEARCHED_ROWS rows are read. The page may
    then hold few rows, or none, and not be the last: reading on until enough rows match may take the whole list.
    """
    matching = matching.in_display_order().defer("wire_head")
    following = matching.after(**start._asdict()) if start else matching
    end = None if searched is None else _end_of_search(searched, start)
    if end is None:
        rows = list(following[: limit + 1])
    else:
        # In two parts, each of them one index range; together they would be none.
        is_past_pinned = start is not None and not start.is_pinned
        rows = [] if is_past_pinned else list(following.filter(is_pinned=True)[: limit + 1])
        unpinned = following.unpinned_up_to(order_key=end.order_key, conversation_id=end.conversation_id)
        rows += unpinned[: limit + 1 - len(rows)]
    if len(rows) > limit:
        last = rows[limit - 1]
        end = Cursor(last.is_pinned, last.order_key, last.conversation_id)
    return ListPage(rows[:limit], end)


def _end_of_search(searched: ConversationQuerySet, start: Cursor | None) -> Cursor | None:
    """Return the last of the SEARCHED_ROWS unpinned rows after `start`; None if the list ends before or there."""
    rows = searched.filter(is_pinned=False).in_display_order()
    if start and not start.is_pinned:
        rows = rows.after(**start._asdict())
    last_two = rows.values_list("is_pinned", "order_key", "conversation_id")[SEARCHED_ROWS - 1 : SEARCHED_ROWS + 1]
    ends = list(last_two)
    return Cursor(*ends[0]) if len(ends) == 2 else None
