// Runs the calls of the conformance suite on this client: one JSON object a line in, one a line out. Values are built from the
// client's properties alone. See clients/conformance/README.md. Blocks here capture numbers only: with GNUstep's older runtime a
// block does not retain.

#import <ImsiteClient/V2TIM.h>

#include <stdio.h>
#include <stdlib.h>

// ---- Lines --------------------------------------------------------------------------------------------------------------------

static void Write(NSDictionary *line) {
    NSData *data = [NSJSONSerialization dataWithJSONObject:line options:0 error:NULL];
    @synchronized([NSJSONSerialization class]) {
        fwrite([data bytes], 1, [data length], stdout);
        fputc('\n', stdout);
        fflush(stdout);
    }
}

static id OrNull(id value) {
    return value ? value : [NSNull null];
}

static NSNumber *Int(long long number) {
    return [NSNumber numberWithLongLong:number];
}

static NSNumber *Unsigned(uint64_t number) {
    return [NSNumber numberWithUnsignedLongLong:number];
}

static NSNumber *Bool(BOOL flag) {
    return [NSNumber numberWithBool:flag];
}

static NSString *Text(NSData *data) {
    NSString *text = [[NSString alloc] initWithData:data ? data : [NSData data] encoding:NSUTF8StringEncoding];
    return text ? text : @"";
}

static NSNumber *Seconds(NSDate *date) {
    return Int((long long)[date timeIntervalSince1970]);
}

static void Answer(int number, id value) {
    Write(@{@"id": Int(number), @"value": OrNull(value)});
}

static void Fail(int number, int code, NSString *desc) {
    Write(@{@"id": Int(number), @"error": @{@"code": Int(code), @"desc": OrNull(desc)}});
}

// ---- Values -------------------------------------------------------------------------------------------------------------------

static NSDictionary *MemberJSON(V2TIMGroupMemberInfo *member) {
    return @{
        @"userID": member.userID, @"nickName": member.nickName, @"nameCard": member.nameCard,
        @"friendRemark": member.friendRemark, @"faceUrl": member.faceURL,
    };
}

static NSDictionary *TipsJSON(V2TIMGroupTipsElem *tips) {
    NSMutableArray *members = [NSMutableArray array], *groupChanges = [NSMutableArray array];
    NSMutableArray *memberChanges = [NSMutableArray array];
    for (V2TIMGroupMemberInfo *member in tips.memberList) {
        [members addObject:MemberJSON(member)];
    }
    for (V2TIMGroupChangeInfo *change in tips.groupChangeInfoList) {
        [groupChanges addObject:@{
            @"type": Int(change.type), @"key": change.key, @"value": change.value, @"boolValue": Bool(change.boolValue),
            @"intValue": Int(change.intValue),
        }];
    }
    for (V2TIMGroupMemberChangeInfo *change in tips.memberChangeInfoList) {
        [memberChanges addObject:@{@"userID": change.userID, @"muteTime": Int(change.muteTime)}];
    }
    return @{
        @"groupID": tips.groupID, @"type": Int(tips.type), @"memberList": members, @"groupChangeInfoList": groupChanges,
        @"opMember": OrNull(tips.opMember ? MemberJSON(tips.opMember) : nil), @"memberChangeInfoList": memberChanges,
        @"memberCount": Int(tips.memberCount),
    };
}

static NSDictionary *ImageJSON(V2TIMImageElem *element) {
    NSMutableArray *images = [NSMutableArray array];
    for (V2TIMImage *image in element.imageList) {
        [images addObject:@{
            @"uuid": image.uuid, @"type": Int(image.type), @"size": Int(image.size), @"width": Int(image.width),
            @"height": Int(image.height), @"url": image.url,
        }];
    }
    return @{@"path": element.path, @"imageList": images};
}

static NSMutableDictionary *WithUrls(NSDictionary *values, NSDictionary *urls) {
    NSMutableDictionary *all = [NSMutableDictionary dictionaryWithDictionary:values];
    [all addEntriesFromDictionary:urls];
    return all;
}

static NSString *receivedUrl;

