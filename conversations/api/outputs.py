"""Answers, for the OpenAPI document only: the API writes its JSON itself."""

from django.db.models import IntegerChoices
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from conversations.api.message_outputs import ShortField, V2TIMMessage
from conversations.choices import AtType, ChangedBy, ConversationType, Membership, ReceiveOption
from conversations.formats import conversation
from conversations.store.events import MESSAGE_KINDS


@extend_schema_field({"type": "number"})
class MarkField(serializers.Field):
    """A mark, a power of two: generated clients have no integer that holds 1<<63, but other numbers hold it exactly."""


def _choices(choices: type[IntegerChoices]) -> str:
    return ", ".join(f"{choice.value} {choice.label}" for choice in choices)


class V2TIMGroupAtInfo(serializers.Serializer):
    seq = serializers.CharField(help_text="sequence number of the mentioning message")
    atType = ShortField(help_text=_choices(AtType))


class Extra(serializers.Serializer):
    """What imsite adds with extra=true."""

    version = serializers.IntegerField(help_text="number of this conversation's latest change in the user's list")
    membership = serializers.ChoiceField(Membership.choices)


class V2TIMConversation(serializers.Serializer):
    """V2TIMConversation, in the classic dialect."""

    conversationID = serializers.CharField()
    type = ShortField(help_text=_choices(ConversationType))
    userID = serializers.CharField(allow_null=True, help_text="the peer; null for a group")
    groupID = serializers.CharField(allow_null=True, help_text="null for one to one")
    groupType = serializers.CharField(
        allow_null=True, help_text="Work, Public, Meeting, AVChatRoom or Community; null for one to one"
    )
    showName = serializers.CharField(allow_blank=True)
    faceUrl = serializers.CharField(allow_blank=True)
    recvOpt = ShortField(help_text=_choices(ReceiveOption))
    unreadCount = serializers.IntegerField()
    draftText = serializers.CharField(allow_blank=True)
    draftTimestamp = serializers.IntegerField(help_text="epoch seconds of the last edit")
    isPinned = serializers.BooleanField()
    orderkey = serializers.IntegerField(help_text="higher is nearer to the top; not a time")
    groupAtInfoList = V2TIMGroupAtInfo(many=True)
    customData = serializers.CharField(allow_blank=True, help_text=f"at most {conversation.CUSTOM_DATA_MAX_BYTES} bytes")
    c2cReadTimestamp = serializers.IntegerField(help_text="epoch seconds")
    groupReadSequence = serializers.IntegerField()
    markList = serializers.ListField(
        child=MarkField(),
        help_text="one whole number per mark, a power of two up to 1<<63, which no signed integer of 64 bits holds: as "
        "a number without a format, generated clients read it as a decimal or a double, which hold each power of two exactly",
    )
    conversationGroupList = serializers.ListField(child=serializers.CharField())
    lastMessage = V2TIMMessage(allow_null=True)
    imsite = Extra(required=False)


class V2TIMConversationOperationResult(serializers.Serializer):
    conversationID = serializers.CharField(allow_blank=True)
    resultCode = ShortField(help_text="0: success; 6004: no such conversation; 6017: invalid ID; 51008: group full")
    resultInfo = serializers.CharField()


class LookupAnswer(serializers.Serializer):
    conversationList = V2TIMConversation(many=True)
    unresolved = V2TIMConversationOperationResult(many=True)


class V2TIMConversationResult(serializers.Serializer):
    conversationList = V2TIMConversation(many=True)
    nextSeq = serializers.CharField(help_text='for the next page; "0" after the last page')
    isFinished = serializers.BooleanField()


class UnreadAnswer(serializers.Serializer):
    total = serializers.IntegerField(help_text="unread messages of conversations with recvOpt 0 or 4")
    muted = serializers.IntegerField(help_text="unread messages of conversations with recvOpt 1, 2 or 3")
    conversations = serializers.IntegerField(help_text="conversations with unread messages")
    mentions = serializers.IntegerField(help_text="conversations with @ entries")
    markedUnread = serializers.IntegerField(help_text="conversations with the unread mark")


