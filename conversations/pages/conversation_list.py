"""The page of a user's conversation list, for staff: the rows, the tabs and filters above them, and live updates.

The browser shows one page with three panes: users, a list, a conversation. `conversation_list` returns the
whole page, or to htmx the pane that is its target; `conversation_updates` returns changed rows. `list_context` puts the pane of
the list together.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from conversations import sync_tokens
from conversations.access import access_log, permissions
from conversations.formats import conversation_json
from conversations.lists import change_feed, cursors, json_reads
from conversations.lists.filters import ConversationFilterSet
from conversations.lists.pages import read_page
from conversations.models import Conversation, Owner
from conversations.models.querysets import ConversationQuerySet, count_up_to
from conversations.pages import list_filters, saved_views
from conversations.pages.decorators import owner_list_required, pane_asked_for
from conversations.pages.export import MAX_EXPORTED
from conversations.pages.list_filters import COUNTED_ROWS, count_display
from conversations.pages.owners import owner_of, owner_sidebar, similar_to
from conversations.staff import search_syntax
from conversations.staff.corrections import CORRECTIONS
from conversations.staff.presentation import Avatar, ListEntry, owner_url

ROWS_SHOWN = 50
CHANGES_SHOWN = 50
MAX_MATCHING = 500  # conversations that are corrected at once, by their filters
PANES = {
    "rows": "conversations/_rows.html",
    "list": "conversations/_list.html",
    "browse": "conversations/_browse.html",
}


@owner_list_required
def conversation_list(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/?owner=&nextSeq= and the API's filters: the list as the user's app shows it.

    With `find`, the search box's text, redirect to the address of the filters that it sets; so with dates from the form.
    """
    if search_syntax.FIELD in request.GET:
        return redirect(list_filters.list_url(owner_id, list_filters.from_search_box(owner_id, request.GET)))
    if typed := list_filters.typed_moments(request.GET):
        filters = list_filters.conditions(request.GET, besides=list_filters.NOT_FILTERS)
        return redirect(list_filters.list_url(owner_id, filters | typed))
    if pane_asked_for(request) == "panel":  # the conversation is closed
        return render(request, "conversations/_panel.html", {"owner": owner_of(owner_id)})
    context = list_context(request, owner_id)
    if pane := PANES.get(pane_asked_for(request)):
        return render(request, pane, context)
    return render(request, "conversations/browser.html", context | owner_sidebar(request))


