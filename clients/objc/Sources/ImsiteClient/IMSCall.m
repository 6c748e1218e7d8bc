#import "IMSCall.h"

#import "IMSListenerHub.h"

@implementation IMSCall

- (instancetype)initWithKind:(IMSCallKind)callKind owner:(id<IMSCallOwner>)owner succ:(id)succ fail:(IMSFail)fail {
    if ((self = [super init])) {
        kind = callKind;
        _owner = IMS_RETAIN(owner);
        void (^block)(id) = (void (^)(id))succ;
        _succ = IMS_BLOCK_COPY(block);
        _fail = IMS_BLOCK_COPY(fail);
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(session);
    IMS_RELEASE(method);
    IMS_RELEASE(path);
    IMS_RELEASE(query);
    IMS_RELEASE(body);
    IMS_RELEASE(error);
    IMS_RELEASE(_owner);
    IMS_RELEASE(_value);
    IMS_BLOCK_RELEASE(_succ);
    IMS_BLOCK_RELEASE(_fail);
    IMS_SUPER_DEALLOC;
}

- (void)runOn:(NSOperationQueue *)queue {
    NSOperation *operation = [[NSInvocationOperation alloc] initWithTarget:self selector:@selector(perform) object:nil];
    [queue addOperation:operation];
    IMS_RELEASE(operation);
}

- (void)perform {
    @autoreleasepool {
        if (session) {
            _value = IMS_RETAIN([_owner valueOfCall:self]);
        } else {
            error = IMS_RETAIN([IMSAnswer failure:IMS_NOT_CONNECTED desc:@"Call connect:credential: first." status:0]);
        }
        NSOperation *delivery = [[NSInvocationOperation alloc] initWithTarget:self selector:@selector(deliver) object:nil];
        [IMSCallbackQueue() addOperation:delivery];
        IMS_RELEASE(delivery);
    }
}

- (void)deliver {
    @autoreleasepool {
        if (error) {
            if (_fail) {
                _fail(error->code, error->desc);
            }
        } else if (_succ) {
            [self succeed];
        }
    }
}

- (void)succeed {
    switch (kind) {
        case IMSNothing:
            ((IMSSucc)_succ)();
            break;
        case IMSPage:
            ((IMSConversationResultSucc)_succ)(_value, nextSeq, isFinished);
            break;
        case IMSCount:
            ((IMSTotalUnreadMessageCountSucc)_succ)([_value unsignedLongLongValue]);
            break;
        default:
            _succ(_value);
    }
}

@end
