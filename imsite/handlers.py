"""Responses to what Django itself refuses: problem+json under the API, a page elsewhere."""

import logging
import sys
from collections.abc import Callable
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from django.views import defaults

from conversations.api.errors import address_of, log_refused_host, problem_response, request_id_of
from conversations.api.vendor_rest import door

logger = logging.getLogger("imsite")
API_PATH = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return problem_response(exception, request)
    log_refused_host(exception, request)
    if request.path_info.startswith(door.PATH):
        return door.refused(exception, request)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(exception, request) if _is_api(request) else defaults.permission_denied(request, exception)


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
    request_id = request_id_of(request)
    logger.error("%s %s failed (request %s)", request.method, address_of(request), request_id, exc_info=error)
    response = HttpResponseServerError(render_to_string("500.html", {"request_id": request_id}))
    response["X-Request-ID"] = request_id
    return response


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PATH)
