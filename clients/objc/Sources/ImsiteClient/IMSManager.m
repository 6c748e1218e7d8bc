#import "ImsiteClient/IMSManager.h"

#import "IMSCall.h"
#import "IMSListenerHub.h"

static const NSUInteger MAX_IDS = 1000, MAX_CURSORS = 1000;

static NSString *IMSOrEmpty(NSString *text) {
    return text ? text : @"";
}

@interface IMSManager () <IMSCallOwner>
@end

/// What the shared instance holds; not in the header, since the older runtime needs it where the class is declared.
@interface IMSCore : NSObject {
@public
    IMSSession *session;
    BOOL placeholders;
    IMSListenerHub *hub;
    NSOperationQueue *reads, *changes;
    // The server's cursors are text, the SDK's nextSeq is a number: the newest thousand by number.
    NSMutableDictionary *cursors;
    uint64_t lastCursor;
}
@end

@implementation IMSCore

- (instancetype)init {
    if ((self = [super init])) {
        hub = [[IMSListenerHub alloc] init];
        // Reads run side by side. Changes run in the order of the calls, so that of two drafts set in a row the second one holds.
        reads = [[NSOperationQueue alloc] init];
        [reads setMaxConcurrentOperationCount:4];
        changes = [[NSOperationQueue alloc] init];
        [changes setMaxConcurrentOperationCount:1];
        cursors = [[NSMutableDictionary alloc] init];
    }
    return self;
}

@end

static IMSCore *core = nil;

@implementation IMSManager

+ (void)initialize {
    if (self == [IMSManager class]) {
        core = [[IMSCore alloc] init];
    }
}

+ (IMSManager *)sharedInstance {
    static IMSManager *instance = nil;
    @synchronized(self) {
        if (!instance) {
            instance = [[IMSManager alloc] init];
        }
    }
    return instance;
}

- (void)use:(IMSSession *)session {
    @synchronized(core) {
        IMS_RELEASE(core->session);
        core->session = IMS_RETAIN(session);
        [core->cursors removeAllObjects];
    }
    [core->hub connect:session];
}

- (IMSSession *)session {
    @synchronized(core) {
        return IMS_AUTORELEASE(IMS_RETAIN(core->session));
    }
}

- (void)connect:(NSString *)server credential:(NSString *)credential {
    [self use:IMS_AUTORELEASE([[IMSSession alloc] initWithServer:server credential:credential owner:nil])];
}

- (void)connect:(NSString *)server serviceKey:(NSString *)serviceKey userID:(NSString *)userID {
    [self use:IMS_AUTORELEASE([[IMSSession alloc] initWithServer:server credential:serviceKey owner:userID])];
}

- (void)renew:(NSString *)credential {
    IMSSession *session = [self session];
    if (session) {
        [session renew:credential];
        [core->hub restart];
    }
}

- (void)disconnect {
    [self use:nil];
}

- (void)setPlaceholders:(BOOL)enabled {
    @synchronized(core) {
        core->placeholders = enabled;
    }
}

- (void)addIMSDKListener:(id<IMSSDKListener>)listener {
    [core->hub addState:listener];
}

- (void)removeIMSDKListener:(id<IMSSDKListener>)listener {
    [core->hub removeState:listener];
}

- (void)addConversationListener:(id<IMSConversationListener>)listener {
    [core->hub add:listener];
}

- (void)removeConversationListener:(id<IMSConversationListener>)listener {
    [core->hub remove:listener];
}

- (void)subscribeUnreadMessageCountByFilter:(IMSConversationListFilter *)filter {
    [core->hub subscribe:filter];
}

- (void)unsubscribeUnreadMessageCountByFilter:(IMSConversationListFilter *)filter {
    [core->hub unsubscribe:filter];
}

// ---- Reads ------------------------------------------------------------------------------------------------------------------

