"""events/: an owner's changes and totals as server-sent events, as they happen.

An ASGI application beside Django's, which would keep a thread for every open stream; here a waiting client costs memory only.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, NamedTuple

import orjson
from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from conversations import sync_tokens
from conversations.access.api_keys import READ
from conversations.api.actors import Actor, StaffActor
from conversations.api.authentication import BearerAuthentication, StaffSessionAuthentication
from conversations.api.errors import problem_response
from conversations.api.events.hub import Follower, Hub, Threads
from conversations.api.fast_path import API_PATH
from conversations.api.openapi import reads as openapi_reads
from conversations.api.parameters import boolean, parse_query
from conversations.exceptions import Code, ConversationError
from conversations.lists import change_feed, json_reads
from conversations.models import Conversation
from conversations.sync_tokens import SyncToken

PATHS = (f"{API_PATH}events", f"{API_PATH}events/")
METHODS = ("GET", "HEAD")
COUNT = 100  # changes in one event
# Clients come back after this time and up to as much again, so that all of a server's do not come at once.
RETRY_MS = 3000
HEADERS = {
    "Cache-Control": "private, no-cache, no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}

Scope, Receive, Send = dict[str, Any], Callable[[], Awaitable[dict]], Callable[[dict], Awaitable[None]]

threads = Threads()
hub = Hub(threads)


class Asked(NamedTuple):
    """What a client may and wants to follow."""

    owner_id: str
    since: SyncToken | None
    extra: bool


class Misdirected(ConversationError):
    """The server at this port has no streams."""

    code, status = Code.UNKNOWN_RESOURCE, 421


class MisdirectedView(APIView):
    """events/ where Django answers: never with a stream, whoever asks."""

    authentication_classes = permission_classes = ()

    def perform_content_negotiation(self, request: Request, force: bool = False):
        # A browser asks for text/event-stream and nothing else, which no renderer here gives.
        return super().perform_content_negotiation(request, force=True)

    @openapi_reads.events
    def get(self, request: Request) -> HttpResponse:
        where = _("Streams are at this address on port %(port)d, EVENTS_PORT; the proxy in front must pass them on to there.")
        raise Misdirected(where % {"port": settings.EVENTS_PORT})


def is_for_events(scope: Scope) -> bool:
    """Whether a request asks for a stream; all others are Django's."""
    return scope["type"] == "http" and scope["path"] in PATHS and scope["method"] in METHODS


async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    asked, response = await threads.run(_admit, scope)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    if asked and scope["method"] == "GET":
        with hub.follow(asked.owner_id) as follower:
            watch = asyncio.create_task(_end_when_gone(receive, follower))
            try:
                await Stream(scope, send, asked).run(follower)
            except Error:
                pass  # logged already; the client comes back and goes on after the last event
            finally:
                watch.cancel()
    await send({"type": "http.response.body", "body": response.content})


async def _end_when_gone(receive: Receive, follower: Follower) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    follower.end()


def _admit(scope: Scope) -> tuple[Asked | None, HttpResponse]:
    """What is asked for and the head of its stream, or None and the refusal."""
    request, is_text = _request(scope)
    with translation.override(translation.get_language_from_request(request)):
        try:
            if not is_text:
                raise SuspiciousOperation
            asked, response = _asked(request), HttpResponse(content_type="text/event-stream", headers=HEADERS)
        except Exception as error:
            asked, response = None, problem_response(error, request)
    return asked, CorsMiddleware(lambda request: response)(request) if settings.CORS_ALLOWED_ORIGINS else response


def _refusal(scope: Scope) -> bytes | None:
    """The problem, if what was allowed when the stream began no longer is. Raises the database's errors."""
    request, _is_text = _request(scope)
    with translation.override(translation.get_language_from_request(request)):
        try:
            _asked(request)
        except Error:
            raise
        except Exception as error:
            return problem_response(error, request).content
    return None


def _request(scope: Scope) -> tuple[HttpRequest, bool]:
    """The request, and whether its query is UTF-8; if not, it is left out."""
    try:
        return ASGIRequest(scope, BytesIO()), True
    except UnicodeDecodeError:
        return ASGIRequest(scope | {"query_string": b""}, BytesIO()), False


def _asked(request: HttpRequest) -> Asked:
    """Raises what errors.problem() takes."""
    actor = _actor(request)
    values = parse_query(request, ("owner", "extra", "since"))
    owner_id = actor.owner(values.get("owner"), READ)
    if isinstance(actor, StaffActor):
        actor.keep_look()
    # A browser comes back to the same address; only its header tells how far it got.
    since = request.META.get("HTTP_LAST_EVENT_ID") or values.get("since", "")
    return Asked(owner_id, sync_tokens.parse(since), boolean(values, "extra"))


def _actor(request: HttpRequest) -> Actor:
    if "HTTP_AUTHORIZATION" in request.META:
        return BearerAuthentication().authenticate(request)[0]
    request.get_host()  # as Django does before it looks at a session
    for middleware in (SessionMiddleware, AuthenticationMiddleware):
        middleware(lambda request: None).process_request(request)
    found = StaffSessionAuthentication().authenticate(Request(request))
    if found is None:
        raise NotAuthenticated
    return found[0]


class Stream:
    """One client's events."""

    def __init__(self, scope: Scope, send: Send, asked: Asked) -> None:
        self._scope, self._send = scope, send
        self._owner_id, self._since, self._extra = asked

    async def run(self, follower: Follower) -> None:
        """To the end of the follower, or of the client's right to follow. Raises the database's errors."""
        await self._write(b"retry: %d\n\n" % random.randint(RETRY_MS, 2 * RETRY_MS))  # noqa: S311
        await self._write(_event(b"unread", await threads.run(_totals, self._owner_id)))
        is_behind = True
        # The first comes early for some, so that those who came together are not checked together.
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
        """Send the next page, if there is one; whether there may be more."""
        page, totals = await threads.run(_page, self._owner_id, self._since, self._extra)
        if page.reset_required:
            self._since = None
            await self._write(_event(b"reset", orjson.dumps({"version": sync_tokens.NEVER_SEEN}), sync_tokens.NEVER_SEEN))
            return True
        self._since = sync_tokens.parse(page.since)
        if page.is_finished:
            follower.seen = page.owner_version
        if totals is not None or not page.is_finished:
            await self._write(_event(b"changes", page.to_json(), page.since))
        if totals is not None:
            await self._write(_event(b"unread", totals))
        return not page.is_finished

    async def _write(self, part: bytes) -> None:
        """Returns when the client is ready for more, so that a slow one's events stay in the database."""
        await self._send({"type": "http.response.body", "body": part, "more_body": True})


def _page(owner_id: str, since: SyncToken | None, extra: bool) -> tuple[change_feed.Changes, bytes | None]:
    """The changes after `since`; and, if they reach the newest and there are any, the totals."""
    page = change_feed.read(owner_id, since, COUNT, extra=extra)
    # A place that moved counts too, though the change on the way there is none for this client.
    is_new = page.since != str(since or sync_tokens.NEVER_SEEN)
    return page, _totals(owner_id) if page.is_finished and is_new else None


def _totals(owner_id: str) -> bytes:
    _token, totals = json_reads.totals(Conversation.objects.for_owner(owner_id), owner_id)
    return orjson.dumps(totals)


def _event(name: bytes, data: bytes, token: str | None = None) -> bytes:
    """One event; `data` is JSON of one line."""
    place = b"id: %b\n" % token.encode() if token is not None else b""
    return b"%bevent: %b\ndata: %b\n\n" % (place, name, data)
