"""The search box's text, `is:unread type:group mark:star updated:>7d words`, to and from the list's filters.

Filters are a dict by wire name, as an address has them; the only value that the API does not know is a window that moves with
the clock, `activeSince=7d`. Every filter has one text, so that what a form or a link chose can be read and saved.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from conversations.choices import ALLOWED_MARKS, FIRST_CUSTOM_MARK_BIT, MARK_BITS, ConversationType, Mark, ReceiveOption
from conversations.exceptions import InvalidParameter
from conversations.models.staff import SAVED_VIEW_FILTERS_MAX_LENGTH
from conversations.times import check_epoch_s, from_epoch_s, to_epoch_s

FIELD = "find"
TOKEN = re.compile(
    r'(?P<no>-?)(?:(?P<name>[a-z]+):)?(?P<value>"(?:[^"\\]|\\.)*"(?=\s|$)|\S+|(?(name)(?=\s|$)|(?!)))', re.DOTALL
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
PLAIN_NAME = re.compile(r"[\w.+-]+")
HOURS = {"h": 1, "d": 24, "w": 7 * 24}
WINDOW = re.compile(r"([1-9][0-9]{0,3})([hdw])")
HOUR_S = 3600

# What `is:` says; the first name of a condition is the one that is written.
FLAGS = {
    "unread": ("hasUnreadCount", "true"),
    "read": ("hasUnreadCount", "false"),
    "mentioned": ("hasGroupAtInfo", "true"),
    "pinned": ("isPinned", "true"),
    "unpinned": ("isPinned", "false"),
    "draft": ("hasDraft", "true"),
    "muted": ("isMuted", "true"),
}
OPPOSITE = {"true": "false", "false": "true"}
TYPES = {type_.name.lower(): str(type_.value) for type_ in ConversationType}
OTHER_TYPE = {"1": "2", "2": "1"}
MARKS = {mark.name.lower(): mark.value for mark in Mark}
NONE, ANY = "none", "any"
COMPARED = {">": "activeSince", "<": "activeBefore"}


class Value(NamedTuple):
    """What stands after a token's colon."""

    text: str
    is_quoted: bool
    is_negated: bool


def filters_of(text: str) -> dict[str, str]:
    """The filters that a text sets. Raises InvalidParameter for a token that means nothing, twice the same, or a bad value."""
    if len(text) > SAVED_VIEW_FILTERS_MAX_LENGTH:
        raise _refusal(_("A search has at most %(count)d characters."), count=SAVED_VIEW_FILTERS_MAX_LENGTH)
    filters: dict[str, str] = {}
    words: list[str] = []
    for token in TOKEN.finditer(text):
        name, value = token["name"], _value(token)
        if name is None:
            if value.is_negated:
                raise _refusal(_("%(token)s: words can't be excluded; to search for this, quote it."), token[0])
            if not value.text:
                raise _refusal(_("%(token)s: there is nothing to search for."), token[0])
            words.append(value.text)
            continue
        if name not in READERS:
            raise _refusal(
                _("%(token)s: there is no “%(name)s:”. There are %(names)s; put words with a colon in quotation marks."),
                token[0], name=name, names=", ".join(f"{one}:" for one in READERS),
            )  # fmt: skip
        filter_name, filter_value = READERS[name](token[0], value)
        if filter_name in filters:
            raise _refusal(_("%(token)s: this was said before; each can be said once."), token[0])
        filters[filter_name] = filter_value
    return filters | ({"search": " ".join(words)} if words else {})


def text_of(filters: Mapping[str, str]) -> str:
    """The one text of these filters, which are valid ones."""
    return " ".join(token for name, write in WRITERS.items() if name in filters if (token := write(filters[name])))


def at(filters: Mapping[str, str], now_s: int) -> dict[str, str]:
    """The filters as the API takes them: windows that move with the clock, where they are now."""
    moved = {name: WINDOW.fullmatch(filters[name]) for name in COMPARED.values() if name in filters}
    moments = {name: now_s - int(one[1]) * HOURS[one[2]] * HOUR_S for name, one in moved.items() if one}
    return {**filters, **{name: str(max(0, moment)) for name, moment in moments.items()}}


def completions(group_names: Iterable[str]) -> list[str]:
    """Tokens to choose from while typing, with those of an owner's conversation groups."""
    words = (*MARKS, NONE, ANY)
    return [
        *(f"is:{one}" for one in FLAGS),
        *(f"type:{one}" for one in TYPES),
        *(f"mark:{one}" for one in words),
        *(_group_text(name) for name in (*group_names, "")),
        *(f"recv:{one}" for one in ReceiveOption.values),
        *(f"updated:{sign}{window}" for sign in COMPARED for window in ("24h", "7d", "30d")),
    ]


# ---- Text to filters -------------------------------------------------------------------------


def _value(token: re.Match[str]) -> Value:
    text, is_negated = token["value"], token["no"] == "-"
    if not text.startswith('"'):
        return Value(text, False, is_negated)
    if not QUOTED.fullmatch(text):
        raise _refusal(_("%(token)s: quotation marks stand before and after the whole value."), token[0])
    return Value(re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL), True, is_negated)


