#pragma once

#include <imsite/V2TIMListener.h>

namespace imsite {

/// The user's conversation list. See Tencent's documentation of the class of the same name for the meaning of each call.
class V2TIMConversationManager {
public:
    virtual ~V2TIMConversationManager() = default;

    /// The first listener opens the event stream, the last one removed closes it.
    virtual void AddConversationListener(V2TIMConversationListener* listener) = 0;
    /// No event reaches the listener after this returns, unless it is called from an event.
    virtual void RemoveConversationListener(V2TIMConversationListener* listener) = 0;

    /// A page of the list: nextSeq is 0 at first, then that of the page before. At most 500 in a page.
    virtual void GetConversationList(uint64_t nextSeq, uint32_t count, V2TIMValueCallback<V2TIMConversationResult>* callback) = 0;
    virtual void GetConversation(const V2TIMString& conversationID, V2TIMValueCallback<V2TIMConversation>* callback) = 0;
    /// In the order of the IDs, each once; unknown ones are left out. Fails with 6017 if no ID is well-formed.
    virtual void GetConversationList(const V2TIMStringVector& conversationIDList,
                                     V2TIMValueCallback<V2TIMConversationVector>* callback) = 0;
    virtual void GetConversationListByFilter(const V2TIMConversationListFilter& filter, uint64_t nextSeq, uint32_t count,
                                             V2TIMValueCallback<V2TIMConversationResult>* callback) = 0;
    virtual void GetTotalUnreadMessageCount(V2TIMValueCallback<uint64_t>* callback) = 0;
    virtual void GetUnreadMessageCountByFilter(const V2TIMConversationListFilter& filter,
                                               V2TIMValueCallback<uint64_t>* callback) = 0;
    /// Report this filter's unread count to listeners, now and after each change. Needs a conversation listener.
    virtual void SubscribeUnreadMessageCountByFilter(const V2TIMConversationListFilter& filter) = 0;
    virtual void UnsubscribeUnreadMessageCountByFilter(const V2TIMConversationListFilter& filter) = 0;

    virtual void DeleteConversation(const V2TIMString& conversationID, V2TIMCallback* callback) = 0;
    /// clearMessage false keeps the messages.
    virtual void DeleteConversationList(const V2TIMStringVector& conversationIDList, bool clearMessage,
                                        V2TIMValueCallback<V2TIMConversationOperationResultVector>* callback) = 0;
    /// A draft is saved for all devices; "" removes it.
    virtual void SetConversationDraft(const V2TIMString& conversationID, const V2TIMString& draftText,
                                      V2TIMCallback* callback) = 0;
    virtual void SetConversationCustomData(const V2TIMStringVector& conversationIDList, const V2TIMBuffer& customData,
                                           V2TIMValueCallback<V2TIMConversationOperationResultVector>* callback) = 0;
    virtual void PinConversation(const V2TIMString& conversationID, bool isPinned, V2TIMCallback* callback) = 0;
    virtual void MarkConversation(const V2TIMStringVector& conversationIDList, uint64_t markType, bool enableMark,
                                  V2TIMValueCallback<V2TIMConversationOperationResultVector>* callback) = 0;
    /// Mark as read up to a time (one to one, epoch seconds) or a sequence (group); 0 marks all. The ID may also be "" for all
    /// conversations, "c2c" for all one to one, or "group" for all groups.
    virtual void CleanConversationUnreadMessageCount(const V2TIMString& conversationID, uint64_t cleanTimestamp,
                                                     uint64_t cleanSequence, V2TIMCallback* callback) = 0;

    virtual void CreateConversationGroup(const V2TIMString& groupName, const V2TIMStringVector& conversationIDList,
                                         V2TIMValueCallback<V2TIMConversationOperationResultVector>* callback) = 0;
    virtual void GetConversationGroupList(V2TIMValueCallback<V2TIMStringVector>* callback) = 0;
    virtual void DeleteConversationGroup(const V2TIMString& groupName, V2TIMCallback* callback) = 0;
    virtual void RenameConversationGroup(const V2TIMString& oldName, const V2TIMString& newName, V2TIMCallback* callback) = 0;
    virtual void AddConversationsToGroup(const V2TIMString& groupName, const V2TIMStringVector& conversationIDList,
                                         V2TIMValueCallback<V2TIMConversationOperationResultVector>* callback) = 0;
    virtual void DeleteConversationsFromGroup(const V2TIMString& groupName, const V2TIMStringVector& conversationIDList,
                                              V2TIMValueCallback<V2TIMConversationOperationResultVector>* callback) = 0;
};

}  // namespace imsite
