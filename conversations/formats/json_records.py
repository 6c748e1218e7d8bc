"""Numbered JSON records from a byte stream of any size: JSON Lines, JSON arrays, or objects over several lines.

A record that can't be parsed comes as an InvalidParameter in its place, and the next ones follow.

The parser of arrays is our own, since ijson (3.4, with `multiple_values`) gives less: bytes that are not UTF-8 end the whole
stream instead of refusing their own item, a duplicate key passes unseen, an unpaired surrogate becomes a question mark, and
an error has no line number. orjson parses each item, so a stream is only cut into items here.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import orjson
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

BLOCK_BYTES = 256 * 1024
LINE_MAX_BYTES = 16 * 1024 * 1024
# Bytes that are not UTF-8 pass through as they are, so that only their own value is refused.
BAD_BYTES = "surrogateescape"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Records:
    """Iterate over pairs of a number, from 1, and a parsed value or an InvalidParameter, in constant memory.

    The number is that of the line if `are_lines`, else that of the item or value.
    """

    def __init__(self, stream: BinaryIO):
        self._stream, self._first, self._line = stream, b"", 0
        while not self._first.strip() and (first := stream.readline(LINE_MAX_BYTES + 1)):
            self._first, self._line = first, self._line + 1
        self._first = self._first.removeprefix(BYTE_ORDER_MARK)
        start = self._first.strip()
        # A line of JSON Lines is a complete value; a first line that ends open begins a value of several lines.
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
        # A line in canonical form has no duplicate key, since parsing drops the first of two; other lines are parsed again.
        if orjson.dumps(value) != line:
            json.loads(line, object_pairs_hook=_without_duplicates)
    except RecursionError:
        return InvalidParameter(_("Nested too deeply."))
    except _DuplicateKey as error:
        return InvalidParameter(_("%(key)s: Duplicate key.") % {"key": error.args[0]})
    except ValueError as error:
        # Not the error's own text: its line number counts within this value and is always 1.
        index, reason = getattr(error, "pos", 0), getattr(error, "msg", error)
        text = _("Not JSON: %(why)s, at character %(at)d.") if index else _("Not JSON: %(why)s.")
        return InvalidParameter(text % {"at": index + 1, "why": reason})
    return value


class _DuplicateKey(Exception):
    """A key that an object has twice."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _value in pairs]
        raise _DuplicateKey(next(key for key in keys if keys.count(key) > 1))
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_decode = json.JSONDecoder(parse_constant=_no_constant).raw_decode
_skip_white_space = re.compile(r"[ \t\n\r]*").match


# The token read last, and the punctuation that may follow it; any other character begins a value.
OUTSIDE, ITEM = "", "an item"
MAY_FOLLOW = {OUTSIDE: "[", "[": "]", ITEM: ",]", ",": ""}


def _values(line: int, first: bytes, stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Yield the items of arrays, and the values outside arrays. A syntax error ends them: the next item can't be located."""
    window = _Window(line, first, stream)
    before, number = OUTSIDE, 0
    try:
        while character := window.next_character():
            if character in MAY_FOLLOW[before]:
                before = OUTSIDE if character == "]" else character
                window.start += 1
            elif before == ITEM:
                raise ValueError(_("a comma is missing between items"))
            else:
                value = window.next_value()
                before = before and ITEM
                number += 1
                yield number, _parsed(value)
        if before != OUTSIDE:
            raise ValueError(_("the array has no end"))
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", str(error)).removesuffix(" at")
        text = _("Not JSON at line %(line)d of the file; the rest of the file was skipped: %(why)s.")
        yield number + 1, InvalidParameter(text % {"line": window.line_of(error), "why": reason})


class _Window:
    """A window on the stream's text, which grows until it contains the next value; `start` is the place in it."""

    def __init__(self, line: int, first: bytes, stream: BinaryIO):
        self._line, self._first, self._stream = line, first, stream  # _line: the line on which the window begins
        self._decoder = codecs.getincrementaldecoder("utf-8")(BAD_BYTES)
        self._text, self.start = "", 0
        self._is_at_end = False

    def next_character(self) -> str:
        """Return the next character that is not white space, "" at the end."""
        while True:
            self.start = cast(re.Match[str], _skip_white_space(self._text, self.start)).end()
            if self.start < len(self._text):
                return self._text[self.start]
            if not self._grow():
                return ""

    def next_value(self) -> bytes:
        """Return the JSON text of the value that starts here.

        Raises ValueError if there is none, or none within LINE_MAX_BYTES.
        """
        while True:
            try:
                end = _decode(self._text, self.start)[1]
                # A number may continue after the end of the window.
                if end < len(self._text) or self._is_at_end:
                    break
            except ValueError:
                if self._is_at_end or len(self._text) - self.start > LINE_MAX_BYTES:
                    raise
            self._grow()
        value, self.start = self._text[self.start : end], end
        return value.encode(errors=BAD_BYTES)

    def line_of(self, error: Exception) -> int:
        """Return the line of the stream at which parsing failed."""
        return self._line + self._text.count("\n", 0, getattr(error, "pos", self.start))

    def _grow(self) -> bool:
        """Read one more block; return whether there was one."""
        block, self._first = self._first or self._stream.read(BLOCK_BYTES), b""
        self._line += self._text.count("\n", 0, self.start)
        self._text = self._text[self.start :] + self._decoder.decode(block, final=not block)
        self.start = 0
        self._is_at_end = not block
        return not self._is_at_end
