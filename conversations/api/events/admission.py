"""Who may follow which list: a stream's request, its refusal, and the check at each heartbeat."""

import time
from io import BytesIO
from typing import Any, NamedTuple, cast

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils import translation
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from conversations import sync_tokens
from conversations.access import api_keys
from conversations.access.api_keys import READ
from conversations.api.authentication import Actor, BearerAuthentication, StaffActor, StaffSessionAuthentication
from conversations.api.calls import Endpoint
from conversations.api.errors import problem_response
from conversations.api.parameters import EXTRA, FORMAT, SINCE
from conversations.request_notes import request_id_of
from conversations.sync_tokens import SyncToken

ANSWERED = "imsite.answered"  # key of a scope: the request and the status of its answer
HEADERS = {"Cache-Control": "private, no-cache, no-store", "X-Accel-Buffering": "no"}
ENDPOINT = Endpoint(READ, (SINCE, EXTRA, FORMAT))

Scope = dict[str, Any]


class Subscription(NamedTuple):
    """The list that a client follows, and from where."""

    actor: Actor
    owner_id: str
    since: SyncToken | None
    extra: bool
    web_language: str | None  # of previews in the Web SDK's form; None for the native form
    key: str | None = None  # the API key that it came with

    def is_known_to_hold(self) -> bool:
        """Return whether the client's right is certain without asking anybody. If not, it may have ended."""
        grant = self.actor.grant
        if grant.valid_until_s is not None:
            return time.time() < grant.valid_until_s + 1
        return self.key is not None and api_keys.is_remembered(self.key, grant)


def admit(scope: Scope) -> tuple[Subscription | None, HttpResponse]:
    """Return the subscription and the head of its stream, or None and the refusal. This is a request that counts."""
    request, is_utf8 = _request(scope)
    with translation.override(translation.get_language_from_request(request)):
        try:
            if not is_utf8:
                raise SuspiciousOperation
            subscription = _subscription(request, counts=True)
            response = HttpResponse(content_type="text/event-stream", headers=HEADERS)
        except Exception as error:
            subscription, response = None, problem_response(error, request)
    return subscription, _with_headers(scope, request, response)


def refuse(scope: Scope, error: Exception) -> HttpResponse:
    """Return the refusal of a client that was admitted."""
    request, _is_utf8 = _request(scope)
    with translation.override(translation.get_language_from_request(request)):
        return _with_headers(scope, request, problem_response(error, request))


def _with_headers(scope: Scope, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add the headers of Django's middleware, and note the answer in the scope."""
    for middleware in (SecurityMiddleware, *([CorsMiddleware] if settings.CORS_ALLOWED_ORIGINS else [])):
        response = cast(Any, middleware)(lambda request, response=response: response)(request)
    response.headers["X-Request-ID"] = request_id_of(request)
    scope[ANSWERED] = request, response.status_code
    return response


def refusal(scope: Scope) -> bytes | None:
    """Return the problem if the client's right to follow has ended, otherwise None. Raises the database's errors."""
    request, _is_utf8 = _request(scope)
    with translation.override(translation.get_language_from_request(request)):
        try:
            _subscription(request)
        except Error:
            raise
        except Exception as error:
            return problem_response(error, request).content
    return None


def _request(scope: Scope) -> tuple[HttpRequest, bool]:
    """Return the request, and whether its query is UTF-8; if not, it is left out."""
    try:
        return ASGIRequest(scope, BytesIO()), True
    except UnicodeDecodeError:
        return ASGIRequest(scope | {"query_string": b""}, BytesIO()), False


def _subscription(request: HttpRequest, *, counts: bool = False) -> Subscription:
    """Return what a client may and wants to follow. Raises the errors that `problem_response` takes."""
    request.get_host()  # refuses hosts that are not allowed, as Django's middleware does
    actor = _actor(request)
    if counts:
        actor.count_request()
    owner_id, values = ENDPOINT.read_query(request, actor)
    if isinstance(actor, StaffActor):
        actor.save_session()
    # A browser comes back to the same URL; only its header tells how far it got.
    last_event_id = request.META.get("HTTP_LAST_EVENT_ID")
    since = sync_tokens.parse(last_event_id) if last_event_id else values.get("since")
    web_language = translation.get_language() if FORMAT.name in values else None
    return Subscription(actor, owner_id, since, values["extra"], web_language, _key_of(request))


def _key_of(request: HttpRequest) -> str | None:
    credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[2].strip()
    return credential if credential.startswith(api_keys.KEY_START) else None


def _actor(request: HttpRequest) -> Actor:
    if "HTTP_AUTHORIZATION" in request.META:
        return BearerAuthentication().authenticate(request)[0]
    for middleware in (SessionMiddleware, AuthenticationMiddleware):
        middleware(lambda request: None).process_request(request)
    login = StaffSessionAuthentication().authenticate(Request(request))
    if login is None:
        raise NotAuthenticated
    return login[0]
