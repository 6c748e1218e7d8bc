"""Who comes into the pages, and what they are told if they don't; looking into a list is kept."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect, push_url, reswap, retarget

from conversations import identifiers
from conversations.access import audit_log, permissions
from conversations.exceptions import Code, ConversationError
from conversations.lists import query_plans
from conversations.staff import search_syntax
from conversations.staff.presentation import owner_url

View = Callable[..., HttpResponse]
METHODS = ("GET", "HEAD")


def for_staff(view: View, methods: tuple[str, ...] = METHODS) -> View:
    """Only for staff that may see conversations; a refusal of ours becomes a page, or a pane, that says what is wrong."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method not in methods:
            return _method_refused(request, methods)
        if not request.user.is_authenticated:
            return _moved(request, redirect_to_login(_onward(request, methods)).url)
        if not permissions.may_view(request.user):
            raise PermissionDenied(_("Your account may not look into conversation lists."))
        try:
            return view(request)
        except ConversationError as error:
            return _refused(request, error)

    return guarded


def owner_list_required(view: View, methods: tuple[str, ...] = METHODS) -> View:
    """As `for_staff`, for what shows the list of `?owner=`: asks for a reason where the setting says so, and is kept."""

    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponse:
        owner_id = identifiers.check_owner_id(request.GET.get("owner", ""))
        with query_plans.planned_per_query():
            return asked_why(request, owner_id, _onward(request, methods)) or view(request, owner_id)

    return for_staff(opened, methods)


def asked_why(request: HttpRequest, owner_id: str, next_url: str = "") -> HttpResponse | None:
    """Keep that somebody looks into an owner's list; or the way to where a reason is given, which leads on, or back here."""
    try:
        audit_log.enter(session=request.session, username=request.user.get_username(), owner_id=owner_id)
    except audit_log.ReasonNeeded:
        query = urlencode({"owner": owner_id, "next": next_url or request.get_full_path()})
        return _moved(request, f"{reverse('look-reason')}?{query}")
    return None


def pane_asked_for(request: HttpRequest) -> str:
    """The ID of the element that htmx wants to fill; "" for the whole page."""
    return "" if not request.htmx or request.htmx.history_restore_request else request.htmx.target or ""


def _onward(request: HttpRequest, methods: tuple[str, ...]) -> str:
    """Where to go on after a login or a reason: here, or where a browser can't come back to, in the list with its filters."""
    if "GET" in methods:
        return request.get_full_path()
    return f"{reverse('conversation-list')}?{request.GET.urlencode()}" if "owner" in request.GET else reverse("owner-search")


def _moved(request: HttpRequest, url: str) -> HttpResponse:
    """Another page in place of this one, and not within one of its panes."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


class _MethodRefused(ConversationError):
    """The address is there, and takes other methods."""

    code, status = Code.UNKNOWN_RESOURCE, 405


def _method_refused(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    allowed = ", ".join(methods)
    response = _refused(request, _MethodRefused(_("This address takes %(methods)s only.") % {"methods": allowed}))
    response["Allow"] = allowed
    return response


def _refused(request: HttpRequest, error: ConversationError) -> HttpResponse:
    owner_id = request.GET.get("owner", "")
    context = {
        "error": error,
        "back_url": owner_url(owner_id) if identifiers.is_owner_id(owner_id) else "",
        "find": request.GET.get(search_syntax.FIELD),  # as it was typed, to be mended
        "owner_id": owner_id,
    }
    if pane_asked_for(request) and context["find"] is not None:  # under the box, which keeps what was typed
        response = render(request, "conversations/_find_error.html", context, status=error.status)
        return push_url(reswap(retarget(response, "#find-error"), "innerHTML"), False)
    template = "conversations/_refused.html" if pane_asked_for(request) else "conversations/refused.html"
    return render(request, template, context, status=error.status)
