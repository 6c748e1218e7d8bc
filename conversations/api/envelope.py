"""The vendor's answer to webhooks and REST calls: ActionStatus, ErrorCode and ErrorInfo."""

from typing import Any

from django.http import JsonResponse


def envelope(code: int = 0, info: str = "", *, status: int = 200, **content: Any) -> JsonResponse:
    """Return `content` in the vendor's envelope: OK, or FAIL with a code other than 0."""
    outcome = "FAIL" if code else "OK"
    return JsonResponse({**content, "ActionStatus": outcome, "ErrorCode": code, "ErrorInfo": info}, status=status)
