#include "parsing.h"

#include <cstdlib>

namespace imsite {
namespace {

template <class Enum>
Enum EnumOf(const Json& json, const char* key) {
    return static_cast<Enum>(NumberOf(json, key));
}

int IntOf(const Json& json, const char* key) { return static_cast<int>(NumberOf(json, key)); }

double RealOf(const Json& json, const char* key) {
    const Json& value = ValueOf(json, key);
    return value.is_number() ? value.get<double>() : 0;
}

V2TIMBuffer BufferOf(const Json& json, const char* key) { return V2TIMBuffer(TextOf(json, key)); }

/// A list of what `parse` makes of each object under the key.
template <class T>
V2TIMVector<T> ListOf(const Json& json, const char* key, T (*parse)(const Json&)) {
    V2TIMVector<T> list;
    for (const Json& item : ValueOf(json, key)) {
        if (item.is_object()) {
            list.PushBack(parse(item));
        }
    }
    return list;
}

V2TIMImage ImageOf(const Json& json) {
    V2TIMImage image;
    image.uuid = TextOf(json, "uuid");
    image.type = EnumOf<V2TIMImageType>(json, "type");
    image.size = NumberOf(json, "size");
    image.width = static_cast<uint32_t>(NumberOf(json, "width"));
    image.height = static_cast<uint32_t>(NumberOf(json, "height"));
    image.url = TextOf(json, "url");
    return image;
}

V2TIMGroupMemberInfo MemberOf(const Json& json) {
    return {TextOf(json, "userID"), TextOf(json, "nickName"), TextOf(json, "nameCard"), TextOf(json, "friendRemark"),
            TextOf(json, "faceUrl")};
}

V2TIMGroupChangeInfo GroupChangeOf(const Json& json) {
    return {IntOf(json, "type"), TextOf(json, "key"), TextOf(json, "value"), FlagOf(json, "boolValue"), IntOf(json, "intValue")};
}

V2TIMGroupMemberChangeInfo MemberChangeOf(const Json& json) {
    return {TextOf(json, "userID"), static_cast<uint32_t>(NumberOf(json, "muteTime"))};
}

std::shared_ptr<V2TIMElem> TextElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMTextElem>();
    elem->text = TextOf(json, "text");
    return elem;
}

std::shared_ptr<V2TIMElem> CustomElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMCustomElem>();
    elem->data = BufferOf(json, "data");
    elem->desc = TextOf(json, "desc");
    elem->extension = TextOf(json, "extension");
    return elem;
}

std::shared_ptr<V2TIMElem> ImageElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMImageElem>();
    elem->path = TextOf(json, "path");
    elem->imageList = ListOf(json, "imageList", ImageOf);
    return elem;
}

std::shared_ptr<V2TIMElem> SoundElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMSoundElem>();
    elem->path = TextOf(json, "path");
    elem->uuid = TextOf(json, "UUID");
    elem->dataSize = NumberOf(json, "dataSize");
    elem->duration = IntOf(json, "duration");
    elem->url = TextOf(json, "url");
    return elem;
}

std::shared_ptr<V2TIMElem> VideoElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMVideoElem>();
    elem->videoPath = TextOf(json, "videoPath");
    elem->videoUUID = TextOf(json, "UUID");
    elem->videoSize = NumberOf(json, "videoSize");
    elem->duration = IntOf(json, "duration");
    elem->snapshotPath = TextOf(json, "snapshotPath");
    elem->snapshotUUID = TextOf(json, "snapshotUUID");
    elem->snapshotSize = NumberOf(json, "snapshotSize");
    elem->snapshotWidth = static_cast<uint32_t>(NumberOf(json, "snapshotWidth"));
    elem->snapshotHeight = static_cast<uint32_t>(NumberOf(json, "snapshotHeight"));
    elem->videoUrl = TextOf(json, "videoUrl");
    elem->snapshotUrl = TextOf(json, "snapshotUrl");
    return elem;
}

std::shared_ptr<V2TIMElem> FileElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMFileElem>();
    elem->path = TextOf(json, "path");
    elem->filename = TextOf(json, "fileName");
    elem->uuid = TextOf(json, "UUID");
    elem->fileSize = NumberOf(json, "fileSize");
    elem->url = TextOf(json, "url");
    return elem;
}

std::shared_ptr<V2TIMElem> LocationElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMLocationElem>();
    elem->desc = TextOf(json, "desc");
    elem->longitude = RealOf(json, "longitude");
    elem->latitude = RealOf(json, "latitude");
    return elem;
}

std::shared_ptr<V2TIMElem> FaceElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMFaceElem>();
    elem->index = static_cast<uint32_t>(NumberOf(json, "index"));
    elem->data = BufferOf(json, "data");
    return elem;
}

