"""Who acts, and on whose list: API keys, UserSigs and staff sessions."""

from contextlib import suppress

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from conversations import acting
from conversations.access import access_log, api_keys, permissions, rate_limits, usersig
from conversations.access.api_keys import READ, WRITE, Grant
from conversations.exceptions import InvalidParameter, NoPermission, NotAuthenticated, SigInvalid
from conversations.identifiers import check_owner_id
from conversations.models import Owner
from conversations.request_notes import note_credential


class Actor:
    """The client of a request: what DRF calls its user."""

    is_authenticated = True

    def __init__(self, grant: Grant):
        self.grant = grant

    def __str__(self) -> str:
        return self.grant.owner_id or _("all users")

    @property
    def is_service(self) -> bool:
        return self.grant.owner_id is None

    @property
    def is_back_end(self) -> bool:
        """Return whether this is a program of the operator's, which has limits of its own."""
        return self.is_service

    def count_request(self) -> None:
        """Count a request. Raises TooManyRequests."""
        most = settings.RATE_LIMIT_KEY if self.is_back_end else settings.RATE_LIMIT_USER
        rate_limits.count(self.grant.credential, most)

    def require_scope(self, scope: str) -> None:
        """Raise NoPermission for a scope not granted."""
        if scope not in self.grant.scopes:
            raise NoPermission(_("This credential does not allow this call."))

    def resolve_owner(self, requested: str | None, scope: str) -> str:
        """Return the ID of the user whose list is meant, if this actor has `scope` there.

        Raises NoPermission for another user's list or a scope not granted, InvalidParameter if a service names no user.
        """
        self.require_scope(scope)
        own = self.grant.owner_id
        if own is None:
            if requested is None:
                raise InvalidParameter(_("Missing parameter owner: with a service key, pass ?owner=USER_ID."), field="owner")
            return check_owner_id(requested)
        if requested is not None and requested != own:
            raise NoPermission(_("This credential gives no access to another user's list."))
        return own


class StaffActor(Actor):
    """A logged-in member of staff, for any list. Views go to the access log as on the pages, changes to Django's log."""

    is_back_end = False

    def __init__(self, request: HttpRequest):
        self.user, self.session, self.changed_owner_id = request.user, request.session, ""
        # Every answer has the text of conversations in it, that of an action as well.
        may_read = permissions.may_read_text(self.user)
        granted = {READ: may_read, WRITE: may_read and permissions.may_change(self.user)}
        scopes = frozenset(scope for scope, is_granted in granted.items() if is_granted)
        super().__init__(Grant(None, scopes, acting.named(acting.STAFF, self.user.pk)))

    def resolve_owner(self, requested: str | None, scope: str) -> str:
        """Do the same as for any actor, and log the access. Raises ReasonNeeded as well."""
        owner_id = super().resolve_owner(requested, scope)
        access_log.record_view(session=self.session, username=self.user.get_username(), owner_id=owner_id)
        self.changed_owner_id = owner_id if scope == WRITE else ""
        return owner_id

    def record_conversation(self, owner_id: str, conversation_id: str) -> None:
        """Log that one conversation was opened."""
        access_log.record_conversation(
            session=self.session, username=self.user.get_username(), owner_id=owner_id, conversation_id=conversation_id
        )

    def save_session(self) -> None:
        """Save what the session remembers of the access log, where no middleware does."""
        if self.session.modified:
            with suppress(UpdateError):  # logged out meanwhile
                self.session.save()

    def log_change(self, request: HttpRequest, status: int) -> None:
        """Log a change that succeeded, with the user whose list it changed."""
        if self.changed_owner_id and status < 400:
            LogEntry.objects.create(
                user_id=self.user.pk,
                content_type=ContentType.objects.get_for_model(Owner),
                object_id=self.changed_owner_id,
                object_repr=self.changed_owner_id,
                action_flag=CHANGE,
                change_message=f"{request.method} {request.get_full_path()} → {status}",
            )


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an API key (`imk_…`) or a UserSig."""

    def authenticate(self, request) -> tuple[Actor, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        note_credential(request)
        scheme, _space, credential = header.partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise NotAuthenticated(_("Send the credential as Authorization: Bearer …."))
        return Actor(grant_of(credential.strip())), None

    def authenticate_header(self, request) -> str:
        return "Bearer"


def grant_of(credential: str) -> Grant:
    """Return what a Bearer credential grants. No query for a UserSig, one for a key. Raises NotAuthenticated."""
    if credential.startswith(api_keys.KEY_START):
        return api_keys.find(credential)
    try:
        sig = usersig.verify(credential, sdk_app_id=settings.IM_SDK_APP_ID, secret_key=settings.IM_SECRET_KEY)
    except usersig.NotUserSig as error:
        text = _("The credential is neither an API key, which starts with %(start)s, nor a UserSig.")
        raise SigInvalid(text % {"start": api_keys.KEY_START}) from error
    return Grant(sig.identifier, _USERSIG_SCOPES, f"user:{sig.identifier}", sig.expires_s)


_USERSIG_SCOPES = frozenset((READ, WRITE))


class StaffSessionAuthentication(SessionAuthentication):
    """A logged-in member of staff acts like a service, as far as Django's permissions allow; changes need the CSRF token."""

    def authenticate(self, request) -> tuple[Actor, None] | None:
        login = super().authenticate(request)
        if login is None:
            return None
        if not login[0].is_staff:
            raise NoPermission(_("Only staff may use the API with a session."))
        return StaffActor(request._request), None
