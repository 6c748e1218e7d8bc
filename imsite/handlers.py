"""What Django itself refuses: problem+json under the API, a page elsewhere."""

import sys

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from conversations.api.errors import problem

API_PATH = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(exception, request) if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(exception, request) if _is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(exception, request) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return problem(sys.exc_info()[1], request) if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PATH)
