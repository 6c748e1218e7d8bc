"""Translate the search box's text, `is:unread type:group mark:star updated:>7d words`, to the list's filters and back.

Filters are a dict by wire name, as a URL has them. Only one kind of value is unknown to the API: a window that moves with the
clock, `activeSince=7d`. Every filter has exactly one text, so that the choice of a form or link can be shown and saved.

The keywords and words come from the filters in `lists.filters`; here is how each kind is read and written.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from django.utils.translation import gettext as _

from conversations.choices import ALLOWED_MARKS, FIRST_CUSTOM_MARK_BIT, MARK_BITS, ConversationType, Mark, ReceiveOption
from conversations.exceptions import InvalidParameter
from conversations.lists.filters import (
    ConversationFilterSet,
    EpochFilter,
    FlagFilter,
    GroupFilter,
    MarkFilter,
    ReceiveOptionFilter,
    SearchFilter,
    TypeFilter,
)
from conversations.models.staff import SAVED_VIEW_FILTERS_MAX_LENGTH
from conversations.staff.moments import hours_of, moment_of, moment_text

FIELD = "find"
TOKEN = re.compile(
    r'(?P<no>-?)(?:(?P<name>[a-z]+):)?(?P<value>"(?:[^"\\]|\\.)*"(?=\s|$)|\S+|(?(name)(?=\s|$)|(?!)))', re.DOTALL
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
PLAIN_NAME = re.compile(r"[\w.+-]+")
HOUR_S = 3600

FILTERS = ConversationFilterSet.base_filters


def _name_of(kind: type) -> str:
    """Return the name of the only filter of this kind."""
    (name,) = (name for name, filter_ in FILTERS.items() if isinstance(filter_, kind))
    return name


TYPE, MARK, GROUP = _name_of(TypeFilter), _name_of(MarkFilter), _name_of(GroupFilter)
RECEIVE_OPTION, WORDS = _name_of(ReceiveOptionFilter), _name_of(SearchFilter)

# The words after `is:`, each with the filter and value that it sets.
FLAGS = {
    word: (name, value)
    for name, filter_ in FILTERS.items()
    if isinstance(filter_, FlagFilter)
    for word, value in filter_.words.items()
}
OPPOSITE = {"true": "false", "false": "true"}
TYPES = {type_.name.lower(): str(type_.value) for type_ in ConversationType}
OTHER_TYPE = {"1": "2", "2": "1"}
MARKS = {mark.name.lower(): mark.value for mark in Mark}
NONE, ANY = "none", "any"
SIGNS = {"gte": ">", "lt": "<"}
COMPARED = {SIGNS[filter_.lookup_expr]: name for name, filter_ in FILTERS.items() if isinstance(filter_, EpochFilter)}
AGES = {filter_.age: name for name, filter_ in FILTERS.items() if isinstance(filter_, EpochFilter)}
WINDOWS = ("24h", "7d", "30d")


class Value(NamedTuple):
    """The part of a token after its colon."""

    text: str
    is_quoted: bool
    is_negated: bool


def filters_of(text: str) -> dict[str, str]:
    """Return the filters that a text sets. Raise InvalidParameter for an unknown or repeated token or a bad value."""
    if len(text) > SAVED_VIEW_FILTERS_MAX_LENGTH:
        raise _refusal(_("A search has at most %(count)d characters."), count=SAVED_VIEW_FILTERS_MAX_LENGTH)
    filters: dict[str, str] = {}
    words: list[str] = []
    for match in TOKEN.finditer(text):
        token, keyword, value = match[0], match["name"], _value(match)
        if keyword is None:
            words.append(_word(token, value))
            continue
        if keyword not in READERS:
            keywords = ", ".join(f"{keyword}:" for keyword in READERS)
            raise _refusal(
                _('Unknown filter "%(name)s:". Filters: %(names)s. To search for the text itself, put it in quotes.'),
                token, name=keyword, names=keywords,
            )  # fmt: skip
        name, filter_value = READERS[keyword](token, value)
        if name in filters:
            raise _refusal(_('Repeated filter "%(token)s": use each filter once.'), token)
        filters[name] = filter_value
    return filters | ({WORDS: " ".join(words)} if words else {})


def text_of(filters: Mapping[str, str]) -> str:
    """Return the one text of these filters, which must be valid."""
    return " ".join(token for name, write in WRITERS.items() if name in filters if (token := write(filters[name])))


def at(filters: Mapping[str, str], now_s: int) -> dict[str, str]:
    """Return the filters as the API takes them, with moving windows replaced by epoch seconds."""
    windows = {name: hours_of(filters[name]) for name in COMPARED.values() if name in filters}
    return {**filters, **{name: str(max(0, now_s - hours * HOUR_S)) for name, hours in windows.items() if hours}}


def completions(group_names: Iterable[str]) -> list[str]:
    """Return the tokens to choose from while typing, including the owner's conversation groups."""
    return [
        *(f"is:{word}" for word in FLAGS),
        *(f"type:{word}" for word in TYPES),
        *(f"mark:{word}" for word in (*MARKS, NONE, ANY)),
        *(_group_text(name) for name in (*group_names, "")),
        *(f"recv:{option}" for option in ReceiveOption.values),
        *(f"updated:{sign}{window}" for sign in COMPARED for window in WINDOWS),
        *(f"{age}:7d" for age in AGES),
    ]


