"""The query parameters of the API, each declared once: how it is read, and how the OpenAPI document describes it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django_filters import CharFilter, Filter, TypedChoiceFilter

from conversations import sync_tokens
from conversations.api.calls import Parameter
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.lists.filters import (
    NUMBER_MAX_DIGITS,
    ConversationFilterSet,
    EpochFilter,
    FlagFilter,
    GroupFilter,
    MarkFilter,
)
from conversations.times import YEAR_2100_S

DEFAULT_COUNT, MAX_COUNT = 100, 500
COUNT_MAX_DIGITS = 18
MAX_IDS_IN_URL = 100
WEB = "web"
BOOLEANS = {"true": True, "false": False}
BOOLEAN_SCHEMA = {"type": "string", "enum": [*BOOLEANS]}


def boolean(name: str, description: str, *, default: bool = False) -> Parameter:
    """Declare a parameter that is true or false."""
    return Parameter(name, description, BOOLEAN_SCHEMA, partial(_boolean, name), default)


def _boolean(name: str, text: str) -> bool:
    if text not in BOOLEANS:
        raise InvalidParameter(_("%(name)s must be true or false.") % {"name": name}, field=name)
    return BOOLEANS[text]


def _count(text: str) -> int:
    if not (count := parse_digits(text, at_most=COUNT_MAX_DIGITS)):
        raise InvalidParameter(_("count must be a whole number of at least 1."), field="count")
    return min(count, MAX_COUNT)


def _format(text: str) -> str:
    if text != WEB:
        raise InvalidParameter(_("format must be web, or absent for V2TIMConversation."), field="format")
    return text


def _ids(ids: list[str]) -> list[str]:
    if not 1 <= len(ids) <= MAX_IDS_IN_URL:
        text = _("Pass 1 to %(most)d IDs as id=…; POST takes up to 1000.") % {"most": MAX_IDS_IN_URL}
        raise InvalidParameter(text, field="id")
    return ids


def _time_us(text: str) -> int:
    time_us = parse_digits(text, at_most=INT64_DIGITS)
    if time_us is None:
        raise InvalidParameter(_("nextSeq must come from the previous page."), field="nextSeq")
    return time_us


EXTRA = boolean("extra", "true: each conversation has one more key, imsite")
FORMAT = Parameter(
    "format",
    "web: conversations in the form of the Web SDK, WebConversation in place of V2TIMConversation",
    {"type": "string", "enum": [WEB]},
    _format,
)
PLACEHOLDER = boolean("placeholder", "true: an unsaved object for a well-formed ID that the list does not have")
CLEAR_MESSAGES = boolean("clearMessage", "false keeps the messages", default=True)
COUNT = Parameter(
    "count",
    f"rows per page; above {MAX_COUNT} is lowered to {MAX_COUNT}",
    {"type": "integer", "minimum": 1, "default": DEFAULT_COUNT},
    _count,
    DEFAULT_COUNT,
)
NEXT_SEQ = Parameter("nextSeq", "from the previous page, with the same filters", {"type": "string"}, default="")
NEXT_EVENTS = Parameter("nextSeq", "from the previous page", {"type": "string"}, _time_us)
IDS = Parameter(
    "id",
    "conversationID; repeat the parameter for each ID",
    {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_IDS_IN_URL},
    _ids,
    is_repeated=True,
)
SINCE = Parameter(
    "since",
    "version of the last answer, or an Owner-Version; 0 or absent: from the start",
    {"type": "string"},
    sync_tokens.parse,
)


# ---- Filters -------------------------------------------------------------------------------------


def _filter_text(name: str, text: str) -> str:
    """Refuse an empty value, which a form's filter would take for none at all; the filter set checks the rest."""
    if not text:
        raise InvalidParameter(_("%(name)s has no value.") % {"name": name}, field=name)
    return text


def _filter_schema(filter_: Filter) -> dict[str, Any]:
    match filter_:
        case FlagFilter():
            return BOOLEAN_SCHEMA
        case TypedChoiceFilter():
            values = [value for value, _label in filter_.extra["choices"]]
            # No enum: of integer enums, generated clients make types that can't be used.
            return {"type": "integer", "format": "int32", "minimum": min(values), "maximum": max(values)}
        case EpochFilter():
            return {"type": "integer", "minimum": 0, "exclusiveMaximum": YEAR_2100_S}
        case MarkFilter():
            return {"type": "string", "pattern": f"^[0-9]{{1,{NUMBER_MAX_DIGITS}}}$"}
        case CharFilter():
            return {"type": "string", "minLength": 1, "maxLength": filter_.extra["max_length"]}
        case GroupFilter():
            return {"type": "string"}
    raise NotImplementedError(f"The OpenAPI document has no schema for {type(filter_).__name__}.")


def _filter_parameter(name: str, filter_: Filter) -> Parameter:
    parse: Callable[[str], str] | None = None if isinstance(filter_, GroupFilter) else partial(_filter_text, name)
    return Parameter(name, filter_.extra["help_text"], _filter_schema(filter_), parse)


FILTERS = tuple(_filter_parameter(name, filter_) for name, filter_ in ConversationFilterSet.base_filters.items())
