"""The OpenAPI document's summaries and answers of the calls that change something; operation IDs are the SDK's method names."""

from drf_spectacular.utils import extend_schema

from conversations.api import outputs
from conversations.api.openapi.schema import FRESHNESS, VERSION


def _one(operation_id: str, summary: str):
    """Describe a call on one conversation, which it answers with."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[VERSION],
        responses={200: outputs.V2TIMConversation},
    )


def _many(operation_id: str, summary: str):
    """Describe a call on many conversations, which it answers with a result for each."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[VERSION],
        responses={200: outputs.ResultsAnswer},
    )


def _group(operation_id: str, summary: str, answer):
    """Describe a call on one conversation group."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[VERSION],
        responses={200: answer},
    )


pin = _one("pinConversation", "Pin a conversation")
unpin = _one("unpinConversation", "Unpin a conversation")
draft = _one("setConversationDraft", "Set or cancel a draft, for all devices")
receive_option = _one("setReceiveMessageOpt", "Set the message receiving option (mute)")
read = _one("cleanConversationUnreadMessageCount", "Mark as read, up to a time or a sequence number")
clear = _one("clearHistoryMessage", "Clear a conversation's message history")
destroy = extend_schema(
    operation_id="deleteConversation",
    summary="Delete a conversation until a newer message arrives",
    parameters=[VERSION],
    responses={204: None},
)
read_all = extend_schema(
    operation_id="cleanAllUnreadMessageCount",
    summary="Mark all conversations as read, or all of one type",
    parameters=[VERSION],
    responses={200: outputs.ChangedAnswer},
)
mark = _many("markConversation", "Set or remove marks")
custom_data = _many("setConversationCustomData", "Set the app's custom data")
delete_many = _many("deleteConversationList", "Delete conversations")

report = extend_schema(
    operation_id="reportConversations",
    summary="Report what the app's SDK shows, to be merged into the list",
    parameters=[VERSION],
    responses={200: outputs.ResultsAnswer},
)

get_groups = extend_schema(
    operation_id="getConversationGroupList",
    summary="Get the user's conversation groups",
    parameters=FRESHNESS,
    responses={200: outputs.GroupListAnswer, 304: None},
)
create_group = _many("createConversationGroup", "Create a conversation group with members")
rename_group = _group("renameConversationGroup", "Rename a conversation group", outputs.GroupListAnswer)
delete_group = _group("deleteConversationGroup", "Delete a conversation group; its conversations stay", outputs.GroupListAnswer)
add_to_group = _group("addConversationsToGroup", "Add conversations to a group", outputs.ResultsAnswer)
remove_from_group = _group("deleteConversationsFromGroup", "Remove conversations from a group", outputs.ResultsAnswer)
