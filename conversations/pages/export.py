"""What a list's filters select, as a file of JSON Lines that import_conversations takes."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from conversations.access import permissions
from conversations.exceptions import TooLarge
from conversations.models import Owner
from conversations.models.querysets import count_up_to
from conversations.pages import list_filters
from conversations.pages.decorators import owner_list_required
from conversations.pages.list_context import MAX_EXPORTED
from conversations.staff import search_syntax
from conversations.transfer.conversations import export_lines

LINES_AT_ONCE = 500


class InTurns:
    """Chunks that are made by a thread, for a server whose event loop sends them: one is asked for when the last is sent."""

    def __init__(self, chunks: Iterator[bytes]):
        self.chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await sync_to_async(next)(self.chunks, None)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """Ends the database's cursor, also when the reader is gone; Django calls it in the thread that read."""
        self.chunks.close()


def conversation_export(request: HttpRequest, owner_id: str) -> StreamingHttpResponse:
    """POST /owner/export/?owner= and the list's filters: at most MAX_EXPORTED conversations, kept in the log."""
    if not permissions.may_read_text(request.user):
        raise PermissionDenied(_("Your account may not read what was written."))
    given = list_filters.conditions(request.GET, besides=("owner",))
    rows = list_filters.filterset_of(owner_id, given).selected()
    count = count_up_to(MAX_EXPORTED + 1, rows)
    if count > MAX_EXPORTED:
        text = _("More than %(count)d conversations: set a filter, or run manage.py export_conversations --owner.")
        raise TooLarge(text % {"count": MAX_EXPORTED})
    _log(request, owner_id, count, search_syntax.text_of(given))
    chunks = _chunks(export_lines(rows))
    return StreamingHttpResponse(
        InTurns(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="application/x-ndjson",
        headers={"Content-Disposition": content_disposition_header(True, f"{owner_id.replace('/', '_')}.jsonl")},
    )


conversation_export = owner_list_required(conversation_export, ("POST",))


def _log(request: HttpRequest, owner_id: str, count: int, find: str) -> None:
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(Owner),
        object_id=owner_id,
        object_repr=owner_id,
        action_flag=CHANGE,
        change_message=f'export "{find}" → {count}',  # in no language, since others read it
    )


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    try:
        while part := b"".join(islice(lines, LINES_AT_ONCE)):
            yield part
    finally:
        lines.close()
