"""The list page's filters: the API's, with the same names in the URL, as choices that need no script."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.choices import ALLOWED_MARKS, ConversationType
from conversations.exceptions import InvalidParameter, Text
from conversations.lists.filters import ANY_TYPE, FILTER_NAMES, ConversationFilterSet
from conversations.models import Conversation
from conversations.staff import search_syntax
from conversations.staff.moments import moment_of, moment_text, zone_word
from conversations.staff.presentation import MARK_NAMES, MAX_ON_BADGE, owner_url
from conversations.times import now_s

GROUP = "conversationGroup"  # "" is a value of its own here: in no conversation group
CHOSEN_FROM_FILTERSET = ("type", "hasUnreadCount", "hasGroupAtInfo", "isPinned", "hasDraft", "isMuted", "recvOpt")
MOMENTS = tuple(search_syntax.AGES.values())
SELECTED = frozenset((*CHOSEN_FROM_FILTERSET, "markType", *MOMENTS))


# The tabs above the list: a name of `tab_counts()`, the label, the letter that follows `g`, and the filters that it sets.
TABS: tuple[tuple[str, Text, str, dict[str, str]], ...] = (
    ("all", gettext_lazy("All"), "a", {}),
    ("unread", gettext_lazy("Unread"), "u", {"hasUnreadCount": "true"}),
    ("mentions", gettext_lazy("@"), "m", {"hasGroupAtInfo": "true"}),
    ("pinned", gettext_lazy("Pinned"), "p", {"isPinned": "true"}),
    ("marked", gettext_lazy("Marked"), "s", {"markType": str(ALLOWED_MARKS)}),
    ("drafts", gettext_lazy("Drafts"), "d", {"hasDraft": "true"}),
    ("c2c", gettext_lazy("C2C"), "c", {"type": str(ConversationType.C2C.value)}),
    ("groups", gettext_lazy("Groups"), "g", {"type": str(ConversationType.GROUP.value)}),
)
# Pinned rows come before all others, so that all of them are counted even where only the first rows are.
FIRST = "pinned"
# In the line of tabs there is room for three: these two, and the chosen one, or if that is one of the two, the third.
IN_LINE, THIRD_IN_LINE = ("all", "unread"), "mentions"
SET_BY_TABS = frozenset(name for _tab, _label, _letter, conditions in TABS for name in conditions)
COUNTED_ROWS = 1000
# The names in the pages' addresses besides the filters.
NOT_FILTERS = (
    "until", "kind", "owner", "nextSeq", "id", "part", "at", "before", "from", "after", "go", "text", "muted", "q",
)  # fmt: skip


class Tab(NamedTuple):
    """A link that shows a part of the list; `count` is "" for none."""

    name: str
    label: str
    letter: str
    url: str
    is_chosen: bool
    is_in_line: bool
    count: str  # type: ignore[assignment]  # a tuple's own method of this name is not missed


class Choice(NamedTuple):
    """One option of a select, or one link of a row of links (`value` is then its address)."""

    value: str
    label: str
    is_chosen: bool


class Select(NamedTuple):
    """A filter as a select box; its first choice is "any"."""

    name: str
    label: str
    choices: list[Choice]


class Moment(NamedTuple):
    """A filter by time as a text field."""

    name: str
    label: str
    value: str


def conditions(parameters: Mapping[str, str], *, besides: Iterable[str]) -> dict[str, str]:
    """Return the filters that a URL sets. Raises InvalidParameter for an unknown name, so that a typo never shows all rows."""
    if unknown := parameters.keys() - FILTER_NAMES - set(besides):
        raise InvalidParameter(_("Unknown parameter."), field=min(unknown))
    # A form sends each of its fields, filled in or not.
    return {name: parameters[name] for name in sorted(FILTER_NAMES & parameters.keys()) if parameters[name] or name == GROUP}


def filterset_of(owner_id: str, filters: Mapping[str, str]) -> ConversationFilterSet:
    """Return the filters applied to an owner's list as it is now."""
    return ConversationFilterSet(
        search_syntax.at(filters, now_s()), Conversation.objects.for_owner(owner_id), owner_id=owner_id
    )


