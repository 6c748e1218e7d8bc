"""The signature by which the cloud's webhooks are known."""

import hashlib
import hmac

from django.utils.translation import gettext as _

from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import NoPermission
from conversations.models import WebhookRefusal


class WebhookRefused(NoPermission):
    """A webhook from somebody who does not show that they are the cloud."""

    def __init__(self, reason: WebhookRefusal, detail: str):
        super().__init__(detail)
        self.reason = reason


def signature(token: str, request_time: str) -> str:
    """Return the Sign of a webhook with this RequestTime."""
    return hashlib.sha256((token + request_time).encode(errors="replace")).hexdigest()


def check_signature(sign: str | None, request_time: str | None, *, token: str, now_s: int, window_s: int) -> None:
    """Raise WebhookRefused unless `sign` belongs to this token and time, and the time is within the window.

    The signature does not cover the body, so the window is the only protection against replays.
    """
    if not (token and sign and request_time):
        text = _("Missing Sign or RequestTime, or this server has no callback token to check them.")
        raise WebhookRefused(WebhookRefusal.UNSIGNED, text)
    expected = signature(token, request_time)
    if not hmac.compare_digest(sign.encode(errors="replace"), expected.encode()):
        raise WebhookRefused(WebhookRefusal.SIGNATURE, _("Sign does not match the callback token and RequestTime."))
    requested_s = parse_digits(request_time, at_most=INT64_DIGITS)
    if requested_s is None or abs(requested_s - now_s) > window_s:
        text = _("RequestTime differs from server time by more than %(count)d seconds.") % {"count": window_s}
        raise WebhookRefused(WebhookRefusal.CLOCK, text)
