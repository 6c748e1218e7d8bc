"""The page of conversations of all users that leads look for. It has no texts; the pages behind its links ask for a reason."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import acting
from conversations.access import access_log, permissions
from conversations.exceptions import ConversationError, InvalidParameter, Text
from conversations.models import ApiKey, SavedView, Verification, ViewedPage
from conversations.models.querysets import MANY_UNREAD
from conversations.pages.days import ago, midnight
from conversations.pages.decorators import METHODS, for_staff, pane_asked_for
from conversations.staff import across, saved_views
from conversations.staff.across import ChangedByOthers, MostUnread, OldMentions, Position, Selection, Unverified

OFFERED = 100
DEFAULT_AGE = "24h"
AGES = (
    ("1h", gettext_lazy("1 hour")), ("24h", gettext_lazy("24 hours")), ("7d", gettext_lazy("7 days")),
    ("30d", gettext_lazy("30 days")),
)  # fmt: skip
COMMANDS = ("import_conversations", "import_messages", "verify_conversations")
# The selections by their name in the address, with the other parameters that they take.
SHOWN: dict[str, tuple[Text, tuple[str, ...]]] = {
    "mentions": (gettext_lazy("Old mentions"), ("older",)),
    "unread": (gettext_lazy("Most unread"), ()),
    "changed": (gettext_lazy("Changed by others"), ("by", "within", "from", "to")),
    "unverified": (gettext_lazy("Inconsistent"), ()),
}
FIRST = "mentions"

for_across = partial(for_staff, may=permissions.may_view_across)


class Link(NamedTuple):
    """A saved view as a link; `count` is "" where it was not counted."""

    view: SavedView
    url: str
    is_chosen: bool
    count: str  # type: ignore[assignment]  # a tuple's own method of this name is not missed


@partial(for_across, methods=(*METHODS, "POST"))
def across_users(request: HttpRequest) -> HttpResponse:
    """GET and POST /across/?show= and what that takes, &after=: conversations of all users; POST saves them as a view."""
    parameters = _with_prefix(parameters_of(request.GET), request.user)
    try:
        selection = selection_of(parameters)
    except InvalidParameter as error:
        if request.method == "POST":
            raise
        return render(request, "conversations/across.html", _form(request, parameters) | {"error": error}, status=error.status)
    if request.method == "POST":
        return _save(request, parameters)
    if pane_asked_for(request) == "saved":
        return render(request, "conversations/_across_views.html", {"saved": _links(request.user, parameters, has_counts=True)})
    after = Position.parse(request.GET["after"]) if request.GET.get("after") else None
    access_log.record_search(session=request.session, username=request.user.get_username())
    page = selection.read(after) if selection else across.Page([], "")
    context = {
        "has_selection": selection is not None,
        "page": page,
        "is_first_page": after is None,
        "older_url": _url({**parameters, "after": page.next}) if page.next else "",
        "saved": _links(request.user, parameters),
        "may_share": permissions.may_share(request.user),
    }
    return render(request, "conversations/across.html", _form(request, parameters) | context)


def _form(request: HttpRequest, parameters: Mapping[str, str]) -> dict[str, Any]:
    show = parameters["show"]
    return {
        "show": show,
        "tabs": [(label, _url({"show": name}), name == show) for name, (label, _takes) in SHOWN.items()],
        "parameters": parameters,
        "ages": _ages(parameters),
        "actors": _actors(request.user) if show == "changed" else [],
        "many_unread": MANY_UNREAD,
        "verification": Verification.objects.first() if show == "unverified" else None,
        "url": _url(parameters),
    }


def parameters_of(query: Mapping[str, str]) -> dict[str, str]:
    """Return what the address selects, without empty values. Raises InvalidParameter."""
    show = query.get("show") or FIRST
    if show not in SHOWN:
        text = _("Unknown selection “%(show)s”. Use %(possible)s.") % {"show": show, "possible": ", ".join(SHOWN)}
        raise InvalidParameter(text, field="show")
    _label, takes = SHOWN[show]
    if unknown := query.keys() - {"show", "after", *takes}:
        raise InvalidParameter(_("Unknown parameter."), field=min(unknown))
    values = {name: query[name].strip() for name in takes if query.get(name, "").strip()}
    return {"show": show} | ({"older": DEFAULT_AGE} if show == "mentions" else {}) | values


def selection_of(parameters: Mapping[str, str]) -> Selection | None:
    """Return what is to be read; None where an actor is still to be named. Raises InvalidParameter."""
    match parameters["show"]:
        case "mentions":
            return OldMentions(ago(parameters, "older"))
        case "unread":
            return MostUnread()
        case "unverified":
            return Unverified()
    start, end = midnight(parameters, "from"), midnight(parameters, "to", days_later=1)
    if "from" in parameters and "within" in parameters:
        raise InvalidParameter(_("Use either “within” or “from”."), field="within")
    start = start or ago(parameters, "within")
    return ChangedByOthers(_actor_of(parameters["by"]), start, end) if "by" in parameters else None


def _with_prefix(parameters: dict[str, str], viewer: Any) -> dict[str, str]:
    """Return the parameters with the prefix of an API key in place of its name, if only one has it."""
    name = parameters.get("by", "").removeprefix("key:")
    if not name or "\0" in name or not permissions.may_view_keys(viewer):
        return parameters
    prefixes = list(ApiKey.objects.filter(name=name).values_list("prefix", flat=True)[:2])
    return parameters | {"by": acting.named(acting.KEY, prefixes[0])} if len(prefixes) == 1 else parameters


def _actor_of(text: str) -> str:
    """Return the actor of a text, of staff also by username."""
    kind, name = acting.parts(text)
    user = User.objects.filter(username=name).first() if kind == acting.STAFF and "\0" not in name else None
    if (
        kind not in acting.KINDS
        or not name
        or "\0" in name
        or (kind == acting.STAFF and not user)
        or (kind == acting.KEY and " " in name)
    ):
        possible = ", ".join(("key:PREFIX", "staff:NAME", "command:NAME", "webhook:NUMBER", "administrator:USER_ID"))
        raise InvalidParameter(
            _("Unknown actor “%(text)s”. Use %(possible)s.") % {"text": text, "possible": possible}, field="by"
        )
    return acting.named(acting.STAFF, user.pk) if user else text


def _actors(viewer: Any) -> list[tuple[str, str]]:
    """Return who can be chosen, and a label: imports, members of staff, the newest API keys for those who may see keys."""
    newest = ApiKey.objects.order_by("-created_at", "prefix") if permissions.may_view_keys(viewer) else ApiKey.objects.none()
    keys = newest.values_list("prefix", "name")[:OFFERED]
    staff = User.objects.filter(is_staff=True).order_by("username").values_list("username", flat=True)[:OFFERED]
    return [
        *((acting.named(acting.COMMAND, name), name) for name in COMMANDS),
        *((acting.named(acting.KEY, prefix), name) for prefix, name in keys),
        *((acting.named(acting.STAFF, name), name) for name in staff),
    ]


def _ages(parameters: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Return the choices of a length of time; one that was set by hand is among them."""
    chosen = parameters.get("older") or parameters.get("within") or ""
    own = [] if chosen in {"", *(value for value, _label in AGES)} else [(chosen, chosen)]
    return [(value, str(label), value == chosen) for value, label in (*AGES, *own)]


