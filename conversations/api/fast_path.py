"""The one shortcut: API calls with a Bearer credential, and webhooks, skip Django's other middleware and DRF.

Both would more than double the CPU time of the fastest read. Everything else about these answers is as on the long way: the
allowed hosts, CORS (whose middleware comes before), the security headers, the language, errors and bytes. In production the
web server knows these requests as well, and leaves out Django's signals (imsite/slots.py). A call that is out of the
ordinary, as with a body that is chunked or no JSON, goes the long way.
"""

import re
from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import cache, partial
from http import HTTPStatus
from typing import Any, NamedTuple

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils import translation

from conversations import acting
from conversations.api.authentication import BearerAuthentication
from conversations.api.calls import API_PATH, Endpoint, EndpointViewSet
from conversations.api.errors import problem_response
from conversations.api.responses import Stored, put, stored
from conversations.api.urls import router
from conversations.api.webhook import tencent
from conversations.request_notes import BEARER_CALL, LANGUAGE, ROUTE

# Middleware that puts the same headers on every answer, at most differing by scheme.
HEADER_MIDDLEWARE = (SecurityMiddleware, CSPMiddleware, XFrameOptionsMiddleware)
# Without both, the language is the default.
LANGUAGE_HEADERS = ("HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE")
JSON = "application/json"
WEBHOOK_ROUTE = r"^callbacks/tencent/?$"
_is_webhook_path = re.compile("/callbacks/tencent/?").fullmatch
_is_without_variables = re.compile(r"\^([\w/-]+)/\?\$").fullmatch
WITHOUT_CONTENT = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
MAX_KNOWN_HOSTS, MAX_HOST_LENGTH = 1000, 300


class Route(NamedTuple):
    """One of the router's URLs, and what its methods declare."""

    pattern: re.Pattern[str]
    viewset: type[EndpointViewSet]
    endpoints: Mapping[str, Endpoint]  # by method
    name: str  # as Django's resolver has it


class BearerCall(NamedTuple):
    """A request that goes the short way."""

    viewset: EndpointViewSet
    endpoint: Endpoint
    path: dict[str, str]


