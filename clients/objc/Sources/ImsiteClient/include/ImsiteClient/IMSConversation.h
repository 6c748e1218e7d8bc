#import <ImsiteClient/IMSMessage.h>

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, IMSConversationType) {
    IMS_UNKNOWN = 0,
    IMS_C2C = 1,
    IMS_GROUP = 2,
} IMS_SWIFT_NAME(V2TIMConversationType);

typedef NS_ENUM(NSInteger, IMSReceiveMessageOpt) {
    IMS_RECEIVE_MESSAGE = 0,
    IMS_NOT_RECEIVE_MESSAGE = 1,
    IMS_RECEIVE_NOT_NOTIFY_MESSAGE = 2,
    IMS_RECEIVE_NOT_NOTIFY_MESSAGE_EXCEPT_AT = 3,
    IMS_NOT_RECEIVE_MESSAGE_EXCEPT_AT = 4,
} IMS_SWIFT_NAME(V2TIMReceiveMessageOpt);

typedef NS_ENUM(NSInteger, IMSGroupAtType) {
    IMS_AT_UNKNOWN = 0,
    IMS_AT_ME = 1,
    IMS_AT_ALL = 2,
    IMS_AT_ALL_AT_ME = 3,
} IMS_SWIFT_NAME(V2TIMGroupAtType);

/// An app's own are 1ULL << n with n from 32 to 63.
typedef NS_OPTIONS(uint64_t, IMSConversationMarkType) {
    IMS_CONVERSATION_MARK_TYPE_STAR = 1ULL << 0,
    IMS_CONVERSATION_MARK_TYPE_UNREAD = 1ULL << 1,
    IMS_CONVERSATION_MARK_TYPE_FOLD = 1ULL << 2,
    IMS_CONVERSATION_MARK_TYPE_HIDE = 1ULL << 3,
} IMS_SWIFT_NAME(V2TIMConversationMarkType);

/// One unread mention of the user in a group.
IMS_SWIFT_NAME(V2TIMGroupAtInfo)
@interface IMSGroupAtInfo : IMSObject

/// The sequence number of the message that mentions.
@property(nonatomic, readonly) uint64_t seq;
@property(nonatomic, readonly) IMSGroupAtType atType;

@end

/// One conversation of the user's list, as the server sent it.
IMS_SWIFT_NAME(V2TIMConversation)
@interface IMSConversation : IMSObject

@property(nonatomic, readonly) IMSConversationType type;
@property(nonatomic, readonly) NSString *conversationID;
/// The peer; nil for a group.
@property(nonatomic, readonly, nullable) NSString *userID;
/// nil one to one.
@property(nonatomic, readonly, nullable) NSString *groupID;
@property(nonatomic, readonly, nullable) NSString *groupType;
@property(nonatomic, readonly) NSString *showName;
@property(nonatomic, readonly) NSString *faceUrl;
@property(nonatomic, readonly) int unreadCount;
@property(nonatomic, readonly) IMSReceiveMessageOpt recvOpt;
/// nil while there is no message.
@property(nonatomic, readonly, nullable) IMSMessage *lastMessage;
@property(nonatomic, readonly) NSArray<IMSGroupAtInfo *> *groupAtInfolist;
@property(nonatomic, readonly) NSString *draftText;
/// nil without a draft.
@property(nonatomic, readonly, nullable) NSDate *draftTimestamp;
@property(nonatomic, readonly) BOOL isPinned;
/// The place in the list; larger is higher. Not a time.
@property(nonatomic, readonly) uint64_t orderKey;
/// One number for each mark, unsigned.
@property(nonatomic, readonly) NSArray<NSNumber *> *markList;
@property(nonatomic, readonly, nullable) NSData *customData;
@property(nonatomic, readonly) NSArray<NSString *> *conversationGroupList;
/// Epoch seconds.
@property(nonatomic, readonly) uint64_t c2cReadTimestamp;
@property(nonatomic, readonly) uint64_t groupReadSequence;

@end

/// The outcome for one conversation of a call that changes several.
IMS_SWIFT_NAME(V2TIMConversationOperationResult)
@interface IMSConversationOperationResult : IMSObject

@property(nonatomic, readonly) NSString *conversationID;
/// 0 on success.
@property(nonatomic, readonly) int resultCode;
@property(nonatomic, readonly) NSString *resultInfo;

@end

/// Selects conversations. A condition that is not set selects all; all conditions that are set must hold.
IMS_SWIFT_NAME(V2TIMConversationListFilter)
@interface IMSConversationListFilter : NSObject <NSCopying> {
@private
    NSMutableDictionary *_parameters;
}

/// IMS_UNKNOWN selects both types.
- (void)setType:(IMSConversationType)type;
/// @"" selects the conversations that are in no conversation group.
- (void)setConversationGroup:(nullable NSString *)conversationGroup;
/// Any of these bits; 0 selects those without a mark.
- (void)setMarkType:(uint64_t)markType;
- (void)setHasUnreadCount:(BOOL)hasUnreadCount;
- (void)setHasGroupAtInfo:(BOOL)hasGroupAtInfo;

@end

NS_ASSUME_NONNULL_END
