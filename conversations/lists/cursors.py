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


class Place(NamedTuple):
    """Where a page begins: after a row, or None for the first page; and the sync token of the page before, "" if not known."""

    after: Cursor | None
    seen: str = ""


def next_seq(cursor: Cursor, *, owner_id: str, bound_to: str, seen: str = "") -> str:
    """Return the text for the page after `cursor`. It is valid for this owner and `bound_to`, the filter's text, only.

    `seen` is the sync token of this page, for an installation in which the next one could be read from an older state: a client
    that goes on from the first page's version would miss what changed in between.
    """
    return _signer(owner_id, bound_to).sign_object([*cursor, seen] if seen else cursor)


def after(text: str, *, owner_id: str, bound_to: str) -> Cursor | None:
    """Return the row that `text` names, None for the first page. Raises InvalidParameter for a text of another list."""
    return place(text, owner_id=owner_id, bound_to=bound_to).after


def place(text: str, *, owner_id: str, bound_to: str) -> Place:
    """Return all that `text` says. Raises InvalidParameter for a text of another list."""
    if text in FIRST_PAGE:
        return Place(None)
    try:
        is_pinned, order_key, conversation_id, *seen = _signer(owner_id, bound_to).unsign_object(text)
        return Place(Cursor(is_pinned, order_key, conversation_id), *seen)
    except BadSignature as error:
        raise InvalidParameter(_("Invalid nextSeq: it belongs to another user or filter."), field="nextSeq") from error


def _signer(owner_id: str, bound_to: str) -> Signer:
    # No owner ID holds a NUL, so no two pairs share a salt.
    return Signer(salt=f"nextSeq\0{owner_id}\0{bound_to}")
