"""Whether an answer is JSON or a browsable page."""

from collections.abc import Iterable

from django.http import HttpRequest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


def wants_html(request: HttpRequest) -> bool:
    """Return whether a browser asks, for which DRF renders its browsable page.

    Never with a Bearer credential: programs send that, and the HTTP clients of some accept HTML as well by default.
    """
    return "HTTP_AUTHORIZATION" not in request.META and "text/html" in request.META.get("HTTP_ACCEPT", "")


class Negotiation(DefaultContentNegotiation):
    """DRF's negotiation for browsers; JSON for programs, whatever they accept."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if "HTTP_AUTHORIZATION" in request.META:
            first = next(iter(renderers))
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
