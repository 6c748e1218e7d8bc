#import "ImsiteClient/IMSMessage.h"

#import "IMSJSON.h"

@implementation IMSTextElem

- (NSString *)text {
    return IMSText(_json, @"text");
}

@end

@implementation IMSCustomElem

- (NSData *)data {
    return IMSData(_json, @"data");
}

- (NSString *)desc {
    return IMSText(_json, @"desc");
}

- (NSString *)extension {
    return IMSText(_json, @"extension");
}

@end

@implementation IMSImage

- (NSString *)uuid {
    return IMSText(_json, @"uuid");
}

- (IMSImageType)type {
    return (IMSImageType)IMSNumber(_json, @"type");
}

- (int)size {
    return (int)IMSNumber(_json, @"size");
}

- (int)width {
    return (int)IMSNumber(_json, @"width");
}

- (int)height {
    return (int)IMSNumber(_json, @"height");
}

- (NSString *)url {
    return IMSText(_json, @"url");
}

@end

@implementation IMSImageElem

- (NSString *)path {
    return IMSText(_json, @"path");
}

- (NSArray<IMSImage *> *)imageList {
    return IMSObjects([IMSImage class], [_json objectForKey:@"imageList"]);
}

@end

@implementation IMSSoundElem

- (NSString *)path {
    return IMSText(_json, @"path");
}

- (NSString *)uuid {
    return IMSText(_json, @"UUID");
}

- (int)dataSize {
    return (int)IMSNumber(_json, @"dataSize");
}

- (int)duration {
    return (int)IMSNumber(_json, @"duration");
}

- (void)getUrl:(void (^)(NSString *))callback {
    callback(IMSText(_json, @"url"));
}

@end

@implementation IMSVideoElem

- (NSString *)videoPath {
    return IMSText(_json, @"videoPath");
}

- (NSString *)videoUUID {
    return IMSText(_json, @"UUID");
}

- (int)videoSize {
    return (int)IMSNumber(_json, @"videoSize");
}

- (int)duration {
    return (int)IMSNumber(_json, @"duration");
}

- (NSString *)snapshotPath {
    return IMSText(_json, @"snapshotPath");
}

- (NSString *)snapshotUUID {
    return IMSText(_json, @"snapshotUUID");
}

- (int)snapshotSize {
    return (int)IMSNumber(_json, @"snapshotSize");
}

- (int)snapshotWidth {
    return (int)IMSNumber(_json, @"snapshotWidth");
}

- (int)snapshotHeight {
    return (int)IMSNumber(_json, @"snapshotHeight");
}

- (void)getVideoUrl:(void (^)(NSString *))callback {
    callback(IMSText(_json, @"videoUrl"));
}

- (void)getSnapshotUrl:(void (^)(NSString *))callback {
    callback(IMSText(_json, @"snapshotUrl"));
}

@end

@implementation IMSFileElem

- (NSString *)path {
    return IMSText(_json, @"path");
}

- (NSString *)filename {
    return IMSText(_json, @"fileName");
}

- (NSString *)uuid {
    return IMSText(_json, @"UUID");
}

- (int)fileSize {
    return (int)IMSNumber(_json, @"fileSize");
}

- (void)getUrl:(void (^)(NSString *))callback {
    callback(IMSText(_json, @"url"));
}

@end

@implementation IMSLocationElem

- (NSString *)desc {
    return IMSText(_json, @"desc");
}

- (double)longitude {
    return IMSReal(_json, @"longitude");
}

- (double)latitude {
    return IMSReal(_json, @"latitude");
}

@end

@implementation IMSFaceElem

- (int)index {
    return (int)IMSNumber(_json, @"index");
}

- (NSData *)data {
    return IMSData(_json, @"data");
}

@end

@implementation IMSGroupMemberInfo

- (NSString *)userID {
    return IMSText(_json, @"userID");
}

- (NSString *)nickName {
    return IMSText(_json, @"nickName");
}

- (NSString *)nameCard {
    return IMSText(_json, @"nameCard");
}

- (NSString *)friendRemark {
    return IMSText(_json, @"friendRemark");
}

- (NSString *)faceURL {
    return IMSText(_json, @"faceUrl");
}

@end

@implementation IMSGroupChangeInfo

- (int)type {
    return (int)IMSNumber(_json, @"type");
}

- (NSString *)key {
    return IMSText(_json, @"key");
}

- (NSString *)value {
    return IMSText(_json, @"value");
}

- (BOOL)boolValue {
    return IMSFlag(_json, @"boolValue");
}

- (int)intValue {
    return (int)IMSNumber(_json, @"intValue");
}

@end

@implementation IMSGroupMemberChangeInfo

