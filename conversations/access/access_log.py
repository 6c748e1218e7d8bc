"""Log each member of staff's views of an owner's list, and ask for a reason where the setting requires one.

One entry an hour of a session is enough.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter, NoPermission
from conversations.models import AccessLogEntry
from conversations.models.staff import ACCESS_REASON_MAX_LENGTH
from conversations.times import now_s

SESSION_KEY = "views"  # {owner ID: [hour of the last entry, reason]}
HOUR_S = 3600
MAX_REMEMBERED = 100

Session = Any  # Django's, a mapping


class ReasonNeeded(NoPermission):
    """A view for which the setting requires a reason, and this session gave none for this owner."""

    def __init__(self, owner_id: str):
        super().__init__(_("Open the list of %(owner)s in the staff pages first and enter a reason.") % {"owner": owner_id})


def record_view(*, session: Session, username: str, owner_id: str) -> None:
    """Log that an owner's list is viewed, unless this session has an entry of this hour. Raises ReasonNeeded."""
    hour, reason = _remembered(session, owner_id)
    if settings.VIEW_REASON_REQUIRED and not reason:
        raise ReasonNeeded(owner_id)
    if hour != _this_hour():
        _log(session, username, owner_id, reason)


def give_reason(*, session: Session, username: str, owner_id: str, reason: str) -> None:
    """Open an owner's list to this session, for a reason. Raises InvalidParameter."""
    reason = " ".join(reason.split())
    if not reason or "\0" in reason or len(reason) > ACCESS_REASON_MAX_LENGTH:
        text = _("Enter a reason of at most %(count)d characters.") % {"count": ACCESS_REASON_MAX_LENGTH}
        raise InvalidParameter(text, field="reason")
    _log(session, username, owner_id, reason)


def reason_for(session: Session, owner_id: str) -> str:
    """Return the reason that this session gave, "" for none."""
    return _remembered(session, owner_id)[1]


def _log(session: Session, username: str, owner_id: str, reason: str) -> None:
    AccessLogEntry.objects.create(username=username, owner_id=owner_id, reason=reason)
    views = {viewed_id: view for viewed_id, view in session.get(SESSION_KEY, {}).items() if viewed_id != owner_id}
    newest = list(views.items())[1 - MAX_REMEMBERED :]
    session[SESSION_KEY] = dict([*newest, (owner_id, [_this_hour(), reason])])


def _remembered(session: Session, owner_id: str) -> tuple[int, str]:
    hour, reason = session.get(SESSION_KEY, {}).get(owner_id, (0, ""))
    return hour, reason


def _this_hour() -> int:
    return now_s() // HOUR_S
