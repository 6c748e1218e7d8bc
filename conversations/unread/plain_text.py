"""Plain text for terminals and tickets: lists, times, and names from outside on one line."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

# Unicode's control characters, its separators of lines and paragraphs, and everything with its property Bidi_Control.
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
VISIBLE_BLANK, REPLACEMENT = "\N{OPEN BOX}", "\N{REPLACEMENT CHARACTER}"


def join_parts(parts: Iterable[str | Literal[False]]) -> str:
    """Join the parts that are not empty with commas, as the language writes them."""
    return pgettext("between the parts of a line", ", ").join(part for part in parts if part)


def on_one_line(text: str) -> str:
    """Return text from outside with visible signs in place of line breaks, terminal escapes and bidirectional controls."""
    return _CONTROL.sub(lambda match: VISIBLE_BLANK if match[0].isspace() else REPLACEMENT, text)


def time_text(moment: datetime | None, pattern: str = "Y-m-d H:i:s") -> str:
    """Return a time in the time zone of now, a reader's or else UTC, which is named; "" for None."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return date_format(local, pattern) + (" UTC" if local.tzname() == "UTC" else "")
