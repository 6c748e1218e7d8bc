"""What an owner does with conversations, over HTTP: each call is one function of the same name and intention below the API."""

from collections.abc import Callable
from functools import partial

from django.http import HttpResponse
from rest_framework.request import Request

from conversations import identifiers
from conversations.access.api_keys import WRITE
from conversations.actions import deletions, drafts, pins, reading, settings
from conversations.actions.results import Outcome, Results
from conversations.api import serializers
from conversations.api.openapi import actions as openapi_actions
from conversations.api.parameters import boolean, id_from_path_or_query, id_parameters, parse_query
from conversations.api.responses import json_response
from conversations.choices import ConversationType
from conversations.feeding import reports
from conversations.formats import conversation_json

SCOPES = {"all": None, "c2c": ConversationType.C2C, "group": ConversationType.GROUP}


class ConversationActions:
    """The changing calls of ConversationViewSet. Routes, parameters, units and errors are in api/schema_actions.py."""

    @openapi_actions.pin
    def pin(self, request: Request, conversation_id: str) -> HttpResponse:
        return _changed(request, conversation_id, partial(pins.set_pinned, pinned=True))

    @openapi_actions.unpin
    def unpin(self, request: Request, conversation_id: str) -> HttpResponse:
        return _changed(request, conversation_id, partial(pins.set_pinned, pinned=False))

    @openapi_actions.draft
    def draft(self, request: Request, conversation_id: str) -> HttpResponse:
        return _changed(request, conversation_id, drafts.set_draft, serializers.DraftInput)

    @openapi_actions.receive_option
    def receive_option(self, request: Request, conversation_id: str) -> HttpResponse:
        return _changed(request, conversation_id, settings.set_receive_option, serializers.ReceiveOptionInput)

    @openapi_actions.read
    def read(self, request: Request, conversation_id: str) -> HttpResponse:
        return _changed(request, conversation_id, reading.read, serializers.ReadInput)

    @openapi_actions.clear
    def clear(self, request: Request, conversation_id: str) -> HttpResponse:
        return _changed(request, conversation_id, deletions.clear_history)

    @openapi_actions.destroy
    def destroy(self, request: Request, conversation_id: str) -> HttpResponse:
        values = parse_query(request, ("owner", "clearMessage", *id_parameters(conversation_id)))
        owner_id = request.user.owner(values.get("owner"), WRITE)
        clear_messages = boolean(values, "clearMessage", default=True)
        conversation_id = id_from_path_or_query(conversation_id, values)
        identifiers.split(conversation_id)
        body(request, serializers.EmptyInput)
        token = deletions.delete_one(owner_id=owner_id, conversation_id=conversation_id, clear_messages=clear_messages)
        return json_response(request, None, token, owner_id=owner_id, has_etag=False)

    @openapi_actions.read_all
    def read_all(self, request: Request) -> HttpResponse:
        owner_id = owner_to_change(request)
        type_ = SCOPES[body(request, serializers.ReadAllInput)["scope"]]
        token, changed = reading.read_all(owner_id=owner_id, type_=type_)
        return json_response(request, {"changed": changed}, token, owner_id=owner_id, has_etag=False)

    @openapi_actions.mark
    def mark(self, request: Request) -> HttpResponse:
        return each_changed(request, settings.set_marks, serializers.MarkInput)

    @openapi_actions.custom_data
    def custom_data(self, request: Request) -> HttpResponse:
        return each_changed(request, settings.set_custom_data, serializers.CustomDataInput)

    @openapi_actions.report
    def report(self, request: Request) -> HttpResponse:
        is_service = request.user.access.owner_id is None
        return each_changed(request, partial(reports.record, is_vouched_for=is_service), serializers.ReportInput)

    @openapi_actions.delete_many
    def delete_many(self, request: Request) -> HttpResponse:
        return each_changed(request, deletions.delete, serializers.DeleteInput)


def owner_to_change(request: Request) -> str:
    """The owner whose list the request may change. Raises NoPermission, InvalidParameter."""
    return request.user.owner(parse_query(request, ("owner",)).get("owner"), WRITE)


def body(request: Request, form: type[serializers.StrictSerializer]) -> dict:
    """The request's checked body, by the names of the action's parameters."""
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def each_changed(request: Request, act: Callable[..., Results], form: type[serializers.StrictSerializer]) -> HttpResponse:
    """Answer with a result for each ID of the body."""
    owner_id = owner_to_change(request)
    return results_of(request, act(owner_id=owner_id, **body(request, form)), owner_id)


def results_of(request: Request, done: Results, owner_id: str) -> HttpResponse:
    """The answer of a call on many."""
    results = [{"conversationID": one.conversation_id, "resultCode": one.code, "resultInfo": one.info} for one in done.results]
    return json_response(request, {"results": results}, done.token, owner_id=owner_id, has_etag=False)


def _changed(
    request: Request,
    conversation_id: str,
    act: Callable[..., Outcome],
    form: type[serializers.StrictSerializer] = serializers.EmptyInput,
) -> HttpResponse:
    """Answer with the conversation as it is after the action."""
    values = parse_query(request, ("owner", "extra", *id_parameters(conversation_id)))
    owner_id = request.user.owner(values.get("owner"), WRITE)
    extra = boolean(values, "extra")
    conversation_id = id_from_path_or_query(conversation_id, values)
    identifiers.split(conversation_id)
    outcome = act(owner_id=owner_id, conversation_id=conversation_id, **body(request, form))
    return json_response(request, _to_json(outcome, extra), outcome.owner.token, owner_id=owner_id, has_etag=False)


def _to_json(outcome: Outcome, extra: bool) -> bytes:
    row = outcome.conversation
    middle = conversation_json.marks_and_groups_json(row.marks, row.conversation_groups, outcome.owner.group_names_json)
    last_message = row.last_message.encode() if row.last_message else None
    more = conversation_json.extra_json(row.version, row.membership) if extra else b""
    return conversation_json.to_json(row.wire_head.encode(), last_message, middle, more)
