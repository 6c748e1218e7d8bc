#import <ImsiteClient/IMSDefines.h>

NS_ASSUME_NONNULL_BEGIN

/// A message from elsewhere may have other types.
typedef NS_ENUM(NSInteger, IMSElemType) {
    IMS_ELEM_TYPE_NONE = 0,
    IMS_ELEM_TYPE_TEXT = 1,
    IMS_ELEM_TYPE_CUSTOM = 2,
    IMS_ELEM_TYPE_IMAGE = 3,
    IMS_ELEM_TYPE_SOUND = 4,
    IMS_ELEM_TYPE_VIDEO = 5,
    IMS_ELEM_TYPE_FILE = 6,
    IMS_ELEM_TYPE_LOCATION = 7,
    IMS_ELEM_TYPE_FACE = 8,
    IMS_ELEM_TYPE_GROUP_TIPS = 9,
    IMS_ELEM_TYPE_MERGER = 10,
} IMS_SWIFT_NAME(V2TIMElemType);

typedef NS_ENUM(NSInteger, IMSMessageStatus) {
    IMS_MSG_STATUS_SENDING = 1,
    IMS_MSG_STATUS_SEND_SUCC = 2,
    IMS_MSG_STATUS_SEND_FAIL = 3,
    IMS_MSG_STATUS_HAS_DELETED = 4,
    IMS_MSG_STATUS_LOCAL_IMPORTED = 5,
    IMS_MSG_STATUS_LOCAL_REVOKED = 6,
} IMS_SWIFT_NAME(V2TIMMessageStatus);

typedef NS_ENUM(NSInteger, IMSMessagePriority) {
    IMS_PRIORITY_DEFAULT = 0,
    IMS_PRIORITY_HIGH = 1,
    IMS_PRIORITY_NORMAL = 2,
    IMS_PRIORITY_LOW = 3,
} IMS_SWIFT_NAME(V2TIMMessagePriority);

typedef NS_ENUM(NSInteger, IMSImageType) {
    IMS_IMAGE_TYPE_ORIGIN = 1,
    IMS_IMAGE_TYPE_THUMB = 2,
    IMS_IMAGE_TYPE_LARGE = 4,
} IMS_SWIFT_NAME(V2TIMImageType);

typedef NS_ENUM(NSInteger, IMSGroupTipsType) {
    IMS_GROUP_TIPS_TYPE_JOIN = 1,
    IMS_GROUP_TIPS_TYPE_INVITE = 2,
    IMS_GROUP_TIPS_TYPE_QUIT = 3,
    IMS_GROUP_TIPS_TYPE_KICKED = 4,
    IMS_GROUP_TIPS_TYPE_SET_ADMIN = 5,
    IMS_GROUP_TIPS_TYPE_CANCEL_ADMIN = 6,
    IMS_GROUP_TIPS_TYPE_GROUP_INFO_CHANGE = 7,
    IMS_GROUP_TIPS_TYPE_MEMBER_INFO_CHANGE = 8,
    IMS_GROUP_TIPS_TYPE_TOPIC_INFO_CHANGE = 9,
    IMS_GROUP_TIPS_TYPE_PINNED_MESSAGE_ADDED = 10,
    IMS_GROUP_TIPS_TYPE_PINNED_MESSAGE_DELETED = 11,
} IMS_SWIFT_NAME(V2TIMGroupTipsType);

/// A part of a message. A message may hold several, linked by nextElem.
IMS_SWIFT_NAME(V2TIMElem)
@interface IMSElem : IMSObject

/// The element after this one.
@property(nonatomic, readonly, nullable) IMSElem *nextElem;

@end

/// Text.
IMS_SWIFT_NAME(V2TIMTextElem)
@interface IMSTextElem : IMSElem

@property(nonatomic, readonly) NSString *text;

@end

/// A message of the app's own kind.
IMS_SWIFT_NAME(V2TIMCustomElem)
@interface IMSCustomElem : IMSElem

@property(nonatomic, readonly, nullable) NSData *data;
@property(nonatomic, readonly) NSString *desc;
@property(nonatomic, readonly) NSString *extension;

@end

/// One size of an image.
IMS_SWIFT_NAME(V2TIMImage)
@interface IMSImage : IMSObject

@property(nonatomic, readonly) NSString *uuid;
@property(nonatomic, readonly) IMSImageType type;
/// Bytes.
@property(nonatomic, readonly) int size;
@property(nonatomic, readonly) int width;
@property(nonatomic, readonly) int height;
@property(nonatomic, readonly) NSString *url;

