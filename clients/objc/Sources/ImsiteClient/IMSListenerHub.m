#import "IMSListenerHub.h"

typedef NS_ENUM(int, IMSEvent) {
    IMSSyncStart, IMSSyncFinish, IMSSyncFailed, IMSNew, IMSChanged, IMSDeleted, IMSTotal, IMSFilterTotal,
    IMSGroupCreated, IMSGroupDeleted, IMSGroupRenamed, IMSGroupAdded, IMSGroupRemoved,
    IMSConnecting, IMSConnected, IMSConnectFailed, IMSExpired,
};

/// One call of all listeners, on the callback queue.
@interface IMSReport : NSObject {
@public
    IMSEvent event;
    id listeners, first, second;
    uint64_t number;
}
@end

/// Listeners are not retained, so that an object may remove itself when it goes. GNUstep's older runtime has no weak references.
static id IMSListenerList(void) {
#if IMS_APPLE
    return IMS_RETAIN([NSHashTable weakObjectsHashTable]);
#else
    return [[NSMutableArray alloc] init];
#endif
}

static NSArray *IMSAllOf(id listeners) {
    @synchronized(listeners) {
#if IMS_APPLE
        return [(NSHashTable *)listeners allObjects];
#else
        return IMS_AUTORELEASE([(NSArray *)listeners copy]);
#endif
    }
}

static BOOL IMSIsAmong(id listeners, id listener) {
    @synchronized(listeners) {
        return [(NSMutableArray *)listeners containsObject:listener];
    }
}

NSOperationQueue *IMSCallbackQueue(void) {
#if IMS_APPLE
    return [NSOperationQueue mainQueue];
#else
    static NSOperationQueue *queue = nil;
    @synchronized([IMSReport class]) {
        if (!queue) {
            queue = [[NSOperationQueue alloc] init];
            [queue setMaxConcurrentOperationCount:1];
        }
    }
    return queue;
#endif
}

NSArray *IMSQueryOf(IMSConversationListFilter *filter) {
    NSMutableArray *query = [NSMutableArray array];
    NSDictionary *parameters = [filter parameters];
    for (NSString *name in parameters) {
        [query addObject:name];
        [query addObject:[parameters objectForKey:name]];
    }
    return query;
}

@implementation IMSReport

- (void)dealloc {
    IMS_RELEASE(listeners);
    IMS_RELEASE(first);
    IMS_RELEASE(second);
    IMS_SUPER_DEALLOC;
}

- (void)deliver {
    @autoreleasepool {
        for (id listener in IMSAllOf(listeners)) {
            // One that a listener before removed hears nothing more.
            if (IMSIsAmong(listeners, listener)) {
                [self deliverTo:listener];
            }
        }
    }
}

#define IMS_CALL(name, message) \
    if ([listener respondsToSelector:@selector(name)]) message; \
    break

- (void)deliverTo:(id)listener {
    switch (event) {
        case IMSSyncStart: IMS_CALL(onSyncServerStart, [listener onSyncServerStart]);
        case IMSSyncFinish: IMS_CALL(onSyncServerFinish, [listener onSyncServerFinish]);
        case IMSSyncFailed: IMS_CALL(onSyncServerFailed, [listener onSyncServerFailed]);
        case IMSNew: IMS_CALL(onNewConversation:, [listener onNewConversation:first]);
        case IMSChanged: IMS_CALL(onConversationChanged:, [listener onConversationChanged:first]);
        case IMSDeleted: IMS_CALL(onConversationDeleted:, [listener onConversationDeleted:first]);
        case IMSTotal: IMS_CALL(onTotalUnreadMessageCountChanged:, [listener onTotalUnreadMessageCountChanged:number]);
        case IMSFilterTotal:
            IMS_CALL(onUnreadMessageCountChangedByFilter:totalUnreadCount:,
                     [listener onUnreadMessageCountChangedByFilter:first totalUnreadCount:number]);
        case IMSGroupCreated:
            IMS_CALL(onConversationGroupCreated:conversationList:,
                     [listener onConversationGroupCreated:first conversationList:second]);
        case IMSGroupDeleted: IMS_CALL(onConversationGroupDeleted:, [listener onConversationGroupDeleted:first]);
        case IMSGroupRenamed:
            IMS_CALL(onConversationGroupNameChanged:newName:, [listener onConversationGroupNameChanged:first newName:second]);
        case IMSGroupAdded:
            IMS_CALL(onConversationsAddedToGroup:conversationList:,
                     [listener onConversationsAddedToGroup:first conversationList:second]);
        case IMSGroupRemoved:
            IMS_CALL(onConversationsDeletedFromGroup:conversationList:,
                     [listener onConversationsDeletedFromGroup:first conversationList:second]);
        case IMSConnecting: IMS_CALL(onConnecting, [listener onConnecting]);
        case IMSConnected: IMS_CALL(onConnectSuccess, [listener onConnectSuccess]);
        case IMSConnectFailed: IMS_CALL(onConnectFailed:err:, [listener onConnectFailed:(int)number err:first]);
        case IMSExpired: IMS_CALL(onUserSigExpired, [listener onUserSigExpired]);
    }
}

