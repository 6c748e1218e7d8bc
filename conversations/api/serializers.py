"""What requests bring and answers hold, by the SDK's names."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from conversations.choices import AtType, ConversationType, GroupType, Membership, ReceiveOption
from conversations.digits import parse_digits
from conversations.exceptions import EMPTY_NAME, TooManyConversations
from conversations.formats import conversation as formats_conversation

MAX_IDS_IN_BODY, MAX_IDS_TO_CHANGE = 1000, 100
MARKS_MAX_DIGITS = 20
UNKNOWN_KEYS_NAMED, UNKNOWN_KEY_LENGTH = 10, 100


class StrictSerializer(serializers.Serializer):
    """Input that refuses keys it does not know, so that a typo is never taken for nothing."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if unknown := data.keys() - self.fields.keys():
            named = (name[:UNKNOWN_KEY_LENGTH] or EMPTY_NAME for name in sorted(unknown)[:UNKNOWN_KEYS_NAMED])
            raise serializers.ValidationError({name: [_("Unknown key.")] for name in named})
        return super().to_internal_value(data)


class IDList(serializers.ListField):
    """IDs exactly as they came; whether each is one is checked elsewhere.

    The length is checked before the elements, and the first wrong one is enough: a body may hold millions.
    """

    default_error_messages = {"count": _("Give %(least)d to %(most)d IDs."), "not_text": _("Each ID must be text.")}

    def __init__(self, *, least: int = 1, most: int):
        super().__init__(child=serializers.CharField(), min_length=least, max_length=most)

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not self.min_length <= len(data) <= self.max_length:
            counts = {"least": self.min_length, "most": self.max_length}
            raise serializers.ValidationError(self.error_messages["count"] % counts, code="count")
        if not all(isinstance(one, str) for one in data):
            self.fail("not_text")
        return data


def _check_number_to_change(items: Any, field_name: str) -> None:
    """A call that changes conversations has limits with a code of their own."""
    if isinstance(items, list) and not 1 <= len(items) <= MAX_IDS_TO_CHANGE:
        text = _("Give %(least)d to %(most)d conversations.") % {"least": 1, "most": MAX_IDS_TO_CHANGE}
        raise TooManyConversations(text, field=field_name)


class ChangedIDList(IDList):
    """Of a call that changes conversations."""

    def __init__(self):
        super().__init__(most=MAX_IDS_TO_CHANGE)

    def to_internal_value(self, data: Any) -> list[str]:
        _check_number_to_change(data, self.field_name)
        return super().to_internal_value(data)


class ObjectList(serializers.ListField):
    """Conversations as an SDK gives them; each is checked by itself, elsewhere."""

    def __init__(self, **kwargs):
        super().__init__(child=serializers.DictField(), min_length=1, max_length=MAX_IDS_TO_CHANGE, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        _check_number_to_change(data, self.field_name)
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        return data


class StrictCharField(serializers.CharField):
    """Text exactly as it came; DRF's own field would take a number and trim blanks."""

    def __init__(self, **kwargs):
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if type(data) is not str:
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A number; DRF's own field would take its text, and a number with a decimal point."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """true or false; DRF's own field would take 1, "yes" and more."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]{1,20}$"}]})
class MarksField(serializers.Field):
    """Mark bits: a number, or its decimal text for clients that count up to 2^53 only."""

    default_error_messages = {"invalid": _("Give a whole number, or one as text.")}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is int:
            return data
        marks = parse_digits(data, at_most=MARKS_MAX_DIGITS) if type(data) is str else None
        if marks is None:
            self.fail("invalid")
        return marks


# ---- Bodies: fields by wire name, `source` is the parameter of the action ------------------------


class LookupInput(StrictSerializer):
    conversationIDList = IDList(most=MAX_IDS_IN_BODY)


class EmptyInput(StrictSerializer):
    """Nothing, or an empty object."""