def _save(request: HttpRequest, parameters: Mapping[str, str]) -> HttpResponse:
    name, is_shared = request.POST.get("name", ""), "is_shared" in request.POST
    try:
        saved_views.save(
            user=request.user, name=name, filters=urlencode(parameters), is_shared=is_shared, page=ViewedPage.ACROSS
        )
    except InvalidParameter as error:  # such as a name that is taken
        messages.error(request, str(error.detail))
    return redirect(_url(parameters))


def _links(user: Any, parameters: Mapping[str, str], *, has_counts: bool = False) -> list[Link]:
    views = list(SavedView.objects.shown_to(user).of(ViewedPage.ACROSS))
    own, counts = urlencode(parameters), _counts_of({view.filters for view in views}) if has_counts else {}
    return [Link(view, view_url(view), view.filters == own, counts.get(view.filters, "")) for view in views]


def view_url(view: SavedView) -> str:
    """Return the address of a saved view of this page."""
    return f"{reverse('across-users')}?{view.filters}"


def _counts_of(filters: Collection[str]) -> dict[str, str]:
    """Return the count of each selection that can be read."""
    selections = {}
    for text in filters:
        with suppress(ConversationError):  # saved by a version that took other parameters, or of a former member of staff
            selections[text] = selection_of(parameters_of(dict(parse_qsl(text))))
    counts = across.count_each(selection for selection in selections.values() if selection)
    return {text: str(counts[selection]) for text, selection in selections.items() if selection}


def _url(parameters: Mapping[str, str]) -> str:
    return f"{reverse('across-users')}?{urlencode(parameters)}"
