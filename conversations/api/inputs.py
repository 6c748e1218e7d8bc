"""Request bodies: fields by wire name, `source` is the argument of the action."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from conversations.api.fields import (
    ChangedIDList,
    IDList,
    MarksField,
    ObjectList,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
)
from conversations.api.parsers import refuse_unknown_keys
from conversations.choices import ConversationType
from conversations.exceptions import InvalidParameter
from conversations.formats import conversation

MAX_IDS_IN_BODY = 1000
SCOPES = {"all": None, "c2c": ConversationType.C2C, "group": ConversationType.GROUP}
GROUP_NAME_HELP = f"1 to {conversation.GROUP_NAME_MAX_BYTES} bytes of UTF-8"


class JSONBody:
    """A JSON object or array; its keys are checked by the format that reads it."""

    @classmethod
    def read(cls, data: Any) -> Any:
        return data


class JSONObjectBody:
    """A JSON object; its keys are checked by the format that reads it."""

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """Return the object. Raises InvalidParameter for an array, which the parser takes as well."""
        if not isinstance(data, dict):
            raise InvalidParameter(_("The body must be a JSON object."), field="body")
        return data


class StrictSerializer(serializers.Serializer):
    """A JSON object that may hold the declared keys only."""

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """Return the values by the names of the action's arguments. Raises ValidationError, TooManyConversations."""
        serializer = cls(data=data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        refuse_unknown_keys(data, self.fields.keys())
        return super().to_internal_value(data)


class LookupInput(StrictSerializer):
    conversationIDList = IDList(source="conversation_ids", max_length=MAX_IDS_IN_BODY)


class DraftInput(StrictSerializer):
    draftText = StrictCharField(source="text", allow_null=True, help_text='"" or null cancels the draft')
    draftTimestamp = StrictIntegerField(
        source="timestamp_s", required=False, min_value=0, help_text="epoch seconds; now if absent"
    )


class ReceiveOptionInput(StrictSerializer):
    recvOpt = StrictIntegerField(source="option", help_text="0 to 4; one to one: 0 to 2")


class ReadInput(StrictSerializer):
    cleanTimestamp = StrictIntegerField(
        source="timestamp_s", required=False, min_value=0, help_text="one to one: epoch seconds; 0: all messages"
    )
    cleanSequence = StrictIntegerField(
        source="sequence", required=False, min_value=0, help_text="group: MsgSeq; 0: all messages"
    )


class ReadAllInput(StrictSerializer):
    scope = serializers.ChoiceField(tuple(SCOPES))

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return {"type_": SCOPES[super().to_internal_value(data)["scope"]]}


class ManyInput(StrictSerializer):
    conversationIDList = ChangedIDList(source="conversation_ids")


class MarkInput(ManyInput):
    markType = MarksField(
        source="marks", help_text="in decimal digits: 1 star, 2 unread, 4 fold, 8 hide, 1<<n with n between 32 and 63, or a sum"
    )
    enableMark = StrictBooleanField(source="enabled")


class CustomDataInput(ManyInput):
    customData = StrictCharField(source="text", help_text=f"at most {conversation.CUSTOM_DATA_MAX_BYTES} bytes of UTF-8")


class ReportInput(StrictSerializer):
    conversationList = ObjectList(source="objects", help_text="objects of the SDK")


class DeleteInput(ManyInput):
    clearMessage = StrictBooleanField(source="clear_messages", default=True, help_text="false keeps the messages")


class GroupInput(ManyInput):
    groupName = StrictCharField(source="name", help_text=GROUP_NAME_HELP)


class RenameInput(StrictSerializer):
    newName = StrictCharField(source="new_name", help_text=GROUP_NAME_HELP)
