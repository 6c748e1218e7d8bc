"""Change conversations over HTTP. Each call is one function of `actions`; a report is one of `feeding`."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.decorators import action

from conversations.access.api_keys import WRITE
from conversations.actions import deletions, drafts, pins, reading, settings
from conversations.actions.results import Outcome, Results
from conversations.api import inputs
from conversations.api.calls import Call, endpoint
from conversations.api.openapi import actions as openapi
from conversations.api.parameters import CLEAR_MESSAGES, EXTRA
from conversations.api.responses import json_response
from conversations.feeding import reports
from conversations.formats.conversation_json import extra_json, marks_and_groups_json, to_json
from conversations.lists.placeholders import placeholder


class ConversationActions:
    """The changing calls of ConversationViewSet."""

    @openapi.pin
    @action(detail=True, methods=["put"])
    @endpoint(WRITE, EXTRA)
    def pin(self, call: Call) -> HttpResponse:
        return _changed(call, pins.set_pinned, pinned=True)

    @openapi.unpin
    @pin.mapping.delete
    @endpoint(WRITE, EXTRA)
    def unpin(self, call: Call) -> HttpResponse:
        return _changed(call, pins.set_pinned, pinned=False)

    @openapi.draft
    @action(detail=True, methods=["put"])
    @endpoint(WRITE, EXTRA, body=inputs.DraftInput)
    def draft(self, call: Call) -> HttpResponse:
        return _changed(call, drafts.set_draft, is_vouched_for=call.actor.is_service)

    @openapi.receive_option
    @action(detail=True, methods=["put"], url_path="receive-option")
    @endpoint(WRITE, EXTRA, body=inputs.ReceiveOptionInput)
    def receive_option(self, call: Call) -> HttpResponse:
        return _changed(call, settings.set_receive_option, is_vouched_for=call.actor.is_service)

    @openapi.read
    @action(detail=True, methods=["post"])
    @endpoint(WRITE, EXTRA, body=inputs.ReadInput)
    def read(self, call: Call) -> HttpResponse:
        return _changed(call, reading.read)

    @openapi.clear
    @action(detail=True, methods=["post"])
    @endpoint(WRITE, EXTRA)
    def clear(self, call: Call) -> HttpResponse:
        return _changed(call, deletions.clear_history)

    @openapi.destroy
    @endpoint(WRITE, CLEAR_MESSAGES)
    def destroy(self, call: Call) -> HttpResponse:
        clear_messages = call.values["clearMessage"]
        token = deletions.delete_one(owner_id=call.owner_id, conversation_id=call.object_id, clear_messages=clear_messages)
        return json_response(call, None, token, has_etag=False)

    @openapi.read_all
    @action(detail=False, methods=["post"], url_path="read")
    @endpoint(WRITE, body=inputs.ReadAllInput)
    def read_all(self, call: Call) -> HttpResponse:
        done = reading.read_all(owner_id=call.owner_id, **call.body)
        return json_response(call, {"changed": done.changed, "pending": done.pending}, done.token, has_etag=False)

    @openapi.mark
    @action(detail=False, methods=["post"])
    @endpoint(WRITE, body=inputs.MarkInput)
    def mark(self, call: Call) -> HttpResponse:
        return results_response(call, settings.set_marks(owner_id=call.owner_id, **call.body))

    @openapi.custom_data
    @action(detail=False, methods=["post"], url_path="custom-data")
    @endpoint(WRITE, body=inputs.CustomDataInput)
    def custom_data(self, call: Call) -> HttpResponse:
        return results_response(call, settings.set_custom_data(owner_id=call.owner_id, **call.body))

    @openapi.delete_many
    @action(detail=False, methods=["post"], url_path="delete")
    @endpoint(WRITE, body=inputs.DeleteInput)
    def delete_many(self, call: Call) -> HttpResponse:
        return results_response(call, deletions.delete(owner_id=call.owner_id, **call.body))

    @openapi.report
    @action(detail=False, methods=["post"])
    @endpoint(WRITE, body=inputs.ReportInput)
    def report(self, call: Call) -> HttpResponse:
        results = reports.record(owner_id=call.owner_id, **call.body, is_vouched_for=call.actor.is_service)
        return results_response(call, results)


def results_response(call: Call, outcome: Results) -> HttpResponse:
    """Answer with a result for each ID of the body."""
    results = [
        {"conversationID": result.conversation_id, "resultCode": result.code, "resultInfo": result.info}
        for result in outcome.results
    ]
    return json_response(call, {"results": results}, outcome.token, has_etag=False)


def _changed(call: Call, act: Callable[..., Outcome], **arguments: Any) -> HttpResponse:
    """Act, and answer with the conversation as it is then."""
    outcome = act(owner_id=call.owner_id, conversation_id=call.object_id, **call.body, **arguments)
    shown: Any = _to_json(outcome, call.values["extra"]) if outcome.is_listed else placeholder(call.owner_id, call.object_id)
    return json_response(call, shown, outcome.owner.token, has_etag=False)


def _to_json(outcome: Outcome, extra: bool) -> bytes:
    row = outcome.conversation
    marks_and_groups = marks_and_groups_json(row.marks, row.conversation_groups, outcome.owner.group_names_json)
    last_message = row.last_message.encode() if row.last_message else None
    extra_part = extra_json(row.version, row.membership) if extra else b""
    return to_json(row.wire_head.encode(), last_message, marks_and_groups, extra_part)
