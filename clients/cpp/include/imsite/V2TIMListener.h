#pragma once

#include <imsite/V2TIMConversation.h>

namespace imsite {

/// Reports the state of the event stream that conversation listeners need, on the callback thread.
class V2TIMSDKListener {
public:
    virtual ~V2TIMSDKListener() = default;
    virtual void OnConnecting() {}
    virtual void OnConnectSuccess() {}
    /// The stream was refused or broke. Network failures are retried; a refused credential is not.
    virtual void OnConnectFailed(int error_code, const V2TIMString& error_message) { (void)error_code, (void)error_message; }
    /// The UserSig has expired: call V2TIMManager::Renew with a new one.
    virtual void OnUserSigExpired() {}
};

/// Reports changes of the user's conversation list, on the callback thread.
class V2TIMConversationListener {
public:
    virtual ~V2TIMConversationListener() = default;
    /// The client is connecting. After a reset by the server, all conversations follow as new: list again.
    virtual void OnSyncServerStart() {}
    /// The client is connected; changes arrive as they happen.
    virtual void OnSyncServerFinish() {}
    virtual void OnSyncServerFailed() {}
    virtual void OnNewConversation(const V2TIMConversationVector& conversationList) { (void)conversationList; }
    virtual void OnConversationChanged(const V2TIMConversationVector& conversationList) { (void)conversationList; }
    virtual void OnConversationDeleted(const V2TIMStringVector& conversationIDList) { (void)conversationIDList; }
    virtual void OnTotalUnreadMessageCountChanged(uint64_t totalUnreadCount) { (void)totalUnreadCount; }
    virtual void OnUnreadMessageCountChangedByFilter(const V2TIMConversationListFilter& filter, uint64_t totalUnreadCount) {
        (void)filter, (void)totalUnreadCount;
    }
    virtual void OnConversationGroupCreated(const V2TIMString& groupName, const V2TIMConversationVector& conversationList) {
        (void)groupName, (void)conversationList;
    }
    virtual void OnConversationGroupDeleted(const V2TIMString& groupName) { (void)groupName; }
    virtual void OnConversationGroupNameChanged(const V2TIMString& oldName, const V2TIMString& newName) {
        (void)oldName, (void)newName;
    }
    virtual void OnConversationsAddedToGroup(const V2TIMString& groupName, const V2TIMConversationVector& conversationList) {
        (void)groupName, (void)conversationList;
    }
    virtual void OnConversationsDeletedFromGroup(const V2TIMString& groupName, const V2TIMConversationVector& conversationList) {
        (void)groupName, (void)conversationList;
    }
};

}  // namespace imsite
