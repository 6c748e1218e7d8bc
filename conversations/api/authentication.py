"""API keys, UserSigs and staff sessions -> who acts, for which owner."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from conversations.access import api_keys, audit_log, permissions, usersig
from conversations.access.api_keys import READ, WRITE
from conversations.api.errors import problem
from conversations.api.parsers import announce_body
from conversations.api.responses import wants_html
from conversations.exceptions import InvalidParameter, NoPermission, NotSignedIn
from conversations.identifiers import check_owner_id
from conversations.models import Owner

API_PATH = "/api/v1/"


class Actor:
    """Who acts in a request: what DRF calls its user."""

    is_authenticated = True

    def __init__(self, access: api_keys.Access):
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
        super().__init__(api_keys.Access(None, frozenset(scope for scope, is_open in scopes.items() if is_open)))

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


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an API key (`imk_…`) or a UserSig."""

    def authenticate(self, request) -> tuple[Actor, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _space, credential = header.partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise NotSignedIn(_("Send the credential as Authorization: Bearer …."))
        return Actor(access_of(credential.strip())), None

    def authenticate_header(self, request) -> str:
        return "Bearer"


def access_of(credential: str) -> api_keys.Access:
    """What a Bearer credential opens. Raises NotSignedIn; no query for a UserSig, one for a key."""
    if credential.startswith(api_keys.KEY_START):
        return api_keys.find(credential)
    sig = usersig.verify(credential, sdk_app_id=settings.IM_SDK_APP_ID, secret_key=settings.IM_SECRET_KEY)
    return api_keys.Access(sig.identifier, _USERSIG_SCOPES)


_USERSIG_SCOPES = frozenset((READ, WRITE))


class StaffSessionAuthentication(SessionAuthentication):
    """A logged-in member of staff acts as a service, as far as Django's permissions go; changes need the CSRF token."""

    def authenticate(self, request) -> tuple[Actor, None] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        if not found[0].is_staff:
            raise NoPermission(_("Only staff may use the API with a session."))
        return StaffActor(request._request), None


class DirectReads:
    """For views that write their JSON themselves: a GET with a Bearer credential goes straight to its handler.

    DRF's request, negotiation and renderers took as long as the rest of the fastest read.
    """

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        handler = getattr(self, self.action_map.get("get", ""), None)
        if request.method != "GET" or handler is None or "HTTP_AUTHORIZATION" not in request.META or wants_html(request):
            return super().dispatch(request, *args, **kwargs)
        try:
            request.user, _auth = BearerAuthentication().authenticate(request)
            return handler(request, *args, **kwargs)
        except Exception as error:
            return problem(error, request)

    def finalize_response(self, request, response, *args, **kwargs) -> HttpResponse:
        if isinstance(actor := getattr(request, "_user", None), StaffActor):  # not .user, which authenticates
            actor.log(request, response.status_code)
        return super().finalize_response(request, response, *args, **kwargs)

    def initial(self, request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        announce_body(request._request)


class BearerShortcut:
    """Middleware that answers an API request with a Bearer credential by itself.

    Such a request has no session, needs no CSRF token and gets no page, so all further middleware would only cost time.
    """

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API_PATH):
            return self.get_response(request)
        if "HTTP_AUTHORIZATION" not in request.META or wants_html(request):
            return self.passed_on(request)
        if "HTTP_ACCEPT_LANGUAGE" in request.META:
            with translation.override(translation.get_language_from_request(request)):
                return self.answer(request)
        translation.deactivate()  # a page that this thread served before left its own language
        return self.answer(request)

    def passed_on(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost as error:  # Django would answer with a page
            return problem(error, request)
        return self.get_response(request)

    def answer(self, request: HttpRequest) -> HttpResponse:
        try:
            match = resolve(request.path_info.removeprefix(API_PATH[:-1]), "conversations.api.urls")
            response = match.func(request, *match.args, **match.kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response
        except Exception as error:
            return problem(error, request)
