#import "IMSSession.h"

static const NSTimeInterval TIMEOUT_S = 30, SILENCE_S = 45;
static NSString *const VERSION_HEADER = @"Owner-Version";

static NSString *IMSEncoded(NSString *text) {
    NSMutableString *encoded = [NSMutableString string];
    const char *bytes = [text UTF8String];
    for (; bytes && *bytes; ++bytes) {
        unsigned char c = (unsigned char)*bytes;
        BOOL isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~", c);
        [encoded appendFormat:isPlain ? @"%c" : @"%%%02X", c];
    }
    return encoded;
}

/// Whether a replica may answer.
static BOOL IMSIsReplicaRead(NSString *method, NSString *path) {
    if ([path isEqual:@"conversations/-/"]) {
        return [method isEqual:@"GET"];
    }
    return [@[@"conversations/", @"conversations/lookup/", @"unread/"] containsObject:path];
}

/// Read a number of 1 to 18 digits and move past it. Returns whether there is one.
static BOOL IMSReadNumber(const char **text, uint64_t *number) {
    const char *start = *text;
    for (*number = 0; **text >= '0' && **text <= '9' && *text - start < 18; ++*text) {
        *number = *number * 10 + (uint64_t)(**text - '0');
    }
    return *text > start;
}

#if IMS_APPLE

static NSData *IMSSend(NSURLRequest *request, NSInteger *status, NSDictionary **headers, NSError **error) {
    static NSURLSession *session;
    static dispatch_once_t once;
    dispatch_once(&once, ^{
        NSURLSessionConfiguration *configuration = [NSURLSessionConfiguration ephemeralSessionConfiguration];
        configuration.URLCache = nil;
        configuration.HTTPShouldSetCookies = NO;
        session = IMS_RETAIN([NSURLSession sessionWithConfiguration:configuration]);
    });
    __block NSData *received = nil;
    __block NSURLResponse *head = nil;
    __block NSError *failure = nil;
    dispatch_semaphore_t done = dispatch_semaphore_create(0);
    NSURLSessionDataTask *task = [session dataTaskWithRequest:request
                                            completionHandler:^(NSData *data, NSURLResponse *answer, NSError *why) {
                                                received = IMS_RETAIN(data);
                                                head = IMS_RETAIN(answer);
                                                failure = IMS_RETAIN(why);
                                                dispatch_semaphore_signal(done);
                                            }];
    [task resume];
    dispatch_semaphore_wait(done, DISPATCH_TIME_FOREVER);
    *status = [(NSHTTPURLResponse *)IMS_AUTORELEASE(head) statusCode];
    *headers = [(NSHTTPURLResponse *)head allHeaderFields];
    *error = IMS_AUTORELEASE(failure);
    return failure ? nil : IMS_AUTORELEASE(received);
}

#else

/// Rename a conversation group: NSURLConnection of GNUstep refuses PATCH. NSURLHandle sends it, but gives no body of an error.
static NSData *IMSPatch(NSURLRequest *request, NSInteger *status, NSDictionary **headers) {
    NSURLHandle *handle = [[request URL] URLHandleUsingCache:NO];
    for (NSString *name in [request allHTTPHeaderFields]) {
        [handle writeProperty:[[request allHTTPHeaderFields] objectForKey:name] forKey:name];
    }
    [handle writeProperty:@"PATCH" forKey:GSHTTPPropertyMethodKey];
    [handle writeData:[request HTTPBody]];
    NSData *data = [handle loadInForeground];
    *status = [[handle propertyForKeyIfAvailable:NSHTTPPropertyStatusCodeKey] integerValue];
    NSString *version = [handle propertyForKeyIfAvailable:VERSION_HEADER];
    *headers = version ? @{VERSION_HEADER: version} : nil;
    if (*status < 400 || [data length]) {
        return data;
    }
    int code = *status == 401 ? 6014 : *status == 403 ? 10007 : *status == 404 ? 51009 : IMS_INVALID_PARAMETER;
    NSString *desc = [NSString stringWithFormat:@"The conversation group cannot be renamed (HTTP status %ld).", (long)*status];
    NSDictionary *problem = @{@"code": [NSNumber numberWithInt:code], @"desc": desc};
    return [NSJSONSerialization dataWithJSONObject:problem options:0 error:NULL];
}