def from_search_box(owner_id: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that the search box sets. Raises InvalidParameter, also for any other filter beside it."""
    if others := parameters.keys() - {"owner", search_syntax.FIELD}:
        raise InvalidParameter(
            _("The search text can't be combined with other filters: add them to the search text."), field=min(others)
        )
    filters = search_syntax.filters_of(parameters[search_syntax.FIELD])
    filterset_of(owner_id, filters).selected()  # raises for a value that no filter takes
    return filters


def of_list(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a conversation's address that say which list is beside it."""
    next_seq = parameters.get("nextSeq", "")
    return conditions(parameters, besides=NOT_FILTERS) | ({"nextSeq": next_seq} if next_seq else {})


def query_of_list(parameters: Mapping[str, str]) -> str:
    """Return `of_list` as the end of an address: "", or it begins with &."""
    return filter_query(of_list(parameters))


def filter_query(filters: Mapping[str, str], next_seq: str = "") -> str:
    """Return the part of a conversation's address that leads back to its list: "", or it begins with &."""
    query = urlencode({**filters} | ({"nextSeq": next_seq} if next_seq else {}))
    return f"&{query}" if query else ""


def selects(filterset: ConversationFilterSet, filters: Mapping[str, str]) -> list[Select]:
    """Return the select boxes, each with the choice that the URL makes."""
    fields = filterset.form.fields
    marks = [
        ("0", _("none")),
        (str(ALLOWED_MARKS), _("any mark")),
        *((str(int(mark)), str(name)) for mark, name in MARK_NAMES.items()),
    ]
    return [
        *(_select(name, fields[name].label, _own_choices(name, fields[name]), filters) for name in CHOSEN_FROM_FILTERSET),
        _select("markType", fields["markType"].label, marks, filters),
    ]


def moments(filterset: ConversationFilterSet, filters: Mapping[str, str]) -> list[Moment]:
    """Return the filters by time as people write them."""
    fields = filterset.form.fields
    return [Moment(name, fields[name].label, moment_text(filters.get(name) or "")) for name in MOMENTS]


def typed_moments(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters by time that a form has as dates, as an address has them. Raises InvalidParameter for what is none."""
    typed = {name: parameters[name].strip() for name in MOMENTS if parameters.get(name)}
    moments = {name: moment_of(text, field=name) for name, text in typed.items() if not text.isdecimal()}
    return {name: moment for name, moment in moments.items() if moment != parameters[name]}


def tabs(owner_id: str, filters: Mapping[str, str], counts: Mapping[str, int], *, is_whole: bool) -> list[Tab]:
    """Return the tabs; each keeps the other filters. `counts` are of the rows that those match, all of them if `is_whole`.

    Those that are not `is_in_line` are in the menu beside.
    """
    others = besides_tabs(filters)
    own = {name: value for name, value in filters.items() if name in SET_BY_TABS}
    texts = {name: count_display(counts[name], is_whole=is_whole or name == FIRST) for name, *_rest in TABS}
    chosen = {name for name, _label, _letter, sets in TABS if own == sets}
    in_line = {*IN_LINE, *chosen, *([THIRD_IN_LINE] if chosen & {*IN_LINE} else [])}
    return [
        Tab(name, str(label), letter, list_url(owner_id, others | sets), name in chosen, name in in_line, texts[name])
        for name, label, letter, sets in TABS
    ]


def besides_tabs(filters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that every tab keeps."""
    return {name: value for name, value in filters.items() if name not in SET_BY_TABS}


def count_display(number: int, *, is_whole: bool) -> str:
    """Return a number as text: at most MAX_ON_BADGE, with a plus where there may be more; "" for 0."""
    if number > MAX_ON_BADGE:
        return f"{MAX_ON_BADGE}+"
    return f"{number}{'' if is_whole else '+'}" if number else ""


def chips(
    owner_id: str, filterset: ConversationFilterSet, selects: Iterable[Select], filters: Mapping[str, str]
) -> list[Choice]:
    """Return for each filter a link that removes it, labelled as in its select box."""
    shown = {select.name: select for select in selects}
    return [
        Choice(
            list_url(owner_id, {n: v for n, v in filters.items() if n != name}),
            _chip(filterset, shown.get(name), name, value),
            True,
        )
        for name, value in filters.items()
    ]


def _chip(filterset: ConversationFilterSet, select: Select | None, name: str, value: str) -> str:
    text = next((choice.label for choice in select.choices if choice.is_chosen), value) if select else value
    if name == "markType" and value == str(ALLOWED_MARKS):
        text = _("any mark")
    if name in MOMENTS:
        text = moment_text(value)
        text = _("%(age)s ago") % {"age": text} if text == value else text + zone_word()
    return _("%(filter)s: %(value)s") % {"filter": filterset.form.fields[name].label, "value": text or _("Ungrouped")}


def group_links(owner_id: str, names: Iterable[str], filters: Mapping[str, str]) -> list[Choice]:
    """Return a link for each conversation group that keeps the other filters."""
    others = {name: value for name, value in filters.items() if name != GROUP}
    choices = [(None, _("All")), *((name, name) for name in names), ("", _("Ungrouped"))]
    return [
        Choice(list_url(owner_id, others if name is None else others | {GROUP: name}), str(label), filters.get(GROUP) == name)
        for name, label in choices
    ]


def list_url(owner_id: str, filters: Mapping[str, str]) -> str:
    """Return the address of the list page with these parameters."""
    return "&".join(filter(None, (owner_url(owner_id), urlencode(filters))))


def unread_total_url(owner_id: str, filter_query: str) -> str:
    """Return the address of what a list's unread total is made of, beside the list with these filters."""
    return f"{reverse('unread-total')}?{urlencode({'owner': owner_id})}{filter_query}"


def _own_choices(name: str, field) -> list[tuple[str, str]]:
    is_any = ("", ANY_TYPE) if name == "type" else ("",)
    return [(str(value), str(label)) for value, label in field.choices if value not in is_any]


def _select(name: str, label: str, options: list[tuple[str, str]], filters: Mapping[str, str]) -> Select:
    chosen = filters.get(name, "")
    if chosen not in {"", *(value for value, _label in options)}:
        options = [*options, (chosen, chosen)]  # set by hand in the URL
    choices = [("", _("any")), *options]
    return Select(name, label, [Choice(value, text, value == chosen) for value, text in choices])
