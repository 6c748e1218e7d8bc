"""events/: the changes and totals of a user's list as server-sent events.

An ASGI application beside Django's, which would keep a thread for every open stream; here a waiting client costs memory only.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any, NamedTuple, cast

import orjson
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
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView
from structlog.contextvars import bind_contextvars

from conversations import sync_tokens
from conversations.access.api_keys import READ
from conversations.api.authentication import Actor, BearerAuthentication, StaffActor, StaffSessionAuthentication
from conversations.api.calls import API_PATH, Endpoint
from conversations.api.errors import problem_response
from conversations.api.events.hub import Follower, Hub, Threads
from conversations.api.events.places import Places
from conversations.api.openapi import reads as openapi_reads
from conversations.api.parameters import EXTRA, FORMAT, SINCE
from conversations.exceptions import Code, ConversationError, TooManyRequests
from conversations.lists import change_feed, json_reads
from conversations.models import Conversation
from conversations.request_notes import request_id_of
from conversations.sync_tokens import SyncToken

PATHS = (f"{API_PATH}events", f"{API_PATH}events/")
METHODS = ("GET", "HEAD")
COUNT = 100  # changes in one event
# Clients come back after this time and up to as much again, so that all of a server's do not come at once.
RETRY_MS = 3000
ANSWERED = "imsite.answered"  # key of a scope: the request and the status of its answer
HEADERS = {"Cache-Control": "private, no-cache, no-store", "X-Accel-Buffering": "no"}
ENDPOINT = Endpoint(READ, (SINCE, EXTRA, FORMAT))

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

threads = Threads()
hub = Hub(threads)
places = Places()


class Subscription(NamedTuple):
    """The list that a client follows, and from where."""

    actor: Actor
    owner_id: str
    since: SyncToken | None
    extra: bool
    web_language: str | None  # of previews in the Web SDK's form; None for the native form


class Misdirected(ConversationError):
    """The server at this port has no streams."""

    code, status = Code.UNKNOWN_RESOURCE, 421


class MisdirectedView(APIView):
    """events/ where Django answers: never with a stream, whatever the credential."""

    authentication_classes = permission_classes = ()

    def perform_content_negotiation(self, request: Request, force: bool = False):
        # A browser asks for text/event-stream and nothing else, which no renderer here gives.
        return super().perform_content_negotiation(request, force=True)

    @openapi_reads.events
    def get(self, request: Request) -> HttpResponse:
        text = _("Event streams are served on port %(port)d (EVENTS_PORT). Configure the proxy to pass this URL on to it.")
        raise Misdirected(text % {"port": settings.EVENTS_PORT})


def is_for_events(scope: Scope) -> bool:
    """Return whether a request asks for a stream; all others are Django's."""
    return scope["type"] == "http" and scope["path"] in PATHS and scope["method"] in METHODS


async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as an ASGI application. The scope gets the request and the status, for the server's log."""
    subscription, response = await threads.run(_admit, scope)
    bind_contextvars(request_id=response.get("X-Request-ID"))
    if subscription and scope["method"] == "GET":
        try:
            with places.take(subscription.actor), hub.follow(subscription.owner_id) as follower:
                await _start(send, response)
                await _stream(scope, receive, send, subscription, follower)
        except TooManyRequests as error:
            response = await threads.run(_refuse, scope, error)
            await _start(send, response)
    else:
        await _start(send, response)
    await send({"type": "http.response.body", "body": response.content})


async def _start(send: Send, response: HttpResponse) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})


async def _stream(scope: Scope, receive: Receive, send: Send, subscription: Subscription, follower: Follower) -> None:
    watch = asyncio.create_task(_end_when_gone(receive, follower))
    try:
        await Stream(scope, send, subscription).run(follower)
    except Error:
        pass  # logged already; the client comes back and goes on after the last event
    finally:
        watch.cancel()


async def _end_when_gone(receive: Receive, follower: Follower) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    follower.end()


def _admit(scope: Scope) -> tuple[Subscription | None, HttpResponse]:
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


