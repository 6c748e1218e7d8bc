"""The page of one conversation: its head, and the part that the URL names, such as its messages."""

import shlex
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote as quote_path
from urllib.parse import urlencode

import orjson
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import identifiers
from conversations.access import permissions
from conversations.choices import ChangedBy, ConversationType
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import ConversationNotFound, InvalidParameter
from conversations.models import Conversation, Owner, composite_keys
from conversations.pages import conversation_fields, corrections, group_members, json_tree, list_filters, messages_part
from conversations.pages.conversation_list import list_context
from conversations.pages.decorators import owner_list_required, pane_asked_for, record_conversation
from conversations.pages.owners import owner_of, owner_sidebar
from conversations.staff import explanation_display, timeline
from conversations.staff.presentation import ListEntry, conversation_url, owner_url, pretty_json
from conversations.store.events import MESSAGE_KINDS
from conversations.unread.explain import explain

# The kinds that the history can be filtered by.
HISTORY_KINDS = {kind.value: kind.label for kind in ChangedBy if kind not in MESSAGE_KINDS}
PARTS = {
    "messages": _("Messages"),
    "explain": _("Unread explained"),
    "fields": _("Fields"),
    "members": _("Members"),
    "json": _("JSON"),
    "history": _("History"),
}
# The pages of messages that htmx adds at one side: at the other there are messages already.
ONE_SIDE = {"older-messages": {"newer_messages_url": ""}, "newer-messages": {"older_messages_url": ""}}


