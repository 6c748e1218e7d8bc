"""A server process works on a few requests at once, and its other threads wait for clients.

The server has as many threads as connections. Those that wait for a body, or for a client to read, are cheap, so that slow
clients hold up nobody. The work itself takes a slot, with its database connections: more at once would only be slower.
"""

from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from queue import SimpleQueue
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http.response import HttpResponse, HttpResponseBase
from django.utils import translation

from conversations.api.errors import problem_response
from conversations.api.fast_path import goes_short_way
from conversations.exceptions import TooSlow
from conversations.request_notes import PLACE
from imsite import slow_clients
from imsite.health import LIVENESS
from imsite.observing import ObservingMiddleware

StartResponse = Callable[..., Any]


# A connection to each database, by its alias.
Slot = dict[str, BaseDatabaseWrapper]


class Slots:
    """Database connections for as many requests as are worked on at once. The request that has waited longest is next.

    A queue of the standard library gives them to the request that comes first: under load, some requests waited ten times as
    long as most.
    """

    def __init__(self, slots: Iterable[Slot]):
        self._free = list(slots)
        self._waiting: deque[SimpleQueue[Slot]] = deque()
        self._lock = Lock()

    def take(self) -> Slot:
        """Wait for a slot."""
        with self._lock:
            if self._free:
                return self._free.pop()
            mine: SimpleQueue[Slot] = SimpleQueue()
            self._waiting.append(mine)
        return mine.get()

    def give_back(self, slot: Slot) -> None:
        """Hand a slot on to the next request."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(slot)
            else:
                self._free.append(slot)


class Place:
    """A request's slot, whose connections its thread uses. It has none after `leave`."""

    def __init__(self, slots: Slots):
        self._slots = slots
        self._take()

    def _take(self) -> None:
        self._slot: Slot | None = self._slots.take()
        for alias, connection in self._slot.items():
            connections[alias] = connection

    def check_connections(self) -> None:
        """Close those that the server has closed, or that are too old."""
        for connection in (self._slot or {}).values():
            connection.close_if_unusable_or_obsolete()

    def leave(self) -> None:
        """Let another request have the slot, if there is one."""
        slot, self._slot = self._slot, None
        if slot is not None:
            for alias in slot:
                del connections[alias]
            self._slots.give_back(slot)

    def take_again(self) -> None:
        """Wait for a slot."""
        self._take()
        self.check_connections()


class SlottedApplication:
    """Django's WSGI application with WEB_THREADS slots, and complete bodies."""

    def __init__(self, django_application: WSGIHandler):
        self.django_application = django_application
        self.middleware = django_application._middleware_chain  # type: ignore[attr-defined]  # not in the stubs
        self.slots = Slots([_slot() for _number in range(settings.WEB_THREADS)])

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            try:
                slow_clients.read_body(environ)
            except TooSlow as error:
                return _refusal(error, environ, start_response)
        if environ["PATH_INFO"] == LIVENESS:  # it must be answered when all slots wait for the database
            return self._answer_shortly(environ, start_response)
        environ[PLACE] = place = Place(self.slots)
        try:
            if goes_short_way(environ):
                place.check_connections()  # what Django does at its first signal
                return self._answer_shortly(environ, start_response)
            response: HttpResponseBase = self.django_application(environ, start_response)
            if not response.streaming:
                body = [b"".join(response)]  # a list is handed over at once: no thread waits for the client to read it
                response.close()
                return body
        finally:
            place.leave()
        return slow_clients.pieces_of(response, environ)

    def _answer_shortly(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        """Do what Django's handler does, without its signals, which take a tenth of the time of the fastest read."""
        response: HttpResponse = self.middleware(WSGIRequest(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.headers._store.values()))
        return [response.content]


def _slot() -> Slot:
    return {alias: _shared_connection(alias) for alias in settings.DATABASES}


def _shared_connection(alias: str) -> BaseDatabaseWrapper:
    connection = connections.create_connection(alias)
    connection.inc_thread_sharing()  # of one thread after another
    return connection


def _refusal(error: TooSlow, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
    request = WSGIRequest(environ)
    with translation.override(translation.get_language_from_request(request)):
        response = ObservingMiddleware(lambda request: problem_response(error, request))(request)
    status = HTTPStatus(response.status_code)
    start_response(f"{status.value} {status.phrase}", list(response.items()))
    return [response.content]
