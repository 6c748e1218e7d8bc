"""Corrections from the pages: a preview of the changes, the correction, and its outcome on the page that follows."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import identifiers
from conversations.access import permissions
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.models import Conversation
from conversations.pages import list_filters
from conversations.pages.conversation_list import MAX_MATCHING, ROWS_SHOWN
from conversations.pages.decorators import METHODS, owner_list_required, pane_asked_for, record_conversation
from conversations.pages.owners import owner_of
from conversations.staff import corrections, undo
from conversations.staff.change_display import changes_display, outcome_display
from conversations.staff.corrections import CORRECTIONS, MOVE, Applied, Correction, PreviewOutdated
from conversations.staff.presentation import conversation_url, owner_url

MAX_SELECTED = ROWS_SHOWN
PARAMETERS = ("action", "many", "all", "to", "event", "entries")
CORRECT_URL = reverse_lazy("conversation-correct")


class CorrectionRequest(NamedTuple):
    """The correction, the owner and the conversations that an address names, and the page to return to.

    `matching` are the versions of the conversations, where the address names them by filters.
    """

    correction: Correction
    owner_id: str
    conversation_ids: list[str]
    back_url: str
    filter_query: str
    matching: dict[str, int] | None = None


class Offer(NamedTuple):
    """A correction that makes sense for a conversation: its name, its label and its address, and whether it asks nothing."""

    name: str
    label: str
    url: str
    at_once: bool


@partial(owner_list_required, methods=(*METHODS, "POST"))
def correct_conversations(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET and POST /conversation/correct/?owner=&action=&id=…: preview a correction, and apply it.

    POST takes as `seen` the version of each conversation that the preview showed, in the order of the IDs; of one conversation,
    some corrections need no preview. With action=move_read_position, `to` is the MsgSeq or the time to read up to.
    With `all`, it is about all conversations that the address's filters show, and `seen` has to be of exactly these.
    """
    _check_may_change(request)
    action, conversation_ids = request.GET.get("action", ""), list(dict.fromkeys(request.GET.getlist("id")))
    correction = _moving(request) if action == MOVE else CORRECTIONS.get(action)
    if correction is None:
        raise InvalidParameter(_("Unknown action."), field="action")
    if "all" in request.GET and action != MOVE:
        matching = _matching(request, owner_id, MAX_SELECTED if correction.is_slow else MAX_MATCHING)
        if not matching:  # a second click, after which none is left
            messages.info(request, _("No change needed."))
            return redirect(owner_url(owner_id) + list_filters.filter_query(_filters(request), ""))
        return _correct(request, owner_id, correction, list(matching), matching)
    most = 1 if action == MOVE else MAX_SELECTED
    if not 1 <= len(conversation_ids) <= most:
        text = _("Select one conversation.") if most == 1 else _("Select 1 to %(count)d conversations.")
        raise InvalidParameter(text % {"count": most}, field="id")
    for conversation_id in conversation_ids:
        identifiers.split(conversation_id)
    return _correct(request, owner_id, correction, conversation_ids)


