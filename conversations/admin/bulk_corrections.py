"""Putting right what is ticked in the admin, of whatever owners: first what will change, then the deed, as on the pages."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.access import audit_log
from conversations.choices import ConversationType
from conversations.exceptions import ConversationError
from conversations.models import ConversationRow, composite_keys
from conversations.pages import corrections
from conversations.staff import corrections as staff_corrections
from conversations.staff.corrections import DEEDS, ChangedMeanwhile, Effect

MAX_TICKED = 100
Action = tuple[Callable[..., HttpResponse | None], str, str]


def actions() -> dict[str, Action]:
    """All of DEEDS, as a ModelAdmin's get_actions() gives them."""
    return {name: (partial(_act, name), name, str(deed.label)) for name, deed in DEEDS.items()}


def _act(deed: str, model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[ConversationRow]) -> HttpResponse | None:
    """A page that asks; or, where it came from that page, the deed and None, or the page again for what changed meanwhile."""
    ticked = list(rows.order_by("owner_id", "conversation_id")[: MAX_TICKED + 1])
    if len(ticked) > MAX_TICKED:
        messages.error(request, _("Tick 1 to %(count)d conversations.") % {"count": MAX_TICKED})
        return None
    for row in ticked:
        if row.deleted_at:
            _refuse(request, row, _("It is deleted."))
    standing = _opened(request, [row for row in ticked if not row.deleted_at])
    if "seen" in request.POST:
        standing = _carry_out(deed, request, standing)
    return _ask(deed, model_admin, request, standing) if standing else None


def _opened(request: HttpRequest, ticked: Sequence[ConversationRow]) -> list[ConversationRow]:
    """Those of owners whose lists this session may look into, which is kept; of the others it is told why not."""
    opened: list[ConversationRow] = []
    for owner_id, rows in groupby(ticked, key=lambda row: row.owner_id):
        try:
            audit_log.enter(session=request.session, username=request.user.get_username(), owner_id=owner_id)
            opened += rows
        except audit_log.ReasonNeeded as error:
            _refuse(request, owner_id, error.detail)
    return opened


def _refuse(request: HttpRequest, name: object, reason: object) -> None:
    messages.error(request, _("Refused for %(name)s: %(reason)s") % {"name": name, "reason": reason})


def _carry_out(deed: str, request: HttpRequest, ticked: Sequence[ConversationRow]) -> list[ConversationRow]:
    """Do it, an owner at a time, and tell; those that have to be looked at again."""
    seen = dict(zip(request.POST.getlist(ACTION_CHECKBOX_NAME), request.POST.getlist("seen")))
    effects: list[Effect] = []
    again: list[ConversationRow] = []
    other_sides: set[tuple[str, str]] = set()
    for owner_id, rows_of_owner in groupby(ticked, key=lambda row: row.owner_id):
        rows = list(rows_of_owner)
        versions = {row.conversation_id: _version_seen(row, seen, other_sides) for row in rows}
        other_sides |= {pair for row in rows for pair in _other_side(row)}
        try:
            effects += staff_corrections.carry_out(
                deed=deed, owner_id=owner_id, seen=staff_corrections.versions(versions), user_id=request.user.pk
            )
        except ChangedMeanwhile as error:
            messages.error(request, str(error.detail))
            again += rows
        except ConversationError as error:  # nothing of this owner's is done; what is done of others is told
            _refuse(request, owner_id, error.detail)
    if effects:
        corrections.tell(request, deed, effects)
    return again


def _version_seen(row: ConversationRow, seen: Mapping[str, str], other_sides: Collection[tuple[str, str]]) -> str:
    """The version that was looked at; the present one where this very request changed the row since, as a read does to the
    peer's.
    """
    version = seen.get(_key(row), "")
    if version == str(row.version) and (row.owner_id, row.conversation_id) in other_sides:
        row.refresh_from_db(fields=["version"])
        return str(row.version)
    return version


def _other_side(row: ConversationRow) -> Iterator[tuple[str, str]]:
    """The peer's row of a one-to-one conversation."""
    type_, bare_id = identifiers.split(row.conversation_id)
    if type_ == ConversationType.C2C:
        yield bare_id, identifiers.join(ConversationType.C2C, row.owner_id)


def _ask(deed: str, model_admin: ModelAdmin, request: HttpRequest, rows: Sequence[ConversationRow]) -> HttpResponse:
    effects: list[Effect] = []
    for owner_id, of_owner in groupby(rows, key=lambda row: row.owner_id):
        ids = [row.conversation_id for row in of_owner]
        effects += staff_corrections.foresee(deed=deed, owner_id=owner_id, conversation_ids=ids)
    context: dict[str, Any] = {
        "title": DEEDS[deed].label,
        "opts": model_admin.opts,
        "action": deed,
        "checkbox": ACTION_CHECKBOX_NAME,
        "ticked": [(_key(one.conversation), one.conversation.version) for one in effects],
        "effects": [(one, one.conversation.display_name, corrections.in_words(one.changes)) for one in effects],
        "changes_any": any(one.changes for one in effects),
        "back_url": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/act.html", model_admin.admin_site.each_context(request) | context)


def _key(row: Any) -> str:
    return composite_keys.to_text(row.owner_id, row.conversation_id)
