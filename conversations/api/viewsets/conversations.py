"""getConversation and getConversationList over HTTP."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.decorators import action

from conversations import identifiers, sync_tokens
from conversations.access.api_keys import READ
from conversations.api.calls import Call, EndpointViewSet, endpoint
from conversations.api.inputs import LookupInput
from conversations.api.openapi import reads as openapi_reads
from conversations.api.parameters import COUNT, EXTRA, FILTERS, FORMAT, IDS, NEXT_EVENTS, NEXT_SEQ, PLACEHOLDER
from conversations.api.replica_reads import answered_by_replica
from conversations.api.responses import json_response, not_modified, plain_response
from conversations.api.viewsets.conversation_actions import ConversationActions
from conversations.exceptions import Code, ConversationError, ConversationNotFound, InvalidParameter, NoPermission
from conversations.formats import web_conversation
from conversations.lists import cursors, json_reads, replica
from conversations.lists.cursors import Cursor
from conversations.lists.filters import FILTER_NAMES, ConversationFilterSet
from conversations.lists.placeholders import placeholder
from conversations.models import Conversation, ConversationEvent
from conversations.models.querysets import ConversationQuerySet
from conversations.sync_tokens import SyncToken


class ListQuery(NamedTuple):
    """The conversations of a page."""

    bound_to: str  # the text of the filters, to which a nextSeq is bound
    after: Cursor | None
    conversations: ConversationQuerySet | None  # that the filters select; None without filters
    has_index: bool = False  # which finds them however few they are
    seen: SyncToken | None = None  # the version of the page before


class ConversationViewSet(ConversationActions, EndpointViewSet):
    """A user's conversations.

    `owner` names the user whose list is meant. It is required with a service key or a staff session; with any other credential
    it may only name the credential's own user.
    """

    lookup_field = "conversation_id"
    check_object_id = staticmethod(identifiers.split)

    @openapi_reads.get_conversation
    @endpoint(READ, EXTRA, PLACEHOLDER, FORMAT)
    @answered_by_replica
    def retrieve(self, call: Call) -> HttpResponse:
        return not_modified(call) or _one_conversation(call)

    @openapi_reads.get_conversation_list
    @endpoint(READ, *FILTERS, COUNT, NEXT_SEQ, EXTRA, FORMAT)
    @answered_by_replica
    def list(self, call: Call) -> HttpResponse:
        query = _list_query(call)  # refuses a bad filter or nextSeq, even if the list has not changed
        call = call._replace(source=call.source.after(query.seen)) if query.seen else call
        return not_modified(call) or _page(call, query)

    @openapi_reads.lookup
    @action(detail=False)
    @endpoint(READ, IDS, EXTRA, FORMAT)
    @answered_by_replica
    def lookup(self, call: Call) -> HttpResponse:
        return not_modified(call) or _lookup(call, call.values["id"])

    @openapi_reads.lookup_many
    @lookup.mapping.post
    @endpoint(READ, EXTRA, FORMAT, body=LookupInput)
    @answered_by_replica
    def lookup_many(self, call: Call) -> HttpResponse:
        return _lookup(call, call.body["conversation_ids"])

    @openapi_reads.conversation_events
    @action(detail=True)
    @endpoint(READ, COUNT, NEXT_EVENTS)
    def events(self, call: Call) -> HttpResponse:
        if not call.actor.is_service:
            raise NoPermission(_("Only service keys and staff may read what happened to a conversation."))
        return _events(call, call.values["count"], call.values.get("nextSeq"))


def filters_of(call: Call) -> dict[str, str]:
    """Return the filters among a call's parameters."""
    return {name: value for name, value in call.values.items() if name in FILTER_NAMES}


def selected(filters: Mapping[str, str], owner_id: str) -> ConversationQuerySet:
    """Return the conversations that the filters select. Raises InvalidParameter."""
    conversations = Conversation.objects.for_owner(owner_id)
    return ConversationFilterSet(filters, conversations, owner_id=owner_id).selected() if filters else conversations


