"""Pages of a list for clients that pass back numbers only: the vendor's REST call `get_list`.

A page starts below an order key. If several conversations share that key, the place also says how many of them are still to
come: counted from the end, so that no other one is skipped if one moves up between two pages.
"""

from typing import Any, NamedTuple

import orjson

from conversations.lists import json_reads
from conversations.lists.cursors import Cursor
from conversations.models import Conversation

US_PER_S = 1_000_000
# Above every distance from the end of a second; the number of conversations of the same key counts in units of this.
TIE = 1 << 20
# Place and order key then fit the database's numbers, and JavaScript's.
TIME_MAX, OFFSET_MAX = 1 << 33, (1 << 53) - 1


class Place(NamedTuple):
    """Where a page starts: below a time in epoch seconds, by an offset. Both are 0 at the top of the list."""

    time_s: int = 0
    offset: int = 0

    @classmethod
    def after(cls, order_key: int, ties: int) -> "Place":
        """Return the place after a conversation, where `ties` more of its order key follow."""
        time_s = order_key // US_PER_S + 1
        return cls(time_s, ties * TIE + time_s * US_PER_S - order_key)

    @property
    def order_key(self) -> int:
        return self.time_s * US_PER_S - self.offset % TIE

    @property
    def ties(self) -> int:
        return self.offset // TIE


class Places(NamedTuple):
    """The two places of a list: pinned conversations come first, and have been read once the other place is not the top."""

    pinned: Place = Place()
    unpinned: Place = Place()


class NumberedPage(NamedTuple):
    """Conversations as classic objects, and where the next page starts; that is the end of the list if `is_last`."""

    conversations: list[dict[str, Any]]
    next: Places
    is_last: bool


def read(owner_id: str, places: Places, count: int, *, with_empty: bool) -> NumberedPage:
    """Return the `count` conversations from these places on, those without a last message only `with_empty`.

    One query, two where a page follows, and three where it continues among conversations of one order key.
    """
    start = _cursor(owner_id, places)
    if with_empty:
        page = json_reads.page(owner_id, start, count)
    else:
        rows = Conversation.objects.for_owner(owner_id).with_last_message()
        page = json_reads.selected_page(rows.after(**start._asdict()) if start else rows, owner_id, count)
    conversations = [orjson.loads(conversation) for conversation in page.conversations]
    if not conversations:
        return NumberedPage([], places, True)
    last = conversations[-1]
    place = Place.after(last["orderkey"], _ties_after(owner_id, page.next) if page.next else 0)
    following = places._replace(**{"pinned" if last["isPinned"] else "unpinned": place})
    return NumberedPage(conversations, following, page.next is None)


def _cursor(owner_id: str, places: Places) -> Cursor | None:
    """Return the conversation that a page follows, or one that would be just before its first."""
    is_pinned = not any(places.unpinned)
    place = places.pinned if is_pinned else places.unpinned
    if not any(place):
        return None
    if not place.ties:
        return Cursor(is_pinned, place.order_key - 1, "")
    tied = Conversation.objects.for_owner(owner_id).tied(is_pinned=is_pinned, order_key=place.order_key)
    ids = tied.order_by("-conversation_id").values_list("conversation_id", flat=True)
    return Cursor(is_pinned, place.order_key, next(iter(ids[place.ties : place.ties + 1]), ""))


def _ties_after(owner_id: str, last: Cursor) -> int:
    tied = Conversation.objects.for_owner(owner_id).tied(is_pinned=last.is_pinned, order_key=last.order_key)
    return tied.filter(conversation_id__gt=last.conversation_id).count()