- (IMSCall *)call:(IMSCallKind)kind path:(NSString *)path query:(NSArray *)query succ:(id)succ fail:(IMSFail)fail {
    IMSCall *call = IMS_AUTORELEASE([[IMSCall alloc] initWithKind:kind owner:self succ:succ fail:fail]);
    call->session = IMS_RETAIN([self session]);
    call->method = @"GET";
    call->path = [path copy];
    call->query = [query copy];
    return call;
}

- (void)getConversation:(NSString *)conversationID succ:(IMSConversationSucc)succ fail:(IMSFail)fail {
    NSArray *query = @[@"id", IMSOrEmpty(conversationID)];
    if (core->placeholders) {
        query = [query arrayByAddingObjectsFromArray:@[@"placeholder", @"true"]];
    }
    [[self call:IMSOneConversation path:@"conversations/-/" query:query succ:succ fail:fail] runOn:core->reads];
}

- (void)getConversationList:(NSArray *)conversationIDList succ:(IMSConversationListSucc)succ fail:(IMSFail)fail {
    NSMutableArray *ids = [NSMutableArray array];
    NSMutableSet *seen = [NSMutableSet set];
    for (NSString *conversationID in conversationIDList) {
        if (![seen containsObject:conversationID]) {
            [seen addObject:conversationID];
            [ids addObject:conversationID];
        }
    }
    IMSCall *call = [self call:IMSLookup path:@"conversations/lookup/" query:@[] succ:succ fail:fail];
    call->body = IMS_RETAIN([NSDictionary dictionaryWithObject:ids forKey:@"conversationIDList"]);
    [call runOn:core->reads];
}

- (void)getConversationList:(uint64_t)nextSeq count:(int)count succ:(IMSConversationResultSucc)succ fail:(IMSFail)fail {
    [self page:@[@"count", [NSString stringWithFormat:@"%d", count]] nextSeq:nextSeq succ:succ fail:fail];
}

- (void)getConversationListByFilter:(IMSConversationListFilter *)filter
                            nextSeq:(uint64_t)nextSeq
                              count:(uint32_t)count
                               succ:(IMSConversationResultSucc)succ
                               fail:(IMSFail)fail {
    NSArray *query = @[@"count", [NSString stringWithFormat:@"%u", count]];
    [self page:[query arrayByAddingObjectsFromArray:IMSQueryOf(filter)] nextSeq:nextSeq succ:succ fail:fail];
}

- (void)page:(NSArray *)query nextSeq:(uint64_t)nextSeq succ:(IMSConversationResultSucc)succ fail:(IMSFail)fail {
    IMSCall *call = [self call:IMSPage path:@"conversations/" query:query succ:succ fail:fail];
    call->nextSeq = nextSeq;
    [call runOn:core->reads];
}

- (void)getTotalUnreadMessageCount:(IMSTotalUnreadMessageCountSucc)succ fail:(IMSFail)fail {
    [[self call:IMSCount path:@"unread/" query:@[] succ:succ fail:fail] runOn:core->reads];
}

- (void)getUnreadMessageCountByFilter:(IMSConversationListFilter *)filter
                                 succ:(IMSTotalUnreadMessageCountSucc)succ
                                 fail:(IMSFail)fail {
    [[self call:IMSCount path:@"unread/" query:IMSQueryOf(filter) succ:succ fail:fail] runOn:core->reads];
}

- (void)getConversationGroupList:(IMSConversationGroupListSucc)succ fail:(IMSFail)fail {
    [[self call:IMSGroupNames path:@"conversation-groups/" query:@[] succ:succ fail:fail] runOn:core->reads];
}

// ---- Changes ----------------------------------------------------------------------------------------------------------------

- (void)change:(NSString *)method
          path:(NSString *)path
         query:(NSArray *)query
          body:(NSDictionary *)body
          succ:(IMSSucc)succ
          fail:(IMSFail)fail {
    IMSCall *call = [self call:IMSNothing path:path query:query succ:succ fail:fail];
    call->method = [method copy];
    call->body = IMS_RETAIN(body);
    [call runOn:core->changes];
}

