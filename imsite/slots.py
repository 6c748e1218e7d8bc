"""A server process works on a few requests at once, and its other threads wait for clients.

The server has as many threads as connections. Those that wait for a body, or for a client to read, are cheap, so that slow
clients hold up nobody. The work itself takes a slot, with its database connection: more at once would only be slower.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http.response import HttpResponseBase
from django.utils import translation

from conversations.api.errors import problem_response
from conversations.exceptions import TooSlow
from imsite import slow_clients
from imsite.observing import ObservingMiddleware

StartResponse = Callable[..., Any]


class SlottedApplication:
    """Django's WSGI application with WEB_THREADS slots, and complete bodies."""

    def __init__(self, django_application: WSGIHandler):
        self.django_application = django_application
        self.free: SimpleQueue[BaseDatabaseWrapper] = SimpleQueue()
        for _number in range(settings.WEB_THREADS):
            connection = connections.create_connection(DEFAULT_DB_ALIAS)
            connection.inc_thread_sharing()  # of one thread after another
            self.free.put(connection)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            try:
                slow_clients.read_body(environ)
            except TooSlow as error:
                return _refusal(error, environ, start_response)
        connection = self.free.get()
        connections[DEFAULT_DB_ALIAS] = connection
        try:
            response: HttpResponseBase = self.django_application(environ, start_response)
            if not response.streaming:
                body = [b"".join(response)]  # a list is handed over at once: no thread waits for the client to read it
                response.close()
                return body
        finally:
            del connections[DEFAULT_DB_ALIAS]
            self.free.put(connection)
        return slow_clients.pieces_of(response, environ)


def _refusal(error: TooSlow, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
    request = WSGIRequest(environ)
    with translation.override(translation.get_language_from_request(request)):
        response = ObservingMiddleware(lambda request: problem_response(error, request))(request)
    status = HTTPStatus(response.status_code)
    start_response(f"{status.value} {status.phrase}", list(response.items()))
    return [response.content]
