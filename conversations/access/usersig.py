"""Check a UserSig (TLSSigAPIv2), the credential with which the vendor's SDK logs in.

Source: Tencent Cloud Chat, "Generating UserSig"; the order of the checks is that of the vendor's Go library.
"""

import base64
import binascii
import hashlib
import hmac
import time
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, cast

import orjson
from django.utils.translation import gettext_lazy as _

from conversations.exceptions import SigExpired, SigInvalid
from conversations.identifiers import is_owner_id

# A UserSig has some 300 characters, more with a user buffer. A zip bomb inflates to a thousand times its size.
PACKED_MAX_LENGTH, INFLATED_MAX_BYTES = 8192, 16_384


class NotUserSig(SigInvalid):
    """A text that is not in the form of a UserSig."""


class OtherApp(SigInvalid):
    """A UserSig that names another SDKAppID."""


class UserSig(NamedTuple):
    """The user of a valid UserSig, and the last second in which it is valid."""

    identifier: str
    expires_s: int


def verify(text: str, *, sdk_app_id: int, secret_key: str) -> UserSig:
    """Return the user and expiry of a UserSig. Raises SigInvalid, or SigExpired from the second after `time + expire`."""
    if not (sdk_app_id and secret_key):
        raise SigInvalid(_("This server does not accept UserSigs."))
    sig = _verified(text, sdk_app_id, secret_key)
    if time.time() >= sig.expires_s + 1:
        raise SigExpired(_("The UserSig has expired."))
    return sig


@lru_cache(maxsize=8192)
def _verified(text: str, sdk_app_id: int, secret_key: str) -> UserSig:
    """Check all but the clock. A valid signature stays valid, so that clients that poll are checked once."""
    findings = examine(text, sdk_app_id=sdk_app_id, secret_key=secret_key)
    if findings.refusal:
        raise findings.refusal
    # Without a refusal nothing is missing.
    return UserSig(cast(str, findings.identifier), cast(int, findings.expires_s))


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The contents of a text that should be a UserSig; None for a value that is missing or of the wrong type."""

    is_unpacked: bool = True
    identifier: str | None = None
    sdk_app_id: int | None = None
    issued_s: int | None = None
    lasts_s: int | None = None
    is_signed: bool = False
    refusal: SigInvalid | None = None

    @property
    def expires_s(self) -> int | None:
        """Return the last second in which the UserSig is valid."""
        return None if self.issued_s is None or self.lasts_s is None else self.issued_s + self.lasts_s


def examine(text: str, *, sdk_app_id: int, secret_key: str) -> Findings:
    """Check all but the clock against an app and its key. `refusal` is the first error."""
    try:
        body = _unpack(text)
    except SigInvalid as refusal:
        return Findings(is_unpacked=False, refusal=refusal)
    findings = Findings(
        identifier=_of_type(str, body.get("TLS.identifier")),
        sdk_app_id=_of_type(int, body.get("TLS.sdkappid")),
        issued_s=_of_type(int, body.get("TLS.time")),
        lasts_s=_of_type(int, body.get("TLS.expire")),
        is_signed=_is_signed(body, secret_key),
    )
    return replace(findings, refusal=_refusal(findings, sdk_app_id))


def _of_type(type_: type, value: Any) -> Any:
    return value if type(value) is type_ else None  # isinstance() would take a bool for an int


def _refusal(findings: Findings, sdk_app_id: int) -> SigInvalid | None:
    if findings.identifier is None or findings.expires_s is None:
        return SigInvalid(_("The UserSig has no identifier, time or expiry."))
    if findings.sdk_app_id != sdk_app_id:
        return OtherApp(_("The UserSig is for another SDKAppID."))
    if not findings.is_signed:
        return SigInvalid(_("The UserSig was not signed with this app's key."))
    if not is_owner_id(findings.identifier):
        return SigInvalid(_("The UserSig's identifier is not a valid user ID."))
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
        raise NotUserSig(_("This is not a UserSig.")) from error
    return body


_STANDARD_BASE64 = str.maketrans("*-_", "+/=")


def _is_signed(body: dict[str, Any], secret_key: str) -> bool:
    signed = [f"TLS.{name}" for name in ("identifier", "sdkappid", "time", "expire")]
    signature = body.get("TLS.sig")
    if type(signature) is not str or not all(name in body for name in signed):
        return False
    signed += ["TLS.userbuf"] if "TLS.userbuf" in body else []
    lines = "".join(f"{name}:{body[name]}\n" for name in signed)
    expected = base64.b64encode(hmac.digest(secret_key.encode(), lines.encode(), hashlib.sha256))
    return hmac.compare_digest(signature.encode(), expected)
