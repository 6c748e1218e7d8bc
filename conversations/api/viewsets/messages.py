"""Feeding by messages: the vendor's send and recall bodies, from back ends with a key of scope ingest."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from conversations.access.api_keys import INGEST
from conversations.api.fast_path import BearerFastPathMixin
from conversations.api.openapi import feeding
from conversations.api.parameters import parse_query
from conversations.api.parsers import StrictJSONListParser, only_object
from conversations.api.responses import refusal_result
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding import messages
from conversations.formats import rest_messages
from conversations.formats.messages import IncomingMessage
from conversations.times import now_s

MAX_MESSAGES = 500
APPLIED, DUPLICATE = "applied", "duplicate"


class MessageViewSet(BearerFastPathMixin, ViewSet):
    """Messages come in here; nobody's list is read."""

    parser_classes = (StrictJSONListParser,)

    @feeding.messages
    def create(self, request: Request) -> HttpResponse:
        request.user.may(INGEST)
        parse_query(request, ())
        bodies = rest_messages.bodies(request.data)
        if not 1 <= len(bodies) <= MAX_MESSAGES:
            raise InvalidParameter(_("Give 1 to %(most)d messages.") % {"most": MAX_MESSAGES}, field="body")
        now = now_s()
        results, good = {}, {}
        for index, body in enumerate(bodies):
            try:
                good[index] = rest_messages.message(body, now_s=now)
            except ConversationError as error:
                results[index] = refusal_result(index, error)
        for index, outcome in zip(good, messages.record(list(good.values()), now_s=now)):
            results[index] = _accepted(index, outcome)
        return Response({"results": [results[index] for index in range(len(bodies))]})

    @feeding.recall
    def recall(self, request: Request) -> HttpResponse:
        request.user.may(INGEST)
        parse_query(request, ())
        messages.recall(rest_messages.recall(only_object(request.data)))
        return Response({})


def _accepted(index: int, outcome: messages.Outcome) -> dict[str, Any]:
    return {
        "index": index,
        "status": DUPLICATE if outcome.is_duplicate else APPLIED,
        "resultCode": 0,
        "resultInfo": "",
        **_place(outcome.message),
    }


def _place(message: IncomingMessage) -> dict[str, Any]:
    """Where the message stands; one that was online only stands nowhere."""
    place = {"MsgSeq": message.seq} if message.group_id else {"MsgKey": message.msg_key}
    return place | {"MsgTime": message.time_s}