static NSData *IMSSend(NSURLRequest *request, NSInteger *status, NSDictionary **headers, NSError **error) {
    if ([[request HTTPMethod] isEqual:@"PATCH"]) {
        return IMSPatch(request, status, headers);
    }
    NSHTTPURLResponse *response = nil;
    NSData *data = [NSURLConnection sendSynchronousRequest:request returningResponse:(NSURLResponse **)&response error:error];
    *status = [response statusCode];
    *headers = [response allHeaderFields];
    return data;
}

#endif

NSString *IMSHeader(NSDictionary *headers, NSString *name) {
    for (NSString *given in headers) {  // GNUstep keeps the case that the server uses
        if ([given caseInsensitiveCompare:name] == NSOrderedSame) {
            return [headers objectForKey:given];
        }
    }
    return nil;
}

@implementation IMSAnswer

+ (IMSAnswer *)failure:(int)code desc:(NSString *)desc status:(NSInteger)status {
    IMSAnswer *answer = IMS_AUTORELEASE([[IMSAnswer alloc] init]);
    answer->code = code;
    answer->desc = [desc copy];
    answer->status = status;
    return answer;
}

+ (IMSAnswer *)ofStatus:(NSInteger)status body:(NSData *)body version:(NSString *)version {
    id json = [body length] ? [NSJSONSerialization JSONObjectWithData:body options:0 error:NULL] : [NSDictionary dictionary];
    if (![json isKindOfClass:[NSDictionary class]]) {
        NSString *desc = [NSString stringWithFormat:@"The answer is not JSON (HTTP status %ld).", (long)status];
        return [self failure:IMS_UNREADABLE_ANSWER desc:desc status:status];
    }
    if (status < 200 || status >= 300) {
        BOOL isProblem = [[json objectForKey:@"code"] isKindOfClass:[NSNumber class]];
        NSString *desc = [NSString stringWithFormat:@"The server answered with HTTP status %ld.", (long)status];
        int code = isProblem ? (int)IMSNumber(json, @"code") : IMS_SERVER_ERROR;
        return [self failure:code desc:isProblem ? IMSText(json, @"desc") : desc status:status];
    }
    IMSAnswer *answer = IMS_AUTORELEASE([[IMSAnswer alloc] init]);
    answer->json = IMS_RETAIN(json);
    answer->version = [version copy];
    answer->status = status;
    return answer;
}

+ (IMSAnswer *)networkFailure:(NSError *)error {
    if ([error code] == NSURLErrorTimedOut) {
        return [self failure:IMS_TIMEOUT desc:@"The server did not answer in time." status:0];
    }
    NSString *why = error ? [error localizedDescription] : @"no answer";
    return [self failure:IMS_NETWORK desc:[@"The server cannot be reached: " stringByAppendingString:why] status:0];
}

- (void)dealloc {
    IMS_RELEASE(desc);
    IMS_RELEASE(json);
    IMS_RELEASE(version);
    IMS_SUPER_DEALLOC;
}

@end

@implementation IMSSession

