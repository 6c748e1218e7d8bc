"""The OpenAPI document's words for the calls that change something; operation IDs are the SDK's method names."""

from drf_spectacular.utils import extend_schema

from conversations.api import outputs
from conversations.api.openapi.schema import FRESHNESS, READ_PROBLEMS, VERSION, WRITE_PROBLEMS, problems


def _one(operation_id: str, summary: str):
    """Describe a call on one conversation, which it answers with."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[VERSION],
        responses={200: outputs.ConversationObject, **WRITE_PROBLEMS, **problems(404)},
    )


def _many(operation_id: str, summary: str):
    """Describe a call on many conversations, which it answers with a result for each."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[VERSION],
        responses={200: outputs.ResultsAnswer, **WRITE_PROBLEMS},
    )


def _group(operation_id: str, summary: str, answer, *statuses: int):
    """Describe a call on one conversation group."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[VERSION],
        responses={200: answer, **WRITE_PROBLEMS, **problems(404, *statuses)},
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
    responses={204: None, **WRITE_PROBLEMS, **problems(404)},
)
read_all = extend_schema(
    operation_id="cleanAllUnreadMessageCount",
    summary="Mark all conversations as read, or all of one type",
    parameters=[VERSION],
    responses={200: outputs.ChangedAnswer, **WRITE_PROBLEMS},
)
mark = _many("markConversation", "Set or remove marks")
custom_data = _many("setConversationCustomData", "Set the app's custom data")
delete_many = _many("deleteConversationList", "Delete conversations")

report = extend_schema(
    operation_id="reportConversations",
    summary="Report what the app's SDK shows, to be merged into the list",
    description=(
        "Objects of the SDK as in its list, onNewConversation and onConversationChanged, in the classic dialect or the C API's "
        "(conv_id …). Read positions, last message and draft: the newest is kept. isPinned, recvOpt, markList, customData, "
        "conversationGroupList: the last report is kept. unreadCount: used if no messages are stored. An absent or null key "
        "changes nothing. A result names the parts of an object that were not accepted; the other parts are applied."
    ),
    parameters=[VERSION],
    responses={200: outputs.ResultsAnswer, **WRITE_PROBLEMS},
)

get_groups = extend_schema(
    operation_id="getConversationGroupList",
    summary="Get the user's conversation groups",
    parameters=FRESHNESS,
    responses={200: outputs.GroupListAnswer, 304: None, **READ_PROBLEMS},
)
create_group = _many("createConversationGroup", "Create a conversation group with members")
rename_group = _group("renameConversationGroup", "Rename a conversation group", outputs.GroupListAnswer, 409)
delete_group = _group("deleteConversationGroup", "Delete a conversation group; its conversations stay", outputs.GroupListAnswer)
add_to_group = _group("addConversationsToGroup", "Add conversations to a group", outputs.ResultsAnswer)
remove_from_group = _group("deleteConversationsFromGroup", "Remove conversations from a group", outputs.ResultsAnswer)
