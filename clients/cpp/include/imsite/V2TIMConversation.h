#pragma once

#include <imsite/V2TIMMessage.h>

#include <memory>

namespace imsite {

enum V2TIMConversationType {
    V2TIM_UNKNOWN = 0,
    V2TIM_C2C = 1,
    V2TIM_GROUP = 2,
};

enum V2TIMGroupAtType {
    V2TIM_AT_UNKNOWN = 0,
    V2TIM_AT_ME = 1,
    V2TIM_AT_ALL = 2,
    V2TIM_AT_ALL_AT_ME = 3,
};

/// Marks; an app's own are 1ULL << n with n from 32 to 63.
enum V2TIMConversationMarkType : uint64_t {
    V2TIM_CONVERSATION_MARK_TYPE_STAR = 1ULL << 0,
    V2TIM_CONVERSATION_MARK_TYPE_UNREAD = 1ULL << 1,
    V2TIM_CONVERSATION_MARK_TYPE_FOLD = 1ULL << 2,
    V2TIM_CONVERSATION_MARK_TYPE_HIDE = 1ULL << 3,
};

/// The conditions of a filter that are set, as bits.
enum V2TIMConversationFilterType {
    V2TIM_CONVERSATION_FILTER_TYPE_NONE = 0,
    V2TIM_CONVERSATION_FILTER_TYPE_MARK_TYPE = 1 << 0,
    V2TIM_CONVERSATION_FILTER_TYPE_CONVERSATION_GROUP = 1 << 1,
    V2TIM_CONVERSATION_FILTER_TYPE_HAS_UNREAD_COUNT = 1 << 2,
    V2TIM_CONVERSATION_FILTER_TYPE_HAS_GROUP_AT_INFO = 1 << 3,
};

struct V2TIMGroupAtInfo {
    uint64_t seq = 0;
    V2TIMGroupAtType atType = V2TIM_AT_UNKNOWN;
};
using V2TIMGroupAtInfoVector = V2TIMVector<V2TIMGroupAtInfo>;

/// One conversation of the user's list, as the server sent it.
struct V2TIMConversation {
    V2TIMConversationType type = V2TIM_UNKNOWN;
    V2TIMString conversationID;
    V2TIMString userID;   ///< the peer; empty for a group
    V2TIMString groupID;  ///< empty one to one
    V2TIMString groupType;
    V2TIMString showName;
    V2TIMString faceUrl;
    int unreadCount = 0;
    V2TIMReceiveMessageOpt recvOpt = V2TIM_RECEIVE_MESSAGE;
    const V2TIMMessage* lastMessage = nullptr;  ///< null while there is no message; lives as long as a copy of the conversation
    V2TIMGroupAtInfoVector groupAtInfolist;
    V2TIMString draftText;
    uint64_t draftTimestamp = 0;  ///< epoch seconds
    bool isPinned = false;
    uint64_t orderKey = 0;  ///< the place in the list; larger is higher. Not a time
    UInt64Vector markList;
    V2TIMBuffer customData;
    V2TIMStringVector conversationGroupList;
    uint64_t c2cReadTimestamp = 0;  ///< epoch seconds
    uint64_t groupReadSequence = 0;

    void SetLastMessage(std::shared_ptr<const V2TIMMessage> message) {
        message_ = std::move(message);
        lastMessage = message_.get();
    }

private:
    std::shared_ptr<const V2TIMMessage> message_;
};
using V2TIMConversationVector = V2TIMVector<V2TIMConversation>;

/// One page of the list.
struct V2TIMConversationResult {
    uint64_t nextSeq = 0;  ///< of the next page, valid in this process; 0 after the last
    bool isFinished = false;
    V2TIMConversationVector conversationList;
};

/// The outcome for one conversation of a call that changes several.
struct V2TIMConversationOperationResult {
    V2TIMString conversationID;
    int resultCode = 0;  ///< 0 on success
    V2TIMString resultInfo;
};
using V2TIMConversationOperationResultVector = V2TIMVector<V2TIMConversationOperationResult>;

/// Selects conversations; all conditions that are set must hold.
struct V2TIMConversationListFilter {
    uint32_t filterType = V2TIM_CONVERSATION_FILTER_TYPE_NONE;  ///< which of the last four conditions are set
    V2TIMConversationType type = V2TIM_UNKNOWN;                 ///< V2TIM_UNKNOWN selects both
    V2TIMString conversationGroup;                              ///< "" selects those in no conversation group
    uint64_t markType = 0;                                      ///< any of these bits; 0 selects those without a mark
    bool hasUnreadCount = false;
    bool hasGroupAtInfo = false;
};

}  // namespace imsite