def _refusal(sentence: str, token: str = "", **words: object) -> InvalidParameter:
    return InvalidParameter(sentence % {"token": token, **words}, field=FIELD)


def _not_there(token: str, possible: list[str]) -> InvalidParameter:
    return _refusal(_("%(token)s: this can't be. What can be is %(possible)s."), token, possible=", ".join(possible))


def _not_negated(token: str, value: Value) -> None:
    if value.is_negated:
        raise _refusal(_("%(token)s: there is no opposite of this."), token)


def _flag(token: str, value: Value) -> tuple[str, str]:
    if value.text not in FLAGS:
        raise _not_there(token, [f"is:{one}" for one in FLAGS])
    name, answer = FLAGS[value.text]
    return name, OPPOSITE[answer] if value.is_negated else answer


def _type(token: str, value: Value) -> tuple[str, str]:
    if value.text not in TYPES:
        raise _not_there(token, [f"type:{one}" for one in TYPES])
    number = TYPES[value.text]
    return "type", OTHER_TYPE[number] if value.is_negated else number


def _mark(token: str, value: Value) -> tuple[str, str]:
    whole = {NONE: 0, ANY: ALLOWED_MARKS}
    if value.text in whole:
        marks = whole[value.text]
        return "markType", str(ALLOWED_MARKS - marks if value.is_negated else marks)
    _not_negated(token, value)
    marks = 0
    for word in value.text.split(","):
        bit = MARKS.get(word) or _custom_mark(word)
        if not bit:
            custom = _("mark:%(first)d to mark:%(last)d") % {"first": FIRST_CUSTOM_MARK_BIT, "last": MARK_BITS - 1}
            raise _not_there(token, [*(f"mark:{one}" for one in (*MARKS, NONE, ANY)), custom, "mark:star,fold"])
        marks |= bit
    return "markType", str(marks)


def _custom_mark(word: str) -> int:
    """The mask of a bit given by its number, 0 for none."""
    is_bit = re.fullmatch("[0-9]{2}", word, re.ASCII) and FIRST_CUSTOM_MARK_BIT <= int(word) < MARK_BITS
    return 1 << int(word) if is_bit else 0


def _group(token: str, value: Value) -> tuple[str, str]:
    _not_negated(token, value)
    if not value.text:
        raise _not_there(token, ['group:"…"', f"group:{NONE}"])
    return "conversationGroup", "" if value.text == NONE and not value.is_quoted else value.text


def _receive_option(token: str, value: Value) -> tuple[str, str]:
    _not_negated(token, value)
    if value.text not in map(str, ReceiveOption.values):
        raise _not_there(token, [f"recv:{one}" for one in ReceiveOption.values])
    return "recvOpt", value.text


def _updated(token: str, value: Value) -> tuple[str, str]:
    if value.is_negated:
        raise _refusal(_("%(token)s: turn the sign around instead, > to <."), token)
    name, moment = COMPARED.get(value.text[:1]), value.text[1:]
    if name is None or not moment:
        raise _not_there(token, ["updated:>7d", "updated:<24h", "updated:>2026-01-31", "updated:<2026-01-31T18:30"])
    return name, moment if WINDOW.fullmatch(moment) else str(_epoch_s(token, moment))


def _epoch_s(token: str, text: str) -> int:
    """Of a date or time, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return check_epoch_s(to_epoch_s(moment if moment.tzinfo else moment.replace(tzinfo=UTC)), field=FIELD)
    except (ValueError, OverflowError, InvalidParameter):
        raise _refusal(
            _("%(token)s: give hours, days or weeks (24h, 7d, 4w), or a date (2026-01-31, 2026-01-31T18:30)."), token
        ) from None


READERS: dict[str, Callable[[str, Value], tuple[str, str]]] = {
    "is": _flag,
    "type": _type,
    "mark": _mark,
    "group": _group,
    "recv": _receive_option,
    "updated": _updated,
}

# ---- Filters to text -------------------------------------------------------------------------


def _flag_text(name: str) -> Callable[[str], str]:
    words = {value: word for word, (filter_name, value) in reversed(FLAGS.items()) if filter_name == name}
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
    return lambda value: f"updated:{sign}{value if WINDOW.fullmatch(value) else _moment_text(int(value))}"


def _moment_text(epoch_s: int) -> str:
    text = from_epoch_s(epoch_s).strftime("%Y-%m-%dT%H:%M:%S")
    return text.removesuffix(":00").removesuffix("T00:00")


def _words_text(words: str) -> str:
    def is_word(text: str) -> bool:
        token = TOKEN.fullmatch(text)
        return bool(token) and not (token["name"] or token["no"] or text.startswith('"'))

    return words if all(map(is_word, words.split(" "))) else _quoted(words)


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


# In the order in which they are written.
WRITERS: dict[str, Callable[[str], str]] = {
    **{name: _flag_text(name) for name, _answer in FLAGS.values()},
    "type": _type_text,
    "markType": _mark_text,
    "conversationGroup": _group_text,
    "recvOpt": lambda value: f"recv:{value}",
    **{name: _updated_text(sign) for sign, name in COMPARED.items()},
    "search": _words_text,
}