static NSDictionary *VideoJSON(V2TIMVideoElem *video) {
    NSMutableDictionary *urls = [NSMutableDictionary dictionary];
    [video getVideoUrl:^(NSString *url) {
        receivedUrl = url;
    }];
    [urls setObject:receivedUrl forKey:@"videoUrl"];
    [video getSnapshotUrl:^(NSString *url) {
        receivedUrl = url;
    }];
    [urls setObject:receivedUrl forKey:@"snapshotUrl"];
    return WithUrls(@{
        @"videoPath": video.videoPath, @"UUID": video.videoUUID, @"videoSize": Int(video.videoSize),
        @"duration": Int(video.duration), @"snapshotPath": video.snapshotPath, @"snapshotUUID": video.snapshotUUID,
        @"snapshotSize": Int(video.snapshotSize), @"snapshotWidth": Int(video.snapshotWidth),
        @"snapshotHeight": Int(video.snapshotHeight),
    }, urls);
}

static NSDictionary *SoundJSON(V2TIMSoundElem *sound) {
    [sound getUrl:^(NSString *url) {
        receivedUrl = url;
    }];
    return @{
        @"path": sound.path, @"UUID": sound.uuid, @"dataSize": Int(sound.dataSize), @"duration": Int(sound.duration),
        @"url": receivedUrl,
    };
}

static NSDictionary *FileJSON(V2TIMFileElem *file) {
    [file getUrl:^(NSString *url) {
        receivedUrl = url;
    }];
    return @{
        @"path": file.path, @"fileName": file.filename, @"UUID": file.uuid, @"fileSize": Int(file.fileSize), @"url": receivedUrl,
    };
}

/// The element's values with those that follow as nextElem, its type in `elemType`.
static NSMutableDictionary *ElementJSON(V2TIMElem *element, int *elemType) {
    NSDictionary *values = @{};
    *elemType = 0;
    if ([element isKindOfClass:[V2TIMTextElem class]]) {
        *elemType = V2TIM_ELEM_TYPE_TEXT;
        values = @{@"text": ((V2TIMTextElem *)element).text};
    } else if ([element isKindOfClass:[V2TIMCustomElem class]]) {
        V2TIMCustomElem *custom = (V2TIMCustomElem *)element;
        *elemType = V2TIM_ELEM_TYPE_CUSTOM;
        values = @{@"data": Text(custom.data), @"desc": custom.desc, @"extension": custom.extension};
    } else if ([element isKindOfClass:[V2TIMImageElem class]]) {
        *elemType = V2TIM_ELEM_TYPE_IMAGE;
        values = ImageJSON((V2TIMImageElem *)element);
    } else if ([element isKindOfClass:[V2TIMSoundElem class]]) {
        *elemType = V2TIM_ELEM_TYPE_SOUND;
        values = SoundJSON((V2TIMSoundElem *)element);
    } else if ([element isKindOfClass:[V2TIMVideoElem class]]) {
        *elemType = V2TIM_ELEM_TYPE_VIDEO;
        values = VideoJSON((V2TIMVideoElem *)element);
    } else if ([element isKindOfClass:[V2TIMFileElem class]]) {
        *elemType = V2TIM_ELEM_TYPE_FILE;
        values = FileJSON((V2TIMFileElem *)element);
    } else if ([element isKindOfClass:[V2TIMLocationElem class]]) {
        V2TIMLocationElem *location = (V2TIMLocationElem *)element;
        *elemType = V2TIM_ELEM_TYPE_LOCATION;
        NSNumber *longitude = [NSNumber numberWithDouble:location.longitude];
        values = @{@"desc": location.desc, @"longitude": longitude, @"latitude": [NSNumber numberWithDouble:location.latitude]};
    } else if ([element isKindOfClass:[V2TIMFaceElem class]]) {
        V2TIMFaceElem *face = (V2TIMFaceElem *)element;
        *elemType = V2TIM_ELEM_TYPE_FACE;
        values = @{@"index": Int(face.index), @"data": Text(face.data)};
    } else if ([element isKindOfClass:[V2TIMGroupTipsElem class]]) {
        *elemType = V2TIM_ELEM_TYPE_GROUP_TIPS;
        values = TipsJSON((V2TIMGroupTipsElem *)element);
    } else if ([element isKindOfClass:[V2TIMMergerElem class]]) {
        V2TIMMergerElem *merger = (V2TIMMergerElem *)element;
        *elemType = V2TIM_ELEM_TYPE_MERGER;
        NSNumber *isOver = Bool(merger.layersOverLimit);
        values = @{@"title": merger.title, @"abstractList": merger.abstractList, @"isLayersOverLimit": isOver};
    }
    NSMutableDictionary *json = [NSMutableDictionary dictionaryWithDictionary:values];
    if (element.nextElem) {
        int nextType = 0;
        NSMutableDictionary *next = ElementJSON(element.nextElem, &nextType);
        [next setObject:Int(nextType) forKey:@"elemType"];
        [json setObject:next forKey:@"nextElem"];
    }
    return json;
}

