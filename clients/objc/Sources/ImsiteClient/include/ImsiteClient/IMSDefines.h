#import <Foundation/Foundation.h>

#ifdef NS_SWIFT_NAME
#define IMS_SWIFT_NAME(name) NS_SWIFT_NAME(name)
#else
#define IMS_SWIFT_NAME(name)  // GNUstep has no Swift.
#endif

/// An object of an answer, read by its properties.
@interface IMSObject : NSObject {
@protected
    NSDictionary *_json;
}

/// The JSON as the server sent it, with any keys that have no property.
@property(nonatomic, readonly, nonnull) NSDictionary *json;

@end
