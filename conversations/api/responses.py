"""Answers about a user's list: the sync token that they belong to, and 304 for a client that has them already."""

import re
import zlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import get_language
from rest_framework.response import Response

from conversations.api.calls import Call, wants_html
from conversations.exceptions import ConversationError
from conversations.formats import conversation_json
from conversations.lists import json_reads, replica
from conversations.request_notes import LANGUAGE
from conversations.sync_tokens import SyncToken

# By what the answer at one URL differs. Middleware adds nothing to it, so that the fast path's answers have the same header.
VARY = "Authorization, Cookie, Accept, Accept-Language"
Stored = Mapping[str, tuple[str, str]]  # name and value of headers by the name in lower case
_our_etag = re.compile(r'"[0-9a-f]{8}\.(\d{1,18})\.(\d{1,18})\.\w+"', re.ASCII).fullmatch


def json_response(call: Call, body: bytes | Any, token: str, *, has_etag: bool = True) -> HttpResponse:
    """Return 200 with `body`, of which bytes are JSON already, or 204 for None. `token` is the list's sync token.

    Raises Behind if it is older than what the client has seen.
    """
    call.source.check(token)
    response, language = _response(call, body), _language(call)
    has_etag = has_etag and not isinstance(response, Response)  # of a page it would be that of the JSON at the same URL
    return _with_freshness(response, token, language, _etag(call, token, language) if has_etag else None)


def plain_response(call: Call, body: Any) -> HttpResponse:
    """Return 200 with `body`, which belongs to no version of a list."""
    response = _response(call, body)
    put(response, stored({"Content-Language": _language(call), "Vary": VARY}))
    return response


def _response(call: Call, body: bytes | Any) -> HttpResponse:
    if body is None:
        response = HttpResponse(status=204)
        del response["Content-Type"]  # of an empty answer
        return response
    if wants_html(call.request):
        return Response(orjson.loads(body) if isinstance(body, bytes) else body)
    packed = body if isinstance(body, bytes) else orjson.dumps(body)
    response = HttpResponse(packed, content_type="application/json")
    put(response, {"content-length": ("Content-Length", str(len(packed)))})
    return response


def not_modified(call: Call) -> HttpResponse | None:
    """Return 304 if the client has the list's present state. One indexed read, none without If-None-Match.

    Raises Behind if that is older than what the client has seen, of which If-None-Match tells as well.
    """
    etags = call.request.META.get("HTTP_IF_NONE_MATCH")
    if etags is None:
        return None
    token, language = json_reads.sync_token(call.owner_id, using=call.source.alias), _language(call)
    call.source.check(token)
    given = [etag.removeprefix("W/") for etag in parse_etags(etags)]
    if (etag := _etag(call, token, language)) not in given:
        for other in given if call.source.alias == replica.ALIAS else ():
            call.source.after(_version_in(other)).check(token)
        return None
    return _with_freshness(HttpResponseNotModified(), token, language, etag)


def refusal_result(index: int, error: ConversationError) -> dict[str, Any]:
    """Return the result of a refused entry in an ingest call's list."""
    return {"index": index, "status": "refused", "resultCode": int(error.code), "resultInfo": str(error.detail)}


def _with_freshness(response: HttpResponse, token: str, language: str, etag: str | None) -> HttpResponse:
    put(response, _SAME_HEADERS)
    put(response, {"owner-version": ("Owner-Version", token), "content-language": ("Content-Language", language)})
    if etag is not None:
        put(response, {"etag": ("ETag", etag)})
    return response


def stored(headers: Mapping[str, str]) -> Stored:
    """Return headers as Django's answers store them."""
    return {name.lower(): (name, value) for name, value in headers.items()}


_SAME_HEADERS = stored({"Cache-Control": "private, no-cache", "Vary": VARY})


def put(response: HttpResponse, headers: Stored) -> None:
    """Set headers of ours. One by one, Django would check the characters of each, which takes longer than to send them."""
    response.headers._store.update(headers)


def _version_in(etag: str) -> SyncToken | None:
    """Return the version of the list in one of our tags, None for any other."""
    return SyncToken(int(match[1]), int(match[2])) if (match := _our_etag(etag)) else None


def _language(call: Call) -> str:
    language: str = call.request.META.get(LANGUAGE) or get_language()
    return language


def _etag(call: Call, token: str, language: str) -> str:
    # With the owner, because one URL shows each credential its own list; with the language, because of the refusals' texts.
    list_hash = zlib.crc32(f"{call.owner_id} {language} {call.values.get('format', '')}".encode())
    return f'"{list_hash:08x}.{token}.{conversation_json.REVISION}"'
