// One server and credential: sends requests and reads answers. Blocks, so never for the main thread.
#import "IMSJSON.h"

enum {
    IMS_TIMEOUT = 6012,
    IMS_NOT_CONNECTED = 6013,
    IMS_INVALID_PARAMETER = 6017,
    IMS_UNREADABLE_ANSWER = 9502,
    IMS_NETWORK = 9508,
    IMS_SERVER_ERROR = 50005,
    IMS_SIG_EXPIRED = 70001,
};

/// The value of a header of an answer, whatever its case; nil if there is none.
NSString *IMSHeader(NSDictionary *headers, NSString *name);

/// The outcome of a request: JSON, or an error with a code.
@interface IMSAnswer : NSObject {
@public
    int code;  // 0 for an answer
    NSString *desc;
    NSInteger status;  // of HTTP; 0 where there was no answer
    NSDictionary *json;
    NSString *version;  // the sync token that came with it
    NSTimeInterval retryAfter;  // seconds after which the server asks to try again; 0 where it does not say
}
+ (IMSAnswer *)failure:(int)code desc:(NSString *)desc status:(NSInteger)status;
+ (IMSAnswer *)ofStatus:(NSInteger)status body:(NSData *)body version:(NSString *)version;
/// The failure that is meant by an error of the network.
+ (IMSAnswer *)networkFailure:(NSError *)error;
@end

@interface IMSSession : NSObject {
    NSString *_root, *_credential, *_owner, *_position, *_newest;
    uint64_t _newestEpoch, _newestVersion;
}
- (instancetype)initWithServer:(NSString *)server credential:(NSString *)credential owner:(NSString *)owner;
- (void)renew:(NSString *)credential;
/// `query` is names and values by turns.
- (IMSAnswer *)send:(NSString *)method path:(NSString *)path query:(NSArray *)query body:(NSDictionary *)body;
/// The request for the event stream after the position.
- (NSURLRequest *)eventsRequest;
/// The sync token after which changes are news to the app: of the first list read, then of the last event; nil at first.
- (NSString *)position;
/// Set the position, unless there is one.
- (void)startAt:(NSString *)version;
- (void)moveTo:(NSString *)eventID;
/// The newest sync token that came from the server: reads ask for a list at least as new; nil at first.
- (NSString *)newest;
/// Remember a sync token if it is the newest one.
- (void)note:(NSString *)token;
@end
