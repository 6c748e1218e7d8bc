"""One line in the log and one count in the metrics for each request, whichever way it is answered."""

import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import structlog
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Gauge, Histogram
from structlog.typing import Processor

from conversations import acting
from conversations.access.client_addresses import client_address
from conversations.logs import sparing
from conversations.request_notes import CODE, CREDENTIAL, OWNER, ROUTE, request_id_of
from imsite.handlers import API_PATH, bad_request
from imsite.logs import renderer

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUESTS = Counter("imsite_requests", "Answered requests.", ["method", "route", "status"])
SECONDS = Histogram("imsite_request_seconds", "Time to the answer.", ["method", "route"], buckets=BUCKETS)
IN_PROGRESS = Gauge("imsite_requests_in_progress", "Requests that are being answered.", multiprocess_mode="livesum")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
REFUSALS = (401, 403, 429)
UNMATCHED = "unmatched"

logger = logging.getLogger("imsite.requests")


class ObservingMiddleware:
    """Give each answer its request's ID, log it and count it; only the health addresses come before."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = request_id_of(request)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        acting.begin(acting.SYSTEM)
        IN_PROGRESS.inc()
        try:
            response = self._answer(request)
        finally:
            IN_PROGRESS.dec()
        response.headers["X-Request-ID"] = request_id
        observe(request, response.status_code, time.perf_counter() - started)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if settings.DEBUG and not request.path_info.startswith(API_PATH):  # the API names the field
            try:
                request.GET  # noqa: B018 - is read here, once
            except TooManyFieldsSent as error:  # Django's own report of it would read it again, and again
                return bad_request(request, error)
        return self.get_response(request)


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Log and count an answered request."""
    method = request.method if request.method in METHODS else "other"
    route = _route_of(request)
    _count(method, route, status).inc()
    _time(method, route).observe(seconds)
    if settings.REQUEST_LOG:
        _log(request, method, route, status, seconds)
    elif status in REFUSALS:
        address = client_address(request)
        sparing.log(logger, logging.WARNING, (status, route, address), "%s %s %d from %s", method, route, status, address)


def _log(request: HttpRequest, method: str, route: str, status: int, seconds: float) -> None:
    event = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    more = {"credential": _credential_of(request), "owner": request.META.get(OWNER), "code": request.META.get(CODE)}
    if status in REFUSALS:
        more["address"] = client_address(request)
    event |= {name: value for name, value in more.items() if value}
    level = logging.ERROR if status >= 500 else logging.WARNING if status in REFUSALS else logging.INFO
    if level >= _lowest_level():
        sys.stderr.write(_line(level, event | structlog.contextvars.get_contextvars()))


def _line(level: int, event: dict[str, Any]) -> str:
    """Return a line as other loggers write it. Through one of them, it would take twice to three times as long."""
    head = {"timestamp": _now(), "level": logging.getLevelName(level).lower(), "logger": logger.name, "event": "request"}
    return str(_renderer()(logger, "", head | event)) + "\n"


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _credential_of(request: HttpRequest) -> str | None:
    """Return the name of what the request came with, as far as that was looked at."""
    if credential := request.META.get(CREDENTIAL):
        return credential
    user = getattr(request, "_cached_user", None)
    return f"login:{user.get_username()}" if user is not None and user.is_authenticated else None


def _route_of(request: HttpRequest) -> str:
    """Return the pattern of the request's URL: a path may hold a name that somebody gave to a group."""
    if request.path_info == "/":  # its pattern is empty, like that of all unknown addresses
        return "/"
    if match := request.resolver_match:
        return readable(match.route)
    if route := request.META.get(ROUTE):
        return readable(route)
    return readable(settings.STATIC_URL if request.path_info.startswith(settings.STATIC_URL) else "")


@lru_cache(maxsize=1000)
def readable(pattern: str) -> str:
    """Return a URL pattern without its regular expressions, such as `/api/v1/conversations/<conversation_id>/`."""
    return simplify_regex(pattern) if pattern.strip("^") else UNMATCHED


@lru_cache(maxsize=5000)
def _count(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@lru_cache(maxsize=1000)
def _time(method: str, route: str) -> Histogram:
    return SECONDS.labels(method, route)


@cache
def _renderer() -> Processor:
    return renderer(settings.LOG_FORMAT)


@cache
def _lowest_level() -> int:
    return logging.getLevelNamesMapping()[settings.LOG_LEVEL.upper()]