static void PutElement(NSMutableDictionary *message, NSString *key, V2TIMElem *element) {
    int elemType = 0;
    if (element) {
        [message setObject:ElementJSON(element, &elemType) forKey:key];
    }
}

static NSDictionary *MessageJSON(V2TIMMessage *message) {
    NSMutableDictionary *json = [NSMutableDictionary dictionaryWithDictionary:@{
        @"msgID": message.msgID, @"timestamp": Seconds(message.timestamp), @"sender": message.sender,
        @"nickName": message.nickName, @"friendRemark": message.friendRemark, @"nameCard": message.nameCard,
        @"faceUrl": message.faceURL, @"groupID": OrNull(message.groupID), @"userID": OrNull(message.userID),
        @"seq": [NSString stringWithFormat:@"%llu", (unsigned long long)message.seq], @"random": Unsigned(message.random),
        @"status": Int(message.status), @"elemType": Int(message.elemType), @"localCustomData": Text(message.localCustomData),
        @"localCustomInt": Int(message.localCustomInt), @"cloudCustomData": Text(message.cloudCustomData),
        @"isSelf": Bool(message.isSelf), @"isRead": Bool(message.isRead), @"isPeerRead": Bool(message.isPeerRead),
        @"needReadReceipt": Bool(message.needReadReceipt), @"hasRiskContent": Bool(message.hasRiskContent),
        @"isBroadcastMessage": Bool(message.isBroadcastMessage),
        @"isSupportMessageExtension": Bool(message.supportMessageExtension),
        @"isExcludedFromUnreadCount": Bool(message.isExcludedFromUnreadCount),
        @"isExcludedFromLastMessage": Bool(message.isExcludedFromLastMessage),
        @"isExcludedFromContentModeration": Bool(message.isExcludedFromContentModeration),
        @"priority": Int(message.priority), @"groupAtUserList": message.groupAtUserList, @"revokeReason": message.revokeReason,
    }];
    V2TIMOfflinePushInfo *push = message.offlinePushInfo;
    if (push) {
        [json setObject:@{@"title": push.title, @"desc": push.desc, @"disablePush": Bool(push.disablePush)}
                 forKey:@"offlinePushInfo"];
    }
    V2TIMUserFullInfo *revoker = message.revokerInfo;
    if (revoker) {
        [json setObject:@{@"userID": revoker.userID, @"nickName": revoker.nickName, @"faceUrl": revoker.faceURL}
                 forKey:@"revokerInfo"];
    }
    PutElement(json, @"textElem", message.textElem);
    PutElement(json, @"customElem", message.customElem);
    PutElement(json, @"imageElem", message.imageElem);
    PutElement(json, @"soundElem", message.soundElem);
    PutElement(json, @"videoElem", message.videoElem);
    PutElement(json, @"fileElem", message.fileElem);
    PutElement(json, @"locationElem", message.locationElem);
    PutElement(json, @"faceElem", message.faceElem);
    PutElement(json, @"groupTipsElem", message.groupTipsElem);
    PutElement(json, @"mergerElem", message.mergerElem);
    return json;
}

static NSDictionary *ConversationJSON(V2TIMConversation *conversation) {
    NSMutableArray *mentions = [NSMutableArray array];
    for (V2TIMGroupAtInfo *info in conversation.groupAtInfolist) {
        NSString *seq = [NSString stringWithFormat:@"%llu", (unsigned long long)info.seq];
        [mentions addObject:@{@"seq": seq, @"atType": Int(info.atType)}];
    }
    return @{
        @"conversationID": conversation.conversationID, @"type": Int(conversation.type),
        @"userID": OrNull(conversation.userID), @"groupID": OrNull(conversation.groupID),
        @"groupType": OrNull(conversation.groupType), @"showName": conversation.showName, @"faceUrl": conversation.faceUrl,
        @"recvOpt": Int(conversation.recvOpt), @"unreadCount": Int(conversation.unreadCount),
        @"draftText": conversation.draftText, @"draftTimestamp": Seconds(conversation.draftTimestamp),
        @"isPinned": Bool(conversation.isPinned), @"orderkey": Unsigned(conversation.orderKey), @"groupAtInfoList": mentions,
        @"customData": Text(conversation.customData), @"c2cReadTimestamp": Unsigned(conversation.c2cReadTimestamp),
        @"groupReadSequence": Unsigned(conversation.groupReadSequence), @"markList": conversation.markList,
        @"conversationGroupList": conversation.conversationGroupList,
        @"lastMessage": OrNull(conversation.lastMessage ? MessageJSON(conversation.lastMessage) : nil),
    };
}