- (void)changeEach:(NSArray *)conversationIDList
              path:(NSString *)path
             query:(NSArray *)query
              body:(NSDictionary *)values
              succ:(IMSConversationOperationResultSucc)succ
              fail:(IMSFail)fail {
    NSMutableDictionary *body = [NSMutableDictionary dictionaryWithDictionary:values];
    [body setObject:[NSArray arrayWithArray:conversationIDList] forKey:@"conversationIDList"];
    IMSCall *call = [self call:IMSResults path:path query:query succ:succ fail:fail];
    call->method = @"POST";
    call->body = IMS_RETAIN(body);
    [call runOn:core->changes];
}

- (void)pinConversation:(NSString *)conversationID isPinned:(BOOL)isPinned succ:(IMSSucc)succ fail:(IMSFail)fail {
    NSArray *query = @[@"id", IMSOrEmpty(conversationID)];
    [self change:isPinned ? @"PUT" : @"DELETE" path:@"conversations/-/pin/" query:query body:nil succ:succ fail:fail];
}

- (void)setConversationDraft:(NSString *)conversationID
                   draftText:(NSString *)draftText
                        succ:(IMSSucc)succ
                        fail:(IMSFail)fail {
    NSDictionary *body = [NSDictionary dictionaryWithObject:IMSOrEmpty(draftText) forKey:@"draftText"];
    NSArray *query = @[@"id", IMSOrEmpty(conversationID)];
    [self change:@"PUT" path:@"conversations/-/draft/" query:query body:body succ:succ fail:fail];
}

- (void)deleteConversation:(NSString *)conversationID succ:(IMSSucc)succ fail:(IMSFail)fail {
    NSArray *query = @[@"id", IMSOrEmpty(conversationID)];
    [self change:@"DELETE" path:@"conversations/-/" query:query body:nil succ:succ fail:fail];
}

- (void)cleanConversationUnreadMessageCount:(NSString *)conversationID
                             cleanTimestamp:(uint64_t)cleanTimestamp
                              cleanSequence:(uint64_t)cleanSequence
                                       succ:(IMSSucc)succ
                                       fail:(IMSFail)fail {
    NSString *target = IMSOrEmpty(conversationID);
    if ([target isEqual:@""] || [target isEqual:@"c2c"] || [target isEqual:@"group"]) {
        NSDictionary *body = [NSDictionary dictionaryWithObject:[target length] ? target : @"all" forKey:@"scope"];
        return [self change:@"POST" path:@"conversations/read/" query:@[] body:body succ:succ fail:fail];
    }
    NSMutableDictionary *body = [NSMutableDictionary dictionary];
    if (cleanTimestamp && [target hasPrefix:@"c2c_"]) {
        [body setObject:[NSNumber numberWithUnsignedLongLong:cleanTimestamp] forKey:@"cleanTimestamp"];
    } else if (cleanSequence && [target hasPrefix:@"group_"]) {
        [body setObject:[NSNumber numberWithUnsignedLongLong:cleanSequence] forKey:@"cleanSequence"];
    }
    [self change:@"POST" path:@"conversations/-/read/" query:@[@"id", target] body:body succ:succ fail:fail];
}

- (void)markConversation:(NSArray *)conversationIDList
                markType:(NSNumber *)markType
              enableMark:(BOOL)enableMark
                    succ:(IMSConversationOperationResultSucc)succ
                    fail:(IMSFail)fail {
    NSString *marks = [NSString stringWithFormat:@"%llu", [markType unsignedLongLongValue]];
    NSDictionary *body = @{@"markType": marks, @"enableMark": [NSNumber numberWithBool:enableMark]};
    [self changeEach:conversationIDList path:@"conversations/mark/" query:@[] body:body succ:succ fail:fail];
}

