"""Feeding by groups and users: who is called what, and who is where, from back ends with a key of scope ingest."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from conversations import identifiers
from conversations.access.api_keys import INGEST
from conversations.api.fast_path import BearerFastPathMixin
from conversations.api.openapi import feeding
from conversations.api.parameters import id_from_path_or_query, id_parameters, parse_query
from conversations.api.parsers import StrictJSONListParser, only_object
from conversations.api.responses import refusal_result
from conversations.choices import ConversationType
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding import members as feeding_members
from conversations.feeding import profiles
from conversations.formats import rest_groups
from conversations.times import now_ms

MAX_ITEMS = 500
APPLIED, PENDING = "applied", "pending"


class GroupViewSet(BearerFastPathMixin, ViewSet):
    """Groups and their members come in here. An ID that holds / goes as - with ?id=."""

    parser_classes = (StrictJSONListParser,)

    @feeding.groups
    def create(self, request: Request) -> HttpResponse:
        good, results = _read(request, "GroupInfo", rest_groups.ENVELOPE_KEYS, rest_groups.listed_group)
        until = time.monotonic() + profiles.PATIENCE_S
        for index, told in good.items():
            try:
                results[index] = _accepted(index, GroupId=told[0].group_id, pending=_tell(*told, until=until))
            except ConversationError as error:
                results[index] = refusal_result(index, error)
        return Response({"results": [results[index] for index in sorted(results)]})

    @feeding.put_group
    def update(self, request: Request, group_id: str) -> HttpResponse:
        told = rest_groups.group(_path_id(request, group_id), only_object(request.data), now_ms=now_ms())
        return Response({"status": _status(_tell(*told))})

    @feeding.add_members
    def add(self, request: Request, group_id: str) -> HttpResponse:
        group_id = rest_groups.path_group_id(_path_id(request, group_id))
        told = rest_groups.members_to_add(only_object(request.data), now_ms=now_ms())
        return Response({"changed": feeding_members.add(group_id, told)})

    @feeding.remove_members
    def remove(self, request: Request, group_id: str) -> HttpResponse:
        group_id = rest_groups.path_group_id(_path_id(request, group_id))
        told = rest_groups.members_to_remove(only_object(request.data), now_ms=now_ms())
        return Response({"changed": feeding_members.remove(group_id, *told)})


class UserViewSet(BearerFastPathMixin, ViewSet):
    """Users come in here. An ID that holds / goes as - with ?id=."""

    parser_classes = (StrictJSONListParser,)

    @feeding.users
    def create(self, request: Request) -> HttpResponse:
        good, results = _read(request, "UserProfileItem", rest_groups.USERS_KEYS, rest_groups.listed_user)
        pending = profiles.set_profiles(list(good.values()))
        for index, told in good.items():
            of_user = pending & {identifiers.join(ConversationType.C2C, told.user_id)}
            results[index] = _accepted(index, To_Account=told.user_id, pending=of_user)
        return Response({"results": [results[index] for index in sorted(results)]})

    @feeding.put_user
    def update(self, request: Request, user_id: str) -> HttpResponse:
        told = rest_groups.user(_path_id(request, user_id), only_object(request.data), now_ms=now_ms())
        return Response({"status": _status(profiles.set_profiles([told]))})


def _read(
    request: Request, key: str, envelope: frozenset[str], parse: Callable[..., Any]
) -> tuple[dict[int, Any], dict[int, dict[str, Any]]]:
    """The good ones of the groups or users of a request, and the results of the bad ones, by their places."""
    request.user.may(INGEST)
    parse_query(request, ())
    bodies = rest_groups.items(request.data, key, envelope)
    if not 1 <= len(bodies) <= MAX_ITEMS:
        raise InvalidParameter(_("Give 1 to %(most)d of them.") % {"most": MAX_ITEMS}, field="body")
    good, results, now = {}, {}, now_ms()
    for index, body in enumerate(bodies):
        try:
            good[index] = parse(body, now_ms=now)
        except ConversationError as error:
            results[index] = refusal_result(index, error)
    return good, results


def _path_id(request: Request, in_path: str) -> str:
    request.user.may(INGEST)
    return id_from_path_or_query(in_path, parse_query(request, id_parameters(in_path)))


def _tell(info: rest_groups.GroupInfo, members: rest_groups.MemberList | None, until: float | None = None) -> set[str]:
    if members is None:
        return profiles.set_group_info(info, until=until)
    return profiles.set_group_info(info, partial(feeding_members.moves_to, told=members), until=until)


def _status(pending: set[str]) -> str:
    return PENDING if pending else APPLIED


def _accepted(index: int, *, pending: set[str], **named_by_id: str) -> dict[str, Any]:
    return {"index": index, **named_by_id, "status": _status(pending), "resultCode": 0, "resultInfo": ""}
