"""The production server's door: API, admin and pages, without streams."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
# Whoever serves through WSGI is in production unless they say otherwise.
os.environ.setdefault("DEBUG", "false")
django.setup(set_prefix=False)

from conversations.api.fast_path import BearerFastPath  # noqa: E402 - needs the settings


class Application(WSGIHandler):
    """Django's handler, but for what BearerShortcut answers: even an empty chain of middleware is a tenth of a read's time."""

    def __init__(self) -> None:
        super().__init__()
        # With CORS, its middleware comes before the shortcut.
        self._answer = super().get_response if settings.CORS_ALLOWED_ORIGINS else BearerFastPath(super().get_response)

    def get_response(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)


application = Application()
