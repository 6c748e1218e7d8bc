"""The time zone of the pages and the admin: that of the reader's browser, which time-zone.js puts into a cookie."""

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from conversations.api.vendor_rest import door
from imsite.handlers import API_PATH

COOKIE = "timezone"
# Programs get UTC, also one that runs in a logged-in browser.
PROGRAMS = (API_PATH, "/callbacks/", door.PATH)


class TimeZoneMiddleware:
    """Show the times of a page in the reader's time zone; without a cookie, or with an unknown zone, in UTC."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(COOKIE)
        if name not in _names() or request.path_info.startswith(PROGRAMS):
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