class ResultsAnswer(serializers.Serializer):
    results = V2TIMConversationOperationResult(many=True, help_text="one per ID, in request order")


class ChangedAnswer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="number of conversations that changed")
    pending = serializers.IntegerField(help_text="number of peers to whom this is not shown yet; the server goes on")


class GroupListAnswer(serializers.Serializer):
    conversationGroupList = serializers.ListField(child=serializers.CharField())


class Change(serializers.Serializer):
    """A change, with the key of its kind: new and changed have the conversation."""

    kind = serializers.ChoiceField(("new", "changed", "deleted", "groups"))
    conversation = V2TIMConversation(required=False)
    conversationID = serializers.CharField(required=False, help_text="deleted")
    conversationGroupList = serializers.ListField(child=serializers.CharField(), required=False, help_text="groups")


class ChangesAnswer(serializers.Serializer):
    version = serializers.CharField(help_text="pass it as since in the next request")
    changes = Change(many=True)
    isFinished = serializers.BooleanField(help_text="false: there are more changes; ask again")
    resetRequired = serializers.BooleanField(help_text="true: discard the local list and start again from version")


class ConversationEvent(serializers.Serializer):
    """A change that is no message."""

    timeUs = serializers.IntegerField(help_text="epoch microseconds")
    version = serializers.IntegerField(help_text="the conversation's version after the change; 0: no client saw it")
    kind = serializers.ChoiceField([kind.value for kind in ChangedBy if kind not in MESSAGE_KINDS])
    changes = serializers.DictField(
        child=serializers.ListField(min_length=2, max_length=2),
        help_text="before and after, by field; null before for a new conversation",
    )
    actor = serializers.CharField(
        help_text="usersig, key:PREFIX, administrator:USER_ID, staff:NUMBER, webhook:NUMBER, webhook:FIRST-LAST of several "
        "that were applied together, command:NAME or system"
    )


class EventsAnswer(serializers.Serializer):
    eventList = ConversationEvent(many=True)
    nextSeq = serializers.CharField(allow_blank=True)
    isFinished = serializers.BooleanField()


class MessageResult(serializers.Serializer):
    index = ShortField(help_text="index in the request")
    status = serializers.ChoiceField(("applied", "duplicate", "refused"))
    resultCode = ShortField(help_text="0, or the error code")
    resultInfo = serializers.CharField(allow_blank=True)
    MsgKey = serializers.CharField(required=False, allow_null=True, help_text="one to one; null for an online-only message")
    MsgSeq = serializers.IntegerField(required=False, allow_null=True, help_text="group")
    MsgTime = serializers.IntegerField(required=False, allow_null=True, help_text="epoch seconds; not of an edit")
    EventTime = serializers.IntegerField(required=False, help_text="of an edit: epoch milliseconds")


class MessagesAnswer(serializers.Serializer):
    results = MessageResult(many=True)


class UpdateResult(serializers.Serializer):
    """`pending`: stored, but not yet shown in all conversations."""

    index = ShortField(help_text="index in the request")
    status = serializers.ChoiceField(("applied", "pending", "refused"))
    resultCode = ShortField(help_text="0, or the error code")
    resultInfo = serializers.CharField(allow_blank=True)
    GroupId = serializers.CharField(required=False, help_text="of an accepted group")
    To_Account = serializers.CharField(required=False, help_text="of an accepted user")


class UpdateResultsAnswer(serializers.Serializer):
    results = UpdateResult(many=True)


class UpdateAnswer(serializers.Serializer):
    status = serializers.ChoiceField(
        ("applied", "pending"), help_text="pending: stored, but not yet shown in all conversations"
    )


class MembersAnswer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="number of members added or removed")
