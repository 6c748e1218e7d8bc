"""What a browser loads, compressed here: no proxy has to, and the first view is a third of its length."""

import gzip
import mimetypes
import os
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils._os import safe_join
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

WITH_A_HASH = re.compile(r"\.[0-9a-f]{12}\.")  # as ManifestStaticFilesStorage names files
PACKED_TYPES = ("text/", "image/svg", "application/javascript", "application/json")
MAX_PACKED = 200  # more than the site has; one that answers with few of them keeps few


class PageGZipMiddleware(GZipMiddleware):
    """For pages only: the API's ETags and an export's stream stay as they are."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_page = not response.streaming and response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


@require_safe
def static_file(request: HttpRequest, name: str) -> HttpResponse:
    """One of the files that `collectstatic` gathered. The web server's own door would send it as it lies there."""
    try:
        path = safe_join(settings.STATIC_ROOT, name)
        content = Path(path).read_bytes()
        changed_ns = os.stat(path).st_mtime_ns
    except (OSError, ValueError, SuspiciousFileOperation) as error:
        raise Http404 from error
    content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    response = HttpResponse(content, content_type=content_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if WITH_A_HASH.search(name) else "no-cache"
    if content_type.startswith(PACKED_TYPES):
        response["Vary"] = "Accept-Encoding"
        if re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")):
            response.content = _packed(path, changed_ns)
            response["Content-Encoding"] = "gzip"
    # Weak: the same for both encodings.
    response["ETag"] = etag = f'W/"{changed_ns:x}-{len(content):x}"'
    return get_conditional_response(request, etag=etag, response=response)


@lru_cache(MAX_PACKED)
def _packed(path: str, changed_ns: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), mtime=0)
