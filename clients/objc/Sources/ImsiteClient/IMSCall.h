// One call of the app: sends its requests on a network queue, then calls a block back.
#import "ImsiteClient/IMSManager.h"

#import "IMSSession.h"

@class IMSCall;

/// What an answer means; on the network queue. Returns the block's argument, or nil after setting the call's error.
@protocol IMSCallOwner <NSObject>
- (id)valueOfCall:(IMSCall *)call;
@end

typedef NS_ENUM(int, IMSCallKind) {
    IMSNothing,
    IMSOneConversation,
    IMSLookup,
    IMSPage,
    IMSCount,
    IMSResults,
    IMSGroupNames,
};

@interface IMSCall : NSObject {
@public
    IMSCallKind kind;
    IMSSession *session;
    NSString *method, *path;
    NSArray *query;
    NSDictionary *body;
    uint64_t nextSeq;
    BOOL isFinished;
    IMSAnswer *error;
@private
    id<IMSCallOwner> _owner;
    id _value;
    void (^_succ)(id);
    IMSFail _fail;
}
- (instancetype)initWithKind:(IMSCallKind)callKind owner:(id<IMSCallOwner>)owner succ:(id)succ fail:(IMSFail)fail;
- (void)runOn:(NSOperationQueue *)queue;
@end
