"""The page of what members of staff did, and the same as CSV."""

import csv
import io
from collections.abc import Collection, Mapping
from datetime import UTC
from functools import partial
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.access import permissions
from conversations.exceptions import InvalidParameter
from conversations.pages.days import midnight
from conversations.pages.decorators import for_staff
from conversations.staff import action_log
from conversations.staff.activity import LOGINS, ActivityKind, Entry, Position, Selection
from conversations.staff.activity_display import shown

ENTRIES_SHOWN = 50
STAFF_OFFERED = 200
MAX_CSV_ENTRIES, CSV_PAGE, MAX_CSV_PAGES = 50_000, 500, 400
FILTERS = ("staff", "kind", "from", "to")
CSV_HEADER = ("time", "staff", "kind", "user", "conversation", "about", "change", "reason")
# What a spreadsheet takes for a formula begins with one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

for_activity = partial(for_staff, may=permissions.may_view_activity)


@for_activity
def staff_activity(request: HttpRequest) -> HttpResponse:
    """GET /activity/?staff=&kind=&from=&to=&after=: what staff did, newest first."""
    filters = _filters_of(request.GET, besides={"after"})
    selection = selection_of(filters, request.user)
    after = Position.parse(request.GET["after"]) if request.GET.get("after") else None
    page = selection.read(after, ENTRIES_SHOWN)
    context = {
        "entries": [(entry, shown(entry, request.user)) for entry in page.entries],
        "filters": filters,
        "kinds": [(kind.value, kind.label, kind.value == selection.kind) for kind in kinds_for(request.user)],
        "staff_names": _staff_names(),
        "is_first_page": after is None,
        "newest_url": _url("staff-activity", filters),
        "older_url": _url("staff-activity", {**filters, "after": str(page.next)}) if page.next else "",
        "searched_back_to": page.next.moment if page.next and not page.entries else None,
        "csv_url": _url("staff-activity-csv", filters),
        "may_see_logins": permissions.may_view_logins(request.user),
    }
    return render(request, "conversations/activity.html", context)


@for_activity
def staff_activity_csv(request: HttpRequest) -> FileResponse:
    """GET /activity/csv/ and the page's filters: the same entries, at most MAX_CSV_ENTRIES, times in UTC. It is logged."""
    filters = _filters_of(request.GET)
    selection = selection_of(filters, request.user)
    # A file before it is sent, so that a client that reads slowly holds no connection to the database.
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(CSV_HEADER)
    with timezone.override(UTC):
        count = _write(writer, selection, request.user)
    action_log.log_activity_export(urlencode(filters), count, user_id=request.user.pk)
    text.detach()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="staff-activity.csv", content_type="text/csv; charset=utf-8")


def selection_of(filters: Mapping[str, str], viewer: Any) -> Selection:
    """Return what the URL selects; its days are those of the reader's time zone. Raises InvalidParameter."""
    kind = filters.get("kind", "")
    if kind and kind not in (possible := [kind.value for kind in kinds_for(viewer)]):
        text = _("Unknown kind “%(kind)s”. Use %(possible)s.") % {"kind": kind, "possible": ", ".join(possible)}
        raise InvalidParameter(text, field="kind")
    return Selection(
        staff=filters.get("staff", ""),
        kind=kind,
        start=midnight(filters, "from"),
        end=midnight(filters, "to", days_later=1),
        has_logins=permissions.may_view_logins(viewer),
    )


def kinds_for(viewer: Any) -> list[ActivityKind]:
    """Return the kinds that a member of staff may see."""
    may_see_logins = permissions.may_view_logins(viewer)
    return [kind for kind in ActivityKind if may_see_logins or not LOGINS.has_kind(kind)]


def _write(writer: Any, selection: Selection, viewer: Any) -> int:
    """Write the entries as rows, then one that says so if not all are there; return the number of entries."""
    count, after = 0, None
    for _page in range(MAX_CSV_PAGES):
        page = selection.read(after, min(CSV_PAGE, MAX_CSV_ENTRIES - count))
        writer.writerows(_csv_row(entry, viewer) for entry in page.entries)
        count, after = count + len(page.entries), page.next
        if after is None:
            return count
        if count >= MAX_CSV_ENTRIES:
            break
    text = _("Not complete: only the newest %(count)d entries are here. Choose fewer days.") % {"count": count}
    writer.writerow((after.moment.isoformat(), "", "", "", "", text, "", ""))
    return count


def _csv_row(entry: Entry, viewer: Any) -> list[str]:
    texts = shown(entry, viewer)
    about = texts.about
    of_entry = (entry.moment.isoformat(), entry.staff, entry.kind.value)
    row = (*of_entry, about.user_id, about.conversation_id, about.other, texts.text, texts.reason)
    return [harmless(cell) for cell in row]


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ;\t\r\n").startswith(FORMULA_STARTS) else cell


def _staff_names() -> list[str]:
    names = User.objects.filter(is_staff=True).order_by("username").values_list("username", flat=True)
    return list(names[:STAFF_OFFERED])


def _filters_of(parameters: Mapping[str, str], besides: Collection[str] = ()) -> dict[str, str]:
    if unknown := parameters.keys() - {*FILTERS, *besides}:
        raise InvalidParameter(_("Unknown parameter."), field=min(unknown))
    filters = {name: parameters[name].strip() for name in FILTERS if parameters.get(name, "").strip()}
    if "\0" in filters.get("staff", ""):
        raise InvalidParameter(_("A username can't contain NUL characters."), field="staff")
    return filters


def _url(name: str, filters: Mapping[str, str]) -> str:
    return "?".join(filter(None, (reverse(name), urlencode(filters))))
