"""An entry of the staff activity as people read it: what it concerns, what changed, and why."""

import re
from typing import Any, NamedTuple

import orjson
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from conversations.access import access_log, permissions
from conversations.models import AccessLogEntry, LoginLogEntry, composite_keys
from conversations.staff import activity, admin_urls, change_display, presentation
from conversations.staff.corrections import CORRECTIONS, MOVE, Change, reading_up_to

# How the admin logs the view of a webhook that can't be parsed, which may be any user's.
_is_webhook = re.compile(r"webhook ([0-9]{1,18})").fullmatch
OUTCOMES = {name: correction.outcome for name, correction in CORRECTIONS.items()} | {
    MOVE: reading_up_to(0).outcome,
    "undo": gettext_lazy("Undone"),
}


class About(NamedTuple):
    """What an entry concerns: a user, one of the user's conversations, or something in the admin.

    The URL is "" for what the viewer may not open.
    """

    user_id: str = ""
    user_url: str = ""
    conversation_id: str = ""
    conversation_url: str = ""
    other: str = ""
    other_url: str = ""


class Shown(NamedTuple):
    """The texts of an entry."""

    about: About
    text: str
    reason: str = ""


def shown(entry: activity.Entry, viewer: Any) -> Shown:
    """Return an entry's texts, with links to what this member of staff may open."""
    match entry.row:
        case AccessLogEntry() as view:
            return Shown(_about_view(view, viewer), "", view.reason)
        case LoginLogEntry() as logins:
            return Shown(About(), _login_text(logins))
        case action:
            return Shown(_about_action(action, viewer), _action_text(action))


def _about_view(view: AccessLogEntry, viewer: Any) -> About:
    if number := _is_webhook(view.owner_id):
        url = admin_urls.row("webhookevent", number[1]) if viewer.has_perm("conversations.view_webhookevent") else ""
        return About(other=view.owner_id, other_url=url)
    if view.owner_id == access_log.ALL_USERS:
        return About(other=_("all users"), other_url=reverse("across-users") if permissions.may_view_across(viewer) else "")
    return _about_user(view.owner_id, view.conversation_id, viewer)


def _about_user(owner_id: str, conversation_id: str, viewer: Any) -> About:
    if not permissions.may_view(viewer):
        return About(owner_id, "", conversation_id, "")
    conversation_url = presentation.conversation_url(owner_id, conversation_id) if conversation_id else ""
    return About(owner_id, presentation.owner_url(owner_id), conversation_id, conversation_url)


def _login_text(logins: LoginLogEntry) -> str:
    count = ngettext("%(count)d time", "%(count)d times", logins.count) % {"count": logins.count}
    if not logins.address:
        return count
    return _("%(count)s from %(address)s") % {"count": count, "address": logins.address}


def _about_action(action: LogEntry, viewer: Any) -> About:
    lists, rows, _keys, logs = activity.content_types()
    key = composite_keys.from_text(action.object_id or "") if action.content_type_id == rows.pk else None
    if key:
        return _about_user(*key, viewer)
    if action.content_type_id == lists.pk:
        return _about_user(action.object_id or "", "", viewer)
    if action.content_type_id == logs.pk:
        url = reverse("staff-activity") if permissions.may_view_activity(viewer) else ""
        return About(other=_("staff activity"), other_url=url)
    model = action.content_type.model_class() if action.content_type else None
    may_open = model is not None and viewer.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    table = f"{model._meta.verbose_name} " if model is not None else ""
    return About(other=f"{table}{action.object_repr}", other_url=(action.get_admin_url() or "") if may_open else "")


def _action_text(action: LogEntry) -> str:
    """Return what changed: of a correction in the words of the pages, of anything else in those of the admin."""
    return _correction_text(action.change_message) or action.get_change_message()


def _correction_text(message: str) -> str:
    if not message.startswith("[{"):
        return ""
    try:
        [part] = orjson.loads(message)
        changes = [Change(**change) for change in part["changes"]]
        return change_display.outcome_display(OUTCOMES[part["action"]], changes)
    except (ValueError, KeyError, TypeError):  # another message of the admin
        return ""
