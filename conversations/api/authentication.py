"""API keys, UserSigs and staff sessions -> who acts, for which owner."""

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from conversations.access import api_keys, usersig
from conversations.access.api_keys import READ, WRITE
from conversations.api.actors import Actor, StaffActor
from conversations.exceptions import NoPermission, NotAuthenticated


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an API key (`imk_…`) or a UserSig."""

    def authenticate(self, request) -> tuple[Actor, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _space, credential = header.partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise NotAuthenticated(_("Send the credential as Authorization: Bearer …."))
        return Actor(access_of(credential.strip())), None

    def authenticate_header(self, request) -> str:
        return "Bearer"


def access_of(credential: str) -> api_keys.Grant:
    """What a Bearer credential opens. Raises NotSignedIn; no query for a UserSig, one for a key."""
    if credential.startswith(api_keys.KEY_START):
        return api_keys.find(credential)
    sig = usersig.verify(credential, sdk_app_id=settings.IM_SDK_APP_ID, secret_key=settings.IM_SECRET_KEY)
    return api_keys.Grant(sig.identifier, _USERSIG_SCOPES)


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
