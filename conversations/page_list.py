"""What the pane of a list shows: one page of rows, the tabs and filters, and where live news come from."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from conversations import page_filters, page_search, paging, reads, wire
from conversations.entries import Avatar, ListEntry, owner_url
from conversations.models import Conversation, Owner
from conversations.put_right import BULK_DEEDS, DEEDS
from conversations.search import count_up_to

ROWS_SHOWN = 50
MAX_EXPORTED = 50_000
# What the addresses of the pages hold besides the filters.
NOT_FILTERS = ("owner", "nextSeq", "id", "part", "before", "after", "q")


def of(owner_id: str, parameters: Mapping[str, str], *, reads_text: bool, only_rows: bool = False) -> dict[str, Any]:
    """The pane's context. Raises InvalidParameter for a bad filter or cursor."""
    given = page_filters.conditions(parameters, besides=NOT_FILTERS)
    bound_to, next_seq = urlencode(given), parameters.get("nextSeq", "")
    start = paging.after(next_seq, owner_id=owner_id, bound_to=bound_to)
    # The feed's token first: what changes while the rows are read is told again, and never missed.
    token = reads.feed_token(owner_id)
    filterset = page_filters.filterset_of(owner_id, given)
    rows = filterset.selected().in_display_order().defer("wire_head")
    rows = list((rows.after(**start._asdict()) if start else rows)[: ROWS_SHOWN + 1])
    owner = owner_of(owner_id)
    shown = rows[:ROWS_SHOWN]
    context = {
        "owner": owner,
        "entries": [ListEntry.of(row, owner.group_names, reads_text=reads_text) for row in shown],
        "reads_text": reads_text,
        "older_url": _older_url(owner_id, given, bound_to, shown[-1]) if len(rows) > ROWS_SHOWN else "",
        "kept": kept(given, next_seq if start else ""),
        "now": timezone.now(),
    }
    if only_rows:
        return context
    return context | {
        "owner_avatar": avatar_of(owner),
        "is_first_page": start is None,
        "tabs": page_filters.tabs(owner_id, given),
        "totals": totals_of(owner_id),
        "chips": page_filters.chips(owner_id, filterset, given),
        "selects": page_filters.selects(filterset, given),
        "group_links": page_filters.group_links(owner_id, wire.all_groups(owner.group_names), given),
        "given": given,
        "bulk_deeds": [(name, DEEDS[name].label) for name in BULK_DEEDS],
        "find": page_search.text_of(given),
        "completions": page_search.completions(wire.all_groups(owner.group_names)),
        "hidden": {name: value for name, value in given.items() if name not in page_filters.SELECTED},
        "newest_url": page_filters.list_url(owner_id, given),
        "export_url": f"{reverse('conversation-export')}?{urlencode({'owner': owner_id} | given)}",
        "saved_url": f"{reverse('saved-views')}?{urlencode({'owner': owner_id} | given)}",
        "saved_counts_url": f"{reverse('saved-view-counts')}?{urlencode({'owner': owner_id} | given)}",
        "max_exported": MAX_EXPORTED,
        "unfiltered_url": owner_url(owner_id),
        "token": token,
        "news_url": f"{reverse('conversation-news')}?{urlencode({'owner': owner_id} | given)}",
        # The stream tells what was said; without the right to it the page looks from time to time.
        "events_url": f"{reverse('api:events')}?{urlencode({'owner': owner_id})}" if reads_text else "",
    }


def owner_of(owner_id: str) -> Owner:
    """The owner, or an unsaved one for a user never seen."""
    unseen = Owner(owner_id=owner_id, version=0, nick_name="", face_url="", group_names="[]")
    return Owner.objects.named(owner_id).first() or unseen


def totals_of(owner_id: str) -> dict[str, int]:
    """The unread totals as the app's badge has them, by wire name: of the whole list, whatever filters show of it.

    Empty where so many conversations count that adding them up would hold up the page.
    """
    conversations = Conversation.objects.for_owner(owner_id)
    if count_up_to(page_filters.COUNTED_ROWS + 1, conversations.counted()) > page_filters.COUNTED_ROWS:
        return {}
    _token, totals = reads.totals(conversations, owner_id)
    return totals


def avatar_of(owner: Owner) -> Avatar:
    return Avatar.of(owner.owner_id, owner.nick_name, owner.face_url)


def kept(given: Mapping[str, str], next_seq: str) -> str:
    """What the address of a conversation keeps of its list's; "" or it begins with &."""
    query = urlencode({**given} | ({"nextSeq": next_seq} if next_seq else {}))
    return f"&{query}" if query else ""


def _older_url(owner_id: str, given: dict[str, str], bound_to: str, last: Conversation) -> str:
    cursor = paging.Cursor(last.is_pinned, last.order_key, last.conversation_id)
    next_seq = paging.next_seq(cursor, owner_id=owner_id, bound_to=bound_to)
    return page_filters.list_url(owner_id, given | {"nextSeq": next_seq})
