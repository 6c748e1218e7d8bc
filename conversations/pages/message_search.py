"""Find a text in the messages of one conversation: from a position back, a bounded number at a time."""

import re
import time
from typing import NamedTuple

import orjson
from django.utils.translation import gettext as _

from conversations import threads
from conversations.exceptions import InvalidParameter
from conversations.formats import message_preview
from conversations.models import Conversation, Message
from conversations.pages.bubbles import Bubble, place_label, to_bubbles
from conversations.store import message_reads
from conversations.unread import viewers

FIELD = "text"
MAX_LENGTH = 100
# Messages that one page searches at most, and that it shows.
SEARCHED, MATCHES_SHOWN = 2000, 50
SEARCHED_S = 2.0
# Characters before and after the first match.
SHOWN_BEFORE, SHOWN_AFTER = 40, 120


class Piece(NamedTuple):
    """A part of a message's text, which is the text that was looked for, or not."""

    text: str
    is_match: bool


class Match(NamedTuple):
    """A message that contains the text, and the words around it."""

    bubble: Bubble
    pieces: list[Piece]


class Matches(NamedTuple):
    """The newest matches before a position, newest first.

    If there may be more, the next page goes on before `older`, and `searched_to` names that message.
    """

    text: str
    matches: list[Match]
    older: str
    searched_to: str


def search(row: Conversation, text: str, before: str) -> Matches:
    """Return the messages that the user sees and that contain a text, in any case of letters. At most four queries.

    Raises InvalidParameter.
    """
    text = " ".join(text.split())
    if not 0 < len(text) <= MAX_LENGTH:
        raise InvalidParameter(_("Enter 1 to %(count)d characters to find.") % {"count": MAX_LENGTH}, field=FIELD)
    pattern, viewer = re.compile(re.escape(text), re.IGNORECASE), viewers.of_row(row)
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    found: list[tuple[Message, list[Piece]]] = []
    last, number = "", 0
    until = time.monotonic() + SEARCHED_S
    for message in message_reads.back_from(thread, before, floor=row.cleared_position, limit=SEARCHED):
        last, number = message.position, number + 1
        if message.body is not None and viewer.sees(message) and (pieces := _pieces(message, pattern, text.lower())):
            found.append((message, pieces))
            if len(found) == MATCHES_SHOWN:
                break
        if time.monotonic() > until:  # messages may be long
            break
    else:
        number = number if number == SEARCHED else 0  # the end
    older = last if number else ""
    bubbles = to_bubbles(row, viewer, [message for message, _pieces in found], reads_text=True, unread_began=True)
    matches = [Match(bubble, pieces) for bubble, (_message, pieces) in zip(bubbles, found)]
    return Matches(text, matches, older, place_label(row, older) if older else "")


def _pieces(message: Message, pattern: re.Pattern[str], needle: str) -> list[Piece]:
    """Return the text around the first match, in pieces; none without a match. Recalled messages have no text."""
    body = orjson.loads(message.body)
    if message.is_recalled or body.get("status") in message_preview.WITHDRAWN:
        return []
    text = " ".join(" ".join(part.text for part in message_preview.element_previews(body)).split())
    # The pattern alone takes seconds for long texts of repeated letters.
    first = pattern.search(text) if needle in text.lower() or not text.isascii() else None
    if first is None:
        return []
    start, end = max(0, first.start() - SHOWN_BEFORE), first.end() + SHOWN_AFTER
    pieces = [Piece("…", False)] if start else []
    shown = text[start:end]
    at = 0
    for match in pattern.finditer(shown):
        pieces += [Piece(shown[at : match.start()], False), Piece(match[0], True)]
        at = match.end()
    pieces += [Piece(shown[at:], False), Piece("…" if end < len(text) else "", False)]
    return [piece for piece in pieces if piece.text]