- (instancetype)initWithServer:(NSString *)server credential:(NSString *)credential owner:(NSString *)owner {
    if ((self = [super init])) {
        NSString *root = server;
        while ([root hasSuffix:@"/"]) {
            root = [root substringToIndex:[root length] - 1];
        }
        _root = [[root stringByAppendingString:@"/api/v1/"] copy];
        _credential = [credential copy];
        _owner = [owner copy];
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(_root);
    IMS_RELEASE(_credential);
    IMS_RELEASE(_owner);
    IMS_RELEASE(_position);
    IMS_RELEASE(_newest);
    IMS_SUPER_DEALLOC;
}

- (void)renew:(NSString *)credential {
    @synchronized(self) {
        IMS_RELEASE(_credential);
        _credential = [credential copy];
    }
}

- (NSString *)position {
    @synchronized(self) {
        return IMS_AUTORELEASE(IMS_RETAIN(_position));
    }
}

- (void)startAt:(NSString *)version {
    @synchronized(self) {
        if (!_position) {
            _position = [version copy];
        }
    }
}

- (void)moveTo:(NSString *)eventID {
    @synchronized(self) {
        IMS_RELEASE(_position);
        _position = [eventID copy];
    }
}

/// Another text than a token, such as "0" of a user without a list, is no version.
- (void)note:(NSString *)token {
    const char *rest = [token UTF8String];
    uint64_t epoch = 0, version = 0, started = 0;
    BOOL isToken = rest && IMSReadNumber(&rest, &epoch) && *rest++ == '.' && IMSReadNumber(&rest, &version);
    if (isToken && *rest == '.') {
        ++rest;
        isToken = IMSReadNumber(&rest, &started);
    }
    if (!isToken || *rest) {
        return;
    }
    @synchronized(self) {
        if (!_newest || epoch > _newestEpoch || (epoch == _newestEpoch && version > _newestVersion)) {
            IMS_RELEASE(_newest);
            _newest = [token copy];
            _newestEpoch = epoch;
            _newestVersion = version;
        }
    }
}

- (NSString *)newest {
    @synchronized(self) {
        return IMS_AUTORELEASE(IMS_RETAIN(_newest));
    }
}

- (NSMutableURLRequest *)request:(NSString *)path query:(NSArray *)query accept:(NSString *)type {
    NSMutableString *address = [NSMutableString stringWithFormat:@"%@%@", _root, path];
    NSArray *all = _owner ? [query arrayByAddingObjectsFromArray:@[@"owner", _owner]] : query;
    for (NSUInteger n = 0; n + 1 < [all count]; n += 2) {
        [address appendFormat:@"%@%@=%@", n ? @"&" : @"?", [all objectAtIndex:n], IMSEncoded([all objectAtIndex:n + 1])];
    }
    NSURL *url = [NSURL URLWithString:address];
    NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL:url
                                                           cachePolicy:NSURLRequestReloadIgnoringCacheData
                                                       timeoutInterval:TIMEOUT_S];
    [request setHTTPShouldHandleCookies:NO];
    [request setValue:type forHTTPHeaderField:@"Accept"];
    @synchronized(self) {
        [request setValue:[@"Bearer " stringByAppendingString:_credential] forHTTPHeaderField:@"Authorization"];
    }
    return request;
}

- (IMSAnswer *)send:(NSString *)method path:(NSString *)path query:(NSArray *)query body:(NSDictionary *)body {
    NSMutableURLRequest *request = [self request:path query:query accept:@"application/json"];
    [request setHTTPMethod:method];
    NSString *newest = [self newest];
    if (newest && IMSIsReplicaRead(method, path)) {
        [request setValue:newest forHTTPHeaderField:VERSION_HEADER];
    }
    if (body) {
        [request setHTTPBody:[NSJSONSerialization dataWithJSONObject:body options:0 error:NULL]];
        [request setValue:@"application/json" forHTTPHeaderField:@"Content-Type"];
    }
    NSInteger status = 0;
    NSDictionary *headers = nil;
    NSError *error = nil;
    NSData *data = IMSSend(request, &status, &headers, &error);
    if (error || !status) {
        return [IMSAnswer networkFailure:error];
    }
    NSString *version = IMSHeader(headers, VERSION_HEADER);
    [self note:version];
    IMSAnswer *answer = [IMSAnswer ofStatus:status body:data version:version];
    answer->retryAfter = [IMSHeader(headers, @"Retry-After") doubleValue];
    return answer;
}

- (NSURLRequest *)eventsRequest {
    NSMutableURLRequest *request = [self request:@"events/" query:@[] accept:@"text/event-stream"];
    [request setTimeoutInterval:SILENCE_S];
    [request setValue:[self position] forHTTPHeaderField:@"Last-Event-ID"];
    return request;
}

@end
