"""What the OpenAPI document takes from the declarations of the endpoints, so that it can't differ from what they do."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.serializers import BaseSerializer

from conversations.access.api_keys import INGEST
from conversations.api import calls
from conversations.identifiers import CONVERSATION_ID_MAX_BYTES, GROUP_ID_MAX_BYTES, OWNER_ID_MAX_BYTES

TEXT = {"type": "string"}
OWNER = OpenApiParameter(
    calls.OWNER,
    {**TEXT, "pattern": f"^[ -~]{{1,{OWNER_ID_MAX_BYTES}}}$"},
    description="the user whose list is meant; required with a service key or a staff session, otherwise the credential's own",
)
VERSION = OpenApiParameter("Owner-Version", str, OpenApiParameter.HEADER, response=[200, 304], description="sync token")
FRESHNESS = [
    VERSION,
    OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 304]),
    OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="an ETag; 304 if the list is unchanged"),
]
# Of a request; not in FRESHNESS, since only some reads may come from a replica.
SEEN = OpenApiParameter("Owner-Version", str, OpenApiParameter.HEADER, description="a sync token: the answer is not older")


class ObjectID(NamedTuple):
    """What names the object of a call."""

    description: str
    schema: Mapping[str, Any]
    example: str


# By the name in the URL pattern.
OBJECT_IDS = {
    "conversation_id": ObjectID("conversationID", {**TEXT, "maxLength": CONVERSATION_ID_MAX_BYTES}, "c2c_bob"),
    "name": ObjectID("name of the conversation group", TEXT, "Friends"),
    "group_id": ObjectID("group ID", {**TEXT, "maxLength": GROUP_ID_MAX_BYTES}, "team"),
    "user_id": ObjectID("user ID", {**TEXT, "maxLength": OWNER_ID_MAX_BYTES}, "bob"),
}
IN_PATH = re.compile(r"{\w+}")


def name_objects_in_query(endpoints: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the endpoints with - in place of each ID in a path, which then is a parameter. A hook of the generator.

    No ID with / fits into a path, and not every generated client encodes # there.
    """
    return [(IN_PATH.sub(calls.IN_QUERY, path), *rest) for path, *rest in endpoints]


def described(parameter: calls.Parameter) -> OpenApiParameter:
    """Return a declared query parameter as the document has it."""
    return OpenApiParameter(
        parameter.name, dict(parameter.schema), required=parameter.is_repeated, description=parameter.description
    )


class EndpointSchema(AutoSchema):
    """An endpoint's parameters and body, from its declaration. Words and answers are in `reads`, `actions` and `ingest`."""

    def get_override_parameters(self) -> list[Any]:
        endpoint = self._endpoint()
        if endpoint is None:
            return []
        owner = [] if endpoint.scope == INGEST else [OWNER]
        return [*self._object_parameters(), *owner, *map(described, endpoint.parameters)]

    def get_request_serializer(self) -> Any:
        endpoint = self._endpoint()
        is_serializer = endpoint and endpoint.body and issubclass(endpoint.body, BaseSerializer)
        return endpoint.body if is_serializer else None

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # a method called `list` answers with an object, too

    def _endpoint(self) -> calls.Endpoint | None:
        return getattr(getattr(self.view, getattr(self.view, "action", None) or "", None), "endpoint", None)

    def _object_parameters(self) -> list[OpenApiParameter]:
        if f"/{calls.IN_QUERY}/" not in self.path:
            return []
        view = cast(calls.EndpointViewSet, self.view)
        noun, schema, example = OBJECT_IDS[view.lookup_field]
        description = f"the {noun}; unless it contains /, it may stand in the path instead, in place of -"
        examples = [OpenApiExample(noun, value=example)]
        return [OpenApiParameter(view.id_parameter, dict(schema), required=True, description=description, examples=examples)]


class StrictInput(OpenApiSerializerExtension):
    target_class = "conversations.api.inputs.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


class OpenAnswer(OpenApiSerializerExtension):
    target_class = "conversations.api.message_outputs.OpenSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": True}


API_KEY, USER_SIG, STAFF_SESSION = "apiKey", "userSig", "staffSession"
EITHER_CREDENTIAL: list[dict[str, list[str]]] = [{API_KEY: []}, {USER_SIG: []}, {STAFF_SESSION: []}]


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "conversations.api.authentication.BearerAuthentication"
    name = [API_KEY, USER_SIG]

    def get_security_requirement(self, auto_schema):
        endpoint = auto_schema._endpoint()
        is_ingest = endpoint is not None and endpoint.scope == INGEST
        return [{API_KEY: []}] if is_ingest else [{API_KEY: []}, {USER_SIG: []}]

    def get_security_definition(self, auto_schema):
        bearer = {"type": "http", "scheme": "bearer"}
        return [
            bearer | {"description": "An API key, imk_…"},
            bearer | {"description": "A Tencent UserSig, for the user's own list"},
        ]


class StaffSessionScheme(OpenApiAuthenticationExtension):
    target_class = "conversations.api.authentication.StaffSessionAuthentication"
    name = STAFF_SESSION

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
