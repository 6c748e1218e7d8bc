"""Numbered JSON records out of a byte stream of any size: JSON Lines, JSON arrays, or objects laid out over many lines.

What can't be parsed comes as an InvalidParameter in its place, and the rest follows.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

BLOCK_BYTES = 256 * 1024
LINE_MAX_BYTES = 16 * 1024 * 1024
# What is not UTF-8 passes through as it is, so that only its own value is refused.
BAD_BYTES = "surrogateescape"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Records:
    """(number from 1, parsed value or InvalidParameter) of each line, or of each item of arrays; constant memory."""

    def __init__(self, stream: BinaryIO):
        self._stream, self._first, self._line = stream, b"", 0
        while not self._first.strip() and (first := stream.readline(LINE_MAX_BYTES + 1)):
            self._first, self._line = first, self._line + 1
        self._first = self._first.removeprefix(BYTE_ORDER_MARK)
        start = self._first.strip()
        # A line of JSON Lines is whole; one that ends open begins a value that is laid out over many lines.
        self.are_lines = not (start.startswith(b"[") or start.endswith((b"{", b"[", b",")))

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        read = _lines if self.are_lines else _values
        return read(self._line, self._first, self._stream)


def _lines(number: int, line: bytes, stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    while line:
        if len(line) > LINE_MAX_BYTES:
            yield number, InvalidParameter(_("The line has more than %(count)d bytes.") % {"count": LINE_MAX_BYTES})
            while line and not line.endswith(b"\n"):
                line = stream.readline(LINE_MAX_BYTES)
        elif line := line.strip():
            yield number, _parsed(line)
        line = stream.readline(LINE_MAX_BYTES + 1)
        number += 1


def _parsed(line: bytes) -> Any:
    try:
        value = orjson.loads(line)
        # A line that is its own canonical form gave no key twice, since the second would be gone; others are looked into.
        if orjson.dumps(value) != line:
            json.loads(line, object_pairs_hook=_once_each)
    except RecursionError:
        return InvalidParameter(_("Nested too deeply."))
    except _TwiceGiven as error:
        return InvalidParameter(_("%(key)s: The key is given twice.") % {"key": error.args[0]})
    except ValueError as error:
        # The error's own text has a line, which is always 1: it knows this value only.
        at, why = getattr(error, "pos", 0), getattr(error, "msg", error)
        text = _("Not JSON: %(why)s, at character %(at)d.") if at else _("Not JSON: %(why)s.")
        return InvalidParameter(text % {"at": at + 1, "why": why})
    return value


class _TwiceGiven(Exception):
    """A key that an object has twice."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _value in pairs]
        raise _TwiceGiven(next(key for key in keys if keys.count(key) > 1))
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_decode = json.JSONDecoder(parse_constant=_no_constant).raw_decode


# What was read last, and the signs that may come then; anything else is a value.
OUTSIDE, ITEM = "", "an item"
MAY_FOLLOW = {OUTSIDE: "[", "[": "]", ITEM: ",]", ",": ""}


def _values(line: int, first: bytes, stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    """The items of arrays, and values outside of any; a syntax error ends them, since what follows can't be told apart."""
    text = _Text(line, first, stream)
    before, number = OUTSIDE, 0
    try:
        while sign := text.next_sign():
            if sign in MAY_FOLLOW[before]:
                before = OUTSIDE if sign == "]" else sign
                text.start += 1
            elif before == ITEM:
                raise ValueError(_("a comma is missing between items"))
            else:
                value = text.next_value()
                before = before and ITEM
                number += 1
                yield number, _parsed(value)
        if before != OUTSIDE:
            raise ValueError(_("the array has no end"))
    except (ValueError, RecursionError) as error:
        told = {"line": text.line_of(error), "why": getattr(error, "msg", str(error)).removesuffix(" at")}
        why = _("Not JSON at line %(line)d of the file, and nothing after it was read: %(why)s.") % told
        yield number + 1, InvalidParameter(why)


class _Text:
    """A window on the stream's text, which grows until it holds the next value."""

    def __init__(self, line: int, first: bytes, stream: BinaryIO):
        self._line, self._first, self._stream = line, first, stream  # the line on which the window begins
        self._decoder = codecs.getincrementaldecoder("utf-8")(BAD_BYTES)
        self._text, self.start = "", 0
        self._is_whole = False

    def next_sign(self) -> str:
        """The next character that is not white space, "" at the end."""
        while True:
            self.start = _WHITE_SPACE(self._text, self.start).end()
            if self.start < len(self._text):
                return self._text[self.start]
            if not self._grow():
                return ""

    def next_value(self) -> bytes:
        """The text of the value that starts here. Raises ValueError when there is none, or none within LINE_MAX_BYTES."""
        while True:
            try:
                end = _decode(self._text, self.start)[1]
                # A number may go on where the window ends.
                if end < len(self._text) or self._is_whole:
                    break
            except ValueError:
                if self._is_whole or len(self._text) - self.start > LINE_MAX_BYTES:
                    raise
            self._grow()
        value, self.start = self._text[self.start : end], end
        return value.encode(errors=BAD_BYTES)

    def line_of(self, error: Exception) -> int:
        """The line of the stream on which the text can't be read."""
        return self._line + self._text.count("\n", 0, getattr(error, "pos", self.start))

    def _grow(self) -> bool:
        block, self._first = self._first or self._stream.read(BLOCK_BYTES), b""
        self._line += self._text.count("\n", 0, self.start)
        self._text = self._text[self.start :] + self._decoder.decode(block, final=not block)
        self.start = 0
        self._is_whole = not block
        return not self._is_whole


_WHITE_SPACE = re.compile(r"[ \t\n\r]*").match
