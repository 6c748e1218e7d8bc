"""The page that finds a user, and the page that asks for a reason before a user's list opens."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from conversations import identifiers
from conversations.access import access_log
from conversations.exceptions import InvalidParameter
from conversations.lists import user_search
from conversations.models import AccessLogEntry, Owner
from conversations.models.staff import ACCESS_REASON_MAX_LENGTH
from conversations.pages import attention
from conversations.pages.decorators import METHODS, for_staff, pane_asked_for
from conversations.pages.places import MAX_LENGTH, hint_for, places_of
from conversations.staff.presentation import Avatar, owner_url

OWNERS_SHOWN = 20
SIMILAR_SHOWN = 5
RECENT_SHOWN, LOG_ENTRIES_READ = 8, 200  # entries of lists and of their conversations


@for_staff
def owner_search(request: HttpRequest) -> HttpResponse:
    """GET /?q=: the users whose ID or nickname has q in it, or the list of the only match.

    It may also be the ID of a conversation, group, message or API key, which leads to its page.

    Without q: the users viewed last, and the first users by ID.
    """
    context = owner_sidebar(request)
    if pane_asked_for(request) == "owners":
        return render(request, "conversations/_owners.html", context)
    if context["text"] and (url := _only_match(context)):  # Enter was pressed
        return redirect(url)
    context |= {"attention": attention.items(request.user), "last_check": attention.last_check(request.user)}
    return render(request, "conversations/browser.html", context)


def _only_match(context: dict[str, Any]) -> str:
    """Return the address that a text means: of the only user that it finds, or if it finds none, of the first page."""
    if context["owners"]:
        return context["owners"][0][1] if len(context["owners"]) == 1 and not context["places"] else ""
    return context["places"][0].url if context["places"] else ""


def owner_sidebar(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the pane that finds users."""
    text = request.GET.get("q", "")
    found = user_search.find(text, limit=OWNERS_SHOWN + 1)
    places = places_of(request.user, text)
    nothing_found = bool(text) and not (found.owners or places)
    recent = [] if text else _recent(request.user.get_username())
    return {
        "text": text,
        "max_length": MAX_LENGTH,
        "owners": _with_avatars([owner for owner in found.owners[:OWNERS_SHOWN] if owner not in recent]),
        "recent_owners": _with_avatars(recent),
        "has_more": len(found.owners) > OWNERS_SHOWN,
        "scanned": user_search.USERS_SCANNED if found.is_partial else 0,
        "similar_owners": _with_avatars(user_search.similar(text, limit=SIMILAR_SHOWN)) if nothing_found else [],
        "places": places,
        "hint": hint_for(request.user, text) if nothing_found else "",
        "is_demo": settings.DEBUG,
    }


def similar_to(owner: Owner) -> list[tuple[Owner, str, Avatar]]:
    """Return users with an ID like that of a user who is not known; none for one who is."""
    return _with_avatars(user_search.similar(owner.owner_id, limit=SIMILAR_SHOWN)) if owner._state.adding else []


def owner_of(owner_id: str) -> Owner:
    """Return the owner, or an unsaved one for a user without a list."""
    unsaved = Owner(owner_id=owner_id, version=0, nick_name="", face_url="", group_names="[]")
    return Owner.objects.named(owner_id).first() or unsaved


def _recent(username: str) -> list[Owner]:
    viewed = (
        AccessLogEntry.objects.by(username)
        .exclude(owner_id=access_log.ALL_USERS)
        .values_list("owner_id", flat=True)[:LOG_ENTRIES_READ]
    )
    owner_ids = list(dict.fromkeys(viewed))[:RECENT_SHOWN]
    owners_by_id = {owner.owner_id: owner for owner in Owner.objects.any_of(owner_ids)}
    return [owners_by_id[owner_id] for owner_id in owner_ids if owner_id in owners_by_id]


def _with_avatars(owners: list[Owner]) -> list[tuple[Owner, str, Avatar]]:
    return [(owner, owner_url(owner.owner_id), Avatar.of_owner(owner)) for owner in owners]


@partial(for_staff, methods=(*METHODS, "POST"))
def access_reason(request: HttpRequest) -> HttpResponse:
    """GET and POST /owner/reason/?owner=&next=: ask for the reason for viewing a user's list, then go on to `next`."""
    owner_id = identifiers.check_owner_id(request.GET.get("owner", ""))
    next_url = request.GET.get("next", "")
    if not (next_url.startswith("/") and url_has_allowed_host_and_scheme(next_url, allowed_hosts=None)):
        next_url = owner_url(owner_id)
    context: dict[str, Any] = {"owner": owner_of(owner_id), "max_length": ACCESS_REASON_MAX_LENGTH}
    if request.method == "POST":
        try:
            reason = request.POST.get("reason", "")
            access_log.give_reason(
                session=request.session, username=request.user.get_username(), owner_id=owner_id, reason=reason
            )
            return HttpResponseRedirect(next_url)
        except InvalidParameter as error:
            context["error"] = error.detail
    return render(request, "conversations/access_reason.html", context, status=400 if "error" in context else 200)
