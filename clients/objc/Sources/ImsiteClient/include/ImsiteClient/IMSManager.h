#import <ImsiteClient/IMSConversation.h>

NS_ASSUME_NONNULL_BEGIN

typedef void (^IMSSucc)(void);
/// Called with the server's code and a sentence that explains it.
typedef void (^IMSFail)(int code, NSString *_Nullable desc);
typedef void (^IMSConversationSucc)(IMSConversation *conv);
typedef void (^IMSConversationListSucc)(NSArray<IMSConversation *> *list);
/// nextSeq is that of the next page, valid in this process; 0 after the last.
typedef void (^IMSConversationResultSucc)(NSArray<IMSConversation *> *list, uint64_t nextSeq, BOOL isFinished);
typedef void (^IMSConversationOperationResultSucc)(NSArray<IMSConversationOperationResult *> *resultList);
typedef void (^IMSTotalUnreadMessageCountSucc)(uint64_t totalCount);
typedef void (^IMSConversationGroupListSucc)(NSArray<NSString *> *groupList);

/// Reports the state of the event stream that conversation listeners need.
IMS_SWIFT_NAME(V2TIMSDKListener)
@protocol IMSSDKListener <NSObject>
@optional
- (void)onConnecting;
- (void)onConnectSuccess;
/// The stream was refused or broke. Network failures are retried; a refused credential is not.
- (void)onConnectFailed:(int)code err:(nullable NSString *)err;
/// The UserSig has expired: call renew: with a new one.
- (void)onUserSigExpired;
@end

/// Reports changes of the user's conversation list.
IMS_SWIFT_NAME(V2TIMConversationListener)
@protocol IMSConversationListener <NSObject>
@optional
/// The client is connecting. After a reset by the server, all conversations follow as new: list again.
- (void)onSyncServerStart;
/// The client is connected; changes arrive as they happen.
- (void)onSyncServerFinish;
- (void)onSyncServerFailed;
- (void)onNewConversation:(NSArray<IMSConversation *> *)conversationList;
- (void)onConversationChanged:(NSArray<IMSConversation *> *)conversationList;
- (void)onConversationDeleted:(NSArray<NSString *> *)conversationIDList;
- (void)onTotalUnreadMessageCountChanged:(uint64_t)totalUnreadCount;
- (void)onUnreadMessageCountChangedByFilter:(IMSConversationListFilter *)filter totalUnreadCount:(uint64_t)totalUnreadCount;
- (void)onConversationGroupCreated:(NSString *)groupName conversationList:(NSArray<IMSConversation *> *)conversationList;
- (void)onConversationGroupDeleted:(NSString *)groupName;
- (void)onConversationGroupNameChanged:(NSString *)oldName newName:(NSString *)newName;
- (void)onConversationsAddedToGroup:(NSString *)groupName conversationList:(NSArray<IMSConversation *> *)conversationList;
- (void)onConversationsDeletedFromGroup:(NSString *)groupName conversationList:(NSArray<IMSConversation *> *)conversationList;
@end

/// The client. See Tencent's documentation of V2TIMManager for the meaning of each call.
///
/// All calls may be made from any thread. Blocks and listeners are called on the main queue; with GNUstep, on one thread of the
/// client.
IMS_SWIFT_NAME(V2TIMManager)
@interface IMSManager : NSObject

+ (IMSManager *)sharedInstance;

/// Name the server and the user's credential: the user's UserSig, or an API key of this user. Sends nothing yet. Call it again for
/// another user; listeners stay.
- (void)connect:(NSString *)server credential:(NSString *)credential;
/// The same with a service key: for tests and back ends. An app must not contain one.
- (void)connect:(NSString *)server serviceKey:(NSString *)serviceKey userID:(NSString *)userID;
/// Replace the credential of the same user, as after onUserSigExpired. Events go on where they stopped.
- (void)renew:(NSString *)credential;
/// Forget server and credential and stop events. Calls made from then on fail with code 6013.
- (void)disconnect;
/// Whether getConversation: answers a well-formed ID without a conversation with an empty, unsaved object, as Tencent's current
/// SDKs do, instead of error 6004. Off at first.
- (void)setPlaceholders:(BOOL)enabled;

- (void)addIMSDKListener:(id<IMSSDKListener>)listener;
- (void)removeIMSDKListener:(id<IMSSDKListener>)listener;

// ---- Listeners --------------------------------------------------------------------------------------------------------------

/// The first listener opens the event stream, the last one removed closes it. Listeners are not retained; with GNUstep they are.
- (void)addConversationListener:(id<IMSConversationListener>)listener;
- (void)removeConversationListener:(id<IMSConversationListener>)listener;
/// Report this filter's unread count to listeners, now and after each change. Needs a conversation listener.
- (void)subscribeUnreadMessageCountByFilter:(IMSConversationListFilter *)filter;
- (void)unsubscribeUnreadMessageCountByFilter:(IMSConversationListFilter *)filter;

