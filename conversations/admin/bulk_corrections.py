"""Corrections of selected conversations in the admin, of any users: a preview of the changes first, as on the pages."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.access import access_log
from conversations.choices import ConversationType
from conversations.exceptions import ConversationError
from conversations.models import ConversationRow, composite_keys
from conversations.pages.corrections import report_outcome
from conversations.staff import corrections
from conversations.staff.change_display import changes_display
from conversations.staff.corrections import CORRECTIONS, Applied, Effect, PreviewOutdated

MAX_SELECTED = 100
Action = tuple[Callable[..., HttpResponse | None], str, str]
owner_id_of = attrgetter("owner_id")


def actions() -> dict[str, Action]:
    """Return all CORRECTIONS in the form of a ModelAdmin's get_actions()."""
    return {name: (partial(_correct, name), name, str(correction.label)) for name, correction in CORRECTIONS.items()}


def _correct(
    action: str, model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[ConversationRow]
) -> HttpResponse | None:
    """Return the preview; or where the preview was confirmed, apply it, and return None or a preview of what changed since."""
    selected = list(rows.order_by("owner_id", "conversation_id")[: MAX_SELECTED + 1])
    if len(selected) > MAX_SELECTED:
        messages.error(request, _("Select 1 to %(count)d conversations.") % {"count": MAX_SELECTED})
        return None
    for row in selected:
        if row.deleted_at:
            _refuse(request, row, _("It is deleted."))
    remaining = _log_access(request, [row for row in selected if not row.deleted_at])
    if "seen" in request.POST:
        remaining = _apply(action, request, remaining)
    return _preview(action, model_admin, request, remaining) if remaining else None


def _log_access(request: HttpRequest, rows: Sequence[ConversationRow]) -> list[ConversationRow]:
    """Log the access to each user's list and return the rows; refuse those of users that need a reason first."""
    allowed: list[ConversationRow] = []
    for owner_id, rows_of_owner in groupby(rows, key=owner_id_of):
        try:
            access_log.record_view(session=request.session, username=request.user.get_username(), owner_id=owner_id)
            allowed += rows_of_owner
        except access_log.ReasonNeeded as error:
            _refuse(request, owner_id, error.detail)
    return allowed


def _refuse(request: HttpRequest, name: object, reason: object) -> None:
    messages.error(request, _("Not changed: %(name)s. %(reason)s") % {"name": name, "reason": reason})


def _apply(action: str, request: HttpRequest, selected: Sequence[ConversationRow]) -> list[ConversationRow]:
    """Apply the correction user by user and report the outcome. Return the rows that changed since the preview."""
    seen = dict(zip(request.POST.getlist(ACTION_CHECKBOX_NAME), request.POST.getlist("seen")))
    applied: list[Applied] = []
    outdated: list[ConversationRow] = []
    peer_sides: set[tuple[str, str]] = set()
    for owner_id, rows_of_owner in groupby(selected, key=owner_id_of):
        rows = list(rows_of_owner)
        versions = {row.conversation_id: _version_seen(row, seen, peer_sides) for row in rows}
        peer_sides |= {key for row in rows for key in _peer_side(row)}
        try:
            seen_versions: Mapping[str, int | None] = {**corrections.parse_versions(versions)}
            applied.append(
                corrections.apply(
                    correction=CORRECTIONS[action], owner_id=owner_id, seen=seen_versions, user_id=request.user.pk
                )
            )
        except PreviewOutdated as error:
            messages.error(request, str(error.detail))
            outdated += rows
        except ConversationError as error:  # nothing of this user's changes; the other users' changes are applied
            _refuse(request, owner_id, error.detail)
    if applied:
        report_outcome(request, CORRECTIONS[action], applied)
    return outdated


def _version_seen(row: ConversationRow, seen: Mapping[str, str], peer_sides: Collection[tuple[str, str]]) -> str:
    """Return the version that the preview showed; the present one where this request itself has changed the row since.

    For example, reading a conversation changes the peer's row as well.
    """
    version = seen.get(_key(row), "")
    if version == str(row.version) and (row.owner_id, row.conversation_id) in peer_sides:
        row.refresh_from_db(fields=["version"])
        return str(row.version)
    return version


def _peer_side(row: ConversationRow) -> Iterator[tuple[str, str]]:
    """Yield the key of the peer's row, for a one-to-one conversation."""
    type_, bare_id = identifiers.split(row.conversation_id)
    if type_ == ConversationType.C2C:
        yield bare_id, identifiers.join(ConversationType.C2C, row.owner_id)


def _preview(action: str, model_admin: ModelAdmin, request: HttpRequest, rows: Sequence[ConversationRow]) -> HttpResponse:
    effects: list[Effect] = []
    for owner_id, rows_of_owner in groupby(rows, key=owner_id_of):
        ids = [row.conversation_id for row in rows_of_owner]
        effects += corrections.preview(correction=CORRECTIONS[action], owner_id=owner_id, conversation_ids=ids)
    context: dict[str, Any] = {
        "title": CORRECTIONS[action].label,
        "opts": model_admin.opts,
        "action": action,
        "checkbox": ACTION_CHECKBOX_NAME,
        "selected": [(_key(effect.conversation), effect.conversation.version) for effect in effects],
        "effects": [(effect, effect.conversation.display_name, changes_display(effect.changes)) for effect in effects],
        "changes_any": any(effect.changes for effect in effects),
        "back_url": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/correction.html", model_admin.admin_site.each_context(request) | context)


def _key(row: Any) -> str:
    return composite_keys.to_text(row.owner_id, row.conversation_id)