- (NSString *)userID {
    return IMSText(_json, @"userID");
}

- (uint32_t)muteTime {
    return (uint32_t)IMSNumber(_json, @"muteTime");
}

@end

@implementation IMSGroupTipsElem

- (NSString *)groupID {
    return IMSText(_json, @"groupID");
}

- (IMSGroupTipsType)type {
    return (IMSGroupTipsType)IMSNumber(_json, @"type");
}

- (IMSGroupMemberInfo *)opMember {
    return IMSObjectOf([IMSGroupMemberInfo class], [_json objectForKey:@"opMember"]);
}

- (NSArray<IMSGroupMemberInfo *> *)memberList {
    return IMSObjects([IMSGroupMemberInfo class], [_json objectForKey:@"memberList"]);
}

- (NSArray<IMSGroupChangeInfo *> *)groupChangeInfoList {
    return IMSObjects([IMSGroupChangeInfo class], [_json objectForKey:@"groupChangeInfoList"]);
}

- (NSArray<IMSGroupMemberChangeInfo *> *)memberChangeInfoList {
    return IMSObjects([IMSGroupMemberChangeInfo class], [_json objectForKey:@"memberChangeInfoList"]);
}

- (uint32_t)memberCount {
    return (uint32_t)IMSNumber(_json, @"memberCount");
}

@end

@implementation IMSMergerElem

- (NSString *)title {
    return IMSText(_json, @"title");
}

- (NSArray<NSString *> *)abstractList {
    return IMSTexts([_json objectForKey:@"abstractList"]);
}

- (BOOL)layersOverLimit {
    return IMSFlag(_json, @"isLayersOverLimit");
}

@end

@implementation IMSOfflinePushInfo

- (NSString *)title {
    return IMSText(_json, @"title");
}

- (NSString *)desc {
    return IMSText(_json, @"desc");
}

- (BOOL)disablePush {
    return IMSFlag(_json, @"disablePush");
}

@end

@implementation IMSUserFullInfo

- (NSString *)userID {
    return IMSText(_json, @"userID");
}

- (NSString *)nickName {
    return IMSText(_json, @"nickName");
}

- (NSString *)faceURL {
    return IMSText(_json, @"faceUrl");
}

@end

/// The key under which a message holds an element of this type, and the element's class; nil for a type of tomorrow.
static NSString *IMSElemKey(IMSElemType type, Class *elemClass) {
    switch (type) {
        case IMS_ELEM_TYPE_TEXT:
            *elemClass = [IMSTextElem class];
            return @"textElem";
        case IMS_ELEM_TYPE_CUSTOM:
            *elemClass = [IMSCustomElem class];
            return @"customElem";
        case IMS_ELEM_TYPE_IMAGE:
            *elemClass = [IMSImageElem class];
            return @"imageElem";
        case IMS_ELEM_TYPE_SOUND:
            *elemClass = [IMSSoundElem class];
            return @"soundElem";
        case IMS_ELEM_TYPE_VIDEO:
            *elemClass = [IMSVideoElem class];
            return @"videoElem";
        case IMS_ELEM_TYPE_FILE:
            *elemClass = [IMSFileElem class];
            return @"fileElem";
        case IMS_ELEM_TYPE_LOCATION:
            *elemClass = [IMSLocationElem class];
            return @"locationElem";
        case IMS_ELEM_TYPE_FACE:
            *elemClass = [IMSFaceElem class];
            return @"faceElem";
        case IMS_ELEM_TYPE_GROUP_TIPS:
            *elemClass = [IMSGroupTipsElem class];
            return @"groupTipsElem";
        case IMS_ELEM_TYPE_MERGER:
            *elemClass = [IMSMergerElem class];
            return @"mergerElem";
        default:
            *elemClass = [IMSElem class];
            return nil;
    }
}

@implementation IMSElem

- (IMSElem *)nextElem {
    NSDictionary *next = IMSDictionary(_json, @"nextElem");
    Class elemClass = Nil;
    NSString *key = IMSElemKey((IMSElemType)IMSNumber(next, @"elemType"), &elemClass);
    NSDictionary *inside = key ? IMSDictionary(next, key) : nil;
    return IMSObjectOf(elemClass, inside ? inside : next);
}

@end

@implementation IMSMessage

- (NSString *)msgID {
    return IMSText(_json, @"msgID");
}

- (NSDate *)timestamp {
    return IMSDate(_json, @"timestamp");
}

- (NSString *)sender {
    return IMSText(_json, @"sender");
}

- (NSString *)nickName {
    return IMSText(_json, @"nickName");
}

- (NSString *)friendRemark {
    return IMSText(_json, @"friendRemark");
}

