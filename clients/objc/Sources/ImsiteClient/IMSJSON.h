// Typed reads of parsed JSON, and memory management that works with ARC and without: GNUstep's older runtime has no ARC.
// A null, absent or wrongly typed value reads as the default.
#import "ImsiteClient/IMSConversation.h"

/// Whether there are NSURLSession, the main queue and weak references.
#ifndef IMS_APPLE
#ifdef __APPLE__
#define IMS_APPLE 1
#else
#define IMS_APPLE 0
#endif
#endif

#if __has_feature(objc_arc)
#define IMS_RETAIN(object) (object)
#define IMS_RELEASE(object)
#define IMS_AUTORELEASE(object) (object)
#define IMS_SUPER_DEALLOC
#define IMS_BLOCK_COPY(block) [(block) copy]
#define IMS_BLOCK_RELEASE(block)
#else
#import <Block.h>
#define IMS_RETAIN(object) [(object) retain]
#define IMS_RELEASE(object) [(object) release]
#define IMS_AUTORELEASE(object) [(object) autorelease]
#define IMS_SUPER_DEALLOC [super dealloc]
// With GNUstep, a block may be no object.
#define IMS_BLOCK_COPY(block) ((block) ? Block_copy(block) : NULL)
#define IMS_BLOCK_RELEASE(block) \
    if (block) Block_release(block)
#endif

NSString *IMSTextOrNil(NSDictionary *json, NSString *key);
/// The text, or @"".
NSString *IMSText(NSDictionary *json, NSString *key);
BOOL IMSFlag(NSDictionary *json, NSString *key);
/// A whole number, or its decimal text.
uint64_t IMSNumber(NSDictionary *json, NSString *key);
double IMSReal(NSDictionary *json, NSString *key);
/// Epoch seconds as a date; nil for 0.
NSDate *IMSDate(NSDictionary *json, NSString *key);
/// A text's UTF-8; nil for none.
NSData *IMSData(NSDictionary *json, NSString *key);
NSDictionary *IMSDictionary(NSDictionary *json, NSString *key);
NSArray *IMSTexts(id array);
NSArray *IMSNumbers(id array);
/// An IMSObject of this class for each object in the array.
NSArray *IMSObjects(Class objectClass, id array);
/// An IMSObject, or nil where the JSON is no object.
id IMSObjectOf(Class objectClass, id json);

@interface IMSObject (Creation)
- (instancetype)initWithJSON:(NSDictionary *)json;
@end


@interface IMSConversationListFilter (Parameters)
/// The query parameters of the conditions that are set.
- (NSDictionary *)parameters;
@end
