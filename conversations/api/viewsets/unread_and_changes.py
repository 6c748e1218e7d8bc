"""getTotalUnreadMessageCount, and the changes since a sync token, over HTTP."""

from django.http import HttpResponse

from conversations.access.api_keys import READ
from conversations.api.calls import Call, EndpointViewSet, endpoint
from conversations.api.openapi import reads as openapi_reads
from conversations.api.parameters import COUNT, EXTRA, FILTERS, FORMAT, SINCE
from conversations.api.replica_reads import answered_by_replica
from conversations.api.responses import json_response, not_modified
from conversations.api.viewsets.conversations import filters_of, selected
from conversations.lists import change_feed, json_reads
from conversations.models.querysets import ConversationQuerySet


class UnreadViewSet(EndpointViewSet):
    """The unread totals of a user's list."""

    @openapi_reads.unread
    @endpoint(READ, *FILTERS)
    @answered_by_replica
    def list(self, call: Call) -> HttpResponse:
        filters = filters_of(call)
        conversations = selected(filters, call.owner_id) if filters else None
        return not_modified(call) or _totals(call, conversations)


class ChangeViewSet(EndpointViewSet):
    """The changes of a user's list."""

    @openapi_reads.changes
    @endpoint(READ, SINCE, COUNT, EXTRA, FORMAT)
    def list(self, call: Call) -> HttpResponse:
        page = change_feed.read(call.owner_id, call.values.get("since"), call.values["count"], extra=call.values["extra"])
        if FORMAT.name in call.values:
            page = page.in_web_format()
        return json_response(call, page.to_json(), page.owner_version, has_etag=False)


def _totals(call: Call, conversations: ConversationQuerySet | None) -> HttpResponse:
    """Answer with the totals of the conversations, None for the whole list."""
    if conversations is None:
        token, totals = json_reads.whole_totals(call.owner_id, using=call.source.alias)
    else:
        token, totals = json_reads.totals(conversations, call.owner_id, using=call.source.alias)
    return json_response(call, totals, token)
