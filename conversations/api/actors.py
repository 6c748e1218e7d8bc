"""Who acts in a request, and on whose list they may act."""

from contextlib import suppress

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from conversations.access import api_keys, audit_log, permissions
from conversations.access.api_keys import READ, WRITE
from conversations.exceptions import InvalidParameter, NoPermission
from conversations.identifiers import check_owner_id
from conversations.models import Owner


class Actor:
    """Who acts in a request: what DRF calls its user."""

    is_authenticated = True

    def __init__(self, access: api_keys.Grant):
        self.access = access

    def __str__(self) -> str:
        return self.access.owner_id or _("every owner")

    def owner(self, named: str | None, scope: str) -> str:
        """The owner whose list is meant, when this actor may do `scope` there.

        Raises NoPermission for another's list or a scope not granted, InvalidParameter if a service names no owner.
        """
        own = self.access.owner_id
        if scope not in self.access.scopes or (own is not None and named not in (None, own)):
            raise NoPermission(_("This credential may not do that."))
        if own is not None:
            return own
        if named is None:
            raise InvalidParameter(_("Name the owner: ?owner=USER_ID."), field="owner")
        return check_owner_id(named)

    def may(self, scope: str) -> None:
        """Raise NoPermission for a scope not granted: for calls that are about nobody's list in particular."""
        if scope not in self.access.scopes:
            raise NoPermission(_("This credential may not do that."))


class StaffActor(Actor):
    """A logged-in member of staff, for any list: looks are kept as on the pages, and changes logged by their address.

    The pages say before what will change, and log that as well.
    """

    def __init__(self, request: HttpRequest):
        self.user, self.session, self.changes = request.user, request.session, ""
        # Every answer has the text of conversations in it, that of an action as well.
        scopes = {READ: permissions.may_read_text(self.user)}
        scopes[WRITE] = scopes[READ] and permissions.may_change(self.user)
        super().__init__(api_keys.Grant(None, frozenset(scope for scope, is_open in scopes.items() if is_open)))

    def owner(self, named: str | None, scope: str) -> str:
        """As any actor's; raises ReasonNeeded as well."""
        owner_id = super().owner(named, scope)
        audit_log.enter(session=self.session, username=self.user.get_username(), owner_id=owner_id)
        self.changes = owner_id if scope == WRITE else ""
        return owner_id

    def keep_look(self) -> None:
        """Save what the session remembers of looks, where no middleware does."""
        if self.session.modified:
            with suppress(UpdateError):  # logged out meanwhile
                self.session.save()

    def log(self, request: HttpRequest, status: int) -> None:
        """What the request changed, with the owner."""
        if self.changes and status < 400:
            what = f"{request.method} {request.get_full_path()} → {status}"
            owner = {"content_type": ContentType.objects.get_for_model(Owner), "object_id": self.changes}
            LogEntry.objects.create(user=self.user, **owner, object_repr=self.changes, action_flag=CHANGE, change_message=what)
