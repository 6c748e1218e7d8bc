"""Request bodies, read strictly: unknown or repeated keys and malformed JSON are refused by name."""

import json
from collections import Counter
from collections.abc import Collection
from io import BytesIO
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser

from conversations.exceptions import EMPTY_NAME, InvalidParameter, TooLarge

# Of a body that is too large, 64 MiB more are read and dropped.
CHUNK_BYTES, DROPPED_CHUNKS = 256 * 1024, 256
MAX_UNKNOWN_KEYS_NAMED, MAX_UNKNOWN_KEY_LENGTH = 10, 100


class StrictJSONParser(BaseParser):
    """A JSON object in UTF-8, of at most MAX_BODY_BYTES."""

    media_type = "application/json"
    accepted_types: tuple[type, ...] = (dict,)

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        body = read_body(stream, settings.MAX_BODY_BYTES)
        try:
            orjson.loads(body)  # refuses what json lets pass: NaN, unpaired surrogates, text that is not UTF-8
            value = json.loads(body, object_pairs_hook=_refuse_repeated_keys)
        except (ValueError, RecursionError) as error:
            raise InvalidParameter(_("The body is not JSON: %(why)s.") % {"why": error}, field="body") from error
        if not isinstance(value, self.accepted_types):
            raise InvalidParameter(_("The body must be a JSON object."), field="body")
        return value


class StrictJSONListParser(StrictJSONParser):
    """A JSON object or array."""

    accepted_types = (dict, list)


def refuse_unknown_keys(data: dict[str, Any], known: Collection[str]) -> None:
    """Raise ValidationError for keys that are not known, so that a typo is never ignored."""
    if unknown := [key for key in data if key not in known]:
        named = (key[:MAX_UNKNOWN_KEY_LENGTH] or EMPTY_NAME for key in sorted(unknown)[:MAX_UNKNOWN_KEYS_NAMED])
        raise ValidationError({key: [_("Unknown key.")] for key in named})


def buffer_chunked_body(request: HttpRequest) -> None:
    """Read a body if it is chunked, and set its length: without, Django and DRF take it for empty.

    Raises TooLarge, InvalidParameter.
    """
    if "HTTP_TRANSFER_ENCODING" not in request.META or request.META.get("CONTENT_LENGTH"):
        return
    ends_itself = request.META.get("wsgi.input_terminated")
    body = read_body(request.META["wsgi.input"] if ends_itself else request, settings.MAX_BODY_BYTES)
    if not body:
        # A body that broke off before its first byte looks the same to us as an empty one, and an empty one may mean "all":
        # a lost connection would mark everything as read.
        raise InvalidParameter(_("A chunked body must not be empty: send Content-Length: 0, or {}."), field="body")
    request._stream = BytesIO(body)
    request._read_started = False  # type: ignore[attr-defined]  # Django's own, as _stream is
    request.META["CONTENT_LENGTH"] = str(len(body))


def read_object(request: HttpRequest, max_bytes: int) -> tuple[bytes, dict[str, Any]]:
    """Return a body of the vendor's and its JSON object, which may hold any keys. Raises TooLarge, InvalidParameter."""
    buffer_chunked_body(request)
    body = read_body(request, min(max_bytes, settings.MAX_BODY_BYTES))
    try:
        content = orjson.loads(body)
    except ValueError as error:
        raise InvalidParameter(_("The body is not JSON: %(why)s.") % {"why": error}, field="body") from error
    if not isinstance(content, dict):
        raise InvalidParameter(_("The body must be a JSON object."), field="body")
    return body, content


def read_body(stream, max_bytes: int) -> bytes:
    """Return all of `stream`, counted while it is read. Raises TooLarge."""
    body = stream.read(max_bytes + 1)
    if len(body) > max_bytes:
        # A client that is still sending when the connection closes never sees the answer.
        for _chunk in range(DROPPED_CHUNKS):
            if not stream.read(CHUNK_BYTES):
                break
        raise TooLarge(_("The body exceeds %(count)d bytes.") % {"count": max_bytes}, field="body")
    return body


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object. Raises InvalidParameter for the first key that is there twice."""
    values = dict(pairs)
    if len(values) < len(pairs):
        counts = Counter(key for key, _value in pairs)
        raise InvalidParameter(_("Duplicate key."), field=next(key for key, count in counts.items() if count > 1))
    return values
