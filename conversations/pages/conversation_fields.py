"""One conversation, field by field: the SDK's name, its value, and what the value means."""

from typing import Any, NamedTuple

import orjson
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from conversations.choices import ConversationType, GroupType, ReceiveOption
from conversations.formats import conversation_json
from conversations.models import Conversation
from conversations.staff import presentation
from conversations.times import from_epoch_s

LAST_MESSAGE = "lastMessage"
WRITTEN = ("draftText", "customData")
HIDDEN = gettext_lazy("hidden: needs the permission to read texts")
TIMES = ("draftTimestamp", "c2cReadTimestamp")


class Field(NamedTuple):
    """A line of the table."""

    name: str
    value: str
    meaning: str


def json_of(conversation: Conversation, group_names: str) -> str:
    """The object as the API gives it. `group_names` is the owner's, JSON as stored."""
    bits = (conversation.marks, conversation.conversation_groups)
    return conversation_json.row_to_json(conversation.wire_head, conversation.last_message, *bits, group_names).decode()


def fields_of(conversation: Conversation, json_text: str, *, reads_text: bool) -> list[Field]:
    """All keys but the last message, in the SDK's order; what was written only for those who may read it."""
    values = orjson.loads(json_text)
    return [
        Field(name, "", HIDDEN)
        if name in WRITTEN and value and not reads_text
        else Field(name, orjson.dumps(value).decode(), _meaning(conversation, name, value))
        for name, value in values.items()
        if name != LAST_MESSAGE
    ]


def _meaning(conversation: Conversation, name: str, value: Any) -> str:
    """In words, where the value is a number or a code; "" where it speaks for itself."""
    if name == "type":
        return str(ConversationType(value).label)
    if name == "groupType":
        return str(GroupType(value).label) if value else ""
    if name == "recvOpt":
        return str(ReceiveOption(value).label)
    if name == "markList":
        return ", ".join(presentation.marks_in_words(conversation.marks))
    if name == "groupAtInfoList":
        return presentation.mention_in_words(conversation.group_at_info)
    if name in TIMES and value:
        return date_format(from_epoch_s(value), "Y-m-d H:i:s")
    return ""