def _list_query(call: Call) -> ListQuery:
    """Return what a call asks for. Raises InvalidParameter."""
    filters = filters_of(call)
    bound_to = urlencode(sorted(filters.items()))
    after, token = cursors.place(call.values["nextSeq"], owner_id=call.owner_id, bound_to=bound_to)
    seen = sync_tokens.parse(token)
    if not filters:
        return ListQuery(bound_to, after, None, seen=seen)
    has_index = "true" in (filters.get("hasUnreadCount"), filters.get("isPinned"))
    return ListQuery(bound_to, after, selected(filters, call.owner_id), has_index, seen)


def _one_conversation(call: Call) -> HttpResponse:
    snapshot = json_reads.lookup(call.owner_id, [call.object_id], extra=call.values["extra"], using=call.source.alias)
    for conversation in _in_format(call, snapshot.conversations.values()):
        return json_response(call, conversation, snapshot.token)
    if call.values["placeholder"]:
        # It has the peer's name, whose changes this owner's version does not count: no ETag.
        unsaved = placeholder(call.owner_id, call.object_id, using=call.source.alias)
        if FORMAT.name in call.values:
            unsaved = web_conversation.from_classic(unsaved)
        return json_response(call, unsaved, snapshot.token, has_etag=False)
    call.source.check(snapshot.token)
    raise ConversationNotFound(call.object_id)


def _page(call: Call, query: ListQuery) -> HttpResponse:
    count, options = call.values["count"], {"extra": call.values["extra"], "using": call.source.alias}
    if query.conversations is None:
        page = json_reads.page(call.owner_id, query.after, count, **options)
    elif query.has_index:
        rows = query.conversations.after(**query.after._asdict()) if query.after else query.conversations
        page = json_reads.selected_page(rows, call.owner_id, count, **options)
    else:
        page = json_reads.searched_page(query.conversations, call.owner_id, query.after, count, **options)
    next_seq = cursors.FINISHED
    if page.next:
        seen = page.token if replica.is_set_up() else ""
        next_seq = cursors.next_seq(page.next, owner_id=call.owner_id, bound_to=query.bound_to, seen=seen)
    body = b'{"conversationList":[%b],"nextSeq":"%b","isFinished":%b}' % (
        b",".join(_in_format(call, page.conversations)),
        next_seq.encode(),
        b"false" if page.next else b"true",
    )
    return json_response(call, body, page.token)


def _lookup(call: Call, conversation_ids: list[str]) -> HttpResponse:
    """Return the found conversations in request order, each once, and the other IDs with the reason."""
    wanted = list(dict.fromkeys(conversation_ids))
    snapshot = json_reads.lookup(call.owner_id, wanted, extra=call.values["extra"], using=call.source.alias)
    found = [snapshot.conversations.get(conversation_id.encode()) for conversation_id in wanted]
    unresolved = [_unresolved(id_) for id_, conversation in zip(wanted, found) if conversation is None]
    body = b'{"conversationList":[%b],"unresolved":%b}' % (
        b",".join(_in_format(call, filter(None, found))),
        orjson.dumps(unresolved),
    )
    return json_response(call, body, snapshot.token)


def _events(call: Call, count: int, before_us: int | None) -> HttpResponse:
    events = ConversationEvent.objects.of(call.owner_id, call.object_id)
    if before_us is not None:
        events = events.filter(time_us__lt=before_us)
    shown = list(events[: count + 1])
    is_finished, shown = len(shown) <= count, shown[:count]
    return plain_response(
        call,
        {
            "eventList": [
                {
                    "timeUs": event.time_us,
                    "version": event.version,
                    "kind": event.kind,
                    "changes": orjson.loads(event.changes),
                    "actor": event.actor,
                }
                for event in shown
            ],
            "nextSeq": "" if is_finished else str(shown[-1].time_us),
            "isFinished": is_finished,
        },
    )


def _in_format(call: Call, conversations: Iterable[bytes]) -> Iterable[bytes]:
    """Return conversations as JSON in the form that the call asks for."""
    return map(web_conversation.from_json, conversations) if FORMAT.name in call.values else conversations


def _unresolved(conversation_id: str) -> dict[str, Any]:
    try:
        identifiers.split(conversation_id)
        reason: ConversationError = ConversationNotFound(conversation_id)
    except InvalidParameter as error:
        reason = error
    return {"conversationID": conversation_id, "resultCode": Code(reason.code), "resultInfo": str(reason.detail)}
