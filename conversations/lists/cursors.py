"""Where a page of a list ends, as text that clients hand back: getConversationList's `nextSeq`."""

import base64
import hashlib
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

FIRST_PAGE = ("", "0")
FINISHED = "0"
SEAL_BYTES = 9


class Cursor(NamedTuple):
    """The place of the last row that was given, in display order."""

    is_pinned: bool
    order_key: int
    conversation_id: str


def next_seq(cursor: Cursor, *, owner_id: str, bound_to: str) -> str:
    """The text for the page after `cursor`; it only works for this owner and `bound_to`, the filter's text."""
    place = f"{cursor.is_pinned:d}{cursor.order_key} {cursor.conversation_id}".encode()
    return base64.urlsafe_b64encode(_seal(place, owner_id, bound_to) + place).decode()


def after(text: str, *, owner_id: str, bound_to: str) -> Cursor | None:
    """The place that `text` names, None for the first page. Raises InvalidParameter for any text that is not this list's."""
    if text in FIRST_PAGE:
        return None
    try:
        packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        packed = b""
    seal, place = packed[:SEAL_BYTES], packed[SEAL_BYTES:]
    if not constant_time_compare(seal, _seal(place, owner_id, bound_to)):
        raise InvalidParameter(_("nextSeq is not from this list: another owner, another filter, or not ours."), field="nextSeq")
    order_key, conversation_id = place[1:].decode().split(" ", 1)
    return Cursor(place[:1] == b"1", int(order_key), conversation_id)


def _seal(place: bytes, owner_id: str, bound_to: str) -> bytes:
    key = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    text = b"\0".join((owner_id.encode(), bound_to.encode(), place))
    return hashlib.blake2b(text, digest_size=SEAL_BYTES, key=key).digest()
