"""Take a request apart once: who asks, for whose list and which object, with which parameters and body.

Each method of a viewset is declared with `endpoint()` and gets a `Call`, made in DRF's hook `initial()` (and by the fast path).
A method therefore can't see a request whose credential, owner, parameters or body were not checked.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from conversations import acting
from conversations.access.api_keys import INGEST
from conversations.api.authentication import Actor, StaffActor
from conversations.api.parsers import buffer_chunked_body, refuse_unknown_keys
from conversations.exceptions import EMPTY_NAME, InvalidParameter
from conversations.lists.replica import PRIMARY, Source
from conversations.request_notes import OWNER as NOTED_OWNER

API_PATH = "/api/v1/"
OWNER = "owner"
# Stands in the path for an ID or name that no path segment can hold; a query parameter has it.
IN_QUERY = "-"


class Parameter(NamedTuple):
    """A query parameter: how it is read, and how the OpenAPI document describes it."""

    name: str
    description: str
    schema: Mapping[str, Any]
    parse: Callable[[Any], Any] | None = None  # from its text, or from a list of texts if it may be repeated
    default: Any = None  # where it is absent
    is_repeated: bool = False


class Body(Protocol):
    """A form of request body."""

    @classmethod
    def read(cls, data: Any) -> Any:
        """Return the checked body. Raises ValidationError, InvalidParameter."""


class Call(NamedTuple):
    """A request taken apart."""

    request: HttpRequest
    actor: Actor
    owner_id: str  # whose list; "" for ingest calls, which are about no list in particular
    object_id: str  # the conversation, conversation group, group or user of the path; "" where the path names none
    values: Mapping[str, Any]  # the declared query parameters by wire name, parsed
    body: Any  # the checked body, for most calls by the names of the action's arguments; {} if the endpoint takes none
    source: Source = PRIMARY  # the database of a read, see replica_reads.py


@dataclass(frozen=True)
class Endpoint:
    """The declaration of a viewset's method."""

    scope: str
    parameters: tuple[Parameter, ...] = ()
    body: type[Body] | None = None
    method: Callable[[Any, Call], HttpResponse] | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the query string may hold."""
        owner = () if self.scope == INGEST else (OWNER,)
        return frozenset((*owner, *(parameter.name for parameter in self.parameters)))

    @cached_property
    def _repeated(self) -> str | None:
        return next((parameter.name for parameter in self.parameters if parameter.is_repeated), None)

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {parameter.name: parameter.default for parameter in self.parameters if parameter.default is not None}

    @cached_property
    def _parsers(self) -> list[tuple[str, Callable[[Any], Any]]]:
        return [(parameter.name, parameter.parse) for parameter in self.parameters if parameter.parse]

    def read_query(self, request: HttpRequest, actor: Actor, *more_names: str) -> tuple[str, dict[str, Any]]:
        """Return the owner ID and the parsed values. Raises NoPermission before anything is said about other values."""
        if self.scope == INGEST:
            actor.require_scope(INGEST)
        values = parse_query(request, self.names.union(more_names) if more_names else self.names, self._repeated)
        owner_id = "" if self.scope == INGEST else actor.resolve_owner(values.pop(OWNER, None), self.scope)
        for name, parse in self._parsers:
            if name in values:
                values[name] = parse(values[name])
        return owner_id, self._defaults | values


def endpoint(
    scope: str, *parameters: Parameter, body: type[Body] | None = None
) -> Callable[[Callable[[Any, Call], HttpResponse]], Callable[..., HttpResponse]]:
    """Declare a viewset's method, which then takes a `Call` and nothing else."""

    def declare(method: Callable[[Any, Call], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(method)
        def handler(self: "EndpointViewSet", request: HttpRequest, **path: str) -> HttpResponse:
            return method(self, self.call)

        handler.endpoint = Endpoint(  # type: ignore[attr-defined]  # read by the viewset and the schema
            scope, parameters, body, method
        )
        return handler

    return declare


class EndpointViewSet(ViewSet):
    """A viewset whose methods are declared with `endpoint()`."""

    lookup_field = "object_id"  # of the path; each viewset names its own
    lookup_value_regex = "[^/]+"
    # Names the object where the path has "-".
    id_parameter = "id"
    # Raises InvalidParameter for an ID or name that can't be one.
    check_object_id: Callable[[str], object] | None = None
    call: Call

    def initial(self, request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        buffer_chunked_body(request._request)
        acting.begin(request.user.grant.actor)
        if self.action not in (None, "metadata"):  # None: a method that is not declared; metadata: OPTIONS
            self.call = self.take_apart(getattr(self, self.action).endpoint, request, request.user, kwargs)

    def check_throttles(self, request) -> None:
        request.user.count_request()

    def perform_content_negotiation(self, request, force=False):
        if "HTTP_AUTHORIZATION" in request.META:
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)

    def take_apart(self, endpoint: Endpoint, request: Any, actor: Actor, path: Mapping[str, str]) -> Call:
        """Check a request and return it as a call. Raises ConversationError, ValidationError."""
        object_id = path.get(self.lookup_field, "")
        if object_id == IN_QUERY:
            owner_id, values = endpoint.read_query(request, actor, self.id_parameter)
            object_id = _required(values, self.id_parameter)
        else:
            owner_id, values = endpoint.read_query(request, actor)
        request.META[NOTED_OWNER] = owner_id
        if path and self.check_object_id:
            self.check_object_id(object_id)
        return Call(request, actor, owner_id, object_id, values, self._read_body(request, endpoint))

    def _read_body(self, request: Any, endpoint: Endpoint) -> Any:
        if endpoint.body:
            return endpoint.body.read(self._data(request))
        if request.method not in SAFE_METHODS and (data := self._data(request)):
            refuse_unknown_keys(data, known=())
        return {}

    def _data(self, request: Any) -> Any:
        """Return the body as DRF does, which wraps no request of the fast path: {} if there is none."""
        if isinstance(request, Request):
            return request.data
        return self.parser_classes[0]().parse(request) if int(request.META.get("CONTENT_LENGTH") or 0) else {}

    def finalize_response(self, request, response, *args, **kwargs):
        if isinstance(actor := getattr(request, "_user", None), StaffActor):  # not .user, which authenticates
            actor.log_change(request, response.status_code)
            call: Call | None = getattr(self, "call", None)
            if call and call.object_id and self.lookup_field == "conversation_id" and response.status_code < 400:
                actor.record_conversation(call.owner_id, call.object_id)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return `Allow` for OPTIONS and methods that are not declared. `Vary` comes with each answer."""
        return {"Allow": ", ".join(self.allowed_methods)} if self.action in (None, "metadata") else {}

    def get_extra_action_url_map(self) -> dict[str, str]:
        """No links in the browsable pages: most of the other actions answer no GET."""
        return {}


def wants_html(request: HttpRequest) -> bool:
    """Return whether a browser asks, for which DRF renders its browsable page.

    Never with a credential in a header: programs send that, and the HTTP clients of some accept HTML as well by default.
    """
    return "HTTP_AUTHORIZATION" not in request.META and "text/html" in request.META.get("HTTP_ACCEPT", "")


def _required(values: Mapping[str, str], parameter: str) -> str:
    if parameter not in values:
        raise InvalidParameter(
            _('Missing parameter %(name)s: "-" in the path needs it.') % {"name": parameter}, field=parameter
        )
    return values[parameter]


# ---- Query strings -------------------------------------------------------------------------------


def parse_query(request: HttpRequest, names: Collection[str], repeated: str | None = None) -> dict[str, Any]:
    """Return the query string's values by name: text, or for `repeated` a list in the given order.

    Raises InvalidParameter for an unknown or repeated name, and for text that is not UTF-8. Django's own parser is not used: it
    answers 1001 fields with HTML, replaces bytes that are not UTF-8, and takes three times as long for 100 IDs.
    """
    values: dict[str, Any] = {repeated: []} if repeated else {}
    many = values.get(repeated)
    text = request.META.get("QUERY_STRING", "")
    if not text.isascii():
        text = _decoded(request, text)
    for part in text.split("&") if text else ():
        name, _equals, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = _unquoted(name), _unquoted(value)
        if name == repeated:
            many.append(value)
        elif name in values:
            raise InvalidParameter(_("Repeated parameter %(name)s.") % {"name": name}, field=name)
        elif name in names:
            values[name] = value
        elif part:
            raise InvalidParameter(_("Unknown parameter %(name)s.") % {"name": name or EMPTY_NAME}, field=name)
    return values


def _decoded(request: HttpRequest, text: str) -> str:
    """Return the query string as UTF-8: WSGI hands it over as Latin-1, ASGI decoded."""
    if "wsgi.version" not in request.META:
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError as error:
        raise _not_utf8() from error


def _unquoted(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise _not_utf8() from error


def _not_utf8() -> InvalidParameter:
    return InvalidParameter(_("The URL is not UTF-8."), field="query")
