"""Pages, compressed here: no proxy has to, and the first view is a third of its length. WhiteNoise does the static files."""

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware


class PageGZipMiddleware(GZipMiddleware):
    """For pages only: the API's ETags and an export's stream stay as they are."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_page = not response.streaming and response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