@end

@implementation IMSListenerHub

- (instancetype)init {
    if ((self = [super init])) {
        _listeners = IMSListenerList();
        _stateListeners = IMSListenerList();
        _groups = [[IMSGroupTracker alloc] init];
        _unreadByFilter = [[NSMutableDictionary alloc] init];
        _countQueue = [[NSOperationQueue alloc] init];
        [_countQueue setMaxConcurrentOperationCount:1];
    }
    return self;
}

- (void)dealloc {
    [_stream close];
    IMS_RELEASE(_listeners);
    IMS_RELEASE(_stateListeners);
    IMS_RELEASE(_session);
    IMS_RELEASE(_stream);
    IMS_RELEASE(_groups);
    IMS_RELEASE(_unreadByFilter);
    IMS_RELEASE(_total);
    IMS_RELEASE(_countQueue);
    IMS_SUPER_DEALLOC;
}

- (void)connect:(IMSSession *)session {
    @synchronized(self) {
        [self stop];
        IMS_RELEASE(_session);
        _session = IMS_RETAIN(session);
        IMS_RELEASE(_groups);
        _groups = [[IMSGroupTracker alloc] init];
        for (id filter in [_unreadByFilter allKeys]) {
            [_unreadByFilter setObject:[NSNull null] forKey:filter];
        }
        [self startIfNeeded];
    }
}

- (void)restart {
    @synchronized(self) {
        [self stop];
        [self startIfNeeded];
    }
}

- (void)startIfNeeded {
    if (!_stream && _session && [IMSAllOf(_listeners) count]) {
        _isResetting = NO;
        IMS_RELEASE(_total);
        _total = nil;
        _stream = [[IMSEventStream alloc] initWithSession:_session receiver:self];
        [_stream start];
    }
}

- (void)stop {
    [_stream close];
    IMS_RELEASE(_stream);
    _stream = nil;
}

- (void)add:(id<IMSConversationListener>)listener {
    @synchronized(self) {
        if (!IMSIsAmong(_listeners, listener)) {
            @synchronized(_listeners) {
                [(NSMutableArray *)_listeners addObject:listener];
            }
        }
        [self startIfNeeded];
    }
}

- (void)remove:(id<IMSConversationListener>)listener {
    @synchronized(self) {
        @synchronized(_listeners) {
            [(NSMutableArray *)_listeners removeObject:listener];
        }
        if (![IMSAllOf(_listeners) count]) {
            [self stop];
        }
    }
}

- (void)addState:(id<IMSSDKListener>)listener {
    if (!IMSIsAmong(_stateListeners, listener)) {
        @synchronized(_stateListeners) {
            [(NSMutableArray *)_stateListeners addObject:listener];
        }
    }
}

- (void)removeState:(id<IMSSDKListener>)listener {
    @synchronized(_stateListeners) {
        [(NSMutableArray *)_stateListeners removeObject:listener];
    }
}

- (void)noteListed:(NSArray *)conversations {
    @synchronized(self) {
        [_groups note:conversations];
    }
}

// ---- Unread counts by filter --------------------------------------------------------------------------------------------------

- (void)subscribe:(IMSConversationListFilter *)filter {
    @synchronized(self) {
        if (![_unreadByFilter objectForKey:filter]) {
            [_unreadByFilter setObject:[NSNull null] forKey:filter];  // copies the filter
        }
    }
    [self countLater];
}

- (void)unsubscribe:(IMSConversationListFilter *)filter {
    @synchronized(self) {
        [_unreadByFilter removeObjectForKey:filter];
    }
}

- (void)countLater {
    NSOperation *count = [[NSInvocationOperation alloc] initWithTarget:self selector:@selector(countByFilters) object:nil];
    [_countQueue addOperation:count];
    IMS_RELEASE(count);
}

/// Count again what each subscribed filter selects, and report what changed.
- (void)countByFilters {
    @autoreleasepool {
        NSArray *filters;
        IMSSession *session;
        @synchronized(self) {
            filters = [_unreadByFilter allKeys];
            session = IMS_AUTORELEASE(IMS_RETAIN(_session));
        }
        for (IMSConversationListFilter *filter in session ? filters : nil) {
            IMSAnswer *answer = [session send:@"GET" path:@"unread/" query:IMSQueryOf(filter) body:nil];
            NSNumber *count = [NSNumber numberWithUnsignedLongLong:IMSNumber(answer->json, @"total")];
            @synchronized(self) {
                id before = [_unreadByFilter objectForKey:filter];
                if (answer->code || session != _session || !before || [before isEqual:count]) {
                    continue;  // after an error, the next change counts again
                }
                [_unreadByFilter setObject:count forKey:filter];
            }
            [self report:IMSFilterTotal to:_listeners first:filter second:nil number:[count unsignedLongLongValue]];
        }
    }
}

