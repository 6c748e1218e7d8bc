"""Check a UserSig (TLSSigAPIv2): the credential that the cloud's own SDK logs in with.

Source: Tencent Cloud Chat, "Generating UserSig", and the vendor's Go library for the order of the checks.
"""

import base64
import binascii
import hashlib
import hmac
import time
import zlib
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
    body = _unpack(text)
    identifier, issued_s, expire_s = body.get("TLS.identifier"), body.get("TLS.time"), body.get("TLS.expire")
    if type(identifier) is not str or type(issued_s) is not int or type(expire_s) is not int:
        raise SigInvalid(_("The UserSig lacks its identifier, time or expiry."))
    given_app_id = body.get("TLS.sdkappid")
    if type(given_app_id) is not int or given_app_id != sdk_app_id:
        raise SigInvalid(_("The UserSig is for another SDKAppID."))
    given = body.get("TLS.sig")
    expected = _signature(body, secret_key)
    if type(given) is not str or not hmac.compare_digest(given.encode(), expected):
        raise SigInvalid(_("The UserSig was not signed with this app's key."))
    if not is_owner_id(identifier):
        raise SigInvalid(_("The UserSig's identifier is no valid user ID."))
    return UserSig(identifier, issued_s + expire_s)


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


def _signature(body: dict[str, Any], secret_key: str) -> bytes:
    lines = [f"TLS.{name}:{body[f'TLS.{name}']}\n" for name in ("identifier", "sdkappid", "time", "expire")]
    if "TLS.userbuf" in body:
        lines.append(f"TLS.userbuf:{body['TLS.userbuf']}\n")
    return base64.b64encode(hmac.digest(secret_key.encode(), "".join(lines).encode(), hashlib.sha256))
