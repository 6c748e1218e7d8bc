"""What requests bring and answers hold, by the SDK's names."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from conversations import wire
from conversations.choices import AtType, ConversationType, GroupType, Membership, ReceiveOption

MAX_IDS_IN_BODY = 1000
UNKNOWN_KEYS_NAMED = 10


class StrictSerializer(serializers.Serializer):
    """Input that refuses keys it does not know, so that a typo is never taken for nothing."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if unknown := data.keys() - self.fields.keys():
            raise serializers.ValidationError({name: [_("Unknown key.")] for name in sorted(unknown)[:UNKNOWN_KEYS_NAMED]})
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


class LookupInput(StrictSerializer):
    conversationIDList = IDList(most=MAX_IDS_IN_BODY)


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
    draftTimestamp = serializers.IntegerField(help_text="epoch seconds, 0 without a draft")
    isPinned = serializers.BooleanField()
    orderkey = serializers.IntegerField(help_text="larger is higher in the list; not a time")
    groupAtInfoList = GroupAtInfo(many=True)
    customData = serializers.CharField(allow_blank=True, help_text=f"at most {wire.CUSTOM_DATA_MAX_BYTES} bytes")
    c2cReadTimestamp = serializers.IntegerField(help_text="epoch seconds")
    groupReadSequence = serializers.IntegerField()
    markList = serializers.ListField(child=serializers.IntegerField(), help_text="one number for each mark")
    conversationGroupList = serializers.ListField(child=serializers.CharField())
    lastMessage = serializers.DictField(allow_null=True, help_text="V2TIMMessage, as it came")
    imsite = Extra(required=False, help_text="with extra=true only")


class OperationResult(serializers.Serializer):
    conversationID = serializers.CharField(allow_blank=True)
    resultCode = serializers.IntegerField(help_text="6004: none; 6017: malformed")
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