std::shared_ptr<V2TIMElem> GroupTipsElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMGroupTipsElem>();
    elem->groupID = TextOf(json, "groupID");
    elem->type = EnumOf<V2TIMGroupTipsType>(json, "type");
    elem->opMember = MemberOf(ValueOf(json, "opMember"));
    elem->memberList = ListOf(json, "memberList", MemberOf);
    elem->groupChangeInfoList = ListOf(json, "groupChangeInfoList", GroupChangeOf);
    elem->memberChangeInfoList = ListOf(json, "memberChangeInfoList", MemberChangeOf);
    elem->memberCount = static_cast<uint32_t>(NumberOf(json, "memberCount"));
    return elem;
}

std::shared_ptr<V2TIMElem> MergerElemOf(const Json& json) {
    auto elem = std::make_shared<V2TIMMergerElem>();
    elem->title = TextOf(json, "title");
    elem->abstractList = TextsOf(json, "abstractList");
    elem->layersOverLimit = FlagOf(json, "isLayersOverLimit");
    return elem;
}

struct ElemKind {
    V2TIMElemType type;
    const char* key;
    std::shared_ptr<V2TIMElem> (*parse)(const Json&);
};

const ElemKind ELEM_KINDS[] = {
    {V2TIM_ELEM_TYPE_TEXT, "textElem", TextElemOf},          {V2TIM_ELEM_TYPE_CUSTOM, "customElem", CustomElemOf},
    {V2TIM_ELEM_TYPE_IMAGE, "imageElem", ImageElemOf},       {V2TIM_ELEM_TYPE_SOUND, "soundElem", SoundElemOf},
    {V2TIM_ELEM_TYPE_VIDEO, "videoElem", VideoElemOf},       {V2TIM_ELEM_TYPE_FILE, "fileElem", FileElemOf},
    {V2TIM_ELEM_TYPE_LOCATION, "locationElem", LocationElemOf}, {V2TIM_ELEM_TYPE_FACE, "faceElem", FaceElemOf},
    {V2TIM_ELEM_TYPE_GROUP_TIPS, "groupTipsElem", GroupTipsElemOf}, {V2TIM_ELEM_TYPE_MERGER, "mergerElem", MergerElemOf},
};

/// The element of a message, and those that hang on it as nextElem, which may hold their parts themselves.
V2TIMElemVector ElementsOf(const Json& message) {
    V2TIMElemVector elements;
    const Json* holder = &message;
    while (holder->is_object()) {
        const Json* inside = holder == &message ? nullptr : holder;
        std::shared_ptr<V2TIMElem> elem;
        uint64_t type = NumberOf(*holder, "elemType");
        for (const ElemKind& kind : ELEM_KINDS) {
            if (type == static_cast<uint64_t>(kind.type)) {
                const Json& keyed = ValueOf(*holder, kind.key);
                inside = keyed.is_object() ? &keyed : inside;
                elem = inside ? kind.parse(*inside) : nullptr;
                if (elem) {
                    elem->elemType = kind.type;
                }
            }
        }
        if (!elem && (inside || type)) {
            elem = std::make_shared<V2TIMElem>();  // Of a kind that this client does not have.
            elem->elemType = static_cast<V2TIMElemType>(type);
        }
        if (elem) {
            elements.PushBack(elem);
        }
        if (!inside) {
            break;
        }
        holder = &ValueOf(*inside, "nextElem");
    }
    return elements;
}

std::shared_ptr<const V2TIMMessage> MessageOf(const Json& json) {
    auto message = std::make_shared<V2TIMMessage>();
    message->msgID = TextOf(json, "msgID");
    message->timestamp = static_cast<int64_t>(NumberOf(json, "timestamp"));
    message->sender = TextOf(json, "sender");
    message->nickName = TextOf(json, "nickName");
    message->friendRemark = TextOf(json, "friendRemark");
    message->nameCard = TextOf(json, "nameCard");
    message->faceURL = TextOf(json, "faceUrl");
    message->groupID = TextOf(json, "groupID");
    message->userID = TextOf(json, "userID");
    message->seq = NumberOf(json, "seq");
    message->random = NumberOf(json, "random");
    message->status = EnumOf<V2TIMMessageStatus>(json, "status");
    message->elemList = ElementsOf(json);
    message->localCustomData = BufferOf(json, "localCustomData");
    message->localCustomInt = IntOf(json, "localCustomInt");
    message->cloudCustomData = BufferOf(json, "cloudCustomData");
    message->isSelf = FlagOf(json, "isSelf");
    message->isRead = FlagOf(json, "isRead");
    message->isPeerRead = FlagOf(json, "isPeerRead");
    message->needReadReceipt = FlagOf(json, "needReadReceipt");
    message->hasRiskContent = FlagOf(json, "hasRiskContent");
    message->isBroadcastMessage = FlagOf(json, "isBroadcastMessage");
    message->supportMessageExtension = FlagOf(json, "isSupportMessageExtension");
    message->isExcludedFromUnreadCount = FlagOf(json, "isExcludedFromUnreadCount");
    message->isExcludedFromLastMessage = FlagOf(json, "isExcludedFromLastMessage");
    message->isExcludedFromContentModeration = FlagOf(json, "isExcludedFromContentModeration");
    message->priority = EnumOf<V2TIMMessagePriority>(json, "priority");
    message->groupAtUserList = TextsOf(json, "groupAtUserList");
    const Json& push = ValueOf(json, "offlinePushInfo");
    message->offlinePushInfo = {TextOf(push, "title"), TextOf(push, "desc"), FlagOf(push, "disablePush")};
    const Json& revoker = ValueOf(json, "revokerInfo");
    message->revokerInfo = {TextOf(revoker, "userID"), TextOf(revoker, "nickName"), TextOf(revoker, "faceUrl")};
    message->revokeReason = TextOf(json, "revokeReason");
    return message;
}

