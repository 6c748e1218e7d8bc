"""The OpenAPI document's words for the calls that change something; operation IDs are the SDK's method names."""

from drf_spectacular.utils import OpenApiParameter, extend_schema

from conversations.api import serializers
from conversations.api.openapi.reads import EXTRA, FRESHNESS, ID, OWNER, READ_PROBLEMS, flag_parameter, parameter, problems

BY_ID = parameter("id", "the conversationID, when the path has -", {"type": "string"})
NAME = OpenApiParameter(
    "name",
    {"type": "string"},
    OpenApiParameter.PATH,
    description="the group's name, percent-encoded; - for one that holds /, named by ?name=",
)
BY_NAME = parameter("name", "the group's name, when the path has -", {"type": "string"})
VERSION = FRESHNESS[:1]
WRITE_PROBLEMS = READ_PROBLEMS | problems(413, 415)


def _one(operation_id: str, summary: str, request=None):
    """A call on one conversation, which it answers with."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[ID, BY_ID, OWNER, EXTRA, *VERSION],
        request=request,
        responses={200: serializers.ConversationObject, **WRITE_PROBLEMS, **problems(404)},
    )


def _many(operation_id: str, summary: str, request):
    """A call on many conversations, which it answers with a result for each."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[OWNER, *VERSION],
        request=request,
        responses={200: serializers.ResultsAnswer, **WRITE_PROBLEMS},
    )


def _group(operation_id: str, summary: str, request, answer, *statuses: int):
    """A call on one conversation group."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=[NAME, BY_NAME, OWNER, *VERSION],
        request=request,
        responses={200: answer, **WRITE_PROBLEMS, **problems(404, *statuses)},
    )


pin = _one("pinConversation", "Keep a conversation at the top")
unpin = _one("unpinConversation", "Let a conversation go from the top")
draft = _one("setConversationDraft", "Keep a draft on all devices", serializers.DraftInput)
receive_option = _one("setReceiveMessageOpt", "How new messages are announced", serializers.ReceiveOptionInput)
read = _one("cleanConversationUnreadMessageCount", "Read up to a time or a sequence", serializers.ReadInput)
clear = _one("clearHistoryMessage", "Let the messages go; the conversation stays")
destroy = extend_schema(
    operation_id="deleteConversation",
    summary="Take a conversation off the list until a newer message comes",
    parameters=[ID, BY_ID, OWNER, flag_parameter("clearMessage", "false keeps the messages; true if absent"), *VERSION],
    request=None,
    responses={204: None, **WRITE_PROBLEMS, **problems(404)},
)
read_all = extend_schema(
    operation_id="cleanAllUnreadMessageCount",
    summary="Read everything, or all of one type",
    parameters=[OWNER, *VERSION],
    request=serializers.ReadAllInput,
    responses={200: serializers.ChangedAnswer, **WRITE_PROBLEMS},
)
mark = _many("markConversation", "Set or take away marks", serializers.MarkInput)
custom_data = _many("setConversationCustomData", "Keep the app's own data", serializers.CustomDataInput)
delete_many = _many("deleteConversationList", "Take conversations off the list", serializers.DeleteInput)

report = extend_schema(
    operation_id="reportConversations",
    summary="What the app's SDK shows, merged into the list",
    description=(
        "Objects as the SDK gives them in its list, onNewConversation and onConversationChanged, in the classic dialect or the "
        "C API's (conv_id …). Read positions, last message and draft: the newest stands. isPinned, recvOpt, markList, "
        "customData, conversationGroupList: as told last. unreadCount: where no messages are stored. A key that is absent or "
        "null changes nothing. A result names what could not be taken of an object; the rest of it is taken."
    ),
    parameters=[OWNER, *VERSION],
    request=serializers.ReportInput,
    responses={200: serializers.ResultsAnswer, **WRITE_PROBLEMS},
)

get_groups = extend_schema(
    operation_id="getConversationGroupList",
    summary="The owner's conversation groups",
    parameters=[OWNER, *FRESHNESS],
    responses={200: serializers.GroupListAnswer, 304: None, **READ_PROBLEMS},
)
create_group = _many("createConversationGroup", "A new group with members", serializers.GroupInput)
rename_group = _group(
    "renameConversationGroup", "Another name for a group", serializers.RenameInput, serializers.GroupListAnswer, 409
)
delete_group = _group("deleteConversationGroup", "Delete a group; its conversations stay", None, serializers.GroupListAnswer)
add_to_group = _group(
    "addConversationsToGroup", "Put conversations into a group", serializers.ManyInput, serializers.ResultsAnswer
)
remove_from_group = _group(
    "deleteConversationsFromGroup", "Take conversations out of a group", serializers.ManyInput, serializers.ResultsAnswer
)
