"""Conversation groups over HTTP."""

from django.http import HttpResponse
from rest_framework.decorators import action

from conversations.access.api_keys import READ, WRITE
from conversations.actions import groups
from conversations.api.calls import Call, EndpointViewSet, endpoint
from conversations.api.inputs import GroupInput, ManyInput, RenameInput
from conversations.api.openapi import actions as openapi
from conversations.api.responses import json_response, not_modified
from conversations.api.viewsets.conversation_actions import results_response
from conversations.formats.conversation_json import all_group_names
from conversations.lists import json_reads


class ConversationGroupViewSet(EndpointViewSet):
    """A user's conversation groups. Pass a name that holds / as ?name=, with - in the path."""

    lookup_field = id_parameter = "name"

    @openapi.get_groups
    @endpoint(READ)
    def list(self, call: Call) -> HttpResponse:
        return not_modified(call) or _stored_groups(call)

    @openapi.create_group
    @endpoint(WRITE, body=GroupInput)
    def create(self, call: Call) -> HttpResponse:
        return results_response(call, groups.create(owner_id=call.owner_id, **call.body))

    @openapi.rename_group
    @endpoint(WRITE, body=RenameInput)
    def partial_update(self, call: Call) -> HttpResponse:
        owner = groups.rename(owner_id=call.owner_id, name=call.object_id, **call.body)
        return _groups(call, owner.group_names_json, owner.token)

    @openapi.delete_group
    @endpoint(WRITE)
    def destroy(self, call: Call) -> HttpResponse:
        owner = groups.delete(owner_id=call.owner_id, name=call.object_id)
        return _groups(call, owner.group_names_json, owner.token)

    @openapi.add_to_group
    @action(detail=True, methods=["post"])
    @endpoint(WRITE, body=ManyInput)
    def add(self, call: Call) -> HttpResponse:
        return results_response(call, groups.add(owner_id=call.owner_id, name=call.object_id, **call.body))

    @openapi.remove_from_group
    @action(detail=True, methods=["post"])
    @endpoint(WRITE, body=ManyInput)
    def remove(self, call: Call) -> HttpResponse:
        return results_response(call, groups.remove(owner_id=call.owner_id, name=call.object_id, **call.body))


def _stored_groups(call: Call) -> HttpResponse:
    token, group_names = json_reads.group_names(call.owner_id)
    return _groups(call, group_names, token, has_etag=True)


def _groups(call: Call, group_names: str, token: str, *, has_etag: bool = False) -> HttpResponse:
    return json_response(call, {"conversationGroupList": all_group_names(group_names)}, token, has_etag=has_etag)
