"""One conversation field by field: the SDK's name, the value, and its meaning."""

from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext_lazy

from conversations.choices import ConversationType, GroupType, ReceiveOption
from conversations.exceptions import Text
from conversations.formats import conversation_json
from conversations.models import Conversation
from conversations.staff import presentation
from conversations.times import from_epoch_s
from conversations.unread.plain_text import time_text

LAST_MESSAGE = "lastMessage"
TEXTS = ("draftText", "customData")
HIDDEN = gettext_lazy("Hidden: requires the permission to read message texts")
TIMES = ("draftTimestamp", "c2cReadTimestamp")


class Field(NamedTuple):
    """A row of the table."""

    name: str
    value: str
    meaning: Text


def json_of(conversation: Conversation, group_names: str) -> str:
    """Return the conversation as the API does. `group_names` is the owner's, JSON as stored."""
    bits = (conversation.marks, conversation.conversation_groups)
    return conversation_json.row_to_json(conversation.wire_head, conversation.last_message, *bits, group_names).decode()


def fields_of(conversation: Conversation, json_text: str, *, reads_text: bool) -> list[Field]:
    """Return all keys but the last message, in the SDK's order; texts are hidden unless `reads_text`."""
    values = orjson.loads(json_text)
    return [
        Field(name, "", HIDDEN)
        if name in TEXTS and value and not reads_text
        else Field(name, orjson.dumps(value).decode(), _meaning(conversation, name, value))
        for name, value in values.items()
        if name != LAST_MESSAGE
    ]


def _meaning(conversation: Conversation, name: str, value: Any) -> str:
    """Return a number or code as text; "" for a value that needs no explanation."""
    if name == "type":
        return str(ConversationType(value).label)
    if name == "groupType":
        return str(GroupType(value).label) if value else ""
    if name == "recvOpt":
        return str(ReceiveOption(value).label)
    if name == "markList":
        return ", ".join(presentation.marks_display(conversation.marks))
    if name == "groupAtInfoList":
        return presentation.mention_display(conversation.group_at_info)
    if name in TIMES and value:
        return time_text(from_epoch_s(value))
    return ""
