"""Access control for staff pages. Every view of a user's list is logged."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect, push_url, reswap, retarget
from django_htmx.middleware import HtmxDetails

from conversations import identifiers
from conversations.access import access_log, permissions
from conversations.exceptions import Code, ConversationError
from conversations.lists import query_plans
from conversations.staff import search_syntax
from conversations.staff.presentation import owner_url

View = Callable[..., HttpResponseBase]
METHODS = ("GET", "HEAD")


def for_staff(view: View, methods: tuple[str, ...] = METHODS, may: Callable[[Any], bool] = permissions.may_view) -> View:
    """Let only staff in who may view conversations, or what `may` asks for.

    A ConversationError becomes a page, or a pane, that shows it.
    """

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if request.method not in methods:
            return _method_not_allowed(request, methods)
        if not request.user.is_authenticated:
            return _redirect(request, redirect_to_login(_return_url(request, methods)).url)
        if not may(request.user):
            raise PermissionDenied(_what_is_missing(request.user, may))
        try:
            return view(request)
        except ConversationError as error:
            return _error_response(request, error)

    return guarded


def _what_is_missing(user: Any, may: Callable[[Any], bool]) -> str:
    if user.is_staff and may is not permissions.may_view:
        return _("Your account may not view this page. Ask an administrator for a group such as Lead.")
    if user.is_staff:
        return _("Your account may not view conversation lists. Ask an administrator for a group such as Support.")
    if user.has_perm(permissions.VIEW):
        return _("Your account has no staff status. Ask an administrator to tick it.")
    return _("Your account has no access to conversation lists. Ask an administrator for staff status and the Support group.")


def owner_list_required(view: View, methods: tuple[str, ...] = METHODS) -> View:
    """As `for_staff`, for views of the list of `?owner=`: ask for a reason where VIEW_REASON_REQUIRED is set, and log it."""

    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponseBase:
        owner_id = identifiers.check_owner_id(request.GET.get("owner", ""))
        with query_plans.planned_per_query():
            return require_reason(request, owner_id, _return_url(request, methods)) or view(request, owner_id)

    return for_staff(opened, methods)


def require_reason(request: HttpRequest, owner_id: str, next_url: str = "") -> HttpResponse | None:
    """Log that an owner's list is viewed; if that needs a reason first, return a redirect to the page that asks for it.

    That page then leads to `next_url`, by default back here.
    """
    try:
        access_log.record_view(session=request.session, username=request.user.get_username(), owner_id=owner_id)
    except access_log.ReasonNeeded:
        query = urlencode({"owner": owner_id, "next": next_url or request.get_full_path()})
        return _redirect(request, f"{reverse('access-reason')}?{query}")
    return None


def record_conversation(request: HttpRequest, owner_id: str, conversation_id: str) -> None:
    """Log that a conversation of a list is opened, which `require_reason` has let in."""
    access_log.record_conversation(
        session=request.session, username=request.user.get_username(), owner_id=owner_id, conversation_id=conversation_id
    )


def pane_asked_for(request: HttpRequest) -> str:
    """Return the ID of the element that htmx fills; "" for the whole page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by the middleware
    return "" if not htmx or htmx.history_restore_request else htmx.target or ""


def _return_url(request: HttpRequest, methods: tuple[str, ...]) -> str:
    """Return where to go after a login or a reason: here, or from an address that takes no GET, to the list."""
    if "GET" in methods:
        return request.get_full_path()
    return f"{reverse('conversation-list')}?{request.GET.urlencode()}" if "owner" in request.GET else reverse("owner-search")


def _redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Replace the whole page, also where htmx asked for a pane."""
    is_htmx = bool(request.htmx)  # type: ignore[attr-defined]  # set by the middleware
    return HttpResponseClientRedirect(url) if is_htmx else HttpResponseRedirect(url)


class _MethodNotAllowed(ConversationError):
    """The address takes other methods."""

    code, status = Code.UNKNOWN_RESOURCE, 405


def _method_not_allowed(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    allowed = ", ".join(methods)
    error = _MethodNotAllowed(_("Method not allowed. Use %(methods)s.") % {"methods": allowed})
    response = _error_response(request, error)
    response["Allow"] = allowed
    return response


def _error_response(request: HttpRequest, error: ConversationError) -> HttpResponse:
    owner_id = request.GET.get("owner", "")
    context = {
        "error": error,
        "back_url": owner_url(owner_id) if identifiers.is_owner_id(owner_id) else "",
        "find": request.GET.get(search_syntax.FIELD),  # as it was typed, to be corrected
        "owner_id": owner_id,
    }
    if pane_asked_for(request) and context["find"] is not None:  # under the box, which keeps the text
        response = render(request, "conversations/_search_error.html", context, status=error.status)
        with_modifier: Any = "innerHTML show:none"
        return push_url(reswap(retarget(response, "#search-error"), with_modifier), False)
    template = "conversations/_error.html" if pane_asked_for(request) else "conversations/error.html"
    return render(request, template, context, status=error.status)
