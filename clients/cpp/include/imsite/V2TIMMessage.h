#pragma once

#include <imsite/V2TIMCallback.h>

#include <memory>

namespace imsite {

/// A message from elsewhere may have other types.
enum V2TIMElemType : int {
    V2TIM_ELEM_TYPE_NONE = 0,
    V2TIM_ELEM_TYPE_TEXT = 1,
    V2TIM_ELEM_TYPE_CUSTOM = 2,
    V2TIM_ELEM_TYPE_IMAGE = 3,
    V2TIM_ELEM_TYPE_SOUND = 4,
    V2TIM_ELEM_TYPE_VIDEO = 5,
    V2TIM_ELEM_TYPE_FILE = 6,
    V2TIM_ELEM_TYPE_LOCATION = 7,
    V2TIM_ELEM_TYPE_FACE = 8,
    V2TIM_ELEM_TYPE_GROUP_TIPS = 9,
    V2TIM_ELEM_TYPE_MERGER = 10,
};

enum V2TIMMessageStatus {
    V2TIM_MSG_STATUS_SENDING = 1,
    V2TIM_MSG_STATUS_SEND_SUCC = 2,
    V2TIM_MSG_STATUS_SEND_FAIL = 3,
    V2TIM_MSG_STATUS_HAS_DELETED = 4,
    V2TIM_MSG_STATUS_LOCAL_IMPORTED = 5,
    V2TIM_MSG_STATUS_LOCAL_REVOKED = 6,
};

enum V2TIMMessagePriority {
    V2TIM_PRIORITY_DEFAULT = 0,
    V2TIM_PRIORITY_HIGH = 1,
    V2TIM_PRIORITY_NORMAL = 2,
    V2TIM_PRIORITY_LOW = 3,
};

enum V2TIMImageType {
    V2TIM_IMAGE_TYPE_ORIGIN = 0x01,
    V2TIM_IMAGE_TYPE_THUMB = 0x02,
    V2TIM_IMAGE_TYPE_LARGE = 0x04,
};

enum V2TIMGroupTipsType {
    V2TIM_GROUP_TIPS_TYPE_JOIN = 0x01,
    V2TIM_GROUP_TIPS_TYPE_INVITE = 0x02,
    V2TIM_GROUP_TIPS_TYPE_QUIT = 0x03,
    V2TIM_GROUP_TIPS_TYPE_KICKED = 0x04,
    V2TIM_GROUP_TIPS_TYPE_SET_ADMIN = 0x05,
    V2TIM_GROUP_TIPS_TYPE_CANCEL_ADMIN = 0x06,
    V2TIM_GROUP_TIPS_TYPE_GROUP_INFO_CHANGE = 0x07,
    V2TIM_GROUP_TIPS_TYPE_MEMBER_INFO_CHANGE = 0x08,
    V2TIM_GROUP_TIPS_TYPE_TOPIC_INFO_CHANGE = 0x09,
    V2TIM_GROUP_TIPS_TYPE_PINNED_MESSAGE_ADDED = 0x0A,
    V2TIM_GROUP_TIPS_TYPE_PINNED_MESSAGE_DELETED = 0x0B,
};

/// A part of a message; elemType says which subclass it is.
struct V2TIMElem {
    V2TIMElemType elemType = V2TIM_ELEM_TYPE_NONE;
    virtual ~V2TIMElem() = default;
};

struct V2TIMTextElem : V2TIMElem {
    V2TIMString text;
};

struct V2TIMCustomElem : V2TIMElem {
    V2TIMBuffer data;
    V2TIMString desc;
    V2TIMString extension;
};

struct V2TIMImage {
    V2TIMString uuid;
    V2TIMImageType type = V2TIM_IMAGE_TYPE_ORIGIN;
    uint64_t size = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    V2TIMString url;
};
using V2TIMImageVector = V2TIMVector<V2TIMImage>;

struct V2TIMImageElem : V2TIMElem {
    V2TIMString path;
    V2TIMImageVector imageList;
};

struct V2TIMSoundElem : V2TIMElem {
    V2TIMString path;
    V2TIMString uuid;
    uint64_t dataSize = 0;
    int duration = 0;  ///< seconds
    V2TIMString url;
    void GetUrl(V2TIMValueCallback<V2TIMString>* callback) const;
};

struct V2TIMVideoElem : V2TIMElem {
    V2TIMString videoPath;
    V2TIMString videoUUID;
    uint64_t videoSize = 0;
    int duration = 0;  ///< seconds
    V2TIMString snapshotPath;
    V2TIMString snapshotUUID;
    uint64_t snapshotSize = 0;
    uint32_t snapshotWidth = 0;
    uint32_t snapshotHeight = 0;
    V2TIMString videoUrl;
    V2TIMString snapshotUrl;
    void GetVideoUrl(V2TIMValueCallback<V2TIMString>* callback) const;
    void GetSnapshotUrl(V2TIMValueCallback<V2TIMString>* callback) const;
};

struct V2TIMFileElem : V2TIMElem {
    V2TIMString path;
    V2TIMString filename;
    V2TIMString uuid;
    uint64_t fileSize = 0;
    V2TIMString url;
    void GetUrl(V2TIMValueCallback<V2TIMString>* callback) const;
};

struct V2TIMLocationElem : V2TIMElem {
    V2TIMString desc;
    double longitude = 0;
    double latitude = 0;
};

struct V2TIMFaceElem : V2TIMElem {
    uint32_t index = 0;
    V2TIMBuffer data;
};

struct V2TIMGroupMemberInfo {
    V2TIMString userID;
    V2TIMString nickName;
    V2TIMString nameCard;
    V2TIMString friendRemark;
    V2TIMString faceURL;
};
using V2TIMGroupMemberInfoVector = V2TIMVector<V2TIMGroupMemberInfo>;

struct V2TIMGroupChangeInfo {
    int type = 0;
    V2TIMString key;
    V2TIMString value;
    bool boolValue = false;
    int intValue = 0;
};
using V2TIMGroupChangeInfoVector = V2TIMVector<V2TIMGroupChangeInfo>;

struct V2TIMGroupMemberChangeInfo {
    V2TIMString userID;
    uint32_t muteTime = 0;  ///< seconds
};
using V2TIMGroupMemberChangeInfoVector = V2TIMVector<V2TIMGroupMemberChangeInfo>;

struct V2TIMGroupTipsElem : V2TIMElem {
    V2TIMString groupID;
    V2TIMGroupTipsType type = V2TIM_GROUP_TIPS_TYPE_JOIN;
    V2TIMGroupMemberInfo opMember;
    V2TIMGroupMemberInfoVector memberList;
    V2TIMGroupChangeInfoVector groupChangeInfoList;
    V2TIMGroupMemberChangeInfoVector memberChangeInfoList;
    uint32_t memberCount = 0;
};

struct V2TIMMergerElem : V2TIMElem {
    V2TIMString title;
    V2TIMStringVector abstractList;
    bool layersOverLimit = false;
};

/// The elements of a message. Copies share them: they never change.
class V2TIMElemVector {
public:
    void PushBack(std::shared_ptr<V2TIMElem> element) { elements_.push_back(std::move(element)); }
    size_t Size() const { return elements_.size(); }
    bool Empty() const { return elements_.empty(); }
    V2TIMElem* operator[](size_t index) const { return elements_[index].get(); }

private:
    std::vector<std::shared_ptr<V2TIMElem>> elements_;
};

struct V2TIMOfflinePushInfo {
    V2TIMString title;
    V2TIMString desc;
    bool disablePush = false;
};

struct V2TIMUserFullInfo {
    V2TIMString userID;
    V2TIMString nickName;
    V2TIMString faceURL;
};

/// A conversation's last message.
struct V2TIMMessage {
    V2TIMString msgID;
    int64_t timestamp = 0;  ///< epoch seconds
    V2TIMString sender;
    V2TIMString nickName;
    V2TIMString friendRemark;
    V2TIMString nameCard;  ///< in groups
    V2TIMString faceURL;
    V2TIMString groupID;  ///< empty one to one
    V2TIMString userID;   ///< the peer, whoever sent the message; empty in groups
    uint64_t seq = 0;
    uint64_t random = 0;
    V2TIMMessageStatus status = V2TIM_MSG_STATUS_SEND_SUCC;
    V2TIMElemVector elemList;
    V2TIMBuffer localCustomData;
    int localCustomInt = 0;
    V2TIMBuffer cloudCustomData;
    bool isSelf = false;
    bool needReadReceipt = false;
    bool hasRiskContent = false;
    bool isBroadcastMessage = false;
    bool supportMessageExtension = false;
    bool isExcludedFromUnreadCount = false;
    bool isExcludedFromLastMessage = false;
    bool isExcludedFromContentModeration = false;
    V2TIMMessagePriority priority = V2TIM_PRIORITY_DEFAULT;
    V2TIMStringVector groupAtUserList;
    V2TIMOfflinePushInfo offlinePushInfo;
    V2TIMUserFullInfo revokerInfo;  ///< the user who recalled the message, where known
    V2TIMString revokeReason;

    bool IsRead() const { return isRead; }
    bool IsPeerRead() const { return isPeerRead; }

    bool isRead = false;
    bool isPeerRead = false;
};

}  // namespace imsite