@end

/// An image in its sizes.
IMS_SWIFT_NAME(V2TIMImageElem)
@interface IMSImageElem : IMSElem

@property(nonatomic, readonly) NSString *path;
@property(nonatomic, readonly) NSArray<IMSImage *> *imageList;

@end

/// A voice message.
IMS_SWIFT_NAME(V2TIMSoundElem)
@interface IMSSoundElem : IMSElem

@property(nonatomic, readonly) NSString *path;
@property(nonatomic, readonly) NSString *uuid;
/// Bytes.
@property(nonatomic, readonly) int dataSize;
/// Seconds.
@property(nonatomic, readonly) int duration;

/// Calls back at once.
- (void)getUrl:(nonnull void (^)(NSString *url))callback;

@end

/// A video with its snapshot.
IMS_SWIFT_NAME(V2TIMVideoElem)
@interface IMSVideoElem : IMSElem

@property(nonatomic, readonly) NSString *videoPath;
@property(nonatomic, readonly) NSString *videoUUID;
/// Bytes.
@property(nonatomic, readonly) int videoSize;
/// Seconds.
@property(nonatomic, readonly) int duration;
@property(nonatomic, readonly) NSString *snapshotPath;
@property(nonatomic, readonly) NSString *snapshotUUID;
/// Bytes.
@property(nonatomic, readonly) int snapshotSize;
@property(nonatomic, readonly) int snapshotWidth;
@property(nonatomic, readonly) int snapshotHeight;

/// Calls back at once.
- (void)getVideoUrl:(nonnull void (^)(NSString *url))callback;

/// Calls back at once.
- (void)getSnapshotUrl:(nonnull void (^)(NSString *url))callback;

@end

/// A file.
IMS_SWIFT_NAME(V2TIMFileElem)
@interface IMSFileElem : IMSElem

@property(nonatomic, readonly) NSString *path;
@property(nonatomic, readonly) NSString *filename;
@property(nonatomic, readonly) NSString *uuid;
/// Bytes.
@property(nonatomic, readonly) int fileSize;

/// Calls back at once.
- (void)getUrl:(nonnull void (^)(NSString *url))callback;

@end

/// A place.
IMS_SWIFT_NAME(V2TIMLocationElem)
@interface IMSLocationElem : IMSElem

@property(nonatomic, readonly) NSString *desc;
@property(nonatomic, readonly) double longitude;
@property(nonatomic, readonly) double latitude;

@end

/// An emoji or sticker.
IMS_SWIFT_NAME(V2TIMFaceElem)
@interface IMSFaceElem : IMSElem

@property(nonatomic, readonly) int index;
@property(nonatomic, readonly, nullable) NSData *data;

@end

/// A group member's profile.
IMS_SWIFT_NAME(V2TIMGroupMemberInfo)
@interface IMSGroupMemberInfo : IMSObject

@property(nonatomic, readonly) NSString *userID;
@property(nonatomic, readonly) NSString *nickName;
@property(nonatomic, readonly) NSString *nameCard;
@property(nonatomic, readonly) NSString *friendRemark;
@property(nonatomic, readonly) NSString *faceURL;

@end

/// A change of a group's info.
IMS_SWIFT_NAME(V2TIMGroupChangeInfo)
@interface IMSGroupChangeInfo : IMSObject

@property(nonatomic, readonly) int type;
@property(nonatomic, readonly) NSString *key;
@property(nonatomic, readonly) NSString *value;
@property(nonatomic, readonly) BOOL boolValue;
@property(nonatomic, readonly) int intValue;

@end

/// A change of a member's info.
IMS_SWIFT_NAME(V2TIMGroupMemberChangeInfo)
@interface IMSGroupMemberChangeInfo : IMSObject

@property(nonatomic, readonly) NSString *userID;
/// Seconds.
@property(nonatomic, readonly) uint32_t muteTime;

@end

/// A notice of a change in a group.
IMS_SWIFT_NAME(V2TIMGroupTipsElem)
@interface IMSGroupTipsElem : IMSElem

@property(nonatomic, readonly) NSString *groupID;
@property(nonatomic, readonly) IMSGroupTipsType type;
/// The member who made the change.
@property(nonatomic, readonly, nullable) IMSGroupMemberInfo *opMember;
/// The members it concerns.
@property(nonatomic, readonly) NSArray<IMSGroupMemberInfo *> *memberList;
@property(nonatomic, readonly) NSArray<IMSGroupChangeInfo *> *groupChangeInfoList;
@property(nonatomic, readonly) NSArray<IMSGroupMemberChangeInfo *> *memberChangeInfoList;
@property(nonatomic, readonly) uint32_t memberCount;

