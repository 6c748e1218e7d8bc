"""Corrections from the pages: a preview of the changes, the correction, and its outcome on the page that follows."""

from collections.abc import Sequence
from functools import partial
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import identifiers
from conversations.access import permissions
from conversations.exceptions import InvalidParameter
from conversations.models import Conversation
from conversations.pages import list_filters
from conversations.pages.conversation_list import ROWS_SHOWN
from conversations.pages.decorators import METHODS, owner_list_required, pane_asked_for
from conversations.pages.owners import owner_of
from conversations.staff import corrections
from conversations.staff.change_display import changes_display, outcome_display
from conversations.staff.corrections import CORRECTIONS, Effect, PreviewOutdated
from conversations.staff.presentation import conversation_url, owner_url

MAX_SELECTED = ROWS_SHOWN


class CorrectionRequest(NamedTuple):
    """The action, the owner and the conversations that an address names, and the page to return to."""

    action: str
    owner_id: str
    conversation_ids: list[str]
    back_url: str


@partial(owner_list_required, methods=(*METHODS, "POST"))
def correct_conversations(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET and POST /conversation/correct/?owner=&action=&id=…: preview a correction, and apply it.

    POST takes as `seen` the version of each conversation that the preview showed, in the order of the IDs.
    """
    if not permissions.may_change(request.user):
        raise PermissionDenied(_("Your account can't change conversations."))
    asked = _parse(request, owner_id)
    if request.method != "POST":
        return _preview(request, asked)
    seen = corrections.parse_versions(dict(zip_longest(asked.conversation_ids, request.POST.getlist("seen"), fillvalue="")))
    try:
        effects = corrections.apply(action=asked.action, owner_id=owner_id, seen=seen, user_id=request.user.pk)
    except PreviewOutdated as error:
        return _preview(request, asked, error)
    report_outcome(request, asked.action, effects)
    return redirect(asked.back_url)


def urls_of(row: Conversation, filter_query: str) -> list[tuple[str, str, str]]:
    """Return the name, the label and the address of each correction that makes sense for a conversation."""
    here = {"owner": row.owner_id, "id": row.conversation_id}
    return [
        (name, str(correction.label), f"{reverse('conversation-correct')}?{urlencode(here | {'action': name})}{filter_query}")
        for name, correction in CORRECTIONS.items()
        if correction.is_offered(row)
    ]


def report_outcome(request: HttpRequest, action: str, effects: Sequence[Effect]) -> None:
    """Show what was changed and refused, on the page that follows."""
    outcome, changed = CORRECTIONS[action].outcome, [effect for effect in effects if effect.changes]
    refused = [effect for effect in effects if effect.refusal]
    for effect in refused:
        text = _("Not changed: %(name)s. %(reason)s")
        messages.error(request, text % {"name": effect.conversation.display_name, "reason": effect.refusal})
    if len(changed) == 1:
        messages.success(request, outcome_display(outcome, changed[0].changes))
    elif changed:
        text = ngettext("%(outcome)s: %(count)d conversation.", "%(outcome)s: %(count)d conversations.", len(changed))
        messages.success(request, text % {"outcome": outcome, "count": len(changed)})
    elif not refused:
        messages.info(request, _("No change needed."))


def _parse(request: HttpRequest, owner_id: str) -> CorrectionRequest:
    """Take the address apart. Raises InvalidParameter."""
    action = request.GET.get("action", "")
    if action not in CORRECTIONS:
        raise InvalidParameter(_("Unknown action."), field="action")
    conversation_ids = list(dict.fromkeys(request.GET.getlist("id")))
    if not 1 <= len(conversation_ids) <= MAX_SELECTED:
        raise InvalidParameter(_("Select 1 to %(count)d conversations.") % {"count": MAX_SELECTED}, field="id")
    for conversation_id in conversation_ids:
        identifiers.split(conversation_id)
    filters = list_filters.conditions(request.GET, besides=(*list_filters.NOT_FILTERS, "action", "many"))
    filter_query = list_filters.filter_query(filters, request.GET.get("nextSeq", ""))
    is_many = "many" in request.GET
    page_url = owner_url(owner_id) if is_many else conversation_url(owner_id, conversation_ids[0])
    return CorrectionRequest(action, owner_id, conversation_ids, page_url + filter_query)


def _preview(request: HttpRequest, asked: CorrectionRequest, error: PreviewOutdated | None = None) -> HttpResponse:
    """Render the page, or for htmx the dialog, that shows the changes and asks for confirmation."""
    effects = corrections.preview(action=asked.action, owner_id=asked.owner_id, conversation_ids=asked.conversation_ids)
    context = {
        "label": CORRECTIONS[asked.action].label,
        "owner": owner_of(asked.owner_id),
        "effects": [(effect, effect.conversation.display_name, changes_display(effect.changes)) for effect in effects],
        "change_count": sum(bool(effect.changes) for effect in effects),
        "error": error,
        "url": request.get_full_path(),
        "back_url": asked.back_url,
    }
    template = "conversations/_correction.html" if pane_asked_for(request) else "conversations/correction.html"
    return render(request, template, context, status=error.status if error else 200)
