"""Putting right from the pages: first what will change, then the deed, then what became of it."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import identifiers
from conversations.access import permissions
from conversations.choices import ReceiveOption
from conversations.exceptions import InvalidParameter
from conversations.formats import marks as formats_marks
from conversations.models import Conversation
from conversations.pages import list_context, list_filters
from conversations.pages.decorators import METHODS, owner_list_required, pane_asked_for
from conversations.staff import corrections, presentation
from conversations.staff.corrections import DEEDS, Change, ChangedMeanwhile, Effect
from conversations.staff.presentation import conversation_url
from conversations.times import from_epoch_s
from conversations.unread.explanation import in_utc

MAX_TICKED = list_context.ROWS_SHOWN


class Told(NamedTuple):
    """A change in words."""

    label: str
    field: str
    before: str
    after: str


def conversation_act(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET and POST /conversation/act/?owner=&deed=&id=…: what a deed would change, and the deed.

    POST takes as `seen` each conversation's version, in the order of the IDs: what the look before was at.
    """
    if not permissions.may_change(request.user):
        raise PermissionDenied(_("Your account may not change conversations."))
    deed = request.GET.get("deed", "")
    if deed not in DEEDS:
        raise InvalidParameter(_("There is no such action."), field="deed")
    conversation_ids = _ids(request)
    given = list_filters.conditions(request.GET, besides=(*list_context.NOT_FILTERS, "deed", "many"))
    kept = list_context.kept(given, request.GET.get("nextSeq", ""))
    is_one = "many" not in request.GET
    back_url = (conversation_url(owner_id, conversation_ids[0]) if is_one else presentation.owner_url(owner_id)) + kept
    if request.method != "POST":
        return _ask(request, owner_id, deed, conversation_ids, back_url)
    seen = corrections.versions(dict(zip_longest(conversation_ids, request.POST.getlist("seen"), fillvalue="")))
    try:
        effects = corrections.carry_out(deed=deed, owner_id=owner_id, seen=seen, user_id=request.user.pk)
    except ChangedMeanwhile as error:
        return _ask(request, owner_id, deed, conversation_ids, back_url, error)
    tell(request, deed, effects)
    return redirect(back_url)


conversation_act = owner_list_required(conversation_act, (*METHODS, "POST"))


def urls_of(row: Conversation, kept: str) -> list[tuple[str, str, str]]:
    """Each deed that makes sense for a conversation: its name, its button's words, its address."""
    here = {"owner": row.owner_id, "id": row.conversation_id}
    return [
        (name, str(deed.label), f"{reverse('conversation-act')}?{urlencode(here | {'deed': name})}{kept}")
        for name, deed in DEEDS.items()
        if deed.is_offered(row)
    ]


def _ids(request: HttpRequest) -> list[str]:
    found = list(dict.fromkeys(request.GET.getlist("id")))
    if not 1 <= len(found) <= MAX_TICKED:
        raise InvalidParameter(_("Tick 1 to %(count)d conversations.") % {"count": MAX_TICKED}, field="id")
    for one in found:
        identifiers.split(one)
    return found


def _ask(
    request: HttpRequest,
    owner_id: str,
    deed: str,
    conversation_ids: Sequence[str],
    back_url: str,
    error: ChangedMeanwhile | None = None,
) -> HttpResponse:
    """The page, or for htmx the dialog, that says what will change and asks whether it shall."""
    effects = corrections.foresee(deed=deed, owner_id=owner_id, conversation_ids=conversation_ids)
    context = {
        "deed": DEEDS[deed].label,
        "owner": list_context.owner_of(owner_id),
        "effects": [(one, one.conversation.display_name, in_words(one.changes)) for one in effects],
        "change_count": sum(bool(one.changes) for one in effects),
        "error": error,
        "url": request.get_full_path(),
        "back_url": back_url,
    }
    template = "conversations/_act.html" if pane_asked_for(request) else "conversations/act.html"
    return render(request, template, context, status=error.status if error else 200)


def tell(request: HttpRequest, deed: str, effects: Sequence[Effect]) -> None:
    """What became of it, on the page that follows."""
    label, changed = DEEDS[deed].label, [one for one in effects if one.changes]
    for one in effects:
        if one.refusal:
            text = _("Refused for %(name)s: %(reason)s")
            messages.error(request, text % {"name": one.conversation.display_name, "reason": one.refusal})
    if len(changed) == 1:
        told = _("%(action)s: done. %(changes)s") % {"action": label, "changes": _in_a_row(changed[0].changes)}
        messages.success(request, told)
    elif changed:
        text = ngettext(
            "%(action)s: %(count)d conversation changed.", "%(action)s: %(count)d conversations changed.", len(changed)
        )
        messages.success(request, text % {"action": label, "count": len(changed)})
    elif not any(one.refusal for one in effects):
        messages.info(request, _("%(action)s: nothing changed, it was so already.") % {"action": label})


# ---- Changes in words ------------------------------------------------------------------------


def in_words(changes: Sequence[Change]) -> list[Told]:
    """Changes for people, with the SDK's names."""
    return [Told(str(LABELS[one.field]), one.field, *map(WORDS[one.field], (one.before, one.after))) for one in changes]


def log_in_words(entry: LogEntry) -> str:
    """What a log entry of `put_right` tells, in its reader's language; another's as the admin gives it."""
    with suppress(ValueError, KeyError, TypeError):
        [logged] = json.loads(entry.change_message)
        changes = [Change(**one) for one in logged["changes"]]
        return f"{corrections.LABELS[logged['deed']]}: {_in_a_row(changes)}"
    return entry.get_change_message()


def _in_a_row(changes: Sequence[Change]) -> str:
    return "; ".join(f"{one.label} {one.before} → {one.after}" for one in in_words(changes))


def _moment(epoch_s: int) -> str:
    return in_utc(from_epoch_s(epoch_s)) if epoch_s else _("none")


LABELS = {
    name: Conversation._meta.get_field(column).verbose_name
    for name, column in {
        "unreadCount": "unread_count",
        "groupReadSequence": "group_read_sequence",
        "c2cReadTimestamp": "c2c_read_timestamp",
        "groupAtInfoList": "group_at_info",
        "isPinned": "is_pinned",
        "markList": "marks",
        "recvOpt": "recv_opt",
    }.items()
}
WORDS: dict[str, Callable[[Any], str]] = {
    "unreadCount": str,
    "groupReadSequence": str,
    "c2cReadTimestamp": _moment,
    "groupAtInfoList": lambda seqs: str(len(seqs)),
    "isPinned": lambda is_so: _("yes") if is_so else _("no"),
    "markList": lambda marks: ", ".join(presentation.marks_in_words(formats_marks.to_signed(sum(marks)))) or _("none"),
    "recvOpt": lambda option: str(ReceiveOption(option).label),
}
