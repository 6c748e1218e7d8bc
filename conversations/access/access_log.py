"""Log each member of staff's views of an owner's list and conversations, and ask for a reason where the setting requires one.

Searches across users are logged, too. One entry of each, an hour of a session, is enough.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter, NoPermission
from conversations.models import AccessLogEntry
from conversations.models.staff import ACCESS_REASON_MAX_LENGTH
from conversations.times import now_s

SESSION_KEY = "views"  # {owner ID: [hour of the last entry, reason, IDs of the conversations opened in that hour]}
HOUR_S = 3600
ALL_USERS = ""  # the owner ID of a search across users
MAX_REMEMBERED = 100
MAX_CONVERSATIONS = 50  # of a list; beyond that, the one opened first is logged again

Session = Any  # Django's, a mapping


class ReasonNeeded(NoPermission):
    """A view for which the setting requires a reason, and this session gave none for this owner."""

    def __init__(self, owner_id: str):
        super().__init__(_("Open the list of %(owner)s in the staff pages first and enter a reason.") % {"owner": owner_id})


def record_view(*, session: Session, username: str, owner_id: str) -> None:
    """Log that an owner's list is viewed, unless this session has an entry of this hour. Raises ReasonNeeded."""
    hour, reason, _opened = _remembered(session, owner_id)
    if settings.VIEW_REASON_REQUIRED and not reason:
        raise ReasonNeeded(owner_id)
    if hour != _this_hour():
        _log(session, username, owner_id, reason)


def record_conversation(*, session: Session, username: str, owner_id: str, conversation_id: str) -> None:
    """Log that a conversation of a list is opened, unless this session has an entry of this hour. Follows `record_view`."""
    hour, reason, opened = _remembered(session, owner_id)
    if hour == _this_hour() and conversation_id in opened:
        return
    AccessLogEntry.objects.create(username=username, owner_id=owner_id, conversation_id=conversation_id, reason=reason)
    _remember(session, owner_id, reason, [*opened, conversation_id][-MAX_CONVERSATIONS:])


def record_search(*, session: Session, username: str) -> None:
    """Log that conversations of all users are searched, unless this session has an entry of this hour. It needs no reason."""
    if _remembered(session, ALL_USERS)[0] != _this_hour():
        _log(session, username, ALL_USERS, "")


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


def forget(session: Session, owner_id: str, conversation_id: str) -> bool:
    """Remove an owner from what a session remembers, and a conversation of all others; return whether anything was there."""
    views = session.get(SESSION_KEY, {})
    is_changed = views.pop(owner_id, None) is not None
    for opened in (part[2] for part in views.values() if len(part) > 2):
        if conversation_id in opened:
            opened.remove(conversation_id)
            is_changed = True
    return is_changed


def _log(session: Session, username: str, owner_id: str, reason: str) -> None:
    AccessLogEntry.objects.create(username=username, owner_id=owner_id, reason=reason)
    _remember(session, owner_id, reason, [])


def _remember(session: Session, owner_id: str, reason: str, opened: list[str]) -> None:
    """Note an entry of this hour. Of earlier hours only the reasons stay, so that a session does not grow."""
    now = _this_hour()
    others = ((id_, view) for id_, view in session.get(SESSION_KEY, {}).items() if id_ != owner_id)
    views = [(id_, view if view[0] == now else view[:2]) for id_, view in others]
    session[SESSION_KEY] = dict([*views[1 - MAX_REMEMBERED :], (owner_id, [now, reason, opened])])


def _remembered(session: Session, owner_id: str) -> tuple[int, str, list[str]]:
    # A session from before conversations were logged has no third part.
    hour, reason, *opened = session.get(SESSION_KEY, {}).get(owner_id, (0, ""))
    return hour, reason, opened[0] if opened else []


def _this_hour() -> int:
    return now_s() // HOUR_S
