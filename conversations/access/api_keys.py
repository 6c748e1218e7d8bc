"""Make, find and revoke API keys: `imk_<prefix>_<secret>`, of which only the prefix and a hash are kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db import DatabaseError, connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.exceptions import InvalidParameter, NotAuthenticated
from conversations.identifiers import check_owner_id
from conversations.models import ApiKey

KEY_START = "imk_"
READ, WRITE, INGEST = SCOPES = ("read", "write", "ingest")
# The last use is kept to this precision, so that a busy key costs one write an hour and not one a request.
USE_PRECISION = timedelta(hours=1)


def create_api_key(
    *, name: str, owner_id: str | None = None, scopes: Iterable[str] = (READ,), expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can read again. Without an owner it is a service key.

    Raises InvalidParameter as `check_new_key` does.
    """
    scopes = frozenset(scopes)
    check_new_key(name=name, owner_id=owner_id, scopes=scopes, expires_at=expires_at)
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
    """Raise InvalidParameter for a bad name, owner, scope or expiry; only service keys may feed."""
    scopes = frozenset(scopes)
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise InvalidParameter(_("A name is 1 to 100 printable characters."), field="name")
    if owner_id is not None:
        check_owner_id(owner_id)
    if not scopes or scopes - set(SCOPES):
        raise InvalidParameter(_("Scopes are read, write and feed."), field="scopes")
    if INGEST in scopes and owner_id is not None:
        raise InvalidParameter(_("Only a service key may feed."), field="scopes")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidParameter(_("The expiry must be in the future."), field="expires_at")


def revoke(prefix: str) -> None:
    """Stop a key at once; a key that was revoked before stays as it is."""
    ApiKey.objects.filter(prefix=prefix, revoked_at__isnull=True).update(revoked_at=timezone.now())


class Grant(NamedTuple):
    """Who acts with a credential, and what it may do."""

    owner_id: str | None  # None: a service, which names the owner in each request
    scopes: frozenset[str]


class _Stored(NamedTuple):
    digest: bytes
    owner_id: str | None
    can_read: bool
    can_write: bool
    can_ingest: bool
    is_revoked: bool
    is_expired: bool
    use_is_known: bool


def find(text: str) -> Grant:
    """What the key of this text opens. One query, and once an hour a second.

    Raises NotSignedIn for an unknown, revoked or expired one.
    """
    prefix = text.removeprefix(KEY_START).partition("_")[0]
    stored = _stored(prefix) if prefix.isalnum() and prefix.isascii() else None
    # Compared even when there is no such key, so that the time taken tells nothing of which prefixes exist.
    is_same = hmac.compare_digest(_digest(text), bytes(stored.digest) if stored else _digest(""))
    if not stored or not is_same:
        raise NotAuthenticated(_("Unknown API key."))
    if stored.is_revoked:
        raise NotAuthenticated(_("This API key was revoked."))
    if stored.is_expired:
        raise NotAuthenticated(_("This API key has expired."))
    if not stored.use_is_known:
        # A database that only reads, or is locked, is no reason to turn a good key away.
        with suppress(DatabaseError):
            ApiKey.objects.filter(~_USED_RECENTLY, prefix=prefix).update(last_used_at=Now())
    granted = (stored.can_read, stored.can_write, stored.can_ingest)
    return Grant(stored.owner_id, frozenset(scope for scope, may in zip(SCOPES, granted) if may))


_USED_RECENTLY = Q(last_used_at__isnull=False, last_used_at__gte=Now() - USE_PRECISION)


def _stored(prefix: str) -> _Stored | None:
    sql, parameters = _statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [prefix if parameter == _ANY_PREFIX else parameter for parameter in parameters])
        row = cursor.fetchone()
    return row and _Stored(*row)


_ANY_PREFIX = "any prefix"


@lru_cache(maxsize=1)
def _statement() -> tuple[str, tuple]:
    """The query that looks a key up, compiled once; the database's clock decides what is over."""
    keys = ApiKey.objects.filter(prefix=_ANY_PREFIX).annotate(
        is_revoked=ExpressionWrapper(Q(revoked_at__isnull=False), BooleanField()),
        is_expired=ExpressionWrapper(Q(expires_at__isnull=False, expires_at__lte=Now()), BooleanField()),
        use_is_known=ExpressionWrapper(_USED_RECENTLY, BooleanField()),
    )
    return keys.values_list(*_Stored._fields).query.sql_with_params()


def _digest(text: str) -> bytes:
    # The secret has 256 random bits, so a fast hash is enough.
    return hashlib.sha256(text.encode()).digest()
