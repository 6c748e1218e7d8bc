"""The vendor's answer to webhooks and REST calls: ActionStatus, ErrorCode and ErrorInfo."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import get_language


def envelope(code: int = 0, info: str = "", *, status: int = 200, **content: Any) -> HttpResponse:
    """Return `content` in the vendor's envelope: OK, or FAIL with a code other than 0."""
    outcome = "FAIL" if code else "OK"
    packed = orjson.dumps({**content, "ActionStatus": outcome, "ErrorCode": code, "ErrorInfo": info})
    headers = {"Content-Length": str(len(packed)), "Content-Language": get_language(), "Vary": "Accept-Language"}
    return HttpResponse(packed, status=status, content_type="application/json", headers=headers)
