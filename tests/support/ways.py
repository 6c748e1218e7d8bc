"""Send the same request the short way and the long one, and compare the answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unittest import mock

from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from conversations.api import fast_path
from imsite import slots
from tests.support.acting import ActionTestCase

JSON = "application/json"
SECURITY_HEADERS = (
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


def parts(response: HttpResponse) -> tuple[int, dict[str, str], bytes]:
    return response.status_code, dict(response.items()), response.content


def from_server(environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Return the parts of the answer that the web server gives to a request, on this test's connection."""
    started: list[Any] = []
    own = connections[DEFAULT_DB_ALIAS]
    with mock.patch.object(slots, "_shared_connection", return_value=own):
        application = slots.SlottedApplication(WSGIHandler())
    long_way = mock.patch.object(signals.request_started, "send", side_effect=AssertionError("It took the long way."))
    kept_open = mock.patch.object(own, "close_if_unusable_or_obsolete")  # in the test's transaction
    try:
        with long_way, kept_open:
            body = b"".join(application(environ, lambda *arguments: started.extend(arguments)))
    finally:
        connections[DEFAULT_DB_ALIAS] = own
    return int(started[0].split()[0]), dict(started[1]), body


@contextmanager
def undone() -> Iterator[None]:
    """Run the block, and roll back what it did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class SameAnswerTestCase(ActionTestCase):
    """Each request goes three ways: the web server's, the fast path's and the long one."""

    def assert_same(self, address: str, credential: dict[str, str], *, secure: bool = False, **headers: str) -> HttpResponse:
        """Assert that all ways answer the same, and return the answer."""
        headers = credential | {"HTTP_X_REQUEST_ID": "same"} | headers
        return self.assert_same_call("GET", address, None, headers, secure=secure)

    def assert_same_call(
        self, method: str, address: str, body: Any, headers: dict[str, str], *, secure: bool = False
    ) -> HttpResponse:
        """Assert that all ways answer the same to a call, and return the answer. The call changes nothing for good."""
        data = json.dumps(body) if body is not None else ""
        request = {"method": method, "path": address, "data": data, "content_type": JSON, "secure": secure, **headers}
        self.assertIsNotNone(fast_path.bearer_call(RequestFactory().generic(**request).META), address)
        with undone():
            short = Client().generic(**request)
        with undone(), mock.patch.object(fast_path, "bearer_call", return_value=None):
            long = Client().generic(**request)
        with undone():
            served = from_server(RequestFactory().generic(**request).environ | {"wsgi.input": BytesIO(data.encode())})
        self.assertEqual(parts(short), parts(long))
        self.assertEqual(parts(short), served)
        return short
