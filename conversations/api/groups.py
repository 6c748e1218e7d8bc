"""Conversation groups over HTTP."""

from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from conversations import conversation_groups, reads, wire
from conversations.actions import Results
from conversations.api import schema_actions as schema
from conversations.api import serializers
from conversations.api.actions import body, each_changed, results_of
from conversations.api.answers import answer, unchanged
from conversations.api.credentials import DirectReads
from conversations.api.parsers import named, named_by, query
from conversations.changes import LockedOwner
from conversations.keys import READ, WRITE


class ConversationGroupViewSet(DirectReads, ViewSet):
    """An owner's conversation groups. A name that holds / goes as - with ?name=."""

    @schema.get_groups
    def list(self, request: Request) -> HttpResponse:
        owner_id = request.user.owner(query(request, ("owner",)).get("owner"), READ)
        if fresh := unchanged(request, owner_id):
            return fresh
        token, group_names = reads.group_names(owner_id)
        return _group_list(request, group_names, token, owner_id, has_etag=True)

    @schema.create_group
    def create(self, request: Request) -> HttpResponse:
        return each_changed(request, conversation_groups.create, serializers.GroupInput)

    @schema.rename_group
    def rename(self, request: Request, name: str) -> HttpResponse:
        return _groups_changed(request, name, conversation_groups.rename, serializers.RenameInput)

    @schema.delete_group
    def destroy(self, request: Request, name: str) -> HttpResponse:
        return _groups_changed(request, name, conversation_groups.delete, serializers.NoInput)

    @schema.add_to_group
    def add(self, request: Request, name: str) -> HttpResponse:
        return _members_changed(request, name, conversation_groups.add)

    @schema.remove_from_group
    def remove(self, request: Request, name: str) -> HttpResponse:
        return _members_changed(request, name, conversation_groups.remove)


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
    values = query(request, ("owner", *named_by(in_path, "name")))
    return request.user.owner(values.get("owner"), WRITE), named(in_path, values, "name")


def _group_list(request: Request, group_names: str, token: str, owner_id: str, *, has_etag: bool = False) -> HttpResponse:
    answered = {"conversationGroupList": wire.all_groups(group_names)}
    return answer(request, answered, token, owner_id=owner_id, has_etag=has_etag)
