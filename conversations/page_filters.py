"""The list page's filters: the API's own, by the same names in the URL, as choices that need no script."""

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.entries import MARK_NAMES, owner_url
from conversations.exceptions import InvalidParameter
from conversations.filters import ANY_TYPE, FILTER_NAMES, ConversationFilterSet

GROUP = "conversationGroup"  # "" is a value of its own here: in no conversation group
CHOSEN_FROM_FILTERSET = ("type", "hasUnreadCount", "hasGroupAtInfo", "isPinned", "recvOpt")
DAY_SECONDS = 24 * 60 * 60
HOUR_SECONDS = 60 * 60
WINDOWS = ((1, gettext_lazy("last 24 hours")), (7, gettext_lazy("last 7 days")), (30, gettext_lazy("last 30 days")))


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


def conditions(parameters: Mapping[str, str], *, besides: Iterable[str]) -> dict[str, str]:
    """The filters that a URL sets. Raises InvalidParameter for an unknown name, so that a slip never shows everything."""
    if unknown := parameters.keys() - FILTER_NAMES - set(besides):
        name = min(unknown)
        raise InvalidParameter(_("There is no parameter of this name."), field=name)
    # A form sends each of its fields, filled in or not.
    return {name: parameters[name] for name in sorted(FILTER_NAMES & parameters.keys()) if parameters[name] or name == GROUP}


def selects(filterset: ConversationFilterSet, given: Mapping[str, str]) -> list[Select]:
    """The select boxes, each with what the URL chose."""
    fields = filterset.form.fields
    marks = [("0", _("none")), *((str(mark.value), str(name)) for mark, name in MARK_NAMES.items())]
    now_s = int(time.time()) // HOUR_SECONDS * HOUR_SECONDS
    windows = [(str(now_s - days * DAY_SECONDS), str(label)) for days, label in WINDOWS]
    return [
        *(_select(name, fields[name].label, _own_choices(fields[name]), given) for name in CHOSEN_FROM_FILTERSET),
        _select("markType", fields["markType"].label, marks, given),
        _select("activeSince", fields["activeSince"].label, windows, given),
    ]


def group_links(owner_id: str, names: Iterable[str], given: Mapping[str, str]) -> list[Choice]:
    """A link for each conversation group that keeps the other filters."""
    others = {name: value for name, value in given.items() if name != GROUP}
    choices = [(None, _("All")), *((name, name) for name in names), ("", _("In none"))]
    return [
        Choice(list_url(owner_id, others if name is None else others | {GROUP: name}), str(label), given.get(GROUP) == name)
        for name, label in choices
    ]


def list_url(owner_id: str, given: Mapping[str, str]) -> str:
    """The list page with these parameters."""
    return "&".join(filter(None, (owner_url(owner_id), urlencode(given))))


def _own_choices(field) -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in field.choices if value not in ("", ANY_TYPE)]


def _select(name: str, label: str, options: list[tuple[str, str]], given: Mapping[str, str]) -> Select:
    chosen = given.get(name, "")
    if chosen not in {"", *(value for value, _label in options)}:
        options = [*options, (chosen, chosen)]  # set by hand in the URL
    choices = [("", _("any")), *options]
    return Select(name, label, [Choice(value, text, value == chosen) for value, text in choices])
