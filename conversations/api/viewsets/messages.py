"""Ingest of messages: the vendor's send, edit and recall bodies, from back ends with a key of scope ingest."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.decorators import action

from conversations.access.api_keys import INGEST
from conversations.api.calls import Call, EndpointViewSet, endpoint
from conversations.api.inputs import JSONBody, JSONObjectBody
from conversations.api.openapi import ingest as openapi
from conversations.api.parsers import StrictJSONListParser
from conversations.api.responses import plain_response, refusal_result
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding import messages
from conversations.formats import rest_messages
from conversations.formats.messages import IncomingMessage
from conversations.times import now_ms, now_s

MAX_MESSAGES = 500
APPLIED, DUPLICATE = "applied", "duplicate"
T = TypeVar("T")


class MessageViewSet(EndpointViewSet):
    """Messages come in here; no list is read."""

    parser_classes = (StrictJSONListParser,)

    @openapi.messages
    @endpoint(INGEST, body=JSONBody)
    def create(self, call: Call) -> HttpResponse:
        results = _record_each(rest_messages.bodies(call.body))
        return plain_response(call, {"results": [results[index] for index in sorted(results)]})

    @openapi.modify
    @action(detail=False, methods=["post"])
    @endpoint(INGEST, body=JSONBody)
    def modify(self, call: Call) -> HttpResponse:
        results = _edit_each(call.body if isinstance(call.body, list) else [call.body])
        return plain_response(call, {"results": [results[index] for index in sorted(results)]})

    @openapi.recall
    @action(detail=False, methods=["post"])
    @endpoint(INGEST, body=JSONObjectBody)
    def recall(self, call: Call) -> HttpResponse:
        messages.recall(rest_messages.recall(call.body))
        return plain_response(call, {})


def _record_each(bodies: list[Any]) -> dict[int, dict[str, Any]]:
    """Record the valid messages together, and return a result for each body by its index."""
    now = now_s()
    valid, results = _read_each(bodies, partial(rest_messages.message, now_s=now))
    for index, outcome in zip(valid, messages.record(list(valid.values()), now_s=now)):
        results[index] = _accepted(index, is_duplicate=outcome.is_duplicate) | _position(outcome.message)
    return results


def _edit_each(bodies: list[Any]) -> dict[int, dict[str, Any]]:
    """Apply the valid edits together, and return a result for each body by its index."""
    valid, results = _read_each(bodies, partial(rest_messages.edit, now_ms=now_ms()))
    for (index, edit), is_new in zip(valid.items(), messages.edit(list(valid.values()))):
        key = {"MsgSeq": edit.seq} if edit.group_id else {"MsgKey": edit.msg_key}
        results[index] = _accepted(index, is_duplicate=not is_new) | key | {"EventTime": edit.event_time_ms}
    return results


def _read_each(bodies: list[Any], read: Callable[[Any], T]) -> tuple[dict[int, T], dict[int, dict[str, Any]]]:
    """Return by its index what each valid body says, and a result for each invalid one."""
    if not 1 <= len(bodies) <= MAX_MESSAGES:
        raise InvalidParameter(_("Pass 1 to %(most)d messages.") % {"most": MAX_MESSAGES}, field="body")
    results: dict[int, dict[str, Any]] = {}
    valid: dict[int, T] = {}
    for index, body in enumerate(bodies):
        try:
            valid[index] = read(body)
        except ConversationError as error:
            results[index] = refusal_result(index, error)
    return valid, results


def _accepted(index: int, *, is_duplicate: bool) -> dict[str, Any]:
    return {"index": index, "status": DUPLICATE if is_duplicate else APPLIED, "resultCode": 0, "resultInfo": ""}


def _position(message: IncomingMessage) -> dict[str, Any]:
    """Return where the message stands; an online-only message stands nowhere."""
    key = {"MsgSeq": message.seq} if message.group_id else {"MsgKey": message.msg_key}
    return key | {"MsgTime": message.time_s}