// ---- Events -------------------------------------------------------------------------------------------------------------------

- (void)report:(IMSEvent)event to:(id)listeners first:(id)first second:(id)second number:(uint64_t)number {
    IMSReport *report = [[IMSReport alloc] init];
    report->event = event;
    report->listeners = IMS_RETAIN(listeners);
    report->first = IMS_RETAIN(first);
    report->second = IMS_RETAIN(second);
    report->number = number;
    NSOperation *delivery = [[NSInvocationOperation alloc] initWithTarget:report selector:@selector(deliver) object:nil];
    [IMSCallbackQueue() addOperation:delivery];
    IMS_RELEASE(delivery);
    IMS_RELEASE(report);
}

- (void)report:(IMSEvent)event {
    [self report:event to:event >= IMSConnecting ? _stateListeners : _listeners first:nil second:nil number:0];
}

- (void)report:(IMSEvent)event list:(NSArray *)list {
    if ([list count]) {
        [self report:event to:_listeners first:list second:nil number:0];
    }
}

- (void)report:(IMSEvent)event groups:(NSDictionary *)byName {
    for (NSString *name in byName) {
        [self report:event to:_listeners first:name second:[byName objectForKey:name] number:0];
    }
}

- (BOOL)isCurrent:(IMSEventStream *)stream {
    @synchronized(self) {
        return stream == _stream;
    }
}

- (void)streamIsConnecting:(IMSEventStream *)stream {
    if ([self isCurrent:stream]) {
        [self report:IMSConnecting];
        [self report:IMSSyncStart];
    }
}

- (void)streamIsConnected:(IMSEventStream *)stream {
    if ([self isCurrent:stream]) {
        [self report:IMSConnected];
        [self report:IMSSyncFinish];
    }
}

- (void)stream:(IMSEventStream *)stream failed:(IMSAnswer *)error {
    if (![self isCurrent:stream]) {
        return;
    }
    if (error->code == IMS_SIG_EXPIRED) {
        [self report:IMSExpired];
    }
    [self report:IMSConnectFailed to:_stateListeners first:error->desc second:nil number:(uint64_t)error->code];
    [self report:IMSSyncFailed];
}

- (void)stream:(IMSEventStream *)stream groupNames:(NSArray *)names {
    @synchronized(self) {
        if (stream == _stream) {
            [_groups noteNames:names];
        }
    }
}

- (void)stream:(IMSEventStream *)stream event:(NSString *)name data:(NSDictionary *)data {
    if (![self isCurrent:stream]) {
        return;
    }
    if ([name isEqual:@"unread"]) {
        NSNumber *total = [NSNumber numberWithUnsignedLongLong:IMSNumber(data, @"total")];
        if (![total isEqual:_total]) {
            IMS_RELEASE(_total);
            _total = IMS_RETAIN(total);
            [self report:IMSTotal to:_listeners first:nil second:nil number:[total unsignedLongLongValue]];
        }
    } else if ([name isEqual:@"reset"]) {
        _isResetting = YES;
        [self report:IMSSyncStart];
    } else if ([name isEqual:@"changes"]) {
        [self apply:data];
    }
}

- (void)apply:(NSDictionary *)data {
    NSMutableArray *news = [NSMutableArray array], *changed = [NSMutableArray array], *deleted = [NSMutableArray array];
    NSArray *names = nil;
    for (NSDictionary *change in [data objectForKey:@"changes"]) {
        NSString *kind = IMSText(change, @"kind");
        IMSConversation *conversation = IMSObjectOf([IMSConversation class], [change objectForKey:@"conversation"]);
        if ([kind isEqual:@"new"] && conversation) {
            [news addObject:conversation];
        } else if ([kind isEqual:@"changed"] && conversation) {
            [changed addObject:conversation];
        } else if ([kind isEqual:@"deleted"]) {
            [deleted addObject:IMSText(change, @"conversationID")];
        } else if ([kind isEqual:@"groups"]) {
            names = IMSTexts([change objectForKey:@"conversationGroupList"]);
        }
    }
    [self report:IMSNew list:news];
    [self report:IMSChanged list:changed];
    [self report:IMSDeleted list:deleted];
    [self reportGroups:[_groups applyNews:news changed:changed names:names]];
    if (_isResetting && IMSFlag(data, @"isFinished")) {
        _isResetting = NO;
        [self report:IMSSyncFinish];
    }
    if ([_unreadByFilter count]) {
        [self countLater];
    }
}

- (void)reportGroups:(IMSGroupEvents *)events {
    if (events->newName) {
        [self report:IMSGroupRenamed to:_listeners first:events->oldName second:events->newName number:0];
    }
    for (NSString *name in events->deleted) {
        [self report:IMSGroupDeleted to:_listeners first:name second:nil number:0];
    }
    [self report:IMSGroupCreated groups:events->created];
    [self report:IMSGroupAdded groups:events->added];
    [self report:IMSGroupRemoved groups:events->removed];
}

@end
