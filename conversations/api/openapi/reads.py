"""The OpenAPI document's words for the reads; operation IDs are the SDK's method names."""

from drf_spectacular.utils import extend_schema

from conversations.api import outputs, parameters
from conversations.api.openapi.schema import FRESHNESS, OWNER, READ_PROBLEMS, VERSION, described, problems

get_conversation = extend_schema(
    operation_id="getConversation",
    summary="Get a conversation",
    parameters=FRESHNESS,
    responses={200: outputs.ConversationObject, 304: None, **READ_PROBLEMS, **problems(404)},
)
get_conversation_list = extend_schema(
    operation_id="getConversationListByFilter",
    summary="Get a page of the list, in display order and filtered",
    parameters=FRESHNESS,
    responses={200: outputs.PageAnswer, 304: None, **READ_PROBLEMS},
)
lookup = extend_schema(
    operation_id="getConversationList",
    summary="Get up to 100 conversations by ID, in request order",
    parameters=FRESHNESS,
    responses={200: outputs.LookupAnswer, 304: None, **READ_PROBLEMS},
)
lookup_many = extend_schema(
    operation_id="getConversationListByConversationIDs",
    summary="Get up to 1000 conversations by ID, in request order",
    parameters=FRESHNESS[:2],
    responses={200: outputs.LookupAnswer, **READ_PROBLEMS, **problems(413, 415)},
)
unread = extend_schema(
    operation_id="getTotalUnreadMessageCount",
    summary="Get the unread totals of the list or of a filter",
    parameters=FRESHNESS,
    responses={200: outputs.UnreadAnswer, 304: None, **READ_PROBLEMS},
)
changes = extend_schema(
    operation_id="getConversationChanges",
    summary="Get the changes since a version, oldest first",
    parameters=[VERSION],
    responses={200: outputs.ChangesAnswer, **READ_PROBLEMS},
)
events = extend_schema(
    operation_id="getEvents",
    summary="Stream changes (server-sent events)",
    description="Events: changes, unread, reset, problem. The header Last-Event-ID takes precedence over since.",
    parameters=[OWNER, *map(described, (parameters.SINCE, parameters.EXTRA))],
    auth=[{"bearer": []}, {"staffSession": []}],  # type: ignore[list-item]  # as the document has it
    responses={(200, "text/event-stream"): str, **READ_PROBLEMS, **problems(421)},
)
