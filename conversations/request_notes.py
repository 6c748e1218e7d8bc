"""What is noted about a request while it is answered, for the request log, the metrics and the server: keys of its META."""

import random
import re
from typing import Any, Protocol

CREDENTIAL = "imsite.credential"  # the prefix of an API key, "UserSig", "signature" of a webhook
OWNER = "imsite.owner"  # the user whose list it is about
CODE = "imsite.code"  # of the problem that was answered
ROUTE = "imsite.route"  # of the fast path, where Django matches no URL
BEARER_CALL = "imsite.bearer_call"  # what the fast path found out
LANGUAGE = "imsite.language"  # of the fast path's answer, known there already
PLACE = "imsite.place"  # its WorkingPlace; no database after leave()
_REQUEST_ID = "imsite.request_id"


class WorkingPlace(Protocol):
    """Lets a request work with the database. One that waits for others leaves it to them."""

    def leave(self) -> None: ...

    def take_again(self) -> None: ...


class _OwnPlace:
    def leave(self) -> None: ...

    def take_again(self) -> None: ...


# For callers with connections of their own, such as commands: leaving changes nothing.
OWN_PLACE = _OwnPlace()

_is_request_id = re.compile(r"[\w.-]{1,64}", re.ASCII).fullmatch
_key_prefix = re.compile(r"Bearer\s+imk_([0-9a-f]{12})_", re.IGNORECASE | re.ASCII).match


def note_credential(request: Any) -> None:
    """Note the credential of a request with an Authorization header, valid or not."""
    key = _key_prefix(request.META["HTTP_AUTHORIZATION"])
    request.META[CREDENTIAL] = key[1] if key else "UserSig"


def request_id_of(request: Any) -> str:
    """Return the request's own ID if it is safe in a header and a log, otherwise a new one; the same at each call."""
    request_id: str | None = request.META.get(_REQUEST_ID)
    if request_id is None:
        own = request.META.get("HTTP_X_REQUEST_ID", "")
        request.META[_REQUEST_ID] = request_id = own if _is_request_id(own) else f"{random.getrandbits(128):032x}"
    return request_id
