"""Responses to what Django itself refuses: problem+json under the API, a page elsewhere."""

import logging
import sys
from collections.abc import Callable
from typing import Any, cast

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.template.loader import render_to_string
from django.views import defaults

from conversations.api.errors import RETRY_AFTER_S, log_failure, log_refused_host, problem_response
from conversations.api.vendor_rest import door
from conversations.logs import sparing
from conversations.request_notes import request_id_of

API_PATH = "/api/"
ORIGIN_LENGTH = 200  # of an Origin in the log and on the page; it comes from outside

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return problem_response(exception, request)
    log_refused_host(exception)
    if request.path_info.startswith(door.PATH):
        return door.refused(exception, request)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(exception, request) if _is_api(request) else defaults.permission_denied(request, exception)


def form_rejected(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that fails Django's CSRF check, and log why."""
    origin = request.META.get("HTTP_ORIGIN", "")
    is_foreign = reason == REASON_BAD_ORIGIN % origin
    origin = origin[:ORIGIN_LENGTH]
    if is_foreign:
        text = "Form rejected: its Origin is %s. If your pages have this address, CSRF_TRUSTED_ORIGINS must contain it."
        sparing.log(logger, logging.WARNING, ("origin", origin), text, origin)
    else:
        cause = reason.partition(" - ")[0]  # the rest may quote an address with its query
        sparing.log(logger, logging.WARNING, ("form", cause), "Form rejected: %s", cause)
    content = {"origin": origin if is_foreign else "", "request_id": request_id_of(request)}
    return HttpResponse(render_to_string("403_form.html", content, request), status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(exception, request) if _is_api(request) else defaults.page_not_found(request, exception)


class NotFoundMiddleware:
    """Show our own 404 in development as well, where Django would show its technical page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return page_not_found(request, exception) if isinstance(exception, Http404) else None


def unknown_page(request: HttpRequest) -> HttpResponse:
    """Answer an address that no other pattern matches."""
    return page_not_found(request, Http404())


def server_error(request: HttpRequest) -> HttpResponse:
    error = cast(Exception, sys.exc_info()[1])
    if _is_api(request):
        return problem_response(error, request)
    log_failure(error)
    is_away = isinstance(error, OperationalError | InterfaceError)
    content = {"request_id": request_id_of(request), "is_away": is_away}
    response = HttpResponse(_error_page(content), status=503 if is_away else 500)
    if is_away:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _error_page(content: dict[str, Any]) -> str:
    try:
        return render_to_string("500.html", content)
    except Exception as error:  # static files that were not collected, say
        log_failure(error)
        return f"{content['request_id']}\n"


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PATH)
