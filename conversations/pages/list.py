"""The staff's pages: find an owner, their list, one conversation. Nothing here changes anything of theirs.

There is one page with three panes; each view gives it whole, or to htmx the pane that it asks for by its target.
"""

from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from conversations import identifiers
from conversations.access import audit_log, permissions
from conversations.exceptions import InvalidParameter
from conversations.lists import change_feed
from conversations.lists.search import is_possible_start, owners_like
from conversations.models import Look, Owner
from conversations.models.staff import LOOK_REASON_MAX_LENGTH
from conversations.pages import list_context as pages_list_context
from conversations.pages import list_filters, saved_views
from conversations.pages.decorators import METHODS, for_list, for_staff, pane_asked_for
from conversations.staff import search_syntax
from conversations.staff.presentation import Avatar, ListEntry, owner_url

OWNERS_SHOWN = 20
RECENT_SHOWN, LOOKS_READ = 8, 50
CHANGES_SHOWN = 50


# ---- Owners ----------------------------------------------------------------------------------


@for_staff
def owner_search(request: HttpRequest) -> HttpResponse:
    """GET /?q=: owners whose user ID or nick begins with q, or if it is one only, that list; without q those looked into last,
    and the first ones.
    """
    context = rail(request)
    if pane_asked_for(request) == "owners":
        return render(request, "conversations/_owners.html", context)
    if context["text"] and len(context["owners"]) == 1:  # Enter, and nobody else is meant
        return redirect(context["owners"][0][1])
    return render(request, "conversations/browser.html", context)


def rail(request: HttpRequest) -> dict[str, Any]:
    """The pane that finds owners."""
    text = request.GET.get("q", "")
    owners = owners_like(Owner.objects.all(), text, limit=OWNERS_SHOWN + 1)
    recent = [] if text else _recent(request.user.get_username())
    return {
        "text": text,
        "max_length": identifiers.OWNER_ID_MAX_BYTES,
        "owners": _with_avatars([owner for owner in owners[:OWNERS_SHOWN] if owner not in recent]),
        "recent_owners": _with_avatars(recent),
        "has_more": len(owners) > OWNERS_SHOWN,
        "is_possible": is_possible_start(text),
        "is_demo": settings.DEBUG,
    }


def _recent(username: str) -> list[Owner]:
    looked = list(dict.fromkeys(Look.objects.by(username).values_list("owner_id", flat=True)[:LOOKS_READ]))[:RECENT_SHOWN]
    known = {owner.owner_id: owner for owner in Owner.objects.any_of(looked)}
    return [known[owner_id] for owner_id in looked if owner_id in known]


def _with_avatars(owners: list[Owner]) -> list[tuple[Owner, str, Avatar]]:
    return [(owner, owner_url(owner.owner_id), pages_list_context.avatar_of(owner)) for owner in owners]


@partial(for_staff, methods=(*METHODS, "POST"))
def look_reason(request: HttpRequest) -> HttpResponse:
    """GET and POST /owner/reason/?owner=&next=: say why, before an owner's list opens."""
    owner_id = identifiers.check_owner_id(request.GET.get("owner", ""))
    onward = request.GET.get("next", "")
    if not (onward.startswith("/") and url_has_allowed_host_and_scheme(onward, allowed_hosts=None)):
        onward = owner_url(owner_id)
    context: dict[str, Any] = {"owner": pages_list_context.owner_of(owner_id), "max_length": LOOK_REASON_MAX_LENGTH}
    if request.method == "POST":
        try:
            reason = request.POST.get("reason", "")
            audit_log.give_reason(
                session=request.session, username=request.user.get_username(), owner_id=owner_id, reason=reason
            )
            return HttpResponseRedirect(onward)
        except InvalidParameter as error:
            context["error"] = error.detail
    return render(request, "conversations/look_reason.html", context, status=400 if "error" in context else 200)


# ---- A list ----------------------------------------------------------------------------------


@for_list
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
    return render(request, "conversations/browser.html", context | rail(request))


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


@for_list
def conversation_news(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/news/?owner=&since= and the list's filters: the rows that changed since a place of the feed, and the tabs."""
    given = list_filters.conditions(request.GET, besides=("owner", "since"))
    page = change_feed.read(owner_id, change_feed.parse(request.GET.get("since", "")), CHANGES_SHOWN, extra=True)
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
