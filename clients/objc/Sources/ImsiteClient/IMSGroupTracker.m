#import "IMSGroupTracker.h"

/// The items of the one array and not of the other; none where either is unknown.
static NSArray *IMSMinus(NSArray *items, NSArray *without) {
    NSMutableArray *left = [NSMutableArray array];
    for (id item in without ? items : nil) {
        if (![without containsObject:item]) {
            [left addObject:item];
        }
    }
    return left;
}

static void IMSCollect(NSMutableDictionary *byName, NSArray *names, IMSConversation *conversation) {
    for (NSString *name in names) {
        NSMutableArray *list = [byName objectForKey:name];
        if (!list) {
            list = [NSMutableArray array];
            [byName setObject:list forKey:name];
        }
        if (conversation) {
            [list addObject:conversation];
        }
    }
}

@implementation IMSGroupEvents

- (instancetype)init {
    if ((self = [super init])) {
        created = [[NSMutableDictionary alloc] init];
        added = [[NSMutableDictionary alloc] init];
        removed = [[NSMutableDictionary alloc] init];
        deleted = [[NSMutableArray alloc] init];
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(created);
    IMS_RELEASE(added);
    IMS_RELEASE(removed);
    IMS_RELEASE(deleted);
    IMS_RELEASE(oldName);
    IMS_RELEASE(newName);
    IMS_SUPER_DEALLOC;
}

@end

@implementation IMSGroupTracker

- (instancetype)init {
    if ((self = [super init])) {
        _groupsByID = [[NSMutableDictionary alloc] init];
    }
    return self;
}

- (void)dealloc {
    IMS_RELEASE(_groupsByID);
    IMS_RELEASE(_names);
    IMS_SUPER_DEALLOC;
}

- (void)note:(NSArray *)listed {
    @synchronized(self) {
        for (IMSConversation *conversation in listed) {
            [_groupsByID setObject:conversation.conversationGroupList forKey:conversation.conversationID];
        }
    }
}

- (void)noteNames:(NSArray *)names {
    @synchronized(self) {
        IMS_RELEASE(_names);
        _names = [names copy];
    }
}

- (IMSGroupEvents *)applyNews:(NSArray *)news changed:(NSArray *)changed names:(NSArray *)names {
    @synchronized(self) {
        IMSGroupEvents *events = IMS_AUTORELEASE([[IMSGroupEvents alloc] init]);
        NSArray *created = IMSMinus(names, _names), *deleted = IMSMinus(_names, names);
        IMSCollect(events->created, created, nil);
        for (IMSConversation *conversation in news) {
            [_groupsByID setObject:@[] forKey:conversation.conversationID];
        }
        for (IMSConversation *conversation in [news arrayByAddingObjectsFromArray:changed]) {
            NSArray *now = conversation.conversationGroupList;
            NSArray *before = [_groupsByID objectForKey:conversation.conversationID];
            for (NSString *name in now) {
                if ([created containsObject:name]) {
                    IMSCollect(events->created, @[name], conversation);
                }
            }
            if (before) {
                IMSCollect(events->added, IMSMinus(IMSMinus(now, before), created), conversation);
                IMSCollect(events->removed, IMSMinus(IMSMinus(before, now), deleted), conversation);
            }
            [_groupsByID setObject:now forKey:conversation.conversationID];
        }
        [events->deleted addObjectsFromArray:deleted];
        if ([created count] == 1 && [deleted count] == 1) {
            events->oldName = [[deleted objectAtIndex:0] copy];
            events->newName = [[created objectAtIndex:0] copy];
            [events->created removeAllObjects];
            [events->deleted removeAllObjects];
        }
        if (names) {
            [self noteNames:names];
        }
        return events;
    }
}

@end
