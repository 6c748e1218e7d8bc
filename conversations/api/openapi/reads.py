"""The OpenAPI document's summaries and answers of the reads; operation IDs are the SDK's method names."""

from drf_spectacular.utils import extend_schema

from conversations.api import outputs, parameters
from conversations.api.openapi.schema import EITHER_CREDENTIAL, FRESHNESS, OWNER, SEEN, VERSION, described

get_conversation = extend_schema(
    operation_id="getConversation",
    summary="Get a conversation",
    parameters=[*FRESHNESS, SEEN],
    responses={200: outputs.V2TIMConversation, 304: None},
)
get_conversation_list = extend_schema(
    operation_id="getConversationListByFilter",
    summary="Get a page of the list, in display order and filtered",
    parameters=[*FRESHNESS, SEEN],
    responses={200: outputs.V2TIMConversationResult, 304: None},
)
lookup = extend_schema(
    operation_id="getConversationListByQuery",
    summary="Get up to 100 conversations by ID, in request order",
    parameters=[*FRESHNESS, SEEN],
    responses={200: outputs.LookupAnswer, 304: None},
)
lookup_many = extend_schema(
    operation_id="getConversationList",
    summary="Get up to 1000 conversations by ID, in request order",
    parameters=[*FRESHNESS[:2], SEEN],
    responses={200: outputs.LookupAnswer},
)
unread = extend_schema(
    operation_id="getTotalUnreadMessageCount",
    summary="Get the unread totals of the list or of a filter",
    parameters=[*FRESHNESS, SEEN],
    responses={200: outputs.UnreadAnswer, 304: None},
)
changes = extend_schema(
    operation_id="getConversationChanges",
    summary="Get the changes since a version, oldest first",
    parameters=[VERSION],
    responses={200: outputs.ChangesAnswer},
)
conversation_events = extend_schema(
    operation_id="getConversationEvents",
    summary="Get what happened to a conversation besides messages, newest first; with a service key",
    responses={200: outputs.EventsAnswer},
)
events = extend_schema(
    operation_id="getEvents",
    summary="Stream changes (server-sent events)",
    parameters=[OWNER, *map(described, (parameters.SINCE, parameters.EXTRA, parameters.FORMAT))],
    auth=EITHER_CREDENTIAL,  # type: ignore[arg-type]  # as the document has it
    responses={(200, "text/event-stream"): str},
)
