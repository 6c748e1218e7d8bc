"""What the pane of a list shows: one page of rows, the tabs and filters, and where live news come from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from conversations.formats import conversation_json
from conversations.lists import cursors, json_reads
from conversations.lists.filters import ConversationFilterSet
from conversations.models import Conversation, Owner
from conversations.models.querysets import ConversationQuerySet, count_up_to
from conversations.pages import list_filters
from conversations.pages.list_filters import COUNTED_ROWS, count_in_words
from conversations.staff import search_syntax
from conversations.staff.corrections import DEEDS
from conversations.staff.presentation import Avatar, ListEntry, owner_url

ROWS_SHOWN = 50
# How much of a long list is looked through for rows that fit a filter before the page is given with what was found.
WALKED_ROWS = 5000
MAX_EXPORTED = 50_000
# What the addresses of the pages hold besides the filters.
NOT_FILTERS = ("owner", "nextSeq", "id", "part", "before", "after", "q")


def of(owner_id: str, parameters: Mapping[str, str], *, reads_text: bool, only_rows: bool = False) -> dict[str, Any]:
    """The pane's context. Raises InvalidParameter for a bad filter or cursor."""
    given = list_filters.conditions(parameters, besides=NOT_FILTERS)
    bound_to, next_seq = urlencode(given), parameters.get("nextSeq", "")
    start = cursors.after(next_seq, owner_id=owner_id, bound_to=bound_to)
    # The feed's token first: what changes while the rows are read is told again, and never missed.
    token = "" if only_rows else json_reads.sync_token(owner_id)
    filterset = list_filters.filterset_of(owner_id, given)
    # Where nothing or only the unpinned rows are left out, the rows that fit follow each other in the index.
    is_filtered = bool(given) and given.get("isPinned") != "true"
    page = _page(filterset.selected(), start, whole=Conversation.objects.for_owner(owner_id) if is_filtered else None)
    owner = owner_of(owner_id)
    older = page.next and cursors.next_seq(page.next, owner_id=owner_id, bound_to=bound_to)
    context = {
        "owner": owner,
        "entries": [ListEntry.of(row, owner.group_names, reads_text=reads_text) for row in page.rows],
        "reads_text": reads_text,
        "older_url": list_filters.list_url(owner_id, given | {"nextSeq": older}) if older else "",
        "nothing_older": start is not None and not page.rows and not page.next,
        "looked_back_to": _moment_of(owner_id, page.next) if page.next and not page.rows else None,
        "is_first_page": start is None,
        "kept": kept(given, next_seq if start else ""),
        "now": timezone.now(),
    }
    if only_rows:
        return context
    # The stream tells what was said; without the right to it the page looks from time to time.
    events = f"{reverse('api:events')}?{urlencode({'owner': owner_id})}" if reads_text else ""
    return context | _head(owner, given, filterset) | {"token": token, "events_url": events}


class Page(NamedTuple):
    """Rows in display order, and the place that the next page follows, None after the last."""

    rows: list[Conversation]
    next: cursors.Cursor | None


def _page(selected: ConversationQuerySet, start: cursors.Cursor | None, *, whole: ConversationQuerySet | None) -> Page:
    """The rows after `start`. Of the `whole` list, where one is given, it looks at WALKED_ROWS at most.

    It may then hold few rows, or none, and yet not be the last: reading on until enough of them fit may take the whole list.
    """
    selected = selected.in_display_order().defer("wire_head")
    rows = selected.after(**start._asdict()) if start else selected
    end = None if whole is None else _end_of_walk(whole, start)
    if end is None:
        found = list(rows[: ROWS_SHOWN + 1])
    else:
        # In two parts, each of them one index range; together they would be none.
        found = [] if start and not start.is_pinned else list(rows.filter(is_pinned=True)[: ROWS_SHOWN + 1])
        rest = rows.unpinned_up_to(order_key=end.order_key, conversation_id=end.conversation_id)
        found += rest[: ROWS_SHOWN + 1 - len(found)]
    if len(found) > ROWS_SHOWN:
        last = found[ROWS_SHOWN - 1]
        end = cursors.Cursor(last.is_pinned, last.order_key, last.conversation_id)
    return Page(found[:ROWS_SHOWN], end)


