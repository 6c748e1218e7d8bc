#import "ImsiteClient/IMSConversation.h"

#import "IMSJSON.h"

@implementation IMSGroupAtInfo

- (uint64_t)seq {
    return IMSNumber(_json, @"seq");
}

- (IMSGroupAtType)atType {
    return (IMSGroupAtType)IMSNumber(_json, @"atType");
}

@end

@implementation IMSConversation

- (IMSConversationType)type {
    return (IMSConversationType)IMSNumber(_json, @"type");
}

- (NSString *)conversationID {
    return IMSText(_json, @"conversationID");
}

- (NSString *)userID {
    return IMSTextOrNil(_json, @"userID");
}

- (NSString *)groupID {
    return IMSTextOrNil(_json, @"groupID");
}

- (NSString *)groupType {
    return IMSTextOrNil(_json, @"groupType");
}

- (NSString *)showName {
    return IMSText(_json, @"showName");
}

- (NSString *)faceUrl {
    return IMSText(_json, @"faceUrl");
}

- (int)unreadCount {
    return (int)IMSNumber(_json, @"unreadCount");
}

- (IMSReceiveMessageOpt)recvOpt {
    return (IMSReceiveMessageOpt)IMSNumber(_json, @"recvOpt");
}

- (IMSMessage *)lastMessage {
    return IMSObjectOf([IMSMessage class], [_json objectForKey:@"lastMessage"]);
}

- (NSArray<IMSGroupAtInfo *> *)groupAtInfolist {
    return IMSObjects([IMSGroupAtInfo class], [_json objectForKey:@"groupAtInfoList"]);
}

- (NSString *)draftText {
    return IMSText(_json, @"draftText");
}

- (NSDate *)draftTimestamp {
    return IMSDate(_json, @"draftTimestamp");
}

- (BOOL)isPinned {
    return IMSFlag(_json, @"isPinned");
}

- (uint64_t)orderKey {
    return IMSNumber(_json, @"orderkey");
}

- (NSArray<NSNumber *> *)markList {
    return IMSNumbers([_json objectForKey:@"markList"]);
}

- (NSData *)customData {
    return IMSData(_json, @"customData");
}

- (NSArray<NSString *> *)conversationGroupList {
    return IMSTexts([_json objectForKey:@"conversationGroupList"]);
}

- (uint64_t)c2cReadTimestamp {
    return IMSNumber(_json, @"c2cReadTimestamp");
}

- (uint64_t)groupReadSequence {
    return IMSNumber(_json, @"groupReadSequence");
}

@end

@implementation IMSConversationOperationResult

- (NSString *)conversationID {
    return IMSText(_json, @"conversationID");
}

- (int)resultCode {
    return (int)IMSNumber(_json, @"resultCode");
}

- (NSString *)resultInfo {
    return IMSText(_json, @"resultInfo");
}

@end

@implementation IMSConversationListFilter

- (instancetype)init {
    if ((self = [super init])) {
        _parameters = [[NSMutableDictionary alloc] init];
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(_parameters);
    IMS_SUPER_DEALLOC;
}

- (id)copyWithZone:(NSZone *)zone {
    IMSConversationListFilter *copy = [[IMSConversationListFilter allocWithZone:zone] init];
    [copy->_parameters setDictionary:_parameters];
    return copy;
}

- (BOOL)isEqual:(id)other {
    return [other isKindOfClass:[IMSConversationListFilter class]]
        && [_parameters isEqual:((IMSConversationListFilter *)other)->_parameters];
}

- (NSUInteger)hash {
    return [_parameters hash];
}

- (NSDictionary *)parameters {
    return IMS_AUTORELEASE([_parameters copy]);
}

- (void)setType:(IMSConversationType)type {
    [self set:type == IMS_UNKNOWN ? nil : [NSString stringWithFormat:@"%ld", (long)type] forKey:@"type"];
}

- (void)setConversationGroup:(NSString *)conversationGroup {
    [self set:conversationGroup forKey:@"conversationGroup"];
}

- (void)setMarkType:(uint64_t)markType {
    [self set:[NSString stringWithFormat:@"%llu", (unsigned long long)markType] forKey:@"markType"];
}

- (void)setHasUnreadCount:(BOOL)hasUnreadCount {
    [self set:hasUnreadCount ? @"true" : @"false" forKey:@"hasUnreadCount"];
}

- (void)setHasGroupAtInfo:(BOOL)hasGroupAtInfo {
    [self set:hasGroupAtInfo ? @"true" : @"false" forKey:@"hasGroupAtInfo"];
}

- (void)set:(NSString *)value forKey:(NSString *)key {
    if (value) {
        [_parameters setObject:value forKey:key];
    } else {
        [_parameters removeObjectForKey:key];
    }
}

@end
