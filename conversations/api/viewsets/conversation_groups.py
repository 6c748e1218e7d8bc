"""Conversation groups over HTTP."""

from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from conversations.access.api_keys import READ, WRITE
from conversations.actions import groups
from conversations.actions.results import Results
from conversations.api import serializers
from conversations.api.fast_path import BearerFastPathMixin
from conversations.api.openapi import actions
from conversations.api.parameters import id_from_path_or_query, id_parameters, parse_query
from conversations.api.responses import json_response, not_modified
from conversations.api.viewsets.conversation_actions import body, each_changed, results_of
from conversations.formats import conversation_json
from conversations.lists import json_reads
from conversations.store.owners import LockedOwner


class ConversationGroupViewSet(BearerFastPathMixin, ViewSet):
    """An owner's conversation groups. A name that holds / goes as - with ?name=."""

    @actions.get_groups
    def list(self, request: Request) -> HttpResponse:
        owner_id = request.user.owner(parse_query(request, ("owner",)).get("owner"), READ)
        if fresh := not_modified(request, owner_id):
            return fresh
        token, group_names = json_reads.group_names(owner_id)
        return _group_list(request, group_names, token, owner_id, has_etag=True)

    @actions.create_group
    def create(self, request: Request) -> HttpResponse:
        return each_changed(request, groups.create, serializers.GroupInput)

    @actions.rename_group
    def rename(self, request: Request, name: str) -> HttpResponse:
        return _groups_changed(request, name, groups.rename, serializers.RenameInput)

    @actions.delete_group
    def destroy(self, request: Request, name: str) -> HttpResponse:
        return _groups_changed(request, name, groups.delete, serializers.EmptyInput)

    @actions.add_to_group
    def add(self, request: Request, name: str) -> HttpResponse:
        return _members_changed(request, name, groups.add)

    @actions.remove_from_group
    def remove(self, request: Request, name: str) -> HttpResponse:
        return _members_changed(request, name, groups.remove)


def _groups_changed(
    request: Request, name: str, act: Callable[..., LockedOwner], form: type[serializers.StrictSerializer]
) -> HttpResponse:
    owner_id, name = _owner_and_name(request, name)
    owner = act(owner_id=owner_id, name=name, **body(request, form))
    return _group_list(request, owner.group_names_json, owner.token, owner_id)


def _members_changed(request: Request, name: str, act: Callable[..., Results]) -> HttpResponse:
    owner_id, name = _owner_and_name(request, name)
    return results_of(request, act(owner_id=owner_id, name=name, **body(request, serializers.ManyInput)), owner_id)


def _owner_and_name(request: Request, in_path: str) -> tuple[str, str]:
    values = parse_query(request, ("owner", *id_parameters(in_path, "name")))
    return request.user.owner(values.get("owner"), WRITE), id_from_path_or_query(in_path, values, "name")


def _group_list(request: Request, group_names: str, token: str, owner_id: str, *, has_etag: bool = False) -> HttpResponse:
    answered = {"conversationGroupList": conversation_json.all_group_names(group_names)}
    return json_response(request, answered, token, owner_id=owner_id, has_etag=has_etag)
