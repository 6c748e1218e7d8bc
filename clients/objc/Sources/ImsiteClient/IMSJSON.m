#import "IMSJSON.h"

static id IMSValue(NSDictionary *json, NSString *key, Class valueClass) {
    id value = [json objectForKey:key];
    return [value isKindOfClass:valueClass] ? value : nil;
}

NSString *IMSTextOrNil(NSDictionary *json, NSString *key) {
    return IMSValue(json, key, [NSString class]);
}

NSString *IMSText(NSDictionary *json, NSString *key) {
    NSString *text = IMSTextOrNil(json, key);
    return text ? text : @"";
}

BOOL IMSFlag(NSDictionary *json, NSString *key) {
    return [IMSValue(json, key, [NSNumber class]) boolValue];
}

uint64_t IMSNumber(NSDictionary *json, NSString *key) {
    id value = [json objectForKey:key];
    if ([value isKindOfClass:[NSNumber class]]) {
        return [(NSNumber *)value unsignedLongLongValue];
    }
    return [value isKindOfClass:[NSString class]] ? strtoull([(NSString *)value UTF8String], NULL, 10) : 0;
}

double IMSReal(NSDictionary *json, NSString *key) {
    return [IMSValue(json, key, [NSNumber class]) doubleValue];
}

NSDate *IMSDate(NSDictionary *json, NSString *key) {
    uint64_t seconds = IMSNumber(json, key);
    return seconds ? [NSDate dateWithTimeIntervalSince1970:(NSTimeInterval)seconds] : nil;
}

NSData *IMSData(NSDictionary *json, NSString *key) {
    return [IMSTextOrNil(json, key) dataUsingEncoding:NSUTF8StringEncoding];
}

NSDictionary *IMSDictionary(NSDictionary *json, NSString *key) {
    return IMSValue(json, key, [NSDictionary class]);
}

NSArray *IMSTexts(id array) {
    NSMutableArray *texts = [NSMutableArray array];
    for (id item in [array isKindOfClass:[NSArray class]] ? (NSArray *)array : @[]) {
        if ([item isKindOfClass:[NSString class]]) {
            [texts addObject:item];
        }
    }
    return texts;
}

NSArray *IMSNumbers(id array) {
    NSMutableArray *numbers = [NSMutableArray array];
    for (id item in [array isKindOfClass:[NSArray class]] ? (NSArray *)array : @[]) {
        if ([item isKindOfClass:[NSNumber class]]) {
            [numbers addObject:[NSNumber numberWithUnsignedLongLong:[(NSNumber *)item unsignedLongLongValue]]];
        }
    }
    return numbers;
}

NSArray *IMSObjects(Class objectClass, id array) {
    NSMutableArray *objects = [NSMutableArray array];
    for (id item in [array isKindOfClass:[NSArray class]] ? (NSArray *)array : @[]) {
        id object = IMSObjectOf(objectClass, item);
        if (object) {
            [objects addObject:object];
        }
    }
    return objects;
}

id IMSObjectOf(Class objectClass, id json) {
    BOOL isObject = [json isKindOfClass:[NSDictionary class]];
    return isObject ? IMS_AUTORELEASE([(IMSObject *)[objectClass alloc] initWithJSON:json]) : nil;
}

@implementation IMSObject

- (instancetype)initWithJSON:(NSDictionary *)json {
    if ((self = [super init])) {
        _json = IMS_RETAIN(json);
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(_json);
    IMS_SUPER_DEALLOC;
}

- (NSDictionary *)json {
    return _json;
}

- (NSString *)description {
    return [NSString stringWithFormat:@"<%@ %@>", [self class], _json];
}

@end
