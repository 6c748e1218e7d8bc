"""The staff's pages: find an owner, their list, one conversation. Nothing here changes anything of theirs.

There is one page with three panes; each view gives it whole, or to htmx the pane that it asks for by its target.
"""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from conversations import sync_tokens
from conversations.access import audit_log, permissions
from conversations.lists import change_feed
from conversations.pages import list_context as pages_list_context
from conversations.pages import list_filters, saved_views
from conversations.pages.decorators import owner_list_required, pane_asked_for
from conversations.pages.owners import owner_sidebar
from conversations.staff import search_syntax
from conversations.staff.presentation import ListEntry

CHANGES_SHOWN = 50


@owner_list_required
def conversation_list(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/?owner=&nextSeq= and the API's filters: the list as the owner's app shows it.

    With `find`, what the search box says, it leads to the address of the filters that this means.
    """
    if search_syntax.FIELD in request.GET:
        return redirect(list_filters.list_url(owner_id, list_filters.found(owner_id, request.GET)))
    if pane_asked_for(request) == "panel":  # the conversation is closed
        return render(request, "conversations/_panel.html", {"owner": pages_list_context.owner_of(owner_id)})
    context = list_context(request, owner_id)
    if pane := PANES.get(pane_asked_for(request)):
        return render(request, pane, context)
    return render(request, "conversations/browser.html", context | owner_sidebar(request))


PANES = {
    "rows": "conversations/_rows.html",
    "list": "conversations/_list.html",
    "browse": "conversations/_browse.html",
}


def list_context(request: HttpRequest, owner_id: str) -> dict[str, Any]:
    """The pane of the list."""
    reads_text, only_rows = permissions.may_read_text(request.user), pane_asked_for(request) == "rows"
    context = pages_list_context.of(owner_id, request.GET, reads_text=reads_text, only_rows=only_rows)
    context["may_change"] = permissions.may_change(request.user)
    if not only_rows:
        context["saved"] = saved_views.links(request.user, owner_id, context["given"])
        context["may_share"] = permissions.may_share(request.user)
    return context | {"reason": audit_log.reason_for(request.session, owner_id)}


@owner_list_required
def conversation_updates(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/news/?owner=&since= and the list's filters: the rows that changed since a place of the feed, and the tabs."""
    given = list_filters.conditions(request.GET, besides=("owner", "since"))
    page = change_feed.read(owner_id, sync_tokens.parse(request.GET.get("since", "")), CHANGES_SHOWN, extra=True)
    changes = [orjson.loads(change) for change in page.changes]
    versions = {one["conversationID"]: one["imsite"]["version"] for change in changes if (one := change.get("conversation"))}
    rows = list_filters.filterset_of(owner_id, given).selected().any_of(list(versions)).in_display_order().defer("wire_head")
    owner = pages_list_context.owner_of(owner_id)
    reads_text = permissions.may_read_text(request.user)
    entries = [ListEntry.of(row, owner.group_names, reads_text=reads_text) for row in rows]
    shown = {entry.conversation.conversation_id for entry in entries}
    context = pages_list_context.counts_of(owner_id, given) | {
        "token": page.owner_version,
        # Too much for single rows: the list is to be read anew.
        "is_too_much": page.reset_required or not page.is_finished,
        "entries": entries,
        "deleted": [change["conversationID"] for change in changes if "conversationID" in change],
        "unfit": {conversation_id: version for conversation_id, version in versions.items() if conversation_id not in shown},
        "kept": pages_list_context.kept(given, ""),
        "reads_text": reads_text,
        "may_change": permissions.may_change(request.user),
        "now": timezone.now(),
    }
    return render(request, "conversations/_news.html", context)
