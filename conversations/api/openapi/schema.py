"""What the OpenAPI document takes from the declarations of the endpoints, so that it can't differ from what they do."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
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


class PathID(NamedTuple):
    """The part of a path that names an object."""

    description: str
    schema: Mapping[str, Any]


# By the name in the URL pattern.
PATH_IDS = {
    "conversation_id": PathID("conversationID", {**TEXT, "maxLength": CONVERSATION_ID_MAX_BYTES}),
    "name": PathID("group name", TEXT),
    "group_id": PathID("group ID", {**TEXT, "maxLength": GROUP_ID_MAX_BYTES}),
    "user_id": PathID("user ID", {**TEXT, "maxLength": OWNER_ID_MAX_BYTES}),
}


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
        return [*self._path_parameters(), *owner, *map(described, endpoint.parameters)]

    def get_request_serializer(self) -> Any:
        endpoint = self._endpoint()
        is_serializer = endpoint and endpoint.body and issubclass(endpoint.body, BaseSerializer)
        return endpoint.body if is_serializer else None

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # a method called `list` answers with an object, too

    def _endpoint(self) -> calls.Endpoint | None:
        return getattr(getattr(self.view, getattr(self.view, "action", None) or "", None), "endpoint", None)

    def _path_parameters(self) -> list[OpenApiParameter]:
        view = cast(calls.EndpointViewSet, self.view)
        name = view.lookup_field
        if f"{{{name}}}" not in self.path:
            return []
        noun, schema = PATH_IDS[name]
        by_query = view.id_parameter
        in_path = f"{noun}, percent-encoded; - if it contains /, then pass it as ?{by_query}="
        return [
            OpenApiParameter(name, dict(schema), OpenApiParameter.PATH, description=in_path),
            OpenApiParameter(by_query, TEXT, description=f"the {noun}, if the path has -"),
        ]


class StrictInput(OpenApiSerializerExtension):
    target_class = "conversations.api.inputs.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "conversations.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "an API key (imk_…) or a Tencent UserSig"}


class StaffSessionScheme(OpenApiAuthenticationExtension):
    target_class = "conversations.api.authentication.StaffSessionAuthentication"
    name = "staffSession"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
