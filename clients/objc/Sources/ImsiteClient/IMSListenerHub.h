// Registered listeners, the stream that feeds them while there are any, and the translation of its events.
#import "ImsiteClient/IMSManager.h"

#import "IMSEventStream.h"
#import "IMSGroupTracker.h"

/// The queue on which blocks and listeners are called.
NSOperationQueue *IMSCallbackQueue(void);

@interface IMSListenerHub : NSObject <IMSStreamReceiver> {
    id _listeners, _stateListeners;
    IMSSession *_session;
    IMSEventStream *_stream;
    IMSGroupTracker *_groups;
    NSMutableDictionary *_unreadByFilter;  // NSNull while it is not counted
    NSNumber *_total;
    BOOL _isResetting;
    NSOperationQueue *_countQueue;
}
/// Follow another session, or none.
- (void)connect:(IMSSession *)session;
/// Open the stream again, after its credential has changed.
- (void)restart;
- (void)add:(id<IMSConversationListener>)listener;
- (void)remove:(id<IMSConversationListener>)listener;
- (void)addState:(id<IMSSDKListener>)listener;
- (void)removeState:(id<IMSSDKListener>)listener;
- (void)subscribe:(IMSConversationListFilter *)filter;
- (void)unsubscribe:(IMSConversationListFilter *)filter;
- (void)noteListed:(NSArray *)conversations;
@end

/// The query of a filter: names and values by turns.
NSArray *IMSQueryOf(IMSConversationListFilter *filter);
