"""An explanation as staff see it: each message in it leads to its place in the conversation, and shows its first words."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import orjson
from django.utils.text import Truncator

from conversations import threads
from conversations.formats import message_preview
from conversations.models import Conversation
from conversations.staff.presentation import message_url
from conversations.store import message_reads
from conversations.unread import viewers
from conversations.unread.explanation import Explanation, MessageRef, Place
from conversations.unread.lines import Line
from conversations.unread.plain_text import join_parts, time_text

WORDS_LENGTH = 60


class Piece(NamedTuple):
    """A part of a sentence; with a `url` it names a message, and `note` is who sent it when."""

    text: str
    url: str = ""
    note: str = ""
    words: str = ""


class Section(NamedTuple):
    """A heading and its sentences, in pieces."""

    title: str
    lines: list[list[Piece]]


class ShownExplanation(NamedTuple):
    """An explanation in pieces."""

    agrees: bool
    headline: list[Piece]
    sections: list[Section]


def shown(explanation: Explanation, row: Conversation, url: str, *, reads_text: bool) -> ShownExplanation:
    """Return an explanation in pieces; `url` is the conversation's. With `reads_text`, at most three queries."""
    sections = explanation.sections
    lines = [line for section in sections for line in section.lines if isinstance(line, Line)]
    words = _first_words(row, lines) if reads_text else {}

    def pieces(line: Line | str) -> list[Piece]:
        return [_piece(part, url, words.get) for part in (line.pieces() if isinstance(line, Line) else [line])]

    return ShownExplanation(
        explanation.agrees,
        pieces(explanation.headline_line),
        [Section(section.title, [pieces(line) for line in section.lines]) for section in sections],
    )


def _piece(part: object, url: str, words_at: Callable[[str, str], str]) -> Piece:
    if isinstance(part, Place):
        return Piece(part.message.place, message_url(url, part.message.position))
    if not isinstance(part, MessageRef):
        return Piece(str(part))
    sender = f"{part.sender_name} ({part.sender})" if part.sender_name else part.sender
    note = join_parts([sender, part.seq is not None and time_text(part.sent_at)])
    return Piece(part.place, message_url(url, part.position), note, words_at(part.position, ""))


def _first_words(row: Conversation, lines: list[Line]) -> dict[str, str]:
    """Return how the messages begin that the user's app shows, by position. No others: the user does not see their text."""
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    # One of which only the position is known is not worth a look.
    keys = [(thread, ref.position) for ref in _messages_in(lines) if ref.sender and ref.position > row.cleared_position]
    if not keys:
        return {}
    viewer, stored = viewers.of_row(row), message_reads.find(keys)
    return {
        message.position: Truncator(message_preview.content_preview(orjson.loads(message.body))).chars(WORDS_LENGTH)
        for message in stored.values()
        if message.body is not None and viewer.sees(message)
    }


def _messages_in(lines: list[Line]) -> Iterator[MessageRef]:
    return (part for line in lines for part in line.pieces() if isinstance(part, MessageRef))
