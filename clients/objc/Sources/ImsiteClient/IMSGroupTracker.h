// Finds out of changed conversations what happened to conversation groups. The server sends the groups of each changed
// conversation and the names of all groups, not what changed there. A conversation that was never listed and never changed before
// is only remembered.
#import "IMSJSON.h"

/// What happened: names, and conversations by group name.
@interface IMSGroupEvents : NSObject {
@public
    NSMutableDictionary *created, *added, *removed;
    NSMutableArray *deleted;
    NSString *oldName, *newName;
}
@end

@interface IMSGroupTracker : NSObject {
    NSMutableDictionary *_groupsByID;
    NSArray *_names;
}
- (void)note:(NSArray *)listed;
- (void)noteNames:(NSArray *)names;
/// `names` is nil if the groups' names did not change.
- (IMSGroupEvents *)applyNews:(NSArray *)news changed:(NSArray *)changed names:(NSArray *)names;
@end