- (NSString *)nameCard {
    return IMSText(_json, @"nameCard");
}

- (NSString *)faceURL {
    return IMSText(_json, @"faceUrl");
}

- (NSString *)groupID {
    return IMSTextOrNil(_json, @"groupID");
}

- (NSString *)userID {
    return IMSTextOrNil(_json, @"userID");
}

- (uint64_t)seq {
    return IMSNumber(_json, @"seq");
}

- (uint64_t)random {
    return IMSNumber(_json, @"random");
}

- (IMSMessageStatus)status {
    return (IMSMessageStatus)IMSNumber(_json, @"status");
}

- (IMSElemType)elemType {
    return (IMSElemType)IMSNumber(_json, @"elemType");
}

- (IMSTextElem *)textElem {
    return (IMSTextElem *)[self elemOfType:IMS_ELEM_TYPE_TEXT];
}

- (IMSCustomElem *)customElem {
    return (IMSCustomElem *)[self elemOfType:IMS_ELEM_TYPE_CUSTOM];
}

- (IMSImageElem *)imageElem {
    return (IMSImageElem *)[self elemOfType:IMS_ELEM_TYPE_IMAGE];
}

- (IMSSoundElem *)soundElem {
    return (IMSSoundElem *)[self elemOfType:IMS_ELEM_TYPE_SOUND];
}

- (IMSVideoElem *)videoElem {
    return (IMSVideoElem *)[self elemOfType:IMS_ELEM_TYPE_VIDEO];
}

- (IMSFileElem *)fileElem {
    return (IMSFileElem *)[self elemOfType:IMS_ELEM_TYPE_FILE];
}

- (IMSLocationElem *)locationElem {
    return (IMSLocationElem *)[self elemOfType:IMS_ELEM_TYPE_LOCATION];
}

- (IMSFaceElem *)faceElem {
    return (IMSFaceElem *)[self elemOfType:IMS_ELEM_TYPE_FACE];
}

- (IMSGroupTipsElem *)groupTipsElem {
    return (IMSGroupTipsElem *)[self elemOfType:IMS_ELEM_TYPE_GROUP_TIPS];
}

- (IMSMergerElem *)mergerElem {
    return (IMSMergerElem *)[self elemOfType:IMS_ELEM_TYPE_MERGER];
}

- (NSData *)localCustomData {
    return IMSData(_json, @"localCustomData");
}

- (int)localCustomInt {
    return (int)IMSNumber(_json, @"localCustomInt");
}

- (NSData *)cloudCustomData {
    return IMSData(_json, @"cloudCustomData");
}

- (BOOL)isSelf {
    return IMSFlag(_json, @"isSelf");
}

- (BOOL)isRead {
    return IMSFlag(_json, @"isRead");
}

- (BOOL)isPeerRead {
    return IMSFlag(_json, @"isPeerRead");
}

- (BOOL)needReadReceipt {
    return IMSFlag(_json, @"needReadReceipt");
}

- (BOOL)hasRiskContent {
    return IMSFlag(_json, @"hasRiskContent");
}

- (BOOL)isBroadcastMessage {
    return IMSFlag(_json, @"isBroadcastMessage");
}

- (BOOL)supportMessageExtension {
    return IMSFlag(_json, @"isSupportMessageExtension");
}

- (BOOL)isExcludedFromUnreadCount {
    return IMSFlag(_json, @"isExcludedFromUnreadCount");
}

- (BOOL)isExcludedFromLastMessage {
    return IMSFlag(_json, @"isExcludedFromLastMessage");
}

- (BOOL)isExcludedFromContentModeration {
    return IMSFlag(_json, @"isExcludedFromContentModeration");
}

- (IMSMessagePriority)priority {
    return (IMSMessagePriority)IMSNumber(_json, @"priority");
}

- (NSArray<NSString *> *)groupAtUserList {
    return IMSTexts([_json objectForKey:@"groupAtUserList"]);
}

- (IMSOfflinePushInfo *)offlinePushInfo {
    return IMSObjectOf([IMSOfflinePushInfo class], [_json objectForKey:@"offlinePushInfo"]);
}

- (IMSUserFullInfo *)revokerInfo {
    return IMSObjectOf([IMSUserFullInfo class], [_json objectForKey:@"revokerInfo"]);
}

- (NSString *)revokeReason {
    return IMSText(_json, @"revokeReason");
}

- (IMSElem *)elemOfType:(IMSElemType)type {
    Class elemClass = Nil;
    NSString *key = IMSElemKey(type, &elemClass);
    return self.elemType == type ? IMSObjectOf(elemClass, [_json objectForKey:key]) : nil;
}

@end
