"""Messages in answers, for the OpenAPI document only. Elements have the keys of Tencent's classic V2TIMMessage."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from conversations.choices import ElemType


@extend_schema_field({"type": "integer", "format": "int32"})
class ShortField(serializers.IntegerField):
    """A code, a choice or an index. Other integers get the format int64 from the document's hook.

    Choices are no enum here: of integer enums, generated clients make types that can't be used.
    """


class OpenSerializer(serializers.Serializer):
    """An object that may hold more keys: a message is stored as it was received."""

    def get_fields(self):
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class Text(serializers.CharField):
    """A text that may be absent or empty."""

    def __init__(self, **kwargs):
        super().__init__(required=False, allow_blank=True, **kwargs)


class V2TIMTextElem(OpenSerializer):
    text = Text()


class V2TIMCustomElem(OpenSerializer):
    data = Text()  # type: ignore[assignment]  # declared fields are removed from the class
    desc = Text()
    extension = Text()


class V2TIMImage(OpenSerializer):
    type = ShortField(help_text="1 original, 2 thumbnail, 4 large")
    uuid = Text(allow_null=True)
    size = serializers.IntegerField(help_text="bytes")
    width = ShortField()
    height = ShortField()
    url = Text()


class V2TIMImageElem(OpenSerializer):
    path = Text()
    imageList = V2TIMImage(many=True)


class V2TIMSoundElem(OpenSerializer):
    path = Text()
    UUID = Text()
    dataSize = serializers.IntegerField(help_text="bytes")
    duration = ShortField(help_text="seconds")
    url = Text()


class V2TIMVideoElem(OpenSerializer):
    videoPath = Text()
    UUID = Text()
    videoSize = serializers.IntegerField(help_text="bytes")
    duration = ShortField(help_text="seconds")
    videoUrl = Text()
    snapshotPath = Text()
    snapshotUUID = Text()
    snapshotSize = serializers.IntegerField(help_text="bytes")
    snapshotWidth = ShortField()
    snapshotHeight = ShortField()
    snapshotUrl = Text()


class V2TIMFileElem(OpenSerializer):
    path = Text()
    fileName = Text()
    UUID = Text()
    fileSize = serializers.IntegerField(help_text="bytes")
    url = Text()


class V2TIMLocationElem(OpenSerializer):
    desc = Text()
    longitude = serializers.FloatField()
    latitude = serializers.FloatField()


class V2TIMFaceElem(OpenSerializer):
    index = ShortField()
    data = Text(allow_null=True)  # type: ignore[assignment]  # declared fields are removed from the class


class V2TIMGroupMemberInfo(OpenSerializer):
    userID = Text()
    nickName = Text()
    nameCard = Text()
    friendRemark = Text()
    faceUrl = Text()


class V2TIMGroupTipsElem(OpenSerializer):
    groupID = Text()
    type = ShortField()
    opMember = V2TIMGroupMemberInfo()
    memberList = V2TIMGroupMemberInfo(many=True)
    memberCount = ShortField()


class V2TIMMergerElem(OpenSerializer):
    title = Text()
    abstractList = serializers.ListField(child=serializers.CharField())
    isLayersOverLimit = serializers.BooleanField()


class V2TIMMessage(OpenSerializer):
    """A message as it was received: the keys that it came with, of which these are common, and the element of its elemType.

    Each further element is the key nextElem of the one before, with an elemType of its own.
    """

    msgID = Text()
    timestamp = serializers.IntegerField(help_text="epoch seconds")
    sender = Text()
    nickName = Text(allow_null=True)
    friendRemark = Text(allow_null=True)
    nameCard = Text(allow_null=True)
    faceUrl = Text(allow_null=True)
    userID = Text(allow_null=True)
    groupID = Text(allow_null=True)
    status = ShortField()
    isSelf = serializers.BooleanField()
    seq = Text()
    random = serializers.IntegerField()
    cloudCustomData = Text(allow_null=True)
    elemType = ShortField(help_text=", ".join(f"{type_.value} {type_.label}" for type_ in ElemType))
    textElem = V2TIMTextElem()
    customElem = V2TIMCustomElem()
    imageElem = V2TIMImageElem()
    soundElem = V2TIMSoundElem()
    videoElem = V2TIMVideoElem()
    fileElem = V2TIMFileElem()
    locationElem = V2TIMLocationElem()
    faceElem = V2TIMFaceElem()
    groupTipsElem = V2TIMGroupTipsElem()
    mergerElem = V2TIMMergerElem()