class DraftInput(StrictSerializer):
    draftText = StrictCharField(source="text", allow_null=True, help_text='"" or null cancels')
    draftTimestamp = StrictIntegerField(
        source="timestamp_s", required=False, min_value=0, help_text="epoch seconds; now if absent"
    )


class ReceiveOptionInput(StrictSerializer):
    recvOpt = StrictIntegerField(source="option", help_text="0 to 4; one to one 0 to 2")


class ReadInput(StrictSerializer):
    cleanTimestamp = StrictIntegerField(
        source="timestamp_s", required=False, min_value=0, help_text="one to one: epoch seconds; 0: all that is known"
    )
    cleanSequence = StrictIntegerField(
        source="sequence", required=False, min_value=0, help_text="group: MsgSeq; 0: all that is known"
    )


class ReadAllInput(StrictSerializer):
    scope = serializers.ChoiceField(("all", "c2c", "group"))


class ManyInput(StrictSerializer):
    conversationIDList = ChangedIDList()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        return values | {"conversation_ids": values.pop("conversationIDList")}


class MarkInput(ManyInput):
    markType = MarksField(source="marks", help_text="1 star, 2 unread, 4 fold, 8 hide, 1<<n with n from 32 to 63, or a sum")
    enableMark = StrictBooleanField(source="enabled")


class CustomDataInput(ManyInput):
    customData = StrictCharField(
        source="text", help_text=f"at most {formats_conversation.CUSTOM_DATA_MAX_BYTES} bytes of UTF-8"
    )


class ReportInput(StrictSerializer):
    conversationList = ObjectList(source="objects", help_text="as the SDK gives them")


class DeleteInput(ManyInput):
    clearMessage = StrictBooleanField(source="clear_messages", default=True, help_text="false keeps the messages")


class GroupInput(ManyInput):
    groupName = StrictCharField(source="name", help_text=f"1 to {formats_conversation.GROUP_NAME_MAX_BYTES} bytes of UTF-8")


class RenameInput(StrictSerializer):
    newName = StrictCharField(source="new_name", help_text=f"1 to {formats_conversation.GROUP_NAME_MAX_BYTES} bytes of UTF-8")


# ---- For the OpenAPI document: the hot reads write their JSON themselves -------------------------


class GroupAtInfo(serializers.Serializer):
    seq = serializers.CharField(help_text="sequence number of the message that mentions, as text")
    atType = serializers.ChoiceField(AtType.choices)


class Extra(serializers.Serializer):
    version = serializers.IntegerField(help_text="the owner's number of this row's newest change")
    membership = serializers.ChoiceField(Membership.choices)


class ConversationObject(serializers.Serializer):
    """V2TIMConversation, in the classic dialect."""

    conversationID = serializers.CharField()
    type = serializers.ChoiceField(ConversationType.choices)
    userID = serializers.CharField(allow_null=True, help_text="peer; null for a group")
    groupID = serializers.CharField(allow_null=True, help_text="null for one to one")
    groupType = serializers.ChoiceField(GroupType.choices, allow_null=True)
    showName = serializers.CharField(allow_blank=True)
    faceUrl = serializers.CharField(allow_blank=True)
    recvOpt = serializers.ChoiceField(ReceiveOption.choices)
    unreadCount = serializers.IntegerField()
    draftText = serializers.CharField(allow_blank=True)
    draftTimestamp = serializers.IntegerField(help_text="epoch seconds of the last edit")
    isPinned = serializers.BooleanField()
    orderkey = serializers.IntegerField(help_text="larger is higher in the list; not a time")
    groupAtInfoList = GroupAtInfo(many=True)
    customData = serializers.CharField(
        allow_blank=True, help_text=f"at most {formats_conversation.CUSTOM_DATA_MAX_BYTES} bytes"
    )
    c2cReadTimestamp = serializers.IntegerField(help_text="epoch seconds")
    groupReadSequence = serializers.IntegerField()
    markList = serializers.ListField(child=serializers.IntegerField(), help_text="one number for each mark")
    conversationGroupList = serializers.ListField(child=serializers.CharField())
    lastMessage = serializers.DictField(allow_null=True, help_text="V2TIMMessage, as it came")
    imsite = Extra(required=False, help_text="with extra=true only")


