"""Answers, for the OpenAPI document only: the API writes its JSON itself."""

from rest_framework import serializers

from conversations.choices import AtType, ConversationType, GroupType, Membership, ReceiveOption
from conversations.formats import conversation


class GroupAtInfo(serializers.Serializer):
    seq = serializers.CharField(help_text="sequence number of the mentioning message")
    atType = serializers.ChoiceField(AtType.choices)


class Extra(serializers.Serializer):
    version = serializers.IntegerField(help_text="number of this conversation's latest change in the user's list")
    membership = serializers.ChoiceField(Membership.choices)


class ConversationObject(serializers.Serializer):
    """V2TIMConversation, in the classic dialect."""

    conversationID = serializers.CharField()
    type = serializers.ChoiceField(ConversationType.choices)
    userID = serializers.CharField(allow_null=True, help_text="the peer; null for a group")
    groupID = serializers.CharField(allow_null=True, help_text="null for one to one")
    groupType = serializers.ChoiceField(GroupType.choices, allow_null=True)
    showName = serializers.CharField(allow_blank=True)
    faceUrl = serializers.CharField(allow_blank=True)
    recvOpt = serializers.ChoiceField(ReceiveOption.choices)
    unreadCount = serializers.IntegerField()
    draftText = serializers.CharField(allow_blank=True)
    draftTimestamp = serializers.IntegerField(help_text="epoch seconds of the last edit")
    isPinned = serializers.BooleanField()
    orderkey = serializers.IntegerField(help_text="higher is nearer to the top; not a time")
    groupAtInfoList = GroupAtInfo(many=True)
    customData = serializers.CharField(allow_blank=True, help_text=f"at most {conversation.CUSTOM_DATA_MAX_BYTES} bytes")
    c2cReadTimestamp = serializers.IntegerField(help_text="epoch seconds")
    groupReadSequence = serializers.IntegerField()
    markList = serializers.ListField(child=serializers.IntegerField(), help_text="one number per mark")
    conversationGroupList = serializers.ListField(child=serializers.CharField())
    lastMessage = serializers.DictField(allow_null=True, help_text="V2TIMMessage, as received")
    imsite = Extra(required=False, help_text="only with extra=true")


class OperationResult(serializers.Serializer):
    conversationID = serializers.CharField(allow_blank=True)
    resultCode = serializers.IntegerField(
        help_text="0: success; 6004: no such conversation; 6017: invalid ID; 51008: group full"
    )
    resultInfo = serializers.CharField()


class LookupAnswer(serializers.Serializer):
    conversationList = ConversationObject(many=True)
    unresolved = OperationResult(many=True)


class PageAnswer(serializers.Serializer):
    conversationList = ConversationObject(many=True)
    nextSeq = serializers.CharField(help_text='for the next page; "0" after the last page')
    isFinished = serializers.BooleanField()


class UnreadAnswer(serializers.Serializer):
    total = serializers.IntegerField(help_text="unread messages of conversations with recvOpt 0 or 4")
    muted = serializers.IntegerField(help_text="unread messages of conversations with recvOpt 1, 2 or 3")
    conversations = serializers.IntegerField(help_text="conversations with unread messages")
    mentions = serializers.IntegerField(help_text="conversations with @ entries")
    markedUnread = serializers.IntegerField(help_text="conversations with the unread mark")


class ResultsAnswer(serializers.Serializer):
    results = OperationResult(many=True, help_text="one per ID, in request order")


class ChangedAnswer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="number of conversations that changed")


class GroupListAnswer(serializers.Serializer):
    conversationGroupList = serializers.ListField(child=serializers.CharField())


class Change(serializers.Serializer):
    """A change, with the key of its kind."""

    kind = serializers.ChoiceField(("new", "changed", "deleted", "groups"))
    conversation = ConversationObject(required=False, help_text="new, changed")
    conversationID = serializers.CharField(required=False, help_text="deleted")
    conversationGroupList = serializers.ListField(child=serializers.CharField(), required=False, help_text="groups")


class ChangesAnswer(serializers.Serializer):
    version = serializers.CharField(help_text="pass it as since in the next request")
    changes = Change(many=True)
    isFinished = serializers.BooleanField(help_text="false: there are more changes; ask again")
    resetRequired = serializers.BooleanField(help_text="true: discard the local list and start again from version")


class MessageResult(serializers.Serializer):
    index = serializers.IntegerField(help_text="index in the request")
    status = serializers.ChoiceField(("applied", "duplicate", "refused"))
    resultCode = serializers.IntegerField(help_text="0, or the error code")
    resultInfo = serializers.CharField(allow_blank=True)
    MsgKey = serializers.CharField(required=False, allow_null=True, help_text="one to one; null for an online-only message")
    MsgSeq = serializers.IntegerField(required=False, allow_null=True, help_text="group")
    MsgTime = serializers.IntegerField(required=False, allow_null=True, help_text="epoch seconds; not of an edit")
    EventTime = serializers.IntegerField(required=False, help_text="of an edit: epoch milliseconds")


class MessagesAnswer(serializers.Serializer):
    results = MessageResult(many=True)


class UpdateResult(serializers.Serializer):
    """`pending`: stored, but not yet shown in all conversations."""

    index = serializers.IntegerField(help_text="index in the request")
    status = serializers.ChoiceField(("applied", "pending", "refused"))
    resultCode = serializers.IntegerField(help_text="0, or the error code")
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


class EmptyAnswer(serializers.Serializer):
    """An empty object."""


class Problem(serializers.Serializer):
    """RFC 9457, with the SDK's onError(code, desc)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # no serializer of requests
        child=serializers.ListField(child=serializers.CharField())
    )
    requestId = serializers.CharField()
    code = serializers.IntegerField()
    desc = serializers.CharField()
