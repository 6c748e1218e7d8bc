"""Where a page of a list ends, as text that clients pass back: getConversationList's `nextSeq`."""

from typing import NamedTuple

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

FIRST_PAGE = ("", "0")
FINISHED = "0"


class Cursor(NamedTuple):
    """The place of a page's last row, in display order."""

    is_pinned: bool
    order_key: int
    conversation_id: str


def next_seq(cursor: Cursor, *, owner_id: str, bound_to: str) -> str:
    """Return the text for the page after `cursor`. It is valid for this owner and `bound_to`, the filter's text, only."""
    return _signer(owner_id, bound_to).sign_object(cursor)


def after(text: str, *, owner_id: str, bound_to: str) -> Cursor | None:
    """Return the place that `text` names, None for the first page. Raises InvalidParameter for a text of another list."""
    if text in FIRST_PAGE:
        return None
    try:
        return Cursor(*_signer(owner_id, bound_to).unsign_object(text))
    except BadSignature as error:
        raise InvalidParameter(_("Invalid nextSeq: it belongs to another user or filter."), field="nextSeq") from error


def _signer(owner_id: str, bound_to: str) -> Signer:
    # No owner ID holds a NUL, so no two pairs share a salt.
    return Signer(salt=f"nextSeq\0{owner_id}\0{bound_to}")
