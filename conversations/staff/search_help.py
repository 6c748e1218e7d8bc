"""The help of the search box: what can be written for each filter, found by parsing examples of the tokens."""

from typing import NamedTuple

from conversations.choices import ReceiveOption
from conversations.staff import search_syntax
from conversations.staff.search_syntax import FILTERS

GROUPS = ("VIP", "close friends")
# Beside what the search box suggests: one way to write a value each.
EXAMPLES = ("-is:mentioned", "-is:draft", "-is:muted", "mark:33", "mark:star,fold", "updated:>2026-01-31", "bob", '"re: offer"')


class Token(NamedTuple):
    """A token, and what its value stands for where it doesn't say so itself."""

    text: str
    meaning: str


class Line(NamedTuple):
    """A filter and the tokens that set it."""

    label: str
    tokens: list[Token]


def lines() -> list[Line]:
    """Return each filter with its tokens, in the filters' order."""
    tokens: dict[str, list[Token]] = {name: [] for name in FILTERS}
    for text in (*search_syntax.completions(GROUPS), *EXAMPLES):
        ((name, value),) = search_syntax.filters_of(text).items()
        tokens[name].append(Token(text, _meaning(name, value)))
    return [Line(str(FILTERS[name].label), found) for name, found in tokens.items()]


def _meaning(name: str, value: str) -> str:
    return str(ReceiveOption(int(value)).label) if name == search_syntax.RECEIVE_OPTION else ""