def _refuse(scope: Scope, error: Exception) -> HttpResponse:
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


def _refusal(scope: Scope) -> bytes | None:
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
    return Subscription(actor, owner_id, since, values["extra"], web_language)


def _actor(request: HttpRequest) -> Actor:
    if "HTTP_AUTHORIZATION" in request.META:
        return BearerAuthentication().authenticate(request)[0]
    for middleware in (SessionMiddleware, AuthenticationMiddleware):
        middleware(lambda request: None).process_request(request)
    login = StaffSessionAuthentication().authenticate(Request(request))
    if login is None:
        raise NotAuthenticated
    return login[0]


class Stream:
    """One client's events."""

    def __init__(self, scope: Scope, send: Send, subscription: Subscription) -> None:
        self._scope, self._send = scope, send
        _actor, self._owner_id, self._since, self._extra, self._web_language = subscription

    async def run(self, follower: Follower) -> None:
        """Send events until the follower ends, or the client's right to follow. Raises the database's errors."""
        await self._write(b"retry: %d\n\n" % random.randint(RETRY_MS, 2 * RETRY_MS))  # noqa: S311
        await self._write(_event(b"unread", await threads.run(_totals, self._owner_id)))
        is_behind = True
        # The first beat comes early for some, so that clients that came together are not checked together.
        beat_at = time.monotonic() + settings.EVENTS_HEARTBEAT_S * random.uniform(0.5, 1)  # noqa: S311
        while not follower.is_over:
            # Before the next page: a client that did not read for long may have lost its right meanwhile.
            if time.monotonic() >= beat_at:
                if refusal := await threads.run(_refusal, self._scope):
                    return await self._write(_event(b"problem", refusal))
                await self._write(b": \n\n")
                beat_at = time.monotonic() + settings.EVENTS_HEARTBEAT_S
            if follower.take() or is_behind:
                is_behind = await self._read_on(follower)
            else:
                await follower.wait(beat_at - time.monotonic())

    async def _read_on(self, follower: Follower) -> bool:
        """Send the next page, if there is one. Return whether there may be more."""
        page, totals = await threads.run(_page, self._owner_id, self._since, self._extra)
        if page.reset_required:
            self._since = None
            await self._write(_event(b"reset", orjson.dumps({"version": sync_tokens.NEVER_SEEN}), sync_tokens.NEVER_SEEN))
            return True
        self._since = sync_tokens.parse(page.since)
        if page.is_finished:
            follower.seen = page.owner_version
        if self._web_language:
            page = await threads.run(_in_web_format, page, self._web_language)
        if totals is not None or not page.is_finished:
            await self._write(_event(b"changes", page.to_json(), page.since))
        if totals is not None:
            await self._write(_event(b"unread", totals))
        return not page.is_finished

    async def _write(self, part: bytes) -> None:
        """Send, and return when the client is ready for more, so that a slow client's events stay in the database."""
        await self._send({"type": "http.response.body", "body": part, "more_body": True})


def _page(owner_id: str, since: SyncToken | None, extra: bool) -> tuple[change_feed.Changes, bytes | None]:
    """Return the changes after `since`, and the totals if there are changes and they reach the newest."""
    page = change_feed.read(owner_id, since, COUNT, extra=extra)
    # A version that moved counts too, even if the changes up to it are none for this client.
    is_new = page.since != str(since or sync_tokens.NEVER_SEEN)
    return page, _totals(owner_id) if page.is_finished and is_new else None


def _in_web_format(page: change_feed.Changes, language: str) -> change_feed.Changes:
    with translation.override(language):
        return page.in_web_format()


def _totals(owner_id: str) -> bytes:
    _token, totals = json_reads.totals(Conversation.objects.for_owner(owner_id), owner_id)
    return orjson.dumps(totals)


def _event(name: bytes, data: bytes, token: str | None = None) -> bytes:
    """Return an event; `data` is JSON on one line."""
    event_id = b"id: %b\n" % token.encode() if token is not None else b""
    return b"%bevent: %b\ndata: %b\n\n" % (event_id, name, data)