@end

/// Several messages forwarded as one.
IMS_SWIFT_NAME(V2TIMMergerElem)
@interface IMSMergerElem : IMSElem

@property(nonatomic, readonly) NSString *title;
@property(nonatomic, readonly) NSArray<NSString *> *abstractList;
@property(nonatomic, readonly) BOOL layersOverLimit;

@end

/// How a message is shown as a push notification.
IMS_SWIFT_NAME(V2TIMOfflinePushInfo)
@interface IMSOfflinePushInfo : IMSObject

@property(nonatomic, readonly) NSString *title;
@property(nonatomic, readonly) NSString *desc;
@property(nonatomic, readonly) BOOL disablePush;

@end

/// A user's profile.
IMS_SWIFT_NAME(V2TIMUserFullInfo)
@interface IMSUserFullInfo : IMSObject

@property(nonatomic, readonly) NSString *userID;
@property(nonatomic, readonly) NSString *nickName;
@property(nonatomic, readonly) NSString *faceURL;

@end

/// A conversation's last message.
IMS_SWIFT_NAME(V2TIMMessage)
@interface IMSMessage : IMSObject

@property(nonatomic, readonly) NSString *msgID;
@property(nonatomic, readonly, nullable) NSDate *timestamp;
@property(nonatomic, readonly) NSString *sender;
@property(nonatomic, readonly) NSString *nickName;
@property(nonatomic, readonly) NSString *friendRemark;
/// In groups.
@property(nonatomic, readonly) NSString *nameCard;
@property(nonatomic, readonly) NSString *faceURL;
/// nil one to one.
@property(nonatomic, readonly, nullable) NSString *groupID;
/// The peer, whoever sent the message; nil in groups.
@property(nonatomic, readonly, nullable) NSString *userID;
@property(nonatomic, readonly) uint64_t seq;
@property(nonatomic, readonly) uint64_t random;
/// IMS_MSG_STATUS_LOCAL_REVOKED for a recalled message, which has no element.
@property(nonatomic, readonly) IMSMessageStatus status;
@property(nonatomic, readonly) IMSElemType elemType;
@property(nonatomic, readonly, nullable) IMSTextElem *textElem;
@property(nonatomic, readonly, nullable) IMSCustomElem *customElem;
@property(nonatomic, readonly, nullable) IMSImageElem *imageElem;
@property(nonatomic, readonly, nullable) IMSSoundElem *soundElem;
@property(nonatomic, readonly, nullable) IMSVideoElem *videoElem;
@property(nonatomic, readonly, nullable) IMSFileElem *fileElem;
@property(nonatomic, readonly, nullable) IMSLocationElem *locationElem;
@property(nonatomic, readonly, nullable) IMSFaceElem *faceElem;
@property(nonatomic, readonly, nullable) IMSGroupTipsElem *groupTipsElem;
@property(nonatomic, readonly, nullable) IMSMergerElem *mergerElem;
@property(nonatomic, readonly, nullable) NSData *localCustomData;
@property(nonatomic, readonly) int localCustomInt;
@property(nonatomic, readonly, nullable) NSData *cloudCustomData;
@property(nonatomic, readonly) BOOL isSelf;
@property(nonatomic, readonly) BOOL isRead;
@property(nonatomic, readonly) BOOL isPeerRead;
@property(nonatomic, readonly) BOOL needReadReceipt;
@property(nonatomic, readonly) BOOL hasRiskContent;
@property(nonatomic, readonly) BOOL isBroadcastMessage;
@property(nonatomic, readonly) BOOL supportMessageExtension;
@property(nonatomic, readonly) BOOL isExcludedFromUnreadCount;
@property(nonatomic, readonly) BOOL isExcludedFromLastMessage;
@property(nonatomic, readonly) BOOL isExcludedFromContentModeration;
@property(nonatomic, readonly) IMSMessagePriority priority;
@property(nonatomic, readonly) NSArray<NSString *> *groupAtUserList;
@property(nonatomic, readonly, nullable) IMSOfflinePushInfo *offlinePushInfo;
/// The user who recalled the message, where known.
@property(nonatomic, readonly, nullable) IMSUserFullInfo *revokerInfo;
@property(nonatomic, readonly) NSString *revokeReason;

@end

NS_ASSUME_NONNULL_END