static NSArray *ListJSON(NSArray *conversations) {
    NSMutableArray *list = [NSMutableArray array];
    for (V2TIMConversation *conversation in conversations) {
        [list addObject:ConversationJSON(conversation)];
    }
    return list;
}

// ---- Listener -----------------------------------------------------------------------------------------------------------------

@interface Reporter : NSObject <V2TIMConversationListener>
@end

@implementation Reporter

- (void)report:(NSString *)event value:(id)value {
    Write(@{@"event": event, @"value": OrNull(value)});
}

- (void)report:(NSString *)event group:(NSString *)name list:(NSArray *)list {
    [self report:event value:@{@"groupName": name, @"conversationList": ListJSON(list)}];
}

- (void)onSyncServerStart {
    [self report:@"onSyncServerStart" value:nil];
}

- (void)onSyncServerFinish {
    [self report:@"onSyncServerFinish" value:nil];
}

- (void)onSyncServerFailed {
    [self report:@"onSyncServerFailed" value:nil];
}

- (void)onNewConversation:(NSArray<V2TIMConversation *> *)conversationList {
    [self report:@"onNewConversation" value:ListJSON(conversationList)];
}

- (void)onConversationChanged:(NSArray<V2TIMConversation *> *)conversationList {
    [self report:@"onConversationChanged" value:ListJSON(conversationList)];
}

- (void)onConversationDeleted:(NSArray<NSString *> *)conversationIDList {
    [self report:@"onConversationDeleted" value:conversationIDList];
}

- (void)onTotalUnreadMessageCountChanged:(uint64_t)totalUnreadCount {
    [self report:@"onTotalUnreadMessageCountChanged" value:Unsigned(totalUnreadCount)];
}

- (void)onUnreadMessageCountChangedByFilter:(V2TIMConversationListFilter *)filter totalUnreadCount:(uint64_t)count {
    [self report:@"onUnreadMessageCountChangedByFilter" value:Unsigned(count)];
}

- (void)onConversationGroupCreated:(NSString *)groupName conversationList:(NSArray<V2TIMConversation *> *)list {
    [self report:@"onConversationGroupCreated" group:groupName list:list];
}

- (void)onConversationGroupDeleted:(NSString *)groupName {
    [self report:@"onConversationGroupDeleted" value:groupName];
}

- (void)onConversationGroupNameChanged:(NSString *)oldName newName:(NSString *)newName {
    [self report:@"onConversationGroupNameChanged" value:@[oldName, newName]];
}

- (void)onConversationsAddedToGroup:(NSString *)groupName conversationList:(NSArray<V2TIMConversation *> *)list {
    [self report:@"onConversationsAddedToGroup" group:groupName list:list];
}

- (void)onConversationsDeletedFromGroup:(NSString *)groupName conversationList:(NSArray<V2TIMConversation *> *)list {
    [self report:@"onConversationsDeletedFromGroup" group:groupName list:list];
}

@end

// ---- Calls --------------------------------------------------------------------------------------------------------------------

static Reporter *reporter;

static uint64_t Number(NSDictionary *arguments, NSString *key) {
    id value = [arguments objectForKey:key];
    return [value isKindOfClass:[NSString class]] ? strtoull([value UTF8String], NULL, 10) : [value unsignedLongLongValue];
}

