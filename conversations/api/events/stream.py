"""events/: the changes and totals of a user's list as server-sent events.

An ASGI application beside Django's, which would keep a thread for every open stream; here a waiting client costs memory only.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from django.conf import settings
from django.db import Error
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView
from structlog.contextvars import bind_contextvars

from conversations import sync_tokens
from conversations.api.calls import API_PATH
from conversations.api.events import admission
from conversations.api.events.admission import Scope, Subscription
from conversations.api.events.hub import Follower, Hub
from conversations.api.events.places import Places
from conversations.api.events.returns import Returns
from conversations.api.events.threads import Threads
from conversations.api.openapi import reads as openapi_reads
from conversations.exceptions import Code, ConversationError, TooManyRequests
from conversations.lists import change_feed, json_reads
from conversations.lists.standing import Standing
from conversations.sync_tokens import SyncToken

PATHS = (f"{API_PATH}events", f"{API_PATH}events/")
METHODS = ("GET", "HEAD")
COUNT = 100  # changes in one event
# Clients come back after this time and up to as much again, so that all of a server's do not come at once; where there are many
# streams, over so much time for each of them. Clients wait a minute at most.
RETRY_MS, RETRY_MS_A_STREAM, LONGEST_RETRY_MS = 3000, 2, 60_000

Receive = Callable[[], Awaitable[dict]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

threads = Threads()
hub = Hub(threads)
returns = Returns(threads)
places = Places()


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
    subscription, response = await threads.run(admission.admit, scope)
    bind_contextvars(request_id=response.get("X-Request-ID"))
    if subscription and scope["method"] == "GET":
        try:
            with places.take(subscription.actor), hub.follow(subscription.owner_id) as follower:
                await _start(send, response)
                await _stream(scope, receive, send, subscription, follower)
        except TooManyRequests as error:
            response = await threads.run(admission.refuse, scope, error)
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


class Stream:
    """One client's events."""

    def __init__(self, scope: Scope, send: Send, subscription: Subscription) -> None:
        self._scope, self._send, self._subscription = scope, send, subscription
        self._owner_id, self._since = subscription.owner_id, subscription.since
        self._standing = Standing(sync_tokens.NEVER_SEEN, {})
        self._retry_within_ms = 0

    async def run(self, follower: Follower) -> None:
        """Send events until the follower ends, or the client's right to follow. Raises the database's errors."""
        self._standing = await returns.standing(self._owner_id)
        await self._write(self._retry() + _event(b"unread", orjson.dumps(self._standing.totals)))
        is_behind = self._standing.token != str(self._since or sync_tokens.NEVER_SEEN)
        if not is_behind:
            follower.see(self._standing.token)
        while not follower.is_over:
            # Before the next page: a client that did not read for long may have lost its right meanwhile.
            if follower.take_beat() and not await self._beat():
                return
            if follower.take() or is_behind:
                is_behind = await self._read_on(follower, is_behind)
            else:
                await follower.wait()

    async def _beat(self) -> bool:
        """Send a heartbeat; or, if the client's right has ended, the problem. Return whether it goes on."""
        if not self._subscription.is_known_to_hold() and (refusal := await threads.run(admission.refusal, self._scope)):
            await self._write(_event(b"problem", refusal))
            return False
        is_crowd_new = not self._retry_within_ms / 2 <= _retry_within_ms() <= self._retry_within_ms * 2
        await self._write(b": \n" + self._retry() if is_crowd_new else b": \n\n")
        return True

    def _retry(self) -> bytes:
        """Return when the client may come back if it is cut off: sooner or later, as others do."""
        self._retry_within_ms = _retry_within_ms()
        return b"retry: %d\n\n" % (RETRY_MS + random.randint(0, self._retry_within_ms))  # noqa: S311

    async def _read_on(self, follower: Follower, is_behind: bool) -> bool:
        """Send the next page, if there is one. Return whether there may be more."""
        read = returns.catch_up if is_behind else threads.run
        page, totals = await read(_page, self._owner_id, self._since, self._subscription.extra, self._standing)
        if page.reset_required:
            self._since = None
            await self._write(_event(b"reset", orjson.dumps({"version": sync_tokens.NEVER_SEEN}), sync_tokens.NEVER_SEEN))
            return True
        self._since = sync_tokens.parse(page.since)
        if page.is_finished:
            follower.see(page.owner_version)
        if self._subscription.web_language:
            page = await threads.run(_in_web_format, page, self._subscription.web_language)
        if totals is not None or not page.is_finished:
            await self._write(_event(b"changes", page.to_json(), page.since))
        if totals is not None:
            await self._write(_event(b"unread", totals))
        return not page.is_finished

    async def _write(self, part: bytes) -> None:
        """Send, and return when the client is ready for more, so that a slow client's events stay in the database."""
        await self._send({"type": "http.response.body", "body": part, "more_body": True})


def _retry_within_ms() -> int:
    return min(LONGEST_RETRY_MS - RETRY_MS, max(RETRY_MS, RETRY_MS_A_STREAM * len(hub)))


def _page(owner_id: str, since: SyncToken | None, extra: bool, known: Standing) -> tuple[change_feed.Changes, bytes | None]:
    """Return the changes after `since`, and the totals if there are changes and they reach the newest."""
    page = change_feed.read(owner_id, since, COUNT, extra=extra)
    # A version that moved counts too, even if the changes up to it are none for this client.
    is_new = page.since != str(since or sync_tokens.NEVER_SEEN)
    if not (page.is_finished and is_new):
        return page, None
    return page, orjson.dumps(known.totals) if page.owner_version == known.token else _totals(owner_id, page.owner_version)


def _in_web_format(page: change_feed.Changes, language: str) -> change_feed.Changes:
    with translation.override(language):
        return page.in_web_format()


def _totals(owner_id: str, token: str) -> bytes:
    _token, totals = json_reads.whole_totals(owner_id, token)
    return orjson.dumps(totals)


def _event(name: bytes, data: bytes, token: str | None = None) -> bytes:
    """Return an event; `data` is JSON on one line."""
    event_id = b"id: %b\n" % token.encode() if token is not None else b""
    return b"%bevent: %b\ndata: %b\n\n" % (event_id, name, data)
