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
    return _with_freshness(response, token, call.owner_id if has_etag else None)


def not_modified(call: Call) -> HttpResponse | None:
    """Return 304 if the client has the list's present state. One indexed read, none without If-None-Match."""
    etags = call.request.META.get("HTTP_IF_NONE_MATCH")
    if etags is None:
        return None
    token = json_reads.sync_token(call.owner_id)
    if _etag(token, call.owner_id, get_language()) not in (etag.removeprefix("W/") for etag in parse_etags(etags)):
        return None
    return _with_freshness(HttpResponseNotModified(), token, call.owner_id)


def refusal_result(index: int, error: ConversationError) -> dict[str, Any]:
    """Return the result of a refused entry in an ingest call's list."""
    return {"index": index, "status": "refused", "resultCode": int(error.code), "resultInfo": str(error.detail)}


def _with_freshness(response: HttpResponse, token: str, owner_id: str | None) -> HttpResponse:
    headers, language = response.headers, get_language()
    headers["Owner-Version"] = token
    headers["Cache-Control"] = "private, no-cache"
    headers["Content-Language"] = language
    headers["Vary"] = VARY
    if owner_id is not None:
        headers["ETag"] = _etag(token, owner_id, language)
    return response


def _etag(token: str, owner_id: str, language: str) -> str:
    # With the owner, because one URL shows each credential its own list; with the language, because of the refusals' texts.
    list_hash = zlib.crc32(f"{owner_id} {language}".encode())
    return f'"{list_hash:08x}.{token}.{conversation_json.REVISION}"'