@owner_list_required
def conversation_detail(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /conversation/?owner=&id=&part= and the list's filters: one conversation, beside the list."""
    conversation_id = request.GET.get("id", "")
    identifiers.split(conversation_id)
    conversation = Conversation.objects.for_owner(owner_id).any_of([conversation_id]).first()
    if conversation is None:
        raise ConversationNotFound(conversation_id)
    record_conversation(request, owner_id, conversation_id)
    target = pane_asked_for(request)
    if redirect := messages_part.jump(request, conversation):
        return redirect
    if target in ONE_SIDE:
        context = messages_part.context(request, conversation) | _viewer(request) | ONE_SIDE[target]
        return render(request, "conversations/_messages.html", context)
    if target == "panel":
        owner = owner_of(owner_id)
        return render(request, "conversations/_panel.html", _conversation(request, owner, conversation))
    context = list_context(request, owner_id)
    context |= _conversation(request, context["owner"], conversation)
    return render(request, "conversations/browser.html", context | owner_sidebar(request))


def _viewer(request: HttpRequest) -> dict[str, Any]:
    """Return what every part needs to know: whether texts show, and the time."""
    return {"reads_text": permissions.may_read_text(request.user), "now": timezone.now()}


def _conversation(request: HttpRequest, owner: Owner, conversation: Conversation) -> dict[str, Any]:
    """Return the context of the pane: the head, and the part that the URL names."""
    filter_query = list_filters.query_of_list(request.GET)
    url = messages_part.url_of(request, conversation)
    names = {name: label for name, label in PARTS.items() if name != "members" or conversation.type == ConversationType.GROUP}
    part = request.GET.get("part", "messages")
    if part not in names:
        raise InvalidParameter(_("Unknown part of a conversation."), field="part")
    viewer = _viewer(request)
    context = {
        "owner": owner,
        "entry": ListEntry.of(conversation, owner.group_names, reads_text=viewer["reads_text"]),
        "list_url": owner_url(owner.owner_id) + filter_query,
        "url": url,
        "part": part,
        "parts": [(name, label, f"{url}&part={name}") for name, label in names.items()],
        "corrections": corrections.offers_of(conversation, filter_query) if permissions.may_change(request.user) else [],
        "admin_url": _admin_url(conversation),
    }
    part_contexts: dict[str, Callable[[Conversation], dict[str, Any]]] = {
        "messages": partial(messages_part.context, request),
        "explain": partial(_part_explain, request, viewer["reads_text"]),
        "fields": partial(_part_fields, owner, viewer["reads_text"]),
        "members": partial(_part_members, request),
        "json": partial(_part_json, request, owner, viewer["reads_text"]),
        "history": partial(_part_history, request, url, viewer["reads_text"]),
    }
    return context | viewer | part_contexts[part](conversation)


def _part_explain(request: HttpRequest, reads_text: bool, conversation: Conversation) -> dict[str, Any]:
    explanation = explain(conversation.owner_id, conversation.conversation_id)
    url = f"{conversation_url(conversation.owner_id, conversation.conversation_id)}&part=explain"
    texts = explanation.as_text(request.build_absolute_uri(url)), timeline.as_text(conversation, reads_text=reads_text)
    place = messages_part.url_of(request, conversation)
    shown = explanation_display.shown(explanation, conversation, place, reads_text=reads_text)
    return {"explanation": shown, "ticket": "\n\n".join(filter(None, texts))}


def _part_fields(owner: Owner, reads_text: bool, conversation: Conversation) -> dict[str, Any]:
    json_text = conversation_fields.json_of(conversation, owner.group_names)
    return {"fields": conversation_fields.fields_of(conversation, json_text, reads_text=reads_text)}


def _part_members(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    return {"page": group_members.members(conversation.conversation_id, request.GET.get("after", ""))}


def _part_json(request: HttpRequest, owner: Owner, reads_text: bool, conversation: Conversation) -> dict[str, Any]:
    if not reads_text:
        return {}
    json_text = conversation_fields.json_of(conversation, owner.group_names)
    return {
        "tree": json_tree.node_of(orjson.loads(json_text)),
        "json": pretty_json(json_text),
        "curl": _curl(request, conversation),
    }


def _curl(request: HttpRequest, conversation: Conversation) -> str:
    """Return the command that gets a conversation from the API, with the reader's own key."""
    conversation_id, query = conversation.conversation_id, {"owner": conversation.owner_id}
    if "/" in conversation_id:
        conversation_id, query = "-", query | {"id": conversation_id}
    path = f"/api/v1/conversations/{quote_path(conversation_id, safe='')}/?{urlencode(query)}"
    return f'curl -H "Authorization: Bearer $IMSITE_KEY" {shlex.quote(request.build_absolute_uri(path))}'


def _part_history(request: HttpRequest, url: str, reads_text: bool, conversation: Conversation) -> dict[str, Any]:
    """`until` begins the page at an event, by its time; `kind` shows one kind of events only."""
    until, kind = request.GET.get("until", ""), request.GET.get("kind", "")
    until_us = parse_digits(until, at_most=INT64_DIGITS) if until else None
    if (until and until_us is None) or (kind and kind not in HISTORY_KINDS):
        raise InvalidParameter(_("Unknown part of a conversation."), field="until" if until else "kind")
    page = timeline.timeline(conversation, until_us=until_us, kind=kind, reads_text=reads_text)
    here = f"{url}&part=history"
    filtered = f"{here}&kind={kind}" if kind else here
    return {
        "events": [
            (event, f"{here}&until={event.time_us}#e{event.time_us}", _undo_url(conversation, event)) for event in page.events
        ],
        "older_url": f"{filtered}&until={page.older_us}" if page.older_us else "",
        "newest_url": filtered if until else "",
        "kind": kind,
        "kinds": [("", _("All"), here)] + [(name, label, f"{here}&kind={name}") for name, label in HISTORY_KINDS.items()],
    }


def _undo_url(conversation: Conversation, event: timeline.TimelineEvent) -> str:
    named: dict[str, str | int] = {"id": conversation.conversation_id, "event": event.time_us}
    return corrections.undo_url(conversation.owner_id, "", **named) if event.can_undo else ""


def _admin_url(conversation: Conversation) -> str:
    pair = composite_keys.to_text(conversation.owner_id, conversation.conversation_id)
    return reverse("admin:conversations_conversationrow_change", args=[quote(pair)])
