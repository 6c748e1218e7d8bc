"""Staff looks into an owner's list: allowed with a reason where one is asked for, and kept once an hour of a session."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter, NoPermission
from conversations.models import AccessLogEntry
from conversations.models.staff import ACCESS_REASON_MAX_LENGTH
from conversations.times import now_s

SESSION_KEY = "looks"  # {owner ID: [hour of the last entry, reason]}
HOUR_S = 3600
MAX_REMEMBERED = 100

Session = Any  # Django's, a mapping


class ReasonNeeded(NoPermission):
    """The setting asks for a reason, and this session gave none for this owner."""

    def __init__(self, owner_id: str):
        super().__init__(_("Open the list of %(owner)s in the pages first, and say why you look.") % {"owner": owner_id})


def enter(*, session: Session, username: str, owner_id: str) -> None:
    """An owner's list is looked into, from wherever; an entry of this hour is enough. Raises ReasonNeeded."""
    hour, reason = _remembered(session, owner_id)
    if settings.VIEW_REASON_REQUIRED and not reason:
        raise ReasonNeeded(owner_id)
    if hour != _hour():
        _keep(session, username, owner_id, reason)


def give_reason(*, session: Session, username: str, owner_id: str, reason: str) -> None:
    """Open an owner's list to this session, for a reason. Raises InvalidParameter."""
    reason = " ".join(reason.split())
    if not reason or "\0" in reason or len(reason) > ACCESS_REASON_MAX_LENGTH:
        text = _("Say why, in at most %(count)d characters.") % {"count": ACCESS_REASON_MAX_LENGTH}
        raise InvalidParameter(text, field="reason")
    _keep(session, username, owner_id, reason)


def reason_for(session: Session, owner_id: str) -> str:
    """The reason that this session gave, "" for none."""
    return _remembered(session, owner_id)[1]


def _keep(session: Session, username: str, owner_id: str, reason: str) -> None:
    AccessLogEntry.objects.create(username=username, owner_id=owner_id, reason=reason)
    others = [(one, looked) for one, looked in session.get(SESSION_KEY, {}).items() if one != owner_id]
    session[SESSION_KEY] = dict([*others[1 - MAX_REMEMBERED :], (owner_id, [_hour(), reason])])


def _remembered(session: Session, owner_id: str) -> tuple[int, str]:
    hour, reason = session.get(SESSION_KEY, {}).get(owner_id, (0, ""))
    return hour, reason


def _hour() -> int:
    return now_s() // HOUR_S