# ---- Text to filters -------------------------------------------------------------------------


def _value(token: re.Match[str]) -> Value:
    text, is_negated = token["value"], token["no"] == "-"
    if not text.startswith('"'):
        return Value(text, False, is_negated)
    if not QUOTED.fullmatch(text):
        raise _refusal(_("%(token)s: put quotation marks around the whole value."), token[0])
    return Value(re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL), True, is_negated)


def _word(token: str, value: Value) -> str:
    """Return the text that a token without a keyword searches for."""
    if value.is_negated:
        raise _refusal(_("%(token)s: words can't be excluded. To search for this text, put it in quotes."), token)
    if not value.text:
        raise _refusal(_("%(token)s: the search text is empty."), token)
    return value.text


def _refusal(sentence: str, token: str = "", **words: object) -> InvalidParameter:
    return InvalidParameter(sentence % {"token": token, **words}, field=FIELD)


def _unknown_value(token: str, possible: list[str]) -> InvalidParameter:
    return _refusal(_('Unknown value "%(token)s". Use %(possible)s.'), token, possible=", ".join(possible))


def _not_negated(token: str, value: Value) -> None:
    if value.is_negated:
        raise _refusal(_("%(token)s can't be negated."), token)


def _flag(token: str, value: Value) -> tuple[str, str]:
    if value.text not in FLAGS:
        raise _unknown_value(token, [f"is:{word}" for word in FLAGS])
    name, answer = FLAGS[value.text]
    return name, OPPOSITE[answer] if value.is_negated else answer


def _type(token: str, value: Value) -> tuple[str, str]:
    if value.text not in TYPES:
        raise _unknown_value(token, [f"type:{word}" for word in TYPES])
    number = TYPES[value.text]
    return TYPE, OTHER_TYPE[number] if value.is_negated else number


def _mark(token: str, value: Value) -> tuple[str, str]:
    whole = {NONE: 0, ANY: ALLOWED_MARKS}
    if value.text in whole:
        marks = whole[value.text]
        return MARK, str(ALLOWED_MARKS - marks if value.is_negated else marks)
    _not_negated(token, value)
    marks = 0
    for word in value.text.split(","):
        bit = MARKS.get(word) or _custom_mark(word)
        if not bit:
            custom = _("mark:%(first)d to mark:%(last)d") % {"first": FIRST_CUSTOM_MARK_BIT, "last": MARK_BITS - 1}
            raise _unknown_value(token, [*(f"mark:{word}" for word in (*MARKS, NONE, ANY)), custom, "mark:star,fold"])
        marks |= bit
    return MARK, str(marks)


def _custom_mark(word: str) -> int:
    """Return the mask of a custom mark's bit number, 0 for any other text."""
    is_bit = re.fullmatch("[0-9]{2}", word, re.ASCII) and FIRST_CUSTOM_MARK_BIT <= int(word) < MARK_BITS
    return 1 << int(word) if is_bit else 0


