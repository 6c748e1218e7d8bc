"""Ingest of groups and users: names, avatars and members, from back ends with a key of scope ingest."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.decorators import action

from conversations import identifiers
from conversations.access.api_keys import INGEST
from conversations.api.calls import Call, EndpointViewSet, endpoint
from conversations.api.inputs import JSONBody, JSONObjectBody
from conversations.api.openapi import ingest as openapi
from conversations.api.parsers import StrictJSONListParser
from conversations.api.responses import plain_response, refusal_result
from conversations.choices import ConversationType
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding import members as feeding_members
from conversations.feeding import profiles
from conversations.formats import rest_groups
from conversations.times import now_ms

MAX_ITEMS = 500
APPLIED, PENDING = "applied", "pending"

Item = TypeVar("Item")


class GroupViewSet(EndpointViewSet):
    """Groups and their members come in here. Pass an ID that holds / as ?id=, with - in the path."""

    lookup_field = "group_id"
    parser_classes = (StrictJSONListParser,)

    @openapi.groups
    @endpoint(INGEST, body=JSONBody)
    def create(self, call: Call) -> HttpResponse:
        bodies = rest_groups.items(call.body, "GroupInfo", rest_groups.ENVELOPE_KEYS)
        valid, results = _parse_each(bodies, rest_groups.listed_group)
        until = time.monotonic() + profiles.PATIENCE_S
        for index, (info, member_list) in valid.items():
            try:
                pending = _set_group(info, member_list, until=until)
                results[index] = _accepted(index, pending, GroupId=info.group_id)
            except ConversationError as error:
                results[index] = refusal_result(index, error)
        return _results_response(call, results)

    @openapi.put_group
    @endpoint(INGEST, body=JSONObjectBody)
    def update(self, call: Call) -> HttpResponse:
        info, member_list = rest_groups.group(call.object_id, call.body, now_ms=now_ms())
        return plain_response(call, {"status": _status(_set_group(info, member_list))})

    @openapi.add_members
    @action(detail=True, methods=["post"], url_path="members/add")
    @endpoint(INGEST, body=JSONObjectBody)
    def add_members(self, call: Call) -> HttpResponse:
        group_id = rest_groups.path_group_id(call.object_id)
        member_list = rest_groups.members_to_add(call.body, now_ms=now_ms())
        return plain_response(call, {"changed": feeding_members.add(group_id, member_list)})

    @openapi.remove_members
    @action(detail=True, methods=["post"], url_path="members/remove")
    @endpoint(INGEST, body=JSONObjectBody)
    def remove_members(self, call: Call) -> HttpResponse:
        group_id = rest_groups.path_group_id(call.object_id)
        member_list, membership = rest_groups.members_to_remove(call.body, now_ms=now_ms())
        return plain_response(call, {"changed": feeding_members.remove(group_id, member_list, membership)})


class UserViewSet(EndpointViewSet):
    """Users come in here. Pass an ID that holds / as ?id=, with - in the path."""

    lookup_field = "user_id"
    parser_classes = (StrictJSONListParser,)

    @openapi.users
    @endpoint(INGEST, body=JSONBody)
    def create(self, call: Call) -> HttpResponse:
        bodies = rest_groups.items(call.body, "UserProfileItem", rest_groups.USERS_KEYS)
        valid, results = _parse_each(bodies, rest_groups.listed_user)
        pending = profiles.set_profiles(list(valid.values()))
        for index, profile in valid.items():
            pending_of_user = pending & {identifiers.join(ConversationType.C2C, profile.user_id)}
            results[index] = _accepted(index, pending_of_user, To_Account=profile.user_id)
        return _results_response(call, results)

    @openapi.put_user
    @endpoint(INGEST, body=JSONObjectBody)
    def update(self, call: Call) -> HttpResponse:
        profile = rest_groups.user(call.object_id, call.body, now_ms=now_ms())
        return plain_response(call, {"status": _status(profiles.set_profiles([profile]))})


def _parse_each(bodies: Sequence[Any], parse: Callable[..., Item]) -> tuple[dict[int, Item], dict[int, dict[str, Any]]]:
    """Return the valid groups or users of a request, and the results of the others, by their indexes."""
    if not 1 <= len(bodies) <= MAX_ITEMS:
        raise InvalidParameter(_("Pass 1 to %(most)d entries.") % {"most": MAX_ITEMS}, field="body")
    valid: dict[int, Item] = {}
    results: dict[int, dict[str, Any]] = {}
    now = now_ms()
    for index, body in enumerate(bodies):
        try:
            valid[index] = parse(body, now_ms=now)
        except ConversationError as error:
            results[index] = refusal_result(index, error)
    return valid, results


def _set_group(info: rest_groups.GroupInfo, member_list: rest_groups.MemberList | None, until: float | None = None) -> set[str]:
    """Store a group's names and members; return the conversations to which the names are still on their way."""
    if member_list is None:
        return profiles.set_group_info(info, until=until)
    return profiles.set_group_info(info, partial(feeding_members.membership_changes_to, member_list=member_list), until=until)


def _status(pending: set[str]) -> str:
    return PENDING if pending else APPLIED


def _accepted(index: int, pending: set[str], **id_: str) -> dict[str, Any]:
    return {"index": index, **id_, "status": _status(pending), "resultCode": 0, "resultInfo": ""}


def _results_response(call: Call, results: dict[int, dict[str, Any]]) -> HttpResponse:
    return plain_response(call, {"results": [results[index] for index in sorted(results)]})
