"""The page that finds a user, and the one that asks why a list is opened."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from conversations import identifiers
from conversations.access import audit_log
from conversations.exceptions import InvalidParameter
from conversations.lists.search import is_possible_start, owners_like
from conversations.models import AccessLogEntry, Owner
from conversations.models.staff import ACCESS_REASON_MAX_LENGTH
from conversations.pages import list_context as pages_list_context
from conversations.pages.decorators import METHODS, for_staff, pane_asked_for
from conversations.staff.presentation import Avatar, owner_url

OWNERS_SHOWN = 20
RECENT_SHOWN, LOOKS_READ = 8, 50


@for_staff
def owner_search(request: HttpRequest) -> HttpResponse:
    """GET /?q=: owners whose user ID or nick begins with q, or if it is one only, that list; without q those looked into last,
    and the first ones.
    """
    context = owner_sidebar(request)
    if pane_asked_for(request) == "owners":
        return render(request, "conversations/_owners.html", context)
    if context["text"] and len(context["owners"]) == 1:  # Enter, and nobody else is meant
        return redirect(context["owners"][0][1])
    return render(request, "conversations/browser.html", context)


def owner_sidebar(request: HttpRequest) -> dict[str, Any]:
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
    looked = list(dict.fromkeys(AccessLogEntry.objects.by(username).values_list("owner_id", flat=True)[:LOOKS_READ]))[
        :RECENT_SHOWN
    ]
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
    context: dict[str, Any] = {"owner": pages_list_context.owner_of(owner_id), "max_length": ACCESS_REASON_MAX_LENGTH}
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