def _end_of_walk(whole: ConversationQuerySet, start: cursors.Cursor | None) -> cursors.Cursor | None:
    """The last of the WALKED_ROWS rows after `start`, the pinned ones not counted; None if none follows."""
    rows = whole.filter(is_pinned=False).in_display_order()
    if start and not start.is_pinned:
        rows = rows.after(**start._asdict())
    last = list(rows.values_list("is_pinned", "order_key", "conversation_id")[WALKED_ROWS - 1 : WALKED_ROWS + 1])
    return cursors.Cursor(*last[0]) if len(last) == 2 else None


def _moment_of(owner_id: str, place: cursors.Cursor) -> datetime | None:
    """The last message's, where something was said."""
    row = Conversation.objects.for_owner(owner_id).any_of([place.conversation_id])
    return row.values_list("last_message_at", flat=True).first()


def _head(owner: Owner, given: dict[str, str], filterset: ConversationFilterSet) -> dict[str, Any]:
    """What stands above the rows, and where their news come from."""
    owner_id, query = owner.owner_id, urlencode({"owner": owner.owner_id} | given)
    groups, selects = conversation_json.all_group_names(owner.group_names), list_filters.selects(filterset, given)
    return counts_of(owner_id, given) | {
        "owner_avatar": avatar_of(owner),
        "chips": list_filters.chips(owner_id, filterset, selects, given),
        "selects": selects,
        "group_links": list_filters.group_links(owner_id, groups, given),
        "given": given,
        "deeds_for_many": [(name, deed.label) for name, deed in DEEDS.items()],
        "find": search_syntax.text_of(given),
        "completions": search_syntax.completions(groups),
        "hidden": {name: value for name, value in given.items() if name not in list_filters.SELECTED},
        "newest_url": list_filters.list_url(owner_id, given),
        "export_url": f"{reverse('conversation-export')}?{query}",
        "saved_url": f"{reverse('saved-views')}?{query}",
        "saved_counts_url": f"{reverse('saved-view-counts')}?{query}",
        "max_exported": MAX_EXPORTED,
        "unfiltered_url": owner_url(owner_id),
        "news_url": f"{reverse('conversation-news')}?{query}",
    }


def counts_of(owner_id: str, given: dict[str, str]) -> dict[str, Any]:
    """The tabs, with how many rows beside the other filters each shows, and the totals of the whole list.

    Of a long list the first COUNTED_ROWS are looked at.
    """
    conversations = Conversation.objects.for_owner(owner_id)
    first = conversations.in_display_order()[:COUNTED_ROWS]
    whole = first.tab_counts()
    is_whole = whole["all"] < COUNTED_ROWS
    others = list_filters.besides_tabs(given)
    shown = first.tab_counts(list_filters.filterset_of(owner_id, others).selected()) if others else whole
    tabs = list_filters.tabs(owner_id, given, shown, is_whole=is_whole)
    found = ""
    if not any(tab.is_chosen for tab in tabs):  # which tells it otherwise
        selected = list_filters.filterset_of(owner_id, given).selected()
        found = count_in_words(first.counts_in({"found": selected})["found"], is_whole)
    return {
        "tabs": tabs,
        "found": found,
        "totals": whole if is_whole else _totals_of(conversations, owner_id),
        "unread_url": list_filters.list_url(owner_id, {"hasUnreadCount": "true"}),
    }


def owner_of(owner_id: str) -> Owner:
    """The owner, or an unsaved one for a user never seen."""
    unseen = Owner(owner_id=owner_id, version=0, nick_name="", face_url="", group_names="[]")
    return Owner.objects.named(owner_id).first() or unseen


def _totals_of(conversations: ConversationQuerySet, owner_id: str) -> dict[str, int]:
    """The unread totals as the app's badge has them, by wire name: of the whole list, whatever filters show of it.

    Empty where so many conversations count that adding them up would hold up the page.
    """
    if count_up_to(COUNTED_ROWS + 1, conversations.counted()) > COUNTED_ROWS:
        return {}
    _token, totals = json_reads.totals(conversations, owner_id)
    return totals


def avatar_of(owner: Owner) -> Avatar:
    return Avatar.of(owner.owner_id, owner.nick_name, owner.face_url)


def kept(given: Mapping[str, str], next_seq: str) -> str:
    """What the address of a conversation keeps of its list's; "" or it begins with &."""
    query = urlencode({**given} | ({"nextSeq": next_seq} if next_seq else {}))
    return f"&{query}" if query else ""