// ---- Reads ------------------------------------------------------------------------------------------------------------------

- (void)getConversation:(NSString *)conversationID succ:(nullable IMSConversationSucc)succ fail:(nullable IMSFail)fail;
/// In the order of the IDs, each once; unknown ones are left out. Fails with 6017 if no ID is well-formed.
- (void)getConversationList:(NSArray<NSString *> *)conversationIDList
                       succ:(nullable IMSConversationListSucc)succ
                       fail:(nullable IMSFail)fail;
/// A page of the list: nextSeq is 0 at first, then that of the page before. At most 500 in a page.
- (void)getConversationList:(uint64_t)nextSeq
                      count:(int)count
                       succ:(nullable IMSConversationResultSucc)succ
                       fail:(nullable IMSFail)fail;
- (void)getConversationListByFilter:(IMSConversationListFilter *)filter
                            nextSeq:(uint64_t)nextSeq
                              count:(uint32_t)count
                               succ:(nullable IMSConversationResultSucc)succ
                               fail:(nullable IMSFail)fail;
- (void)getTotalUnreadMessageCount:(nullable IMSTotalUnreadMessageCountSucc)succ fail:(nullable IMSFail)fail;
- (void)getUnreadMessageCountByFilter:(IMSConversationListFilter *)filter
                                 succ:(nullable IMSTotalUnreadMessageCountSucc)succ
                                 fail:(nullable IMSFail)fail;

// ---- Changes ----------------------------------------------------------------------------------------------------------------

- (void)pinConversation:(NSString *)conversationID
               isPinned:(BOOL)isPinned
                   succ:(nullable IMSSucc)succ
                   fail:(nullable IMSFail)fail;
/// A draft is saved for all devices; nil or @"" removes it.
- (void)setConversationDraft:(NSString *)conversationID
                   draftText:(nullable NSString *)draftText
                        succ:(nullable IMSSucc)succ
                        fail:(nullable IMSFail)fail;
- (void)deleteConversation:(NSString *)conversationID succ:(nullable IMSSucc)succ fail:(nullable IMSFail)fail;
/// clearMessage NO keeps the messages.
- (void)deleteConversationList:(NSArray<NSString *> *)conversationIDList
                  clearMessage:(BOOL)clearMessage
                          succ:(nullable IMSConversationOperationResultSucc)succ
                          fail:(nullable IMSFail)fail;
/// Mark as read up to a time (one to one, epoch seconds) or a sequence (group); 0 marks all. The ID may also be nil or @"" for all
/// conversations, @"c2c" for all one to one, or @"group" for all groups.
- (void)cleanConversationUnreadMessageCount:(nullable NSString *)conversationID
                             cleanTimestamp:(uint64_t)cleanTimestamp
                              cleanSequence:(uint64_t)cleanSequence
                                       succ:(nullable IMSSucc)succ
                                       fail:(nullable IMSFail)fail;
- (void)markConversation:(NSArray<NSString *> *)conversationIDList
                markType:(NSNumber *)markType
              enableMark:(BOOL)enableMark
                    succ:(nullable IMSConversationOperationResultSucc)succ
                    fail:(nullable IMSFail)fail;
- (void)setConversationCustomData:(NSArray<NSString *> *)conversationIDList
                       customData:(nullable NSData *)customData
                             succ:(nullable IMSConversationOperationResultSucc)succ
                             fail:(nullable IMSFail)fail;

// ---- Conversation groups ------------------------------------------------------------------------------------------------------

- (void)createConversationGroup:(NSString *)groupName
             conversationIDList:(NSArray<NSString *> *)conversationIDList
                           succ:(nullable IMSConversationOperationResultSucc)succ
                           fail:(nullable IMSFail)fail;
- (void)getConversationGroupList:(nullable IMSConversationGroupListSucc)succ fail:(nullable IMSFail)fail;
- (void)deleteConversationGroup:(NSString *)groupName succ:(nullable IMSSucc)succ fail:(nullable IMSFail)fail;
- (void)renameConversationGroup:(NSString *)oldName
                        newName:(NSString *)newName
                           succ:(nullable IMSSucc)succ
                           fail:(nullable IMSFail)fail;
- (void)addConversationsToGroup:(NSString *)groupName
             conversationIDList:(NSArray<NSString *> *)conversationIDList
                           succ:(nullable IMSConversationOperationResultSucc)succ
                           fail:(nullable IMSFail)fail;
- (void)deleteConversationsFromGroup:(NSString *)groupName
                  conversationIDList:(NSArray<NSString *> *)conversationIDList
                                succ:(nullable IMSConversationOperationResultSucc)succ
                                fail:(nullable IMSFail)fail;

@end

NS_ASSUME_NONNULL_END
