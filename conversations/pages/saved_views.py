"""Saved views on the pages: links above a list with the number of conversations each matches, and forms to edit them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.access import permissions
from conversations.digits import parse_digits
from conversations.exceptions import InvalidParameter
from conversations.models import SavedView, ViewedPage
from conversations.pages import list_filters
from conversations.pages.decorators import METHODS, for_staff, owner_list_required
from conversations.staff import saved_views, search_syntax


class Link(NamedTuple):
    """A saved view as a link above a list; `count` is "" for 0 and where it was not counted."""

    view: SavedView
    url: str
    is_own: bool
    is_chosen: bool
    count: str  # type: ignore[assignment]  # a tuple's own method of this name is not missed


def links(user: Any, owner_id: str, filters: Mapping[str, str], *, has_counts: bool = False) -> list[Link]:
    """Return the saved views that a member of staff sees, for an owner's list."""
    views = list(SavedView.objects.shown_to(user).of(ViewedPage.LIST))
    counts = _counts(owner_id, views) if has_counts else {}
    filters_text = search_syntax.text_of(filters)
    return [
        Link(
            view=view,
            url=list_filters.list_url(owner_id, {search_syntax.FIELD: view.filters}),
            is_own=view.user_id == user.pk,
            is_chosen=view.filters == filters_text,
            count=counts.get(view.pk, ""),
        )
        for view in views
    ]


def _counts(owner_id: str, views: Sequence[SavedView]) -> dict[int, str]:
    filters_by_view = {view.pk: search_syntax.filters_of(view.filters) for view in views} | {ALL: {}}
    selected = {key: list_filters.filterset_of(owner_id, filters).selected() for key, filters in filters_by_view.items()}
    counts = saved_views.view_counts(selected, owner_id, limit=list_filters.COUNTED_ROWS)
    is_whole = counts[ALL] < list_filters.COUNTED_ROWS
    return {key: list_filters.count_display(count, is_whole=is_whole) for key, count in counts.items()}


ALL = 0  # no view's ID: stands for the whole list


@owner_list_required
def view_counts(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/views/?owner= and the list's filters: the links with their counts, which htmx puts above the list."""
    filters = list_filters.conditions(request.GET, besides=list_filters.NOT_FILTERS)
    list_filters.filterset_of(owner_id, filters).selected()  # raises for a bad value, which has no text to compare
    counted = links(request.user, owner_id, filters, has_counts=True)
    return render(request, "conversations/_saved_links.html", {"saved": counted})


@partial(for_staff, methods=(*METHODS, "POST"))
def saved_views_page(request: HttpRequest) -> HttpResponse:
    """GET and POST /views/?owner= and the list's filters: the saved views; POST saves the filters under a name."""
    owner_id = request.GET.get("owner", "")
    filters = list_filters.conditions(request.GET, besides=list_filters.NOT_FILTERS)
    if owner_id:
        identifiers.check_owner_id(owner_id)
    if request.method == "POST":
        list_filters.filterset_of(owner_id, filters).selected()  # raises for filters that can't be shown
        filters_text, is_shared = search_syntax.text_of(filters), "is_shared" in request.POST
        try:
            saved_views.save(user=request.user, name=request.POST.get("name", ""), filters=filters_text, is_shared=is_shared)
        except InvalidParameter as error:  # such as a name that is taken: shown above the list, which keeps its filters
            messages.error(request, str(error.detail))
        return redirect(list_filters.list_url(owner_id, filters) if owner_id else "saved-views")
    context = {
        "views": saved_views.shown_to(request.user),
        "may_share": permissions.may_share(request.user),
        "owner_id": owner_id,
        "back_url": list_filters.list_url(owner_id, filters) if owner_id else "",
    }
    return render(request, "conversations/saved_views.html", context)


@partial(for_staff, methods=("POST",))
def saved_view_change(request: HttpRequest) -> HttpResponse:
    """POST /views/change/?owner=: `id` with `name` and `is_shared`, or with `delete`."""
    owner_id = request.GET.get("owner", "")
    view_id = parse_digits(request.POST.get("id", ""), at_most=18)
    if view_id is None:
        raise InvalidParameter(_("Invalid saved view ID."), field="id")
    if "delete" in request.POST:
        saved_views.delete(user=request.user, view_id=view_id)
    else:
        is_shared = "is_shared" in request.POST
        saved_views.change(user=request.user, view_id=view_id, name=request.POST.get("name", ""), is_shared=is_shared)
    back = reverse("saved-views")
    return redirect(f"{back}?{urlencode({'owner': owner_id})}" if owner_id else back)
