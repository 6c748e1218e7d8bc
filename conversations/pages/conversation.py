"""The pane of one conversation: its head, and the part of it that the URL names."""

import shlex
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
from conversations.choices import ConversationType
from conversations.exceptions import ConversationNotFound, InvalidParameter
from conversations.models import Conversation, Owner, composite_keys
from conversations.pages import conversation_fields, conversation_parts, corrections, json_tree, list_filters
from conversations.pages import list_context as pages_list_context
from conversations.pages.decorators import owner_list_required, pane_asked_for
from conversations.pages.list import list_context
from conversations.pages.owners import owner_sidebar
from conversations.staff.presentation import ListEntry, conversation_url, owner_url, pretty_json
from conversations.unread.explain import explain

PARTS = {
    "messages": _("Messages"),
    "explain": _("Why this number?"),
    "fields": _("Fields"),
    "members": _("Members"),
    "json": _("JSON"),
    "history": _("History"),
}


@owner_list_required
def conversation_detail(request: HttpRequest, owner_id: str) -> HttpResponse:
    """GET /conversation/?owner=&id=&part= and the list's filters: one conversation, and beside it the list."""
    conversation_id = request.GET.get("id", "")
    identifiers.split(conversation_id)
    conversation = Conversation.objects.for_owner(owner_id).any_of([conversation_id]).first()
    if conversation is None:
        raise ConversationNotFound(conversation_id)
    target = pane_asked_for(request)
    # Above what is there already.
    if target == "older-messages":
        return render(request, "conversations/_messages.html", _part_messages(request, conversation) | _words(request))
    if target == "panel":
        owner = pages_list_context.owner_of(owner_id)
        return render(request, "conversations/_panel.html", _conversation(request, owner, conversation))
    context = list_context(request, owner_id)
    context |= _conversation(request, context["owner"], conversation)
    return render(request, "conversations/browser.html", context | owner_sidebar(request))


def _words(request: HttpRequest) -> dict[str, Any]:
    return {"reads_text": permissions.may_read_text(request.user), "now": timezone.now()}


def _conversation(request: HttpRequest, owner: Owner, conversation: Conversation) -> dict[str, Any]:
    """The pane of the conversation: its head, and the part that the URL names."""
    given = list_filters.conditions(request.GET, besides=pages_list_context.NOT_FILTERS)
    kept = pages_list_context.kept(given, request.GET.get("nextSeq", ""))
    url = conversation_url(owner.owner_id, conversation.conversation_id) + kept
    names = {name: label for name, label in PARTS.items() if name != "members" or conversation.type == ConversationType.GROUP}
    part = request.GET.get("part", "messages")
    if part not in names:
        raise InvalidParameter(_("There is no such part of a conversation."), field="part")
    words = _words(request)
    context = {
        "owner": owner,
        "entry": ListEntry.of(conversation, owner.group_names, reads_text=words["reads_text"]),
        "list_url": owner_url(owner.owner_id) + kept,
        "url": url,
        "part": part,
        "parts": [(name, label, f"{url}&part={name}") for name, label in names.items()],
        "deeds": corrections.urls_of(conversation, kept) if permissions.may_change(request.user) else [],
        "admin_url": _admin_url(conversation),
    }
    make = {
        "messages": partial(_part_messages, request),
        "explain": partial(_part_explain, request),
        "fields": partial(_part_fields, owner, words["reads_text"]),
        "members": partial(_part_members, request),
        "json": partial(_part_json, request, owner, words["reads_text"]),
        "history": _part_history,
    }[part]
    return context | words | make(conversation)


def _part_messages(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    before = request.GET.get("before", "")
    page = conversation_parts.bubbles(conversation, before, reads_text=permissions.may_read_text(request.user))
    url = conversation_url(conversation.owner_id, conversation.conversation_id)
    return {"page": page, "older_messages_url": f"{url}&{urlencode({'before': page.before})}" if page.before else ""}


def _part_explain(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    explanation = explain(conversation.owner_id, conversation.conversation_id)
    url = f"{conversation_url(conversation.owner_id, conversation.conversation_id)}&part=explain"
    return {"explanation": explanation, "ticket": explanation.as_text(request.build_absolute_uri(url))}


def _part_fields(owner: Owner, reads_text: bool, conversation: Conversation) -> dict[str, Any]:
    json_text = conversation_fields.json_of(conversation, owner.group_names)
    return {"fields": conversation_fields.fields_of(conversation, json_text, reads_text=reads_text)}


def _part_members(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    return {"page": conversation_parts.members(conversation.conversation_id, request.GET.get("after", ""))}


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
    """The command that asks the API for a conversation; the key is the reader's own."""
    conversation_id, query = conversation.conversation_id, {"owner": conversation.owner_id}
    if "/" in conversation_id:
        conversation_id, query = "-", query | {"id": conversation_id}
    path = f"/api/v1/conversations/{quote_path(conversation_id, safe='')}/?{urlencode(query)}"
    return f'curl -H "Authorization: Bearer $IMSITE_KEY" {shlex.quote(request.build_absolute_uri(path))}'


def _part_history(conversation: Conversation) -> dict[str, Any]:
    return {"log": [(entry, corrections.log_in_words(entry)) for entry in conversation_parts.staff_log(conversation)]}


def _admin_url(conversation: Conversation) -> str:
    pair = composite_keys.to_text(conversation.owner_id, conversation.conversation_id)
    return reverse("admin:conversations_conversationrow_change", args=[quote(pair)])