static V2TIMConversationListFilter *Filter(NSDictionary *arguments) {
    NSDictionary *values = [arguments objectForKey:@"filter"];
    V2TIMConversationListFilter *filter = [[V2TIMConversationListFilter alloc] init];
    [filter setType:(V2TIMConversationType)[[values objectForKey:@"conversationType"] intValue]];
    [filter setConversationGroup:[values objectForKey:@"conversationGroup"]];
    if ([values objectForKey:@"markType"]) {
        [filter setMarkType:Number(values, @"markType")];
    }
    if ([values objectForKey:@"hasUnreadCount"]) {
        [filter setHasUnreadCount:[[values objectForKey:@"hasUnreadCount"] boolValue]];
    }
    if ([values objectForKey:@"hasGroupAtInfo"]) {
        [filter setHasGroupAtInfo:[[values objectForKey:@"hasGroupAtInfo"] boolValue]];
    }
    return filter;
}

static BOOL RunConnection(NSString *call, NSDictionary *a) {
    V2TIMManager *manager = V2TIMManager.sharedInstance;
    if ([call isEqual:@"connect"]) {
        [manager connect:[a objectForKey:@"server"]
              serviceKey:[a objectForKey:@"credential"]
                  userID:[a objectForKey:@"owner"]];
    } else if ([call isEqual:@"disconnect"]) {
        [manager removeConversationListener:reporter];
        [manager disconnect];
    } else if ([call isEqual:@"renew"]) {
        [manager renew:[a objectForKey:@"credential"]];
    } else if ([call isEqual:@"setPlaceholders"]) {
        [manager setPlaceholders:[[a objectForKey:@"enabled"] boolValue]];
    } else if ([call isEqual:@"addConversationListener"]) {
        [manager addConversationListener:reporter];
    } else if ([call isEqual:@"removeConversationListener"]) {
        [manager removeConversationListener:reporter];
    } else if ([call isEqual:@"subscribeUnreadMessageCountByFilter"]) {
        [manager subscribeUnreadMessageCountByFilter:Filter(a)];
    } else if ([call isEqual:@"unsubscribeUnreadMessageCountByFilter"]) {
        [manager unsubscribeUnreadMessageCountByFilter:Filter(a)];
    } else {
        return NO;
    }
    return YES;
}

static BOOL RunRead(int number, NSString *call, NSDictionary *a) {
    V2TIMManager *manager = V2TIMManager.sharedInstance;
    V2TIMFail fail = ^(int code, NSString *desc) {
        Fail(number, code, desc);
    };
    V2TIMConversationResultSucc page = ^(NSArray<V2TIMConversation *> *list, uint64_t nextSeq, BOOL isFinished) {
        NSString *next = [NSString stringWithFormat:@"%llu", (unsigned long long)nextSeq];
        Answer(number, @{@"conversationList": ListJSON(list), @"nextSeq": next, @"isFinished": Bool(isFinished)});
    };
    V2TIMTotalUnreadMessageCountSucc count = ^(uint64_t total) {
        Answer(number, Unsigned(total));
    };
    if ([call isEqual:@"getConversation"]) {
        [manager getConversation:[a objectForKey:@"conversationID"]
                            succ:^(V2TIMConversation *conv) {
                                Answer(number, ConversationJSON(conv));
                            }
                            fail:fail];
    } else if ([call isEqual:@"getConversationList"]) {
        [manager getConversationList:[a objectForKey:@"conversationIDList"]
                                succ:^(NSArray<V2TIMConversation *> *list) {
                                    Answer(number, ListJSON(list));
                                }
                                fail:fail];
    } else if ([call isEqual:@"getConversationListByPage"]) {
        [manager getConversationList:Number(a, @"nextSeq") count:(int)Number(a, @"count") succ:page fail:fail];
    } else if ([call isEqual:@"getConversationListByFilter"]) {
        [manager getConversationListByFilter:Filter(a)
                                     nextSeq:Number(a, @"nextSeq")
                                       count:(uint32_t)Number(a, @"count")
                                        succ:page
                                        fail:fail];
    } else if ([call isEqual:@"getTotalUnreadMessageCount"]) {
        [manager getTotalUnreadMessageCount:count fail:fail];
    } else if ([call isEqual:@"getUnreadMessageCountByFilter"]) {
        [manager getUnreadMessageCountByFilter:Filter(a) succ:count fail:fail];
    } else if ([call isEqual:@"getConversationGroupList"]) {
        [manager getConversationGroupList:^(NSArray<NSString *> *names) {
            Answer(number, names);
        }
                                     fail:fail];
    } else {
        return NO;
    }
    return YES;
}