@partial(owner_list_required, methods=(*METHODS, "POST"))
def undo_correction(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET and POST /conversation/undo/?owner=: preview taking back what was corrected, and do it.

    It is named by `entries`, the first and the last number of the log's own entries, or by `id` and `event`, an event's time.
    """
    _check_may_change(request)
    if "event" in request.GET:
        conversation_id = request.GET.get("id", "")
        identifiers.split(conversation_id)
        undone = undo.of_event(owner_id, conversation_id, _number(request.GET["event"], "event"))
    else:
        first, _dash, last = request.GET.get("entries", "").partition("-")
        numbers = _number(first, "entries"), _number(last, "entries")
        undone = undo.of_entries(owner_id, *numbers, user_id=request.user.pk)
    return _correct(request, owner_id, undone.correction, undone.conversation_ids)


def _check_may_change(request: HttpRequest) -> None:
    if not permissions.may_change(request.user):
        raise PermissionDenied(_("Your account can't change conversations."))


def _matching(request: HttpRequest, owner_id: str, most: int) -> dict[str, int]:
    """Return the versions of all conversations that an address's filters show. Raises InvalidParameter for none or too many."""
    rows = list_filters.filterset_of(owner_id, _filters(request)).selected().in_display_order()
    versions = dict(rows.values_list("conversation_id", "version")[: most + 1])
    if len(versions) > most:
        text = _("More than %(count)d conversations match, too many for this action. Add a filter, or select single rows.")
        raise InvalidParameter(text % {"count": most}, field="all")
    if not versions and "seen" not in request.POST:
        raise InvalidParameter(_("No conversation matches the filters any more."), field="all")
    return versions


def _filters(request: HttpRequest) -> dict[str, str]:
    return list_filters.conditions(request.GET, besides=(*list_filters.NOT_FILTERS, *PARAMETERS))


def _moving(request: HttpRequest) -> Correction:
    return corrections.reading_up_to(_number(request.GET.get("to", ""), "to"))


def _number(text: str, field: str) -> int:
    number = parse_digits(text, at_most=INT64_DIGITS)
    if number is None:
        raise InvalidParameter(_("Enter a whole number."), field=field)
    return number


def _correct(
    request: HttpRequest,
    owner_id: str,
    correction: Correction,
    conversation_ids: list[str],
    matching: dict[str, int] | None = None,
) -> HttpResponse:
    filter_query = list_filters.filter_query(_filters(request), request.GET.get("nextSeq", ""))
    is_one = len(conversation_ids) == 1 and "many" not in request.GET
    page_url = conversation_url(owner_id, conversation_ids[0]) if is_one else owner_url(owner_id)
    if len(conversation_ids) == 1:
        record_conversation(request, owner_id, conversation_ids[0])
    asked = CorrectionRequest(correction, owner_id, conversation_ids, page_url + filter_query, filter_query, matching)
    if request.method != "POST":
        return _preview(request, asked)
    try:
        applied = corrections.apply(
            correction=correction, owner_id=owner_id, seen=_seen(request, asked), user_id=request.user.pk
        )
    except PreviewOutdated as error:
        return _preview(request, asked, error)
    report_outcome(request, correction, [applied], filter_query)
    return redirect(asked.back_url)


def _seen(request: HttpRequest, asked: CorrectionRequest) -> dict[str, int | None]:
    ids, seen = asked.conversation_ids, request.POST.getlist("seen")
    if asked.matching is not None and seen != [str(version) for version in asked.matching.values()]:
        raise PreviewOutdated(_("The matching conversations changed in the meantime. Review the changes again."))
    if asked.correction.at_once and len(ids) == 1 and not seen:
        return {ids[0]: None}
    return {**corrections.parse_versions(dict(zip_longest(ids, seen, fillvalue="")))}


def offers_of(row: Conversation, filter_query: str) -> list[Offer]:
    """Return the corrections that make sense for a conversation."""
    here = {"owner": row.owner_id, "id": row.conversation_id}
    return [
        Offer(
            name, str(correction.label), f"{CORRECT_URL}?{urlencode(here | {'action': name})}{filter_query}", correction.at_once
        )
        for name, correction in CORRECTIONS.items()
        if correction.is_offered(row)
    ]


def moving_url(row: Conversation, to: int, filter_query: str) -> str:
    """Return the address that moves a read position, in its unit."""
    query = {"owner": row.owner_id, "id": row.conversation_id, "action": MOVE, "to": to}
    return f"{CORRECT_URL}?{urlencode(query)}{filter_query}"


def undo_url(owner_id: str, filter_query: str, **named: str | int) -> str:
    """Return the address that takes a correction back, which is named as `undo_correction` says."""
    return f"{reverse('conversation-undo')}?{urlencode({'owner': owner_id} | named)}{filter_query}"


def report_outcome(request: HttpRequest, correction: Correction, applied: Sequence[Applied], filter_query: str = "") -> None:
    """Show what was changed and refused, each owner's part by itself, with links that undo it, on the page that follows."""
    effects = [effect for part in applied for effect in part.effects]
    changed = [effect for effect in effects if effect.changes]
    refused = [effect for effect in effects if effect.refusal]
    for effect in refused:
        text = _("Not changed: %(name)s. %(reason)s")
        messages.error(request, text % {"name": effect.conversation.display_name, "reason": effect.refusal})
    if not changed:
        if not refused:
            messages.info(request, _("No change needed."))
        return
    if len(changed) == 1 and correction.name in CORRECTIONS and correction.at_once:
        text = _("%(outcome)s.") % {"outcome": correction.outcome}  # which says what changed
    elif len(changed) == 1:
        text = outcome_display(correction.outcome, changed[0].changes)
    else:
        text = ngettext("%(outcome)s: %(count)d conversation.", "%(outcome)s: %(count)d conversations.", len(changed))
        text = text % {"outcome": correction.outcome, "count": len(changed)}
    links = [link for part in applied for link in _undo_links(part, filter_query, is_many=len(effects) > 1)]
    context = {"text": text, "links": links, "at_once": correction.at_once and len(effects) == 1, "is_many": len(effects) > 1}
    messages.success(request, render_to_string("conversations/_undo.html", context) if links else text)


def _undo_links(applied: Applied, filter_query: str, *, is_many: bool) -> Iterator[tuple[str, str]]:
    """Yield the owner and the address that undoes a correction of their list, if it can be undone."""
    changed = [effect for effect in applied.effects if undo.can_restore(effect.changes)]
    if changed:
        owner_id, many = changed[0].conversation.owner_id, {"many": "1"} if is_many else {}
        entries = f"{applied.entry_ids[0]}-{applied.entry_ids[-1]}"
        yield owner_id, undo_url(owner_id, filter_query, entries=entries, **many)


def _preview(request: HttpRequest, asked: CorrectionRequest, error: PreviewOutdated | None = None) -> HttpResponse:
    """Render the page, or for htmx the dialog, that shows the changes and asks for confirmation."""
    correction, owner_id = asked.correction, asked.owner_id
    effects = corrections.preview(correction=correction, owner_id=owner_id, conversation_ids=asked.conversation_ids)
    context = {
        "label": correction.label,
        "owner": owner_of(owner_id),
        "effects": [(effect, effect.conversation.display_name, changes_display(effect.changes)) for effect in effects],
        "change_count": sum(bool(effect.changes) for effect in effects),
        "error": error,
        "url": request.get_full_path(),
        "back_url": asked.back_url,
    }
    template = "conversations/_correction.html" if pane_asked_for(request) else "conversations/correction.html"
    return render(request, template, context, status=error.status if error else 200)
