"""Answers about one owner's rows: the feed token they belong to, and 304 for whoever has them."""

import zlib
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import get_language
from rest_framework.response import Response

from conversations.exceptions import ConversationError
from conversations.formats import conversation_json
from conversations.lists import json_reads


def json_response(request: HttpRequest, body: bytes | Any, token: str, *, owner_id: str, has_etag: bool = True) -> HttpResponse:
    """200 with `body`: bytes are JSON already; None is 204."""
    if body is None:
        response = HttpResponse(status=204)
        del response["Content-Type"]  # nothing has no type
    elif wants_html(request):
        response = Response(orjson.loads(body) if isinstance(body, bytes) else body)
        has_etag = False  # it would be that of the JSON at the same address
    else:
        packed = body if isinstance(body, bytes) else orjson.dumps(body)
        response = HttpResponse(packed, content_type="application/json", headers={"Content-Length": str(len(packed))})
    return _with_freshness(response, token, owner_id if has_etag else None)


def not_modified(request: HttpRequest, owner_id: str) -> HttpResponse | None:
    """304 if the client has the owner's present state; one indexed read, and none if it does not ask."""
    given = request.META.get("HTTP_IF_NONE_MATCH")
    if given is None:
        return None
    token = json_reads.sync_token(owner_id)
    if _etag(token, owner_id) not in (tag.removeprefix("W/") for tag in parse_etags(given)):
        return None
    response = HttpResponse(status=304)
    del response["Content-Type"]  # nothing has no type
    return _with_freshness(response, token, owner_id)


def wants_html(request: HttpRequest) -> bool:
    """Whether a browser asks, for whom DRF renders its browsable page."""
    return "text/html" in request.META.get("HTTP_ACCEPT", "")


def refusal_result(index: int, error: ConversationError) -> dict[str, Any]:
    """The result of one of many that feed, which could not be taken."""
    return {"index": index, "status": "refused", "resultCode": int(error.code), "resultInfo": str(error.detail)}


def _with_freshness(response: HttpResponse, token: str, owner_id: str | None) -> HttpResponse:
    response["Owner-Version"] = token
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization, Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    if owner_id is not None:
        response["ETag"] = _etag(token, owner_id)
    return response


def _etag(token: str, owner_id: str) -> str:
    # The owner is in it because one address serves each credential its own list, and the language because of the reasons.
    whose = zlib.crc32(f"{owner_id} {get_language()}".encode())
    return f'"{whose:08x}.{token}.{conversation_json.REVISION}"'