- (void)setConversationCustomData:(NSArray *)conversationIDList
                       customData:(NSData *)customData
                             succ:(IMSConversationOperationResultSucc)succ
                             fail:(IMSFail)fail {
    NSData *data = customData ? customData : [NSData data];
    NSString *text = IMS_AUTORELEASE([[NSString alloc] initWithData:data encoding:NSUTF8StringEncoding]);
    NSDictionary *body = @{@"customData": IMSOrEmpty(text)};
    [self changeEach:conversationIDList path:@"conversations/custom-data/" query:@[] body:body succ:succ fail:fail];
}

- (void)deleteConversationList:(NSArray *)conversationIDList
                  clearMessage:(BOOL)clearMessage
                          succ:(IMSConversationOperationResultSucc)succ
                          fail:(IMSFail)fail {
    NSDictionary *body = @{@"clearMessage": [NSNumber numberWithBool:clearMessage]};
    [self changeEach:conversationIDList path:@"conversations/delete/" query:@[] body:body succ:succ fail:fail];
}

// ---- Conversation groups ------------------------------------------------------------------------------------------------------

- (void)createConversationGroup:(NSString *)groupName
             conversationIDList:(NSArray *)conversationIDList
                           succ:(IMSConversationOperationResultSucc)succ
                           fail:(IMSFail)fail {
    NSDictionary *body = @{@"groupName": IMSOrEmpty(groupName)};
    [self changeEach:conversationIDList path:@"conversation-groups/" query:@[] body:body succ:succ fail:fail];
}

- (void)deleteConversationGroup:(NSString *)groupName succ:(IMSSucc)succ fail:(IMSFail)fail {
    NSArray *query = @[@"name", IMSOrEmpty(groupName)];
    [self change:@"DELETE" path:@"conversation-groups/-/" query:query body:nil succ:succ fail:fail];
}

- (void)renameConversationGroup:(NSString *)oldName newName:(NSString *)newName succ:(IMSSucc)succ fail:(IMSFail)fail {
    NSArray *query = @[@"name", IMSOrEmpty(oldName)];
    NSDictionary *body = @{@"newName": IMSOrEmpty(newName)};
    [self change:@"PATCH" path:@"conversation-groups/-/" query:query body:body succ:succ fail:fail];
}

- (void)addConversationsToGroup:(NSString *)groupName
             conversationIDList:(NSArray *)conversationIDList
                           succ:(IMSConversationOperationResultSucc)succ
                           fail:(IMSFail)fail {
    NSArray *query = @[@"name", IMSOrEmpty(groupName)];
    [self changeEach:conversationIDList path:@"conversation-groups/-/add/" query:query body:@{} succ:succ fail:fail];
}

- (void)deleteConversationsFromGroup:(NSString *)groupName
                  conversationIDList:(NSArray *)conversationIDList
                                succ:(IMSConversationOperationResultSucc)succ
                                fail:(IMSFail)fail {
    NSArray *query = @[@"name", IMSOrEmpty(groupName)];
    [self changeEach:conversationIDList path:@"conversation-groups/-/remove/" query:query body:@{} succ:succ fail:fail];
}

// ---- Answers, on a network queue ----------------------------------------------------------------------------------------------

- (id)valueOfCall:(IMSCall *)call {
    switch (call->kind) {
        case IMSLookup:
            return [self lookUp:call];
        case IMSPage:
            return [self pageOf:call];
        default:
            break;
    }
    NSDictionary *json = [self send:call query:call->query body:call->body]->json;
    switch (call->kind) {
        case IMSOneConversation:
            return IMSObjectOf([IMSConversation class], json);
        case IMSCount:
            return [NSNumber numberWithUnsignedLongLong:IMSNumber(json, @"total")];
        case IMSResults:
            return IMSObjects([IMSConversationOperationResult class], [json objectForKey:@"results"]);
        case IMSGroupNames:
            return IMSTexts([json objectForKey:@"conversationGroupList"]);
        default:
            return nil;
    }
}

