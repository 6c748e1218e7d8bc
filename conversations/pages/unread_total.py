"""The page of a user's unread total: the conversations that make it up, those with most unread messages first."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.lists import unread_shares
from conversations.models import Conversation
from conversations.pages import list_filters
from conversations.pages.conversation_list import list_context
from conversations.pages.decorators import owner_list_required, pane_asked_for
from conversations.pages.owners import owner_of, owner_sidebar
from conversations.staff.presentation import Avatar, conversation_url, owner_url

ROWS_SHOWN = 50
Key = tuple[int, str]  # sorts as the page does


@owner_list_required
def unread_total(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /owner/unread/?owner=&muted=&after= and the list's filters: what the total of the list beside it is made of.

    `muted` is `true` for the total of the muted conversations. A page goes on after the last conversation of the one before.
    """
    if pane_asked_for(request) == "panel":
        return render(request, "conversations/_panel.html", {"owner": owner_of(owner_id)} | _total(request, owner_id))
    context = list_context(request, owner_id) | _total(request, owner_id)
    return render(request, "conversations/browser.html", context | owner_sidebar(request))


def _total(request: HttpRequest, owner_id: str) -> dict[str, Any]:
    is_muted, shares = _is_muted(request), unread_shares.of_owner(owner_id)
    after, filter_query = _after(request), list_filters.query_of_list(request.GET)
    rows = shares.muted if is_muted else shares.counted
    left = [row for row in rows if after is None or _key(row) > after]
    shown, url = left[:ROWS_SHOWN], list_filters.unread_total_url(owner_id, filter_query)
    muted_url = f"{url}&muted=true"
    return {
        "shares": shares,
        "shares_most": unread_shares.MOST,
        "shares_are_muted": is_muted,
        "shares_count": len(rows),
        "share_rows": [(row, _avatar(row), _explain_url(row, filter_query)) for row in shown],
        "shares_url": url,
        "muted_shares_url": muted_url,
        "next_shares_url": _next_url(muted_url if is_muted else url, shown[-1]) if len(left) > ROWS_SHOWN else "",
        "list_url": owner_url(owner_id) + filter_query,
    }


def _key(row: Conversation) -> Key:
    return -row.unread_count, row.conversation_id


def _next_url(url: str, last: Conversation) -> str:
    return f"{url}&{urlencode({'after': f'{last.unread_count}.{last.conversation_id}'})}"


def _after(request: HttpRequest) -> Key | None:
    """Return the key of the last conversation of the page before; None for the first page. Raises InvalidParameter."""
    text = request.GET.get("after", "")
    count, _dot, conversation_id = text.partition(".")
    number = parse_digits(count, at_most=INT64_DIGITS)
    if text and number is None:
        raise InvalidParameter(_("after must be an unread count, a dot and a conversationID."), field="after")
    return None if number is None else (-number, conversation_id)


def _is_muted(request: HttpRequest) -> bool:
    muted = request.GET.get("muted", "")
    if muted not in ("", "true"):
        raise InvalidParameter(_("muted must be true, or left out."), field="muted")
    return bool(muted)


def _avatar(row: Conversation) -> Avatar:
    return Avatar.of(row.conversation_id, row.display_name, row.face_url)


def _explain_url(row: Conversation, filter_query: str) -> str:
    return f"{conversation_url(row.owner_id, row.conversation_id)}{filter_query}&part=explain"
