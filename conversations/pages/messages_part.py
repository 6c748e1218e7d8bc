"""The part of a conversation's page that shows its messages: a page of them, and the links and forms that lead to others."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from conversations import positions
from conversations.access import permissions
from conversations.exceptions import InvalidParameter, NoPermission
from conversations.models import Conversation
from conversations.pages import corrections, list_filters, message_jumps, message_search
from conversations.pages.bubbles import Bubble
from conversations.pages.message_pages import Place, message_page
from conversations.staff.presentation import conversation_url, message_url


def context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Return the context of the part: the messages that contain a text, or a page of messages."""
    _position, jump_error = _jump(request, conversation)
    tools = {
        "fields_of_list": _fields(request, conversation),
        "jump_text": request.GET.get(message_jumps.FIELD, ""),
        "jump_error": jump_error,
        "search_text": request.GET.get(message_search.FIELD, ""),
    }
    return tools | (_found(request, conversation) if tools["search_text"] else _page(request, conversation))


def _page(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    url, place = url_of(request, conversation), Place.of(request.GET)
    page = message_page(conversation, place, reads_text=permissions.may_read_text(request.user))
    may_change, query = permissions.may_change(request.user), list_filters.query_of_list(request.GET)
    return {
        "page": page,
        "bubbles": [
            (bubble, message_url(url, bubble.position), _reading(conversation, bubble, query) if may_change else None)
            for bubble in page.bubbles
        ],
        "older_messages_url": _with(url, before=page.older),
        "newer_messages_url": _with(url, **{"from": page.newer}),
        "reload_url": _with(url, **{place.name: place.position}) if place.name else "",
        "newest_messages_url": "" if page.is_newest else url,
    }


def _found(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Raise NoPermission for staff who may not read texts: matches would say what is in them."""
    if not permissions.may_read_text(request.user):
        raise NoPermission(_("You need the permission to read message texts to search them."))
    url, place = url_of(request, conversation), Place.of(request.GET)
    found = message_search.search(conversation, request.GET[message_search.FIELD], place.position)
    return {
        "found": found,
        "matches": [(match, message_url(url, match.bubble.position)) for match in found.matches],
        "older_matches_url": _with(url, text=found.text, before=found.older),
        "reload_url": _with(url, text=found.text),
        "newest_messages_url": url,
    }


def jump(request: HttpRequest, conversation: Conversation) -> HttpResponse | None:
    """Return the redirect to the message that `?go=` names; None without such a text, and for one that leads nowhere."""
    position, _error = _jump(request, conversation)
    return HttpResponseRedirect(message_url(url_of(request, conversation), position)) if position else None


def _jump(request: HttpRequest, conversation: Conversation) -> tuple[str, str]:
    """Return the position to which the text in the box leads, and why it leads to none; "" for neither."""
    if not (text := request.GET.get(message_jumps.FIELD, "")):
        return "", ""
    try:
        return message_jumps.position_of(conversation, text), ""
    except InvalidParameter as error:
        return "", str(error.detail)


def url_of(request: HttpRequest, conversation: Conversation) -> str:
    """Return the address of a conversation beside the list from which it was opened."""
    return conversation_url(conversation.owner_id, conversation.conversation_id) + list_filters.query_of_list(request.GET)


def _fields(request: HttpRequest, conversation: Conversation) -> dict[str, str]:
    """Return what a form sends besides its own field: the conversation, and the list beside it."""
    return {"owner": conversation.owner_id, "id": conversation.conversation_id} | list_filters.of_list(request.GET)


def _reading(conversation: Conversation, bubble: Bubble, filter_query: str) -> tuple[str, str] | None:
    """Return the label and the address of the correction that moves the read position to a message, or to before it."""
    up_to = positions.in_read_units(bubble.position, conversation.type)
    if up_to > conversation.read_up_to:
        return _("Read up to here"), corrections.moving_url(conversation, up_to, filter_query)
    if bubble.is_own or not up_to:
        return None
    return _("Mark as unread from here"), corrections.moving_url(conversation, up_to - 1, filter_query)


def _with(url: str, **place: str) -> str:
    """Return the address of another page of messages; "" where there is none."""
    return f"{url}&{urlencode(place)}" if all(place.values()) else ""