/// Send, and keep a failure as the call's error.
- (IMSAnswer *)send:(IMSCall *)call query:(NSArray *)query body:(NSDictionary *)body {
    IMSAnswer *answer = [call->session send:call->method path:call->path query:query body:body];
    if (answer->code) {
        [self fail:call with:answer];
    }
    return answer;
}

- (void)fail:(IMSCall *)call with:(IMSAnswer *)error {
    IMS_RELEASE(call->error);
    call->error = IMS_RETAIN(error);
}

- (NSArray *)lookUp:(IMSCall *)call {
    NSArray *ids = [call->body objectForKey:@"conversationIDList"];
    NSMutableArray *conversations = [NSMutableArray array];
    IMSAnswer *malformed = nil;
    BOOL hasUnknown = NO;
    IMS_RELEASE(call->method);
    call->method = @"POST";
    NSUInteger start = 0;
    do {
        NSArray *part = [ids subarrayWithRange:NSMakeRange(start, MIN(MAX_IDS, [ids count] - start))];
        IMSAnswer *answer = [self send:call query:call->query body:@{@"conversationIDList": part}];
        if (answer->code) {
            return nil;
        }
        NSArray *objects = [answer->json objectForKey:@"conversationList"];
        [conversations addObjectsFromArray:IMSObjects([IMSConversation class], objects)];
        for (NSDictionary *reason in [answer->json objectForKey:@"unresolved"]) {
            if (IMSNumber(reason, @"resultCode") != IMS_INVALID_PARAMETER) {
                hasUnknown = YES;
            } else if (!malformed) {
                malformed = [IMSAnswer failure:IMS_INVALID_PARAMETER desc:IMSText(reason, @"resultInfo") status:0];
            }
        }
        start += MAX_IDS;
    } while (start < [ids count]);
    if (malformed && !hasUnknown && ![conversations count]) {
        [self fail:call with:malformed];
    }
    return conversations;
}

- (NSArray *)pageOf:(IMSCall *)call {
    BOOL isFirst = call->nextSeq == 0;
    NSArray *query = call->query;
    if (!isFirst) {
        NSString *cursor = [self cursor:call->nextSeq];
        if (!cursor) {
            NSString *desc = @"nextSeq is not from this list: start again with 0.";
            [self fail:call with:[IMSAnswer failure:IMS_INVALID_PARAMETER desc:desc status:0]];
            return nil;
        }
        query = [query arrayByAddingObjectsFromArray:@[@"nextSeq", cursor]];
    }
    IMSAnswer *answer = [self send:call query:query body:nil];
    if (answer->code) {
        return nil;
    }
    if (isFirst && answer->version) {
        [call->session startAt:answer->version];
    }
    NSArray *conversations = IMSObjects([IMSConversation class], [answer->json objectForKey:@"conversationList"]);
    [core->hub noteListed:conversations];
    call->isFinished = IMSFlag(answer->json, @"isFinished");
    call->nextSeq = call->isFinished ? 0 : [self addCursor:IMSText(answer->json, @"nextSeq")];
    return conversations;
}

- (NSString *)cursor:(uint64_t)number {
    @synchronized(core) {
        return [core->cursors objectForKey:[NSNumber numberWithUnsignedLongLong:number]];
    }
}

- (uint64_t)addCursor:(NSString *)text {
    @synchronized(core) {
        uint64_t number = ++core->lastCursor;
        [core->cursors setObject:text forKey:[NSNumber numberWithUnsignedLongLong:number]];
        if (number > MAX_CURSORS) {
            [core->cursors removeObjectForKey:[NSNumber numberWithUnsignedLongLong:number - MAX_CURSORS]];
        }
        return number;
    }
}

@end
