#import "IMSEventStream.h"

static const NSTimeInterval MAX_WAIT_S = 60;
static const NSTimeInterval MAX_RETRY_AFTER_S = 600;  // The longest wait that the server may ask for.

#if IMS_APPLE
@interface IMSEventStream () <NSURLSessionDataDelegate>
@end
#else
static const NSTimeInterval SILENCE_S = 45;  // The server sends a heartbeat every 15 seconds.
#endif

@implementation IMSEventStream

- (instancetype)initWithSession:(IMSSession *)session receiver:(id<IMSStreamReceiver>)receiver {
    if ((self = [super init])) {
        _session = IMS_RETAIN(session);
        _receiver = IMS_RETAIN(receiver);
        _changed = [[NSCondition alloc] init];
        _retry = 3;
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(_session);
    IMS_RELEASE(_receiver);
    IMS_RELEASE(_changed);
    [self forget];
    IMS_SUPER_DEALLOC;
}

- (void)start {
    [NSThread detachNewThreadSelector:@selector(run) toTarget:self withObject:nil];
}

- (void)close {
    [_changed lock];
    _isClosed = YES;
#if IMS_APPLE
    [(NSURLSession *)_connection invalidateAndCancel];
#endif
    [_changed broadcast];
    [_changed unlock];
}

- (BOOL)isClosed {
    [_changed lock];
    BOOL isClosed = _isClosed;
    [_changed unlock];
    return isClosed;
}

- (void)run {
    int failures = 0;
    while (![self isClosed]) {
        @autoreleasepool {
            [_receiver streamIsConnecting:self];
            IMSAnswer *error = [self follow];
            if (error && ![self isClosed]) {
                [_receiver stream:self failed:error];
                NSInteger status = error->status;
                if (status >= 400 && status < 500 && status != 408 && status != 429) {
                    break;
                }
            }
            failures = error ? failures + 1 : 0;
            NSTimeInterval backoff = MIN(MAX_WAIT_S, _retry * (1 << MIN(10, MAX(0, failures - 1))));
            [self wait:MAX(backoff, error ? MIN(MAX_RETRY_AFTER_S, error->retryAfter) : 0)];
        }
    }
}

- (void)wait:(NSTimeInterval)seconds {
    NSDate *until = [NSDate dateWithTimeIntervalSinceNow:seconds];
    [_changed lock];
    while (!_isClosed && [_changed waitUntilDate:until]) {
    }
    [_changed unlock];
}

/// Follow until the stream ends. Returns why it was not opened or was ended by the server; nil if it broke.
- (IMSAnswer *)follow {
    if (!_hasGroupNames || ![_session position]) {
        IMSAnswer *answer = [_session send:@"GET" path:@"conversation-groups/" query:@[] body:nil];
        if (answer->code) {
            return answer;
        }
        [_session startAt:answer->version ? answer->version : @"0"];
        [_receiver stream:self groupNames:IMSTexts([answer->json objectForKey:@"conversationGroupList"])];
        _hasGroupNames = YES;
    }
    [self forget];
    _body = [[NSMutableData alloc] init];
    _line = [[NSMutableData alloc] init];
    _data = [[NSMutableString alloc] init];
    [self receiveToTheEnd];
    if (_problem) {
        return _problem;
    }
    if (_status == 200) {
        return nil;
    }
    if (!_status) {
        return [IMSAnswer networkFailure:_error];
    }
    IMSAnswer *answer = [IMSAnswer ofStatus:_status body:_body version:nil];
    answer->retryAfter = _retryAfter;
    return answer;
}

/// Forget what belongs to the connection before.
- (void)forget {
    IMS_RELEASE(_error);
    IMS_RELEASE(_problem);
    IMS_RELEASE(_body);
    IMS_RELEASE(_line);
    IMS_RELEASE(_data);
    IMS_RELEASE(_name);
    IMS_RELEASE(_eventID);
    _error = nil;
    _problem = nil;
    _body = _line = nil;
    _data = nil;
    _name = _eventID = nil;
    _status = 0;
    _retryAfter = 0;
    _hasEnded = _isConnected = NO;
}

#if IMS_APPLE

- (void)receiveToTheEnd {
    NSOperationQueue *queue = IMS_AUTORELEASE([[NSOperationQueue alloc] init]);
    queue.maxConcurrentOperationCount = 1;
    NSURLSessionConfiguration *configuration = [NSURLSessionConfiguration ephemeralSessionConfiguration];
    configuration.timeoutIntervalForResource = 7 * 24 * 3600.0;
    NSURLSession *connection = [NSURLSession sessionWithConfiguration:configuration delegate:self delegateQueue:queue];
    [_changed lock];
    _connection = IMS_RETAIN(connection);
    BOOL isClosed = _isClosed;
    [_changed unlock];
    if (!isClosed) {
        [[connection dataTaskWithRequest:[_session eventsRequest]] resume];
        [_changed lock];
        while (!_hasEnded && !_isClosed) {
            [_changed wait];
        }
        [_changed unlock];
    }
    [connection invalidateAndCancel];
    // After what was under way: nothing may be delivered any more.
    [queue waitUntilAllOperationsAreFinished];
    [_changed lock];
    IMS_RELEASE(_connection);
    _connection = nil;
    [_changed unlock];
}

- (void)URLSession:(NSURLSession *)session
              dataTask:(NSURLSessionDataTask *)task
    didReceiveResponse:(NSURLResponse *)response
     completionHandler:(void (^)(NSURLSessionResponseDisposition))completionHandler {
    [self opened:(NSHTTPURLResponse *)response];
    completionHandler(NSURLSessionResponseAllow);
}

- (void)URLSession:(NSURLSession *)session dataTask:(NSURLSessionDataTask *)task didReceiveData:(NSData *)data {
    [self received:data];
}

- (void)URLSession:(NSURLSession *)session task:(NSURLSessionTask *)task didCompleteWithError:(NSError *)error {
    [_changed lock];
    _error = IMS_RETAIN(error);
    _hasEnded = YES;
    [_changed broadcast];
    [_changed unlock];
}

#else

- (void)receiveToTheEnd {
    _heardAt = [NSDate timeIntervalSinceReferenceDate];
    _connection = IMS_RETAIN([NSURLConnection connectionWithRequest:[_session eventsRequest] delegate:self]);
    while (!_hasEnded && ![self isClosed] && [NSDate timeIntervalSinceReferenceDate] - _heardAt < SILENCE_S) {
        @autoreleasepool {
            [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode beforeDate:[NSDate dateWithTimeIntervalSinceNow:0.2]];
        }
    }
    [(NSURLConnection *)_connection cancel];
    IMS_RELEASE(_connection);
    _connection = nil;
}

- (void)connection:(NSURLConnection *)connection didReceiveResponse:(NSURLResponse *)response {
    [self opened:(NSHTTPURLResponse *)response];
}

- (void)connection:(NSURLConnection *)connection didReceiveData:(NSData *)data {
    _heardAt = [NSDate timeIntervalSinceReferenceDate];
    [self received:data];
}

- (void)connectionDidFinishLoading:(NSURLConnection *)connection {
    _hasEnded = YES;
}

- (void)connection:(NSURLConnection *)connection didFailWithError:(NSError *)error {
    _error = IMS_RETAIN(error);
    _hasEnded = YES;
}

#endif

- (void)opened:(NSHTTPURLResponse *)response {
    _status = [response statusCode];
    _retryAfter = [IMSHeader([response allHeaderFields], @"Retry-After") doubleValue];
    if (_status == 200 && !_isConnected && ![self isClosed]) {
        _isConnected = YES;
        [_receiver streamIsConnected:self];
    }
}

- (void)received:(NSData *)data {
    if (_status != 200) {
        [_body appendData:data];
        return;
    }
    const char *bytes = [data bytes];
    NSUInteger start = 0, length = [data length];
    for (NSUInteger n = 0; n < length; ++n) {
        if (bytes[n] == '\n') {
            [_line appendBytes:bytes + start length:n - start];
            start = n + 1;
            NSString *line = IMS_AUTORELEASE([[NSString alloc] initWithData:_line encoding:NSUTF8StringEncoding]);
            [self take:[line hasSuffix:@"\r"] ? [line substringToIndex:[line length] - 1] : line];
            [_line setLength:0];
        }
    }
    [_line appendBytes:bytes + start length:length - start];
}

/// Take one line of an event, or the empty one that ends it.
- (void)take:(NSString *)line {
    if (![line length]) {
        if ([_data length]) {
            [self deliver];
        }
        IMS_RELEASE(_name);
        IMS_RELEASE(_eventID);
        _name = _eventID = nil;
        [_data setString:@""];
        return;
    }
    NSRange colon = [line rangeOfString:@":"];
    NSString *field = colon.length ? [line substringToIndex:colon.location] : line;
    NSString *value = colon.length ? [line substringFromIndex:colon.location + 1] : @"";
    value = [value hasPrefix:@" "] ? [value substringFromIndex:1] : value;
    if ([field isEqual:@"event"]) {
        IMS_RELEASE(_name);
        _name = [value copy];
    } else if ([field isEqual:@"data"]) {
        [_data appendFormat:[_data length] ? @"\n%@" : @"%@", value];
    } else if ([field isEqual:@"id"]) {
        IMS_RELEASE(_eventID);
        _eventID = [value copy];
    } else if ([field isEqual:@"retry"] && [value intValue] > 0) {
        _retry = [value intValue] / 1000.0;
    }
}

- (void)deliver {
    NSData *text = [_data dataUsingEncoding:NSUTF8StringEncoding];
    NSDictionary *json = [NSJSONSerialization JSONObjectWithData:text options:0 error:NULL];
    if (![json isKindOfClass:[NSDictionary class]] || _problem || [self isClosed]) {
        return;
    }
    if ([_name isEqual:@"problem"]) {
        NSInteger status = (NSInteger)IMSNumber(json, @"status");
        _problem = IMS_RETAIN([IMSAnswer failure:(int)IMSNumber(json, @"code") desc:IMSText(json, @"desc") status:status]);
        return;
    }
    [_session note:_eventID];  // First: on an event, the client and apps read.
    [_receiver stream:self event:_name ? _name : @"" data:json];
    if (_eventID) {
        [_session moveTo:_eventID];
    }
}

@end