class OperationResult(serializers.Serializer):
    conversationID = serializers.CharField(allow_blank=True)
    resultCode = serializers.IntegerField(help_text="0: done; 6004: none; 6017: malformed; 51008: group full")
    resultInfo = serializers.CharField()


class LookupAnswer(serializers.Serializer):
    conversationList = ConversationObject(many=True)
    unresolved = OperationResult(many=True)


@extend_schema_serializer(many=False)  # the action is called list, its answer is none
class PageAnswer(serializers.Serializer):
    conversationList = ConversationObject(many=True)
    nextSeq = serializers.CharField(help_text='for the next page; "0" after the last')
    isFinished = serializers.BooleanField()


class UnreadAnswer(serializers.Serializer):
    total = serializers.IntegerField(help_text="unread of conversations with recvOpt 0 or 4")
    muted = serializers.IntegerField(help_text="unread of conversations with recvOpt 1, 2 or 3")
    conversations = serializers.IntegerField(help_text="conversations with unread")
    mentions = serializers.IntegerField(help_text="conversations with @ entries")
    markedUnread = serializers.IntegerField(help_text="conversations with the unread mark")


class ResultsAnswer(serializers.Serializer):
    results = OperationResult(many=True, help_text="one for each ID, in the order asked")


class ChangedAnswer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="how many conversations changed")


@extend_schema_serializer(many=False)
class GroupListAnswer(serializers.Serializer):
    conversationGroupList = serializers.ListField(child=serializers.CharField())


class Change(serializers.Serializer):
    """With the one key that its kind has."""

    kind = serializers.ChoiceField(("new", "changed", "deleted", "groups"))
    conversation = ConversationObject(required=False, help_text="new, changed")
    conversationID = serializers.CharField(required=False, help_text="deleted")
    conversationGroupList = serializers.ListField(child=serializers.CharField(), required=False, help_text="groups")


class ChangesAnswer(serializers.Serializer):
    version = serializers.CharField(help_text="since of the next request")
    changes = Change(many=True)
    isFinished = serializers.BooleanField(help_text="false: ask again at once")
    resetRequired = serializers.BooleanField(help_text="true: forget the list and go on from version")


class MessageResult(serializers.Serializer):
    index = serializers.IntegerField(help_text="place in the request")
    status = serializers.ChoiceField(("applied", "duplicate", "refused"))
    resultCode = serializers.IntegerField(help_text="0, or why it was refused")
    resultInfo = serializers.CharField(allow_blank=True)
    MsgKey = serializers.CharField(required=False, allow_null=True, help_text="one to one; null for online only")
    MsgSeq = serializers.IntegerField(required=False, allow_null=True, help_text="group")
    MsgTime = serializers.IntegerField(required=False, allow_null=True, help_text="epoch seconds")


class MessagesAnswer(serializers.Serializer):
    results = MessageResult(many=True)


class ToldResult(serializers.Serializer):
    """`pending`: kept, and on its way to some of the rows that show it."""

    index = serializers.IntegerField(help_text="place in the request")
    status = serializers.ChoiceField(("applied", "pending", "refused"))
    resultCode = serializers.IntegerField(help_text="0, or why it was refused")
    resultInfo = serializers.CharField(allow_blank=True)
    GroupId = serializers.CharField(required=False, help_text="of a group that was taken")
    To_Account = serializers.CharField(required=False, help_text="of a user who was taken")


class ToldAnswer(serializers.Serializer):
    results = ToldResult(many=True)


class PutAnswer(serializers.Serializer):
    status = serializers.ChoiceField(("applied", "pending"), help_text="pending: on its way to some of the rows that show it")


class MembersAnswer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="how many came or went")


class Problem(serializers.Serializer):
    """RFC 9457, with the face of the SDK's onError(code, desc)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    requestId = serializers.CharField()
    code = serializers.IntegerField()
    desc = serializers.CharField()
