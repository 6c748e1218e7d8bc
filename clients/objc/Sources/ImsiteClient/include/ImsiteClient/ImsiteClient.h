#import <ImsiteClient/IMSConversation.h>
#import <ImsiteClient/IMSManager.h>
#import <ImsiteClient/IMSMessage.h>
