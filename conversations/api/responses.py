"""Answers about a user's list: the sync token that they belong to, and 304 for a client that has them already."""

import zlib
from typing import Any

import orjson
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import get_language
from rest_framework.response import Response

from conversations.api.calls import Call, wants_html
from conversations.exceptions import ConversationError
from conversations.formats import conversation_json
from conversations.lists import json_reads

# By what the answer at one URL differs. Middleware adds nothing to it, so that the fast path's answers have the same header.
VARY = "Authorization, Cookie, Accept, Accept-Language"


def json_response(call: Call, body: bytes | Any, token: str, *, has_etag: bool = True) -> HttpResponse:
    """Return 200 with `body`, of which bytes are JSON already, or 204 for None. `token` is the list's sync token."""
    if body is None:
        response = HttpResponse(status=204)
        del response["Content-Type"]  # of an empty answer
    elif wants_html(call.request):
        response = Response(orjson.loads(body) if isinstance(body, bytes) else body)
        has_etag = False  # it would be that of the JSON at the same URL
    else:
        packed = body if isinstance(body, bytes) else orjson.dumps(body)
        response = HttpResponse(packed, content_type="application/json", headers={"Content-Length": str(len(packed))})
    language = get_language()
    return _with_freshness(response, token, language, _etag(call, token, language) if has_etag else None)


def not_modified(call: Call) -> HttpResponse | None:
    """Return 304 if the client has the list's present state. One indexed read, none without If-None-Match."""
    etags = call.request.META.get("HTTP_IF_NONE_MATCH")
    if etags is None:
        return None
    token, language = json_reads.sync_token(call.owner_id), get_language()
    if (etag := _etag(call, token, language)) not in (given.removeprefix("W/") for given in parse_etags(etags)):
        return None
    return _with_freshness(HttpResponseNotModified(), token, language, etag)


def refusal_result(index: int, error: ConversationError) -> dict[str, Any]:
    """Return the result of a refused entry in an ingest call's list."""
    return {"index": index, "status": "refused", "resultCode": int(error.code), "resultInfo": str(error.detail)}


def _with_freshness(response: HttpResponse, token: str, language: str, etag: str | None) -> HttpResponse:
    headers = response.headers
    headers["Owner-Version"] = token
    headers["Cache-Control"] = "private, no-cache"
    headers["Content-Language"] = language
    headers["Vary"] = VARY
    if etag is not None:
        headers["ETag"] = etag
    return response


def _etag(call: Call, token: str, language: str) -> str:
    # With the owner, because one URL shows each credential its own list; with the language, because of the refusals' texts.
    list_hash = zlib.crc32(f"{call.owner_id} {language} {call.values.get('format', '')}".encode())
    return f'"{list_hash:08x}.{token}.{conversation_json.REVISION}"'