def _group(token: str, value: Value) -> tuple[str, str]:
    _not_negated(token, value)
    if not value.text:
        raise _unknown_value(token, ['group:"…"', f"group:{NONE}"])
    return GROUP, "" if value.text == NONE and not value.is_quoted else value.text


def _receive_option(token: str, value: Value) -> tuple[str, str]:
    _not_negated(token, value)
    if value.text not in map(str, ReceiveOption.values):
        raise _unknown_value(token, [f"recv:{option}" for option in ReceiveOption.values])
    return RECEIVE_OPTION, value.text


def _updated(token: str, value: Value) -> tuple[str, str]:
    if value.is_negated:
        raise _refusal(_("%(token)s: swap < and > instead of negating."), token)
    name, moment = COMPARED.get(value.text[:1]), value.text[1:]
    if name is None or not moment:
        raise _unknown_value(token, ["updated:>7d", "updated:<24h", "updated:>2026-01-31", "updated:<2026-01-31T18:30"])
    return name, moment_of(moment, field=FIELD, token=token)


def _age(name: str, token: str, value: Value) -> tuple[str, str]:
    if value.is_negated:
        raise _refusal(_("%(token)s: use newer: or older: instead of negating."), token)
    return name, moment_of(value.text, field=FIELD, token=token)


READER_OF_KIND: dict[type, Callable[[str, Value], tuple[str, str]]] = {
    FlagFilter: _flag,
    TypeFilter: _type,
    MarkFilter: _mark,
    GroupFilter: _group,
    ReceiveOptionFilter: _receive_option,
    EpochFilter: _updated,
}
READERS = {filter_.keyword: READER_OF_KIND[type(filter_)] for name, filter_ in FILTERS.items() if name != WORDS} | {
    age: partial(_age, name) for age, name in AGES.items()
}

# ---- Filters to text -------------------------------------------------------------------------


def _flag_text(name: str) -> Callable[[str], str]:
    words = {value: word for word, value in FILTERS[name].words.items()}
    return lambda value: f"is:{words[value]}" if value in words else f"-is:{words[OPPOSITE[value]]}"


def _type_text(value: str) -> str:
    return next((f"type:{word}" for word, number in TYPES.items() if number == value), "")


def _mark_text(value: str) -> str:
    marks = int(value)
    if marks in (0, ALLOWED_MARKS):
        return f"mark:{ANY if marks else NONE}"
    words = {bit: word for word, bit in MARKS.items()}
    bits = [1 << n for n in range(MARK_BITS) if marks >> n & 1]
    return "mark:" + ",".join(words.get(bit) or str(bit.bit_length() - 1) for bit in bits)


def _group_text(name: str) -> str:
    is_plain = name != NONE and PLAIN_NAME.fullmatch(name)
    return f"group:{name if is_plain else _quoted(name) if name else NONE}"


def _updated_text(sign: str) -> Callable[[str], str]:
    return lambda value: f"updated:{sign}{moment_text(value)}"


def _words_text(words: str) -> str:
    def is_word(text: str) -> bool:
        token = TOKEN.fullmatch(text)
        return bool(token) and not (token["name"] or token["no"] or text.startswith('"'))

    return words if all(map(is_word, words.split(" "))) else _quoted(words)


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


# How the value of the filter `name` is written.
WRITER_OF_KIND: dict[type, Callable[[str], Callable[[str], str]]] = {
    FlagFilter: _flag_text,
    TypeFilter: lambda name: _type_text,
    MarkFilter: lambda name: _mark_text,
    GroupFilter: lambda name: _group_text,
    ReceiveOptionFilter: lambda name: lambda value: f"recv:{value}",
    EpochFilter: lambda name: _updated_text(next(sign for sign, compared in COMPARED.items() if compared == name)),
    SearchFilter: lambda name: _words_text,
}
WRITERS = {name: WRITER_OF_KIND[type(filter_)](name) for name, filter_ in FILTERS.items()}
