"""Ingest of messages: the vendor's send and recall bodies, from back ends with a key of scope ingest."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.response import Response

from conversations.access.api_keys import INGEST
from conversations.api.calls import Call, EndpointViewSet, endpoint
from conversations.api.inputs import JSONBody, JSONObjectBody
from conversations.api.openapi import ingest as openapi
from conversations.api.parsers import StrictJSONListParser
from conversations.api.responses import refusal_result
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding import messages
from conversations.formats import rest_messages
from conversations.formats.messages import IncomingMessage
from conversations.store.messages import Outcome
from conversations.times import now_s

MAX_MESSAGES = 500
APPLIED, DUPLICATE = "applied", "duplicate"


class MessageViewSet(EndpointViewSet):
    """Messages come in here; no list is read."""

    parser_classes = (StrictJSONListParser,)

    @openapi.messages
    @endpoint(INGEST, body=JSONBody)
    def create(self, call: Call) -> HttpResponse:
        results = _record_each(rest_messages.bodies(call.body))
        return Response({"results": [results[index] for index in sorted(results)]})

    @openapi.recall
    @action(detail=False, methods=["post"])
    @endpoint(INGEST, body=JSONObjectBody)
    def recall(self, call: Call) -> HttpResponse:
        messages.recall(rest_messages.recall(call.body))
        return Response({})


def _record_each(bodies: list[Any]) -> dict[int, dict[str, Any]]:
    """Record the valid messages together, and return a result for each body by its index."""
    if not 1 <= len(bodies) <= MAX_MESSAGES:
        raise InvalidParameter(_("Pass 1 to %(most)d messages.") % {"most": MAX_MESSAGES}, field="body")
    now = now_s()
    results: dict[int, dict[str, Any]] = {}
    valid: dict[int, IncomingMessage] = {}
    for index, body in enumerate(bodies):
        try:
            valid[index] = rest_messages.message(body, now_s=now)
        except ConversationError as error:
            results[index] = refusal_result(index, error)
    for index, outcome in zip(valid, messages.record(list(valid.values()), now_s=now)):
        results[index] = _accepted(index, outcome)
    return results


def _accepted(index: int, outcome: Outcome) -> dict[str, Any]:
    return {
        "index": index,
        "status": DUPLICATE if outcome.is_duplicate else APPLIED,
        "resultCode": 0,
        "resultInfo": "",
        **_position(outcome.message),
    }


def _position(message: IncomingMessage) -> dict[str, Any]:
    """Return where the message stands; an online-only message stands nowhere."""
    key = {"MsgSeq": message.seq} if message.group_id else {"MsgKey": message.msg_key}
    return key | {"MsgTime": message.time_s}
