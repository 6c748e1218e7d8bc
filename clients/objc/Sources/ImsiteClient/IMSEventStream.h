// Follows the server-sent events of one session on a thread of its own. A stream that breaks is opened again and goes on after
// the last event. A refusal ends it.
#import "IMSSession.h"

@class IMSEventStream;

/// Receives events, on the stream's thread.
@protocol IMSStreamReceiver <NSObject>
- (void)streamIsConnecting:(IMSEventStream *)stream;
- (void)streamIsConnected:(IMSEventStream *)stream;
- (void)stream:(IMSEventStream *)stream failed:(IMSAnswer *)error;
- (void)stream:(IMSEventStream *)stream groupNames:(NSArray *)names;
- (void)stream:(IMSEventStream *)stream event:(NSString *)name data:(NSDictionary *)data;
@end

@interface IMSEventStream : NSObject {
    IMSSession *_session;
    id<IMSStreamReceiver> _receiver;
    NSCondition *_changed;
    BOOL _isClosed, _hasGroupNames;
    NSTimeInterval _retry;
    // Of the connection that is open.
    id _connection;
    BOOL _hasEnded, _isConnected;
    NSInteger _status;
    NSTimeInterval _retryAfter;
    NSError *_error;
    IMSAnswer *_problem;
    NSMutableData *_body, *_line;
    NSString *_name, *_eventID;
    NSMutableString *_data;
    NSTimeInterval _heardAt;
}
- (instancetype)initWithSession:(IMSSession *)session receiver:(id<IMSStreamReceiver>)receiver;
- (void)start;
/// Does not wait for the stream's end.
- (void)close;
@end