static BOOL RunChange(int number, NSString *call, NSDictionary *a) {
    V2TIMManager *manager = V2TIMManager.sharedInstance;
    NSString *conversationID = [a objectForKey:@"conversationID"], *group = [a objectForKey:@"groupName"];
    NSArray *ids = [a objectForKey:@"conversationIDList"];
    V2TIMFail fail = ^(int code, NSString *desc) {
        Fail(number, code, desc);
    };
    V2TIMSucc succ = ^{
        Answer(number, nil);
    };
    V2TIMConversationOperationResultSucc results = ^(NSArray<V2TIMConversationOperationResult *> *list) {
        NSMutableArray *array = [NSMutableArray array];
        for (V2TIMConversationOperationResult *result in list) {
            [array addObject:@{
                @"conversationID": result.conversationID, @"resultCode": Int(result.resultCode), @"resultInfo": result.resultInfo,
            }];
        }
        Answer(number, array);
    };
    if ([call isEqual:@"pinConversation"]) {
        BOOL isPinned = [[a objectForKey:@"isPinned"] boolValue];
        [manager pinConversation:conversationID isPinned:isPinned succ:succ fail:fail];
    } else if ([call isEqual:@"setConversationDraft"]) {
        [manager setConversationDraft:conversationID draftText:[a objectForKey:@"draftText"] succ:succ fail:fail];
    } else if ([call isEqual:@"deleteConversation"]) {
        [manager deleteConversation:conversationID succ:succ fail:fail];
    } else if ([call isEqual:@"cleanConversationUnreadMessageCount"]) {
        [manager cleanConversationUnreadMessageCount:conversationID
                                      cleanTimestamp:Number(a, @"cleanTimestamp")
                                       cleanSequence:Number(a, @"cleanSequence")
                                                succ:succ
                                                fail:fail];
    } else if ([call isEqual:@"markConversation"]) {
        NSNumber *marks = Unsigned(Number(a, @"markType"));
        BOOL isOn = [[a objectForKey:@"enableMark"] boolValue];
        [manager markConversation:ids markType:marks enableMark:isOn succ:results fail:fail];
    } else if ([call isEqual:@"setConversationCustomData"]) {
        NSData *data = [[a objectForKey:@"customData"] dataUsingEncoding:NSUTF8StringEncoding];
        [manager setConversationCustomData:ids customData:data succ:results fail:fail];
    } else if ([call isEqual:@"deleteConversationList"]) {
        BOOL isClearing = [[a objectForKey:@"clearMessage"] boolValue];
        [manager deleteConversationList:ids clearMessage:isClearing succ:results fail:fail];
    } else if ([call isEqual:@"createConversationGroup"]) {
        [manager createConversationGroup:group conversationIDList:ids succ:results fail:fail];
    } else if ([call isEqual:@"deleteConversationGroup"]) {
        [manager deleteConversationGroup:group succ:succ fail:fail];
    } else if ([call isEqual:@"renameConversationGroup"]) {
        NSString *oldName = [a objectForKey:@"oldName"], *newName = [a objectForKey:@"newName"];
        [manager renameConversationGroup:oldName newName:newName succ:succ fail:fail];
    } else if ([call isEqual:@"addConversationsToGroup"]) {
        [manager addConversationsToGroup:group conversationIDList:ids succ:results fail:fail];
    } else if ([call isEqual:@"deleteConversationsFromGroup"]) {
        [manager deleteConversationsFromGroup:group conversationIDList:ids succ:results fail:fail];
    } else {
        return NO;
    }
    return YES;
}

int main(void) {
    @autoreleasepool {
        reporter = [[Reporter alloc] init];
        char *line = NULL;
        size_t capacity = 0;
        ssize_t length;
        while ((length = getline(&line, &capacity, stdin)) > 0) {
            @autoreleasepool {
                NSData *data = [NSData dataWithBytes:line length:(NSUInteger)length];
                NSDictionary *request = [NSJSONSerialization JSONObjectWithData:data options:0 error:NULL];
                NSString *call = [request objectForKey:@"call"];
                NSDictionary *arguments = [request objectForKey:@"arguments"];
                int number = [[request objectForKey:@"id"] intValue];
                if (RunConnection(call, arguments)) {
                    Answer(number, nil);
                } else if (!RunRead(number, call, arguments) && !RunChange(number, call, arguments)) {
                    Write(@{@"id": Int(number), @"unsupported": call});
                }
            }
        }
        free(line);
        [V2TIMManager.sharedInstance disconnect];
    }
    return 0;
}
