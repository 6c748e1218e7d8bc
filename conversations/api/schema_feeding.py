"""The OpenAPI document's words for the calls that feed."""

from drf_spectacular.utils import OpenApiExample, extend_schema

from conversations.api import serializers
from conversations.api.schema import READ_PROBLEMS, problems

FEED_PROBLEMS = READ_PROBLEMS | problems(413, 415)
TEXT = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]
# One of the vendor's bodies, or a list of them: their many keys are the vendor's to document.
BODY = {"application/json": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 500}]}}

messages = extend_schema(
    operation_id="sendMessages",
    summary="Messages in the form of the vendor's send and import calls, one or a list",
    request=BODY,
    responses={200: serializers.MessagesAnswer, **FEED_PROBLEMS},
    examples=[
        OpenApiExample(
            "one to one",
            {"From_Account": "alice", "To_Account": "bob", "MsgSeq": 1, "MsgRandom": 7, "MsgBody": TEXT},
            request_only=True,
        ),
        OpenApiExample("group", {"GroupId": "team", "From_Account": "alice", "Random": 8, "MsgBody": TEXT}, request_only=True),
    ],
)
recall = extend_schema(
    operation_id="recallMessage",
    summary="Take back a one-to-one message by its MsgKey, or messages of a group by MsgSeq",
    request={"application/json": {"type": "object"}},
    responses={200: serializers.NoInput, **FEED_PROBLEMS},
)
