"""Sentences of an explanation: as text for a ticket, or in pieces, so that a page can lead to the messages in them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BETWEEN = " · "
_value = re.compile(r"%\((\w+)\)[sd]")


@dataclass(frozen=True, slots=True)
class Line:
    """A translated sentence and its values: texts, numbers, messages, or several messages."""

    template: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return "".join(map(str, self.pieces()))

    def pieces(self) -> Iterator[Any]:
        """Yield the texts of the sentence and its values in between, in order."""
        for number, text in enumerate(_value.split(self.template)):
            if number % 2 == 0:
                yield text
            elif isinstance(value := self.values[text], tuple):
                for index, one in enumerate(value):
                    yield from ((BETWEEN, one) if index else (one,))
            else:
                yield value
