"""getConversation, getConversationList and the unread totals over HTTP."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from conversations import identifiers, sync_tokens
from conversations.access.api_keys import READ
from conversations.api.fast_path import BearerFastPathMixin
from conversations.api.openapi import reads as openapi_reads
from conversations.api.parameters import boolean, id_from_path_or_query, id_parameters, parse_query
from conversations.api.responses import json_response, not_modified
from conversations.api.serializers import LookupInput
from conversations.api.viewsets.conversation_actions import ConversationActions
from conversations.digits import parse_digits
from conversations.exceptions import Code, ConversationError, ConversationNotFound, InvalidParameter
from conversations.lists import change_feed, cursors, json_reads
from conversations.lists.filters import FILTER_NAMES, ConversationFilterSet
from conversations.lists.placeholders import placeholder
from conversations.models import Conversation
from conversations.models.querysets import ConversationQuerySet

MAX_IDS_IN_ADDRESS = 100
DEFAULT_COUNT, MAX_COUNT = 100, 500
LIST_PARAMETERS = FILTER_NAMES | {"owner", "extra", "count", "nextSeq"}


class ConversationViewSet(BearerFastPathMixin, ConversationActions, ViewSet):
    """An owner's conversations: the reads. What changes them is in `actions`.

    Every call takes `owner`: needed with a service key or a staff session, refused for another owner than the credential's own.
    """

    # Routes, parameters, units and errors are in api/schema.py.

    @openapi_reads.get_conversation
    def retrieve(self, request: Request, conversation_id: str) -> HttpResponse:
        values = parse_query(request, ("owner", "extra", "placeholder", *id_parameters(conversation_id)))
        owner_id = request.user.owner(values.get("owner"), READ)
        extra, may_be_new = boolean(values, "extra"), boolean(values, "placeholder")
        conversation_id = id_from_path_or_query(conversation_id, values)
        identifiers.split(conversation_id)
        if fresh := not_modified(request, owner_id):
            return fresh
        found = json_reads.lookup(owner_id, [conversation_id], extra=extra)
        for conversation in found.conversations.values():
            return json_response(request, conversation, found.token, owner_id=owner_id)
        if may_be_new:
            # Made of the peer's name, whose changes this owner's version does not count: no ETag.
            return json_response(request, placeholder(conversation_id), found.token, owner_id=owner_id, has_etag=False)
        raise ConversationNotFound(conversation_id)

    @openapi_reads.get_conversation_list
    def list(self, request: Request) -> HttpResponse:
        values = parse_query(request, LIST_PARAMETERS)
        owner_id = request.user.owner(values.get("owner"), READ)
        filters = _filters(values)
        count = _count(values.get("count"))
        extra = boolean(values, "extra")
        bound_to = urlencode(sorted(filters.items()))
        after = cursors.after(values.get("nextSeq", ""), owner_id=owner_id, bound_to=bound_to)
        conversations = _selected(filters, owner_id)
        if fresh := not_modified(request, owner_id):
            return fresh
        if filters:
            conversations = conversations.after(**after._asdict()) if after else conversations
            page = json_reads.selected_page(conversations, owner_id, count, extra=extra)
        else:
            page = json_reads.page(owner_id, after, count, extra=extra)
        next_seq = cursors.next_seq(page.next, owner_id=owner_id, bound_to=bound_to) if page.next else cursors.FINISHED
        body = b'{"conversationList":[%b],"nextSeq":"%b","isFinished":%b}' % (
            b",".join(page.conversations.values()),
            next_seq.encode(),
            b"false" if page.next else b"true",
        )
        return json_response(request, body, page.token, owner_id=owner_id)

    @openapi_reads.lookup
    def lookup(self, request: Request) -> HttpResponse:
        values = parse_query(request, ("owner", "extra"), repeated="id")
        owner_id = request.user.owner(values.get("owner"), READ)
        extra = boolean(values, "extra")
        if not 1 <= len(values["id"]) <= MAX_IDS_IN_ADDRESS:
            raise InvalidParameter(
                _("Give 1 to %(most)d IDs as id=…; POST takes up to 1000.") % {"most": MAX_IDS_IN_ADDRESS}, field="id"
            )
        return not_modified(request, owner_id) or _looked_up(request, owner_id, values["id"], extra)

    @openapi_reads.lookup_many
    def lookup_many(self, request: Request) -> HttpResponse:
        values = parse_query(request, ("owner", "extra"))
        owner_id = request.user.owner(values.get("owner"), READ)
        extra = boolean(values, "extra")
        body = LookupInput(data=request.data)
        body.is_valid(raise_exception=True)
        return _looked_up(request, owner_id, body.validated_data["conversationIDList"], extra)

    @openapi_reads.unread
    def unread(self, request: Request) -> HttpResponse:
        values = parse_query(request, FILTER_NAMES | {"owner"})
        owner_id = request.user.owner(values.get("owner"), READ)
        filters = _filters(values)
        conversations = _selected(filters, owner_id)
        if fresh := not_modified(request, owner_id):
            return fresh
        token, totals = json_reads.totals(conversations, owner_id)
        return json_response(request, totals, token, owner_id=owner_id)

    @openapi_reads.changes
    def changes(self, request: Request) -> HttpResponse:
        values = parse_query(request, ("owner", "extra", "since", "count"))
        owner_id = request.user.owner(values.get("owner"), READ)
        since = sync_tokens.parse(values.get("since", ""))
        page = change_feed.read(owner_id, since, _count(values.get("count")), extra=boolean(values, "extra"))
        return json_response(request, page.to_json(), page.owner_version, owner_id=owner_id, has_etag=False)


def _filters(values: Mapping[str, str]) -> dict[str, str]:
    """The filters among the parameters; an empty one is refused, except where it means something."""
    filters = {name: value for name, value in values.items() if name in FILTER_NAMES}
    for name, value in filters.items():
        if value == "" and name != "conversationGroup":
            raise InvalidParameter(_("%(name)s has no value.") % {"name": name}, field=name)
    return filters


def _selected(filters: Mapping[str, str], owner_id: str) -> ConversationQuerySet:
    conversations = Conversation.objects.for_owner(owner_id)
    return ConversationFilterSet(filters, conversations, owner_id=owner_id).selected() if filters else conversations


def _count(text: str | None) -> int:
    if text is None:
        return DEFAULT_COUNT
    if not (count := parse_digits(text, at_most=18)):
        raise InvalidParameter(_("count is a whole number from 1."), field="count")
    return min(count, MAX_COUNT)


def _looked_up(request: Request, owner_id: str, conversation_ids: list[str], extra: bool) -> HttpResponse:
    """Found ones in the order asked, each once; the others with the reason."""
    asked = list(dict.fromkeys(conversation_ids))
    found = json_reads.lookup(owner_id, asked, extra=extra)
    given = [found.conversations.get(one.encode()) for one in asked]
    unresolved = [_why_unresolved(one) for one, conversation in zip(asked, given) if conversation is None]
    body = b'{"conversationList":[%b],"unresolved":%b}' % (b",".join(filter(None, given)), orjson.dumps(unresolved))
    return json_response(request, body, found.token, owner_id=owner_id)


def _why_unresolved(conversation_id: str) -> dict[str, Any]:
    try:
        identifiers.split(conversation_id)
        reason: ConversationError = ConversationNotFound(conversation_id)
    except InvalidParameter as error:
        reason = error
    return {"conversationID": conversation_id, "resultCode": Code(reason.code), "resultInfo": str(reason.detail)}
