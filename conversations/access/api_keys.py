"""Create, check and revoke API keys: `imk_<prefix>_<secret>`, of which only the prefix and a hash are stored."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import NamedTuple

from django.db import DatabaseError, connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import acting
from conversations.exceptions import InvalidParameter, NotAuthenticated
from conversations.identifiers import check_owner_id
from conversations.models import ApiKey
from conversations.models.statements import Parameter, Statement

KEY_START = "imk_"
READ, WRITE, INGEST = SCOPES = ("read", "write", "ingest")
# The last use is stored to this precision, so that a busy key costs a write an hour and not a write a request.
USE_PRECISION = timedelta(hours=1)
# A back end sends many requests with one key: to look it up each time took a fifth of the time of the fastest read.
REMEMBERED_S = 1.0
MAX_REMEMBERED = 10_000


def create_api_key(
    *, name: str, owner_id: str | None = None, scopes: Iterable[str] = (READ,), expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Create a key, and return it with its text, which can't be read again. Without an owner it is a service key.

    The scope write includes read: the answer to a change shows the conversation.

    Raises InvalidParameter as `check_new_key` does.
    """
    scopes = frozenset(scopes)
    check_new_key(name=name, owner_id=owner_id, scopes=scopes, expires_at=expires_at)
    if WRITE in scopes:
        scopes |= {READ}
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    text = f"{KEY_START}{prefix}_{secret}"
    key = ApiKey.objects.create(
        prefix=prefix,
        digest=_digest(text),
        name=name,
        owner_id=owner_id,
        expires_at=expires_at,
        **{f"can_{scope}": scope in scopes for scope in SCOPES},
    )
    return key, text


def check_new_key(*, name: str, owner_id: str | None, scopes: Iterable[str], expires_at: datetime | None) -> None:
    """Raise InvalidParameter for an invalid name, owner, scope or expiry. Only service keys may have the scope ingest."""
    scopes = frozenset(scopes)
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise InvalidParameter(_("A name must be 1 to 100 printable characters."), field="name")
    if owner_id is not None:
        check_owner_id(owner_id)
    if not scopes or scopes - set(SCOPES):
        raise InvalidParameter(_("Use the scopes read, write and ingest."), field="scopes")
    if INGEST in scopes and owner_id is not None:
        raise InvalidParameter(_("The ingest scope requires a service key."), field="scopes")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidParameter(_("The expiry must be in the future."), field="expires_at")


def revoke(prefix: str) -> None:
    """Revoke a key at once. A key that is revoked already stays as it is."""
    ApiKey.objects.filter(prefix=prefix, revoked_at__isnull=True).update(revoked_at=timezone.now())
    _remembered.clear()


class Grant(NamedTuple):
    """The user that a credential stands for, its scopes, and its name, which is not secret."""

    owner_id: str | None  # None: a service key, for requests that name the owner themselves
    scopes: frozenset[str]
    credential: str  # a key's visible start; for all UserSigs of a user the same
    valid_until_s: int | None = None  # of a UserSig: up to this second, nothing takes it back

    @property
    def actor(self) -> str:
        """The name under which its changes are recorded."""
        if self.credential.startswith(KEY_START):
            return acting.named(acting.KEY, self.credential.removeprefix(KEY_START))
        return acting.USERSIG if self.credential.startswith("user:") else self.credential


# Grants by the digest of the key's text, and when by the monotonic clock they are forgotten. Refusals are not remembered.
_remembered: dict[bytes, tuple[Grant, float]] = {}


class _StoredKey(NamedTuple):
    digest: bytes
    owner_id: str | None
    can_read: bool
    can_write: bool
    can_ingest: bool
    is_revoked: bool
    is_expired: bool
    use_is_known: bool


def find(text: str) -> Grant:
    """Return the grant of the key with this text. One query a second, and another once an hour.

    Raises NotAuthenticated for an unknown, revoked or expired key. One that is revoked by another process, or expires, is
    accepted for up to REMEMBERED_S more.
    """
    if connection.in_atomic_block:  # it may have changed the key itself
        return _look_up(text)
    digest, now = _digest(text), monotonic()
    if (known := _remembered.get(digest)) and now < known[1]:
        return known[0]
    grant = _look_up(text)
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[digest] = grant, now + REMEMBERED_S
    return grant


def is_remembered(text: str, grant: Grant) -> bool:
    """Return whether the key with this text was found to have this grant a moment ago. No query."""
    known = _remembered.get(_digest(text))
    return known is not None and known[0] == grant and monotonic() < known[1]


def _look_up(text: str) -> Grant:
    prefix = text.removeprefix(KEY_START).partition("_")[0]
    stored = _stored(prefix) if prefix.isalnum() and prefix.isascii() else None
    # Compared even when there is no such key, so that the time taken does not show which prefixes exist.
    is_same = hmac.compare_digest(_digest(text), bytes(stored.digest) if stored else _digest(""))
    if not stored or not is_same:
        raise NotAuthenticated(_("Unknown API key."))
    if stored.is_revoked:
        raise NotAuthenticated(_("This API key has been revoked."))
    if stored.is_expired:
        raise NotAuthenticated(_("This API key has expired."))
    if not stored.use_is_known:
        # A valid key is not refused because the database is read-only or locked.
        with suppress(DatabaseError):
            ApiKey.objects.filter(~_USED_RECENTLY, prefix=prefix).update(last_used_at=Now())
    may = (stored.can_read, stored.can_write, stored.can_ingest)
    scopes = frozenset(scope for scope, is_granted in zip(SCOPES, may) if is_granted)
    return Grant(stored.owner_id, scopes, f"{KEY_START}{prefix}")


_USED_RECENTLY = Q(last_used_at__isnull=False, last_used_at__gte=Now() - USE_PRECISION)


def _stored(prefix: str) -> _StoredKey | None:
    statement = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.filled_in(prefix=prefix))
        row = cursor.fetchone()
    return row and _StoredKey(*row)


@lru_cache(maxsize=1)
def _statement() -> Statement:
    """Compile the query for a key. The database's clock decides whether the key has expired."""
    keys = ApiKey.objects.filter(prefix=Parameter("prefix")).annotate(
        is_revoked=ExpressionWrapper(Q(revoked_at__isnull=False), BooleanField()),
        is_expired=ExpressionWrapper(Q(expires_at__isnull=False, expires_at__lte=Now()), BooleanField()),
        use_is_known=ExpressionWrapper(_USED_RECENTLY, BooleanField()),
    )
    return Statement.of(keys.values_list(*_StoredKey._fields))


def _digest(text: str) -> bytes:
    # The secret has 256 random bits, so a fast hash is enough.
    return hashlib.sha256(text.encode()).digest()
