"""The OpenAPI document's words for each call; operation IDs are the SDK's method names."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema

from conversations.api import serializers
from conversations.choices import ReceiveOption
from conversations.identifiers import CONVERSATION_ID_MAX_BYTES, OWNER_ID_MAX_BYTES
from conversations.lists.filters import SEARCH_MAX_LENGTH
from conversations.times import YEAR_2100_S


def parameter(name: str, description: str, type_: dict, **kwargs) -> OpenApiParameter:
    return OpenApiParameter(name, type_, description=description, **kwargs)


def flag_parameter(name: str, description: str) -> OpenApiParameter:
    return parameter(name, description, {"type": "string", "enum": ["true", "false"]})


OWNER = parameter(
    "owner",
    "whose list; needed with a service key or a staff session, else the credential's own",
    {"type": "string", "pattern": f"^[ -~]{{1,{OWNER_ID_MAX_BYTES}}}$"},
)
EXTRA = flag_parameter("extra", "true: each conversation has one more key, imsite")
IDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 100}
EPOCH = {"type": "integer", "minimum": 0, "exclusiveMaximum": YEAR_2100_S}
FILTERS = [
    parameter("type", "1 one to one, 2 group, 0 any", {"type": "integer", "enum": [0, 1, 2]}),
    parameter("conversationGroup", 'in this conversation group; "" = in none', {"type": "string"}),
    parameter("markType", "any of these mark bits; 0 = unmarked", {"type": "string", "pattern": "^[0-9]{1,20}$"}),
    flag_parameter("hasUnreadCount", "with or without unread"),
    flag_parameter("hasGroupAtInfo", "with or without @ entries"),
    flag_parameter("hasDraft", "with or without a draft"),
    flag_parameter("isPinned", "pinned or not"),
    flag_parameter("hasDraft", "with or without a draft"),
    flag_parameter("isMuted", "recvOpt 1, 2 or 3, whose unread counts as muted, or not"),
    parameter("recvOpt", "receive option", {"type": "integer", "enum": ReceiveOption.values}),
    parameter("search", "part of the name or the ID", {"type": "string", "minLength": 1, "maxLength": SEARCH_MAX_LENGTH}),
    parameter("activeSince", "newest message at or after, epoch seconds", EPOCH),
    parameter("activeBefore", "newest message before, epoch seconds", EPOCH),
]
COUNT = parameter("count", "rows a page; above 500 is lowered to 500", {"type": "integer", "minimum": 1, "default": 100})
ID = OpenApiParameter(
    "conversation_id",
    {"type": "string", "maxLength": CONVERSATION_ID_MAX_BYTES},
    OpenApiParameter.PATH,
    description="conversationID, percent-encoded; - for one that holds /, named by ?id=",
)
FRESHNESS = [
    OpenApiParameter("Owner-Version", str, OpenApiParameter.HEADER, response=[200, 304], description="feed token"),
    OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 304]),
    OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="an ETag; 304 if the list is unchanged"),
]


def problems(*statuses: int) -> dict:
    return {(status, "application/problem+json"): serializers.Problem for status in statuses}


READ_PROBLEMS = problems(400, 401, 403, 405, 500, 503)

get_conversation = extend_schema(
    operation_id="getConversation",
    summary="One conversation",
    parameters=[
        ID,
        OWNER,
        EXTRA,
        parameter("id", "the conversationID, when the path has -", {"type": "string"}),
        flag_parameter("placeholder", "true: an unsaved object for a well-formed ID that the list does not have"),
        *FRESHNESS,
    ],
    responses={200: serializers.ConversationObject, 304: None, **READ_PROBLEMS, **problems(404)},
)
get_conversation_list = extend_schema(
    operation_id="getConversationListByFilter",
    summary="A page of the list, in display order, filtered",
    parameters=[
        COUNT,
        parameter("nextSeq", "from the page before, with the same filters", {"type": "string"}),
        OWNER,
        EXTRA,
        *FILTERS,
        *FRESHNESS,
    ],
    responses={200: serializers.PageAnswer, 304: None, **READ_PROBLEMS},
)
lookup = extend_schema(
    operation_id="getConversationList",
    summary="Up to 100 conversations by ID, in the order asked",
    parameters=[
        parameter("id", "conversationID; repeat it", IDS, required=True),
        OWNER,
        EXTRA,
        *FRESHNESS,
    ],
    responses={200: serializers.LookupAnswer, 304: None, **READ_PROBLEMS},
)
lookup_many = extend_schema(
    operation_id="getConversationListByConversationIDs",
    summary="Up to 1000 conversations by ID, in the order asked",
    parameters=[OWNER, EXTRA, *FRESHNESS[:2]],
    request=serializers.LookupInput,
    responses={200: serializers.LookupAnswer, **READ_PROBLEMS, **problems(413, 415)},
)
unread = extend_schema(
    operation_id="getTotalUnreadMessageCount",
    summary="The unread totals, of the list or of what a filter selects",
    parameters=[OWNER, *FILTERS, *FRESHNESS],
    responses={200: serializers.UnreadAnswer, 304: None, **READ_PROBLEMS},
)


changes = extend_schema(
    operation_id="getConversationChanges",
    summary="What changed since a version, in the order of the changes",
    parameters=[
        parameter("since", "version of the last answer, or an Owner-Version; 0 or none: from the start", {"type": "string"}),
        COUNT,
        OWNER,
        EXTRA,
        FRESHNESS[0],
    ],
    responses={200: serializers.ChangesAnswer, **READ_PROBLEMS},
)

events = extend_schema(
    operation_id="getEvents",
    summary="The same as it happens, as server-sent events: changes, unread, reset, problem",
    parameters=[
        parameter("since", "as for changes; the header Last-Event-ID goes before it", {"type": "string"}),
        OWNER,
        EXTRA,
    ],
    auth=[{"bearer": []}, {"staffSession": []}],
    responses={(200, "text/event-stream"): str, **READ_PROBLEMS, **problems(421)},
)


class StrictInput(OpenApiSerializerExtension):
    target_class = "conversations.api.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        known = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return known | {"additionalProperties": False}


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
