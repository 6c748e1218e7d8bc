"""Request bodies and query strings, read strictly: what is unknown, doubled or malformed is refused by name."""

import json
from io import BytesIO
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from conversations.exceptions import InvalidParameter, TooLarge

# Of a body that is too large, 64 MiB more are read and dropped.
PART_BYTES, DROPPED_PARTS = 256 * 1024, 256


class StrictJSONParser(BaseParser):
    """A JSON object in UTF-8, of at most MAX_BODY_BYTES."""

    media_type = "application/json"
    taken: tuple[type, ...] = (dict,)

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        body = read_body(stream, settings.MAX_BODY_BYTES)
        try:
            orjson.loads(body)  # refuses what json lets pass: NaN, unpaired surrogates, text that is not UTF-8
            value = json.loads(body, object_pairs_hook=_without_duplicates)
        except (ValueError, RecursionError) as error:
            raise InvalidParameter(_("The body is not JSON: %(why)s.") % {"why": error}, field="body") from error
        if not isinstance(value, self.taken):
            raise InvalidParameter(_("The body must be a JSON object."), field="body")
        return value


class StrictJSONListParser(StrictJSONParser):
    """A JSON object or array."""

    taken = (dict, list)


def only_object(body: Any) -> dict[str, Any]:
    """Give an object back, where a parser takes arrays as well. Raises InvalidParameter."""
    if not isinstance(body, dict):
        raise InvalidParameter(_("The body must be a JSON object."), field="body")
    return body


def buffer_chunked_body(request: HttpRequest) -> None:
    """Give a chunked body its length: without one, Django and DRF take a body for empty. Raises TooLarge, InvalidParameter."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        ends_itself = request.META.get("wsgi.input_terminated")
        body = read_body(request.META["wsgi.input"] if ends_itself else request, settings.MAX_BODY_BYTES)
        if not body:
            # The server hands over one that broke off before its first byte like one that ended: a client that is gone would
            # have all read.
            raise InvalidParameter(_("A chunked body must not be empty: send Content-Length: 0, or {}."), field="body")
        request._stream, request._read_started = BytesIO(body), False
        request.META["CONTENT_LENGTH"] = str(len(body))


def read_body(stream, most: int) -> bytes:
    """All of `stream`, counted as it is read. Raises TooLarge."""
    body = stream.read(most + 1)
    if len(body) > most:
        # A client that is still sending when the connection closes never sees the answer.
        for _part in range(DROPPED_PARTS):
            if not stream.read(PART_BYTES):
                break
        raise TooLarge(_("A body has at most %(count)d bytes.") % {"count": most}, field="body")
    return body


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise InvalidParameter(_("The key is given twice."), field=double)
    return values
