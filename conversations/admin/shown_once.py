"""A secret on its way to the one page that shows it: half of it in the session, half in a cookie.

The sum of the two is the secret, and each alone is random. So neither the table of sessions nor a copy of it holds the secret,
and a cookie alone is worth nothing.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from conversations.times import now_s

NAME = "shown_once"  # of the cookie, and in the session
HOLDS_S = 300


def hand_over(request: HttpRequest, response: HttpResponse, text: str, *, path: str) -> None:
    """Keep a secret for the next GET of `path`, in this browser only and for HOLDS_S seconds."""
    secret = text.encode()
    half = secrets.token_bytes(len(secret))
    request.session[NAME] = _held(request) | {path: [now_s() + HOLDS_S, _to_text(_sum(secret, half))]}
    response.set_cookie(
        NAME,
        _to_text(half),
        max_age=HOLDS_S,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def take(request: HttpRequest) -> str:
    """Return the secret that was kept for this page, and forget it; "" if there is none any more."""
    held = _held(request)
    _until_s, half = held.pop(request.path, (0, ""))
    if held:
        request.session[NAME] = held
    else:
        request.session.pop(NAME, None)
    other_half = request.COOKIES.get(NAME, "")
    if len(half) != len(other_half):
        return ""
    try:
        return _sum(urlsafe_b64decode(half), urlsafe_b64decode(other_half)).decode()
    except ValueError:  # a cookie of something else
        return ""


def _held(request: HttpRequest) -> dict[str, Any]:
    """Return what still holds, by path, since a browser may create several keys at a time: until when, and a half."""
    held = request.session.get(NAME, {})
    return {path: kept for path, kept in held.items() if kept[0] >= now_s()}


def _sum(one: bytes, other: bytes) -> bytes:
    return bytes(first ^ second for first, second in zip(one, other))


def _to_text(half: bytes) -> str:
    return urlsafe_b64encode(half).decode()
