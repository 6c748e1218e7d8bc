"""Export of the conversations that match a list's filters, as JSON Lines for import_conversations.

It is a file before it is sent, so that a client that reads slowly holds no connection to the database.
"""

from datetime import UTC
from functools import partial
from tempfile import TemporaryFile

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.access import permissions
from conversations.exceptions import TooLarge
from conversations.models.querysets import count_up_to
from conversations.pages import list_filters
from conversations.pages.decorators import owner_list_required
from conversations.staff import action_log, search_syntax
from conversations.transfer.exports import export_lines

MAX_EXPORTED = 50_000


@partial(owner_list_required, methods=("POST",))
def conversation_export(request: HttpRequest, owner_id: str) -> FileResponse:
    """POST /owner/export/?owner= and the list's filters: at most MAX_EXPORTED conversations. Exports are logged."""
    if not permissions.may_read_text(request.user):
        raise PermissionDenied(_("Your account can't read message texts."))
    filters = list_filters.conditions(request.GET, besides=("owner",))
    rows = list_filters.filterset_of(owner_id, filters).selected()
    count = count_up_to(MAX_EXPORTED + 1, rows)
    if count > MAX_EXPORTED:
        text = _("More than %(count)d conversations. Add a filter, or run manage.py export_conversations --owner.")
        raise TooLarge(text % {"count": MAX_EXPORTED})
    with timezone.override(UTC):  # the log is read in other time zones as well
        find = search_syntax.text_of(filters)
    action_log.log_export(owner_id, find, count, user_id=request.user.pk)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    file.writelines(export_lines(rows))
    file.seek(0)
    name = f"{owner_id.replace('/', '_')}.jsonl"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/x-ndjson")
