"""Check a UserSig (TLSSigAPIv2): the credential that the cloud's own SDK logs in with.

Source: Tencent Cloud Chat, "Generating UserSig", and the vendor's Go library for the order of the checks.
"""

import base64
import binascii
import hashlib
import hmac
import time
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext_lazy as _

from conversations.exceptions import SigExpired, SigInvalid
from conversations.identifiers import is_owner_id

# A UserSig is some 300 characters; a user buffer may make it longer. A bomb inflates to a thousand times its size.
PACKED_MAX_LENGTH, INFLATED_MAX_BYTES = 8192, 16_384


class UserSig(NamedTuple):
    """Whose it is, and the last second of its life."""

    identifier: str
    expires_s: int


def verify(text: str, *, sdk_app_id: int, secret_key: str) -> UserSig:
    """What a good UserSig says. Raises SigInvalid, or SigExpired from the second after `time + expire`."""
    if not (sdk_app_id and secret_key):
        raise SigInvalid(_("This server accepts no UserSig."))
    sig = _verified(text, sdk_app_id, secret_key)
    if time.time() >= sig.expires_s + 1:
        raise SigExpired(_("The UserSig has expired."))
    return sig


@lru_cache(maxsize=8192)
def _verified(text: str, sdk_app_id: int, secret_key: str) -> UserSig:
    """All but the clock: a signature that was good stays good, so clients that poll are checked once."""
    found = examine(text, sdk_app_id=sdk_app_id, secret_key=secret_key)
    if found.refusal:
        raise found.refusal
    return UserSig(found.identifier, found.expires_s)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a text says that should be a UserSig; None for what it does not say in the right form."""

    is_unpacked: bool = True
    identifier: str | None = None
    sdk_app_id: int | None = None
    issued_s: int | None = None
    lasts_s: int | None = None
    is_signed: bool = False
    refusal: SigInvalid | None = None

    @property
    def expires_s(self) -> int | None:
        """The last second of its life."""
        return None if self.issued_s is None or self.lasts_s is None else self.issued_s + self.lasts_s


def examine(text: str, *, sdk_app_id: int, secret_key: str) -> Findings:
    """Everything but the clock, held against an app and its key; `refusal` is the first thing that is wrong."""
    try:
        body = _unpack(text)
    except SigInvalid as refusal:
        return Findings(is_unpacked=False, refusal=refusal)
    found = Findings(
        identifier=_of_type(str, body.get("TLS.identifier")),
        sdk_app_id=_of_type(int, body.get("TLS.sdkappid")),
        issued_s=_of_type(int, body.get("TLS.time")),
        lasts_s=_of_type(int, body.get("TLS.expire")),
        is_signed=_is_signed(body, secret_key),
    )
    return replace(found, refusal=_refusal(found, sdk_app_id))


def _of_type(type_: type, value: Any) -> Any:
    return value if type(value) is type_ else None  # a bool is no int here


def _refusal(found: Findings, sdk_app_id: int) -> SigInvalid | None:
    if found.identifier is None or found.expires_s is None:
        return SigInvalid(_("The UserSig lacks its identifier, time or expiry."))
    if found.sdk_app_id != sdk_app_id:
        return SigInvalid(_("The UserSig is for another SDKAppID."))
    if not found.is_signed:
        return SigInvalid(_("The UserSig was not signed with this app's key."))
    if not is_owner_id(found.identifier):
        return SigInvalid(_("The UserSig's identifier is no valid user ID."))
    return None


def _unpack(text: str) -> dict[str, Any]:
    try:
        if len(text) > PACKED_MAX_LENGTH:
            raise ValueError
        packed = base64.b64decode(text.translate(_STANDARD_BASE64).encode("ascii"), validate=True)
        inflate = zlib.decompressobj()
        body = orjson.loads(inflate.decompress(packed, INFLATED_MAX_BYTES))
        if not inflate.eof or type(body) is not dict:
            raise ValueError
    except (ValueError, binascii.Error, zlib.error) as error:
        raise SigInvalid(_("This is no UserSig.")) from error
    return body


_STANDARD_BASE64 = str.maketrans("*-_", "+/=")


def _is_signed(body: dict[str, Any], secret_key: str) -> bool:
    signed = [f"TLS.{name}" for name in ("identifier", "sdkappid", "time", "expire")]
    given = body.get("TLS.sig")
    if type(given) is not str or not all(name in body for name in signed):
        return False
    signed += ["TLS.userbuf"] if "TLS.userbuf" in body else []
    lines = "".join(f"{name}:{body[name]}\n" for name in signed)
    expected = base64.b64encode(hmac.digest(secret_key.encode(), lines.encode(), hashlib.sha256))
    return hmac.compare_digest(given.encode(), expected)