@owner_list_required
def conversation_updates(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/updates/?owner=&since= and the list's filters: the rows that changed since a sync token, and the tabs."""
    filters = list_filters.conditions(request.GET, besides=("owner", "since"))
    page = change_feed.read(owner_id, sync_tokens.parse(request.GET.get("since", "")), CHANGES_SHOWN, extra=True)
    changes = [orjson.loads(change) for change in page.changes]
    changed = [change["conversation"] for change in changes if "conversation" in change]
    versions = {conversation["conversationID"]: conversation["imsite"]["version"] for conversation in changed}
    rows = list_filters.filterset_of(owner_id, filters).selected().any_of(list(versions)).in_display_order()
    owner = owner_of(owner_id)
    shown = {row.conversation_id: row for row in rows.defer("wire_head")}
    context = counts_context(owner_id, filters) | rows_context(request, owner, shown.values()) | {
        "token": page.owner_version,
        # Too much for single rows: the browser loads the list again.
        "is_too_much": page.reset_required or not page.is_finished,
        "deleted": [change["conversationID"] for change in changes if "conversationID" in change],
        "no_longer_matching": {id_: version for id_, version in versions.items() if id_ not in shown},
        "filter_query": list_filters.filter_query(filters),
    }  # fmt: skip
    return render(request, "conversations/_updates.html", context)


# ---- The pane of the list --------------------------------------------------------------------


def list_context(request: HttpRequest, owner_id: str) -> dict[str, Any]:
    """Return the context of the list's pane, or of its next rows. Raises InvalidParameter for a bad filter or cursor."""
    filters = list_filters.conditions(request.GET, besides=list_filters.NOT_FILTERS)
    bound_to, next_seq = urlencode(filters), request.GET.get("nextSeq", "")
    start = cursors.after(next_seq, owner_id=owner_id, bound_to=bound_to)
    # The token first: a change while the rows are read is then sent again, and never missed.
    only_rows = pane_asked_for(request) == "rows"
    token = "" if only_rows else json_reads.sync_token(owner_id)
    filterset = list_filters.filterset_of(owner_id, filters)
    # Matches of a filter may lie far apart, so that search is bounded. Pinned rows are few, and come first.
    is_search = bool(filters) and filters.get("isPinned") != "true"
    searched = Conversation.objects.for_owner(owner_id) if is_search else None
    page = read_page(filterset.selected(), start, limit=ROWS_SHOWN, searched=searched)
    owner = owner_of(owner_id)
    older = page.next and cursors.next_seq(page.next, owner_id=owner_id, bound_to=bound_to)
    context = rows_context(request, owner, page.rows) | {
        "owner": owner,
        "is_unknown": owner._state.adding,
        "older_url": list_filters.list_url(owner_id, filters | {"nextSeq": older}) if older else "",
        "nothing_older": start is not None and not page.rows and not page.next,
        "searched_back_to": _last_message_at(owner_id, page.next) if page.next and not page.rows else None,
        "is_first_page": start is None,
        "filter_query": list_filters.filter_query(filters, next_seq if start else ""),
    }
    if only_rows:
        return context
    similar = similar_to(owner) if not (page.rows or filters or start) else []
    return context | head_context(request, owner, filters, filterset) | {"token": token, "similar_to_unknown": similar}


def rows_context(request: HttpRequest, owner: Owner, rows: Iterable[Conversation]) -> dict[str, Any]:
    """Return the context of rows: the list's lines, as far as the member of staff may see them."""
    reads_text = permissions.may_read_text(request.user)
    return {
        "entries": [ListEntry.of(row, owner.group_names, reads_text=reads_text) for row in rows],
        "reads_text": reads_text,
        "may_change": permissions.may_change(request.user),
        "now": timezone.now(),
    }


def head_context(
    request: HttpRequest, owner: Owner, filters: dict[str, str], filterset: ConversationFilterSet
) -> dict[str, Any]:
    """Return the context above the rows, and the addresses of the live updates."""
    owner_id, query = owner.owner_id, urlencode({"owner": owner.owner_id} | filters)
    groups, selects = conversation_json.all_group_names(owner.group_names), list_filters.selects(filterset, filters)
    # The stream carries texts; for staff who may not read them, the page polls.
    events_url = f"{reverse('api:events')}?{urlencode({'owner': owner_id})}" if permissions.may_read_text(request.user) else ""
    group_links, saved = list_filters.group_links(owner_id, groups, filters), saved_views.links(request.user, owner_id, filters)
    chosen = [link.view.name for link in saved if link.is_chosen] + [link.label for link in group_links[1:] if link.is_chosen]
    return counts_context(owner_id, filters) | {
        "owner_avatar": Avatar.of_owner(owner),
        "reason": access_log.reason_for(request.session, owner_id),
        "chips": list_filters.chips(owner_id, filterset, selects, filters),
        "selects": selects,
        "moments": list_filters.moments(filterset, filters),
        "windows": search_syntax.WINDOWS,
        "group_links": group_links,
        "more_label": next(iter(chosen), ""),
        "filters": filters,
        "bulk_actions": [(name, correction.label) for name, correction in CORRECTIONS.items()],
        "find": search_syntax.text_of(filters),
        "completions": search_syntax.completions(groups),
        "hidden": {name: value for name, value in filters.items() if name not in list_filters.SELECTED},
        "saved": saved,
        "may_share": permissions.may_share(request.user),
        "max_exported": MAX_EXPORTED,
        "newest_url": list_filters.list_url(owner_id, filters),
        "unfiltered_url": owner_url(owner_id),
        "export_url": f"{reverse('conversation-export')}?{query}",
        "saved_url": f"{reverse('saved-views')}?{query}",
        "saved_counts_url": f"{reverse('saved-view-counts')}?{query}",
        # With the updates' own; the addresses of one list differ in these only.
        "not_filters": " ".join([*(name for name in list_filters.NOT_FILTERS if name != "owner"), "since"]),
        "updates_url": f"{reverse('conversation-updates')}?{query}",
        "events_url": events_url,
    }


def counts_context(owner_id: str, filters: dict[str, str]) -> dict[str, Any]:
    """Return the tabs with the number of rows that each shows beside the other filters, and the totals of the whole list.

    Of a long list the first COUNTED_ROWS are counted.
    """
    conversations = Conversation.objects.for_owner(owner_id)
    first = conversations.in_display_order()[:COUNTED_ROWS]
    counts_of_all = first.tab_counts()
    is_whole = counts_of_all["all"] < COUNTED_ROWS
    others = list_filters.besides_tabs(filters)
    counts = first.tab_counts(list_filters.filterset_of(owner_id, others).selected()) if others else counts_of_all
    tabs = list_filters.tabs(owner_id, filters, counts, is_whole=is_whole)
    chosen = next((tab.name for tab in tabs if tab.is_chosen), "")
    match_count = ""
    if not chosen:  # a chosen tab shows the number itself
        selected = list_filters.filterset_of(owner_id, filters).selected()
        counts |= first.counts_in({"matching": selected})
        match_count = count_display(counts["matching"], is_whole=is_whole)
    all_count = counts[chosen or "matching"]
    return {
        "tabs": tabs,
        "match_count": match_count,
        "all_count": all_count if is_whole else None,
        "are_all_offered": all_count <= MAX_MATCHING,
        "totals": counts_of_all if is_whole else _totals_of(conversations, owner_id),
        "unread_url": list_filters.unread_total_url(owner_id, list_filters.filter_query(filters)),
    }


def _last_message_at(owner_id: str, position: cursors.Cursor) -> datetime | None:
    """Return when the last message of the conversation at a position was sent, if it has one."""
    row = Conversation.objects.for_owner(owner_id).any_of([position.conversation_id])
    return row.values_list("last_message_at", flat=True).first()


def _totals_of(conversations: ConversationQuerySet, owner_id: str) -> dict[str, int]:
    """Return the unread totals of the whole list, as the app's badge shows them, by wire name.

    Empty where so many conversations count that adding them up would hold up the page.
    """
    if count_up_to(COUNTED_ROWS + 1, conversations.counted()) > COUNTED_ROWS:
        return {}
    _token, totals = json_reads.totals(conversations, owner_id)
    return totals