V2TIMGroupAtInfo AtInfoOf(const Json& json) { return {NumberOf(json, "seq"), EnumOf<V2TIMGroupAtType>(json, "atType")}; }

}  // namespace

const Json& ValueOf(const Json& json, const char* key) {
    static const Json null;
    if (!json.is_object()) {
        return null;
    }
    auto found = json.find(key);
    return found == json.end() ? null : *found;
}

std::string TextOf(const Json& json, const char* key) {
    const Json& value = ValueOf(json, key);
    return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

bool FlagOf(const Json& json, const char* key) {
    const Json& value = ValueOf(json, key);
    return value.is_boolean() && value.get<bool>();
}

uint64_t NumberOf(const Json& json, const char* key) {
    const Json& value = ValueOf(json, key);
    if (value.is_number()) {
        return value.get<uint64_t>();
    }
    return value.is_string() ? std::strtoull(value.get_ref<const std::string&>().c_str(), nullptr, 10) : 0;
}

V2TIMStringVector TextsOf(const Json& json, const char* key) {
    V2TIMStringVector texts;
    for (const Json& item : ValueOf(json, key)) {
        if (item.is_string()) {
            texts.PushBack(V2TIMString(item.get_ref<const std::string&>()));
        }
    }
    return texts;
}

V2TIMConversation ConversationOf(const Json& json) {
    V2TIMConversation conversation;
    conversation.type = EnumOf<V2TIMConversationType>(json, "type");
    conversation.conversationID = TextOf(json, "conversationID");
    conversation.userID = TextOf(json, "userID");
    conversation.groupID = TextOf(json, "groupID");
    conversation.groupType = TextOf(json, "groupType");
    conversation.showName = TextOf(json, "showName");
    conversation.faceUrl = TextOf(json, "faceUrl");
    conversation.unreadCount = IntOf(json, "unreadCount");
    conversation.recvOpt = EnumOf<V2TIMReceiveMessageOpt>(json, "recvOpt");
    const Json& message = ValueOf(json, "lastMessage");
    if (message.is_object()) {
        conversation.SetLastMessage(MessageOf(message));
    }
    conversation.groupAtInfolist = ListOf(json, "groupAtInfoList", AtInfoOf);
    conversation.draftText = TextOf(json, "draftText");
    conversation.draftTimestamp = NumberOf(json, "draftTimestamp");
    conversation.isPinned = FlagOf(json, "isPinned");
    conversation.orderKey = NumberOf(json, "orderkey");
    for (const Json& mark : ValueOf(json, "markList")) {
        if (mark.is_number()) {
            conversation.markList.PushBack(mark.get<uint64_t>());
        }
    }
    conversation.customData = BufferOf(json, "customData");
    conversation.conversationGroupList = TextsOf(json, "conversationGroupList");
    conversation.c2cReadTimestamp = NumberOf(json, "c2cReadTimestamp");
    conversation.groupReadSequence = NumberOf(json, "groupReadSequence");
    return conversation;
}

V2TIMConversationVector ConversationsOf(const Json& list) {
    V2TIMConversationVector conversations;
    for (const Json& item : list) {
        if (item.is_object()) {
            conversations.PushBack(ConversationOf(item));
        }
    }
    return conversations;
}

V2TIMConversationOperationResultVector ResultsOf(const Json& list) {
    V2TIMConversationOperationResultVector results;
    for (const Json& item : list) {
        if (item.is_object()) {
            results.PushBack({TextOf(item, "conversationID"), IntOf(item, "resultCode"), TextOf(item, "resultInfo")});
        }
    }
    return results;
}

}  // namespace imsite
