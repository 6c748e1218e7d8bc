"""Export of the conversations that match a list's filters, as JSON Lines for import_conversations."""

from collections.abc import AsyncIterator, Generator
from functools import partial
from itertools import islice

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from conversations.access import permissions
from conversations.exceptions import TooLarge
from conversations.models.querysets import count_up_to
from conversations.pages import list_filters
from conversations.pages.decorators import owner_list_required
from conversations.staff import action_log, search_syntax
from conversations.transfer.exports import export_lines

MAX_EXPORTED = 50_000
LINES_PER_CHUNK = 500


class ChunkStream:
    """Chunks made in a thread, for a server whose event loop sends them. Each is made once the last one is sent."""

    def __init__(self, chunks: Generator[bytes, None, None]):
        self.chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await sync_to_async(self._next)()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def _next(self) -> bytes | None:
        return next(self.chunks, None)

    def close(self) -> None:
        """Close the database's cursor, also when the client disconnects. Django calls this in the thread that read."""
        self.chunks.close()


@partial(owner_list_required, methods=("POST",))
def conversation_export(request: HttpRequest, owner_id: str) -> StreamingHttpResponse:
    """POST /owner/export/?owner= and the list's filters: at most MAX_EXPORTED conversations. Exports are logged."""
    if not permissions.may_read_text(request.user):
        raise PermissionDenied(_("Your account can't read message texts."))
    filters = list_filters.conditions(request.GET, besides=("owner",))
    rows = list_filters.filterset_of(owner_id, filters).selected()
    count = count_up_to(MAX_EXPORTED + 1, rows)
    if count > MAX_EXPORTED:
        text = _("More than %(count)d conversations. Add a filter, or run manage.py export_conversations --owner.")
        raise TooLarge(text % {"count": MAX_EXPORTED})
    action_log.log_export(owner_id, search_syntax.text_of(filters), count, user_id=request.user.pk)
    chunks = _chunks(export_lines(rows))
    return StreamingHttpResponse(
        ChunkStream(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="application/x-ndjson",
        headers={"Content-Disposition": content_disposition_header(True, f"{owner_id.replace('/', '_')}.jsonl")},
    )


def _chunks(lines: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    try:
        while chunk := b"".join(islice(lines, LINES_PER_CHUNK)):
            yield chunk
    finally:
        lines.close()