class FastPath:
    """Middleware that answers such requests itself; it comes before all other middleware but that of CORS."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self.security_headers = {scheme: security_headers(scheme) for scheme in ("http", "https")}
        self.allowed_hosts: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_webhook(request.META["REQUEST_METHOD"], request.path_info):
            return self._webhook(request)
        if not request.path_info.startswith(API_PATH):
            return self._go_the_long_way(request)
        try:
            self._check_host(request)
        except DisallowedHost as error:  # with DEBUG, Django would answer with a page
            return self._secured(request, problem_response(error, request))
        if call := bearer_call(request.META):
            return self._secured(request, _in_language_of(request, partial(_answer, call)))
        response = self._go_the_long_way(request)
        if response.status_code in WITHOUT_CONTENT:
            del response["Content-Length"]  # Django's 0 would say that the unchanged answer has no bytes
        return response

    def _webhook(self, request: HttpRequest) -> HttpResponse:
        try:
            self._check_host(request)
        except DisallowedHost:
            return self._go_the_long_way(request)  # Django's own refusal
        request.META[ROUTE] = WEBHOOK_ROUTE
        return self._secured(request, _in_language_of(request, tencent))

    def _go_the_long_way(self, request: HttpRequest) -> HttpResponse:
        # In a context of its own, so that a page leaves no language behind for the thread's next request.
        return copy_context().run(self.get_response, request)

    def _check_host(self, request: HttpRequest) -> None:
        """Raise DisallowedHost as Django does. It would check the same host each time again."""
        host = request.META.get("HTTP_HOST", "")
        is_looked_at = bool(host) and not settings.USE_X_FORWARDED_HOST
        if is_looked_at and host in self.allowed_hosts:
            return
        request.get_host()
        if is_looked_at and len(host) <= MAX_HOST_LENGTH:
            if len(self.allowed_hosts) >= MAX_KNOWN_HOSTS:
                self.allowed_hosts.clear()
            self.allowed_hosts.add(host)

    def _secured(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        put(response, self.security_headers[request.scheme])
        return response


def security_headers(scheme: str) -> Stored:
    """Return the headers of HEADER_MIDDLEWARE, taken from a sample answer: django-csp builds its policy for each answer."""
    request, response = HttpRequest(), HttpResponse()
    request._get_scheme = lambda: scheme  # type: ignore[attr-defined]
    sample_headers = set(response.headers)
    for middleware in HEADER_MIDDLEWARE:
        middleware(lambda request: response)(request)
    return stored({name: value for name, value in response.items() if name not in sample_headers})


@cache
def _routes() -> tuple[dict[str, Route], list[Route]]:
    """Return the router's URLs: those without a variable part by their path, and the others in their order.

    No URL with a variable part matches the path of one without that comes later. So a path is found in a tenth of the time of
    Django's resolve().
    """
    plain: dict[str, Route] = {}
    others = []
    for route in map(_route, router.urls):
        if path := _is_without_variables(route.pattern.pattern):
            plain.setdefault(path[1], route)
        else:
            others.append(route)
    return plain, others


def _route(url: Any) -> Route:
    viewset = url.callback.cls
    actions = url.callback.actions.items()  # DRF adds HEAD at its first request
    endpoints = {method.upper(): getattr(viewset, action).endpoint for method, action in actions if method != "head"}
    return Route(url.pattern.regex, viewset, endpoints, f"{API_PATH.lstrip('/')}{url.pattern}")


def _is_webhook(method: str, path: str) -> bool:
    return method == "POST" and _is_webhook_path(path) is not None


def goes_short_way(environ: dict[str, Any]) -> bool:
    """Return whether the middleware answers a request itself; `environ` is that of the web server."""
    path = environ["PATH_INFO"]  # which Django has not decoded yet
    return path.isascii() and (_is_webhook(environ["REQUEST_METHOD"], path) or bearer_call(environ) is not None)


def bearer_call(environ: dict[str, Any]) -> BearerCall | None:
    """Return what a request asks for if it goes the short way.

    `environ` is the request's META; the web server's, before Django has decoded its path, only if that is ASCII.
    """
    if BEARER_CALL not in environ:
        environ[BEARER_CALL] = _find_call(environ)
    call: BearerCall | None = environ[BEARER_CALL]
    return call


def _find_call(environ: dict[str, Any]) -> BearerCall | None:
    start, of_api, path = environ["PATH_INFO"].partition(API_PATH)
    if start or not of_api or "HTTP_AUTHORIZATION" not in environ or not _is_plain(environ):
        return None
    route, values = _route_of(path)
    endpoint = route and route.endpoints.get(environ["REQUEST_METHOD"])
    if not (route and endpoint):
        return None
    environ[ROUTE] = route.name
    return BearerCall(route.viewset(), endpoint, values)


def _route_of(path: str) -> tuple[Route | None, dict[str, str]]:
    """Return the URL that a path matches first, and the values in the path."""
    plain, others = _routes()
    if route := plain.get(path.removesuffix("/")):
        return route, {}
    for route in others:
        if match := route.pattern.fullmatch(path):  # as Django does: a `$` alone would let a final line break pass
            return route, match.groupdict()
    return None, {}


def _is_plain(environ: Mapping[str, Any]) -> bool:
    """Return whether a request has no body, or JSON of a known length."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal():
        return False
    return int(length) == 0 or environ.get("CONTENT_TYPE", "").partition(";")[0] == JSON


def _in_language_of(request: HttpRequest, answer: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    if any(name in request.META for name in LANGUAGE_HEADERS):
        request.META[LANGUAGE] = language = translation.get_language_from_request(request)
        with translation.override(language):
            return answer(request)
    request.META[LANGUAGE] = settings.LANGUAGE_CODE
    return answer(request)


def _answer(call: BearerCall, request: HttpRequest) -> HttpResponse:
    viewset, endpoint, path = call
    try:
        actor, _auth = BearerAuthentication().authenticate(request)
        actor.count_request()
        acting.begin(actor.grant.actor)
        return endpoint.method(viewset, viewset.take_apart(endpoint, request, actor, path))
    except Exception as error:
        return problem_response(error, request)
