"""Request bodies and query strings, read strictly: what is unknown, doubled or malformed is refused by name."""

import json
from collections.abc import Collection, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_plus

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from conversations.exceptions import EMPTY_NAME, InvalidParameter, TooLarge

# In place of an ID or name that no path segment can hold: a parameter names it.
IN_QUERY = "-"
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


def announce_body(request: HttpRequest) -> None:
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


def query(request: HttpRequest, known: Collection[str], repeated: str | None = None) -> Mapping[str, Any]:
    """The query string's values by name: text, or for `repeated` a list in the order given.

    Raises InvalidParameter for an unknown or doubled name, and for text that is not UTF-8. Django's own parser is not used:
    it answers 1001 fields with HTML, replaces bytes that are not UTF-8, and takes three times as long for 100 IDs.
    """
    values: dict[str, Any] = {repeated: []} if repeated else {}
    many = values.get(repeated)
    text = request.META.get("QUERY_STRING", "")
    if not text.isascii():
        text = _decoded(request, text)
    for part in text.split("&") if text else ():
        name, _equals, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = _unquoted(name), _unquoted(value)
        if name == repeated:
            many.append(value)
        elif name in values:
            raise InvalidParameter(_("%(name)s is given twice.") % {"name": name}, field=name)
        elif name in known:
            values[name] = value
        elif part:
            raise InvalidParameter(_("Unknown parameter %(name)s.") % {"name": name or EMPTY_NAME}, field=name)
    return values


def _decoded(request: HttpRequest, text: str) -> str:
    """UTF-8, which WSGI hands over as if it were Latin-1; under ASGI it is decoded already."""
    if "wsgi.version" not in request.META:
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError as error:
        raise _not_utf8() from error


def _unquoted(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise _not_utf8() from error


def _not_utf8() -> InvalidParameter:
    return InvalidParameter(_("The address is not UTF-8."), field="query")


def flag(values: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A parameter that is true or false."""
    value = values.get(name, "true" if default else "false")
    if value not in ("true", "false"):
        raise InvalidParameter(_("%(name)s is true or false.") % {"name": name}, field=name)
    return value == "true"


def named(in_path: str, values: Mapping[str, str], parameter: str = "id") -> str:
    """What the path names, or where it says so a parameter. Raises InvalidParameter if that is not given."""
    if in_path != IN_QUERY:
        return in_path
    if parameter not in values:
        raise InvalidParameter(_("The path has - : name what is meant by ?%(name)s=….") % {"name": parameter}, field=parameter)
    return values[parameter]


def named_by(in_path: str, parameter: str = "id") -> tuple[str, ...]:
    """The parameter that is known beside a path: only where the path asks for it."""
    return (parameter,) if in_path == IN_QUERY else ()
