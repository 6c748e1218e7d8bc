package imsite.sdk.v2;

import java.util.LinkedHashMap;
import java.util.Map;

/** Selects conversations. A condition that is not set selects all; all conditions that are set must hold. */
public class V2TIMConversationListFilter {
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private int conversationType;
    private String conversationGroup;
    private long markType;
    private boolean hasUnreadCount;
    private boolean hasGroupAtInfo;

    public V2TIMConversationListFilter() {}

    V2TIMConversationListFilter(V2TIMConversationListFilter other) {
        parameters.putAll(other.parameters);
        conversationType = other.conversationType;
        conversationGroup = other.conversationGroup;
        markType = other.markType;
        hasUnreadCount = other.hasUnreadCount;
        hasGroupAtInfo = other.hasGroupAtInfo;
    }

    /** {@link V2TIMConversation#V2TIM_C2C} or {@link V2TIMConversation#V2TIM_GROUP}; 0 selects both. */
    public void setConversationType(int conversationType) {
        this.conversationType = conversationType;
        if (conversationType == V2TIMConversation.CONVERSATION_TYPE_INVALID) {
            parameters.remove("type");
        } else {
            parameters.put("type", Integer.toString(conversationType));
        }
    }

    public int getConversationType() {
        return conversationType;
    }

    /** "" selects the conversations that are in no conversation group; null selects all. */
    public void setConversationGroup(String conversationGroup) {
        this.conversationGroup = conversationGroup;
        if (conversationGroup == null) {
            parameters.remove("conversationGroup");
        } else {
            parameters.put("conversationGroup", conversationGroup);
        }
    }

    public String getConversationGroup() {
        return conversationGroup;
    }

    /** Selects conversations with any of these mark bits; 0 selects those without a mark. */
    public void setMarkType(long markType) {
        this.markType = markType;
        parameters.put("markType", Json.unsigned(markType));
    }

    public long getMarkType() {
        return markType;
    }

    public void setHasUnreadCount(boolean hasUnreadCount) {
        this.hasUnreadCount = hasUnreadCount;
        parameters.put("hasUnreadCount", Boolean.toString(hasUnreadCount));
    }

    public boolean isHasUnreadCount() {
        return hasUnreadCount;
    }

    public void setHasGroupAtInfo(boolean hasGroupAtInfo) {
        this.hasGroupAtInfo = hasGroupAtInfo;
        parameters.put("hasGroupAtInfo", Boolean.toString(hasGroupAtInfo));
    }

    public boolean isHasGroupAtInfo() {
        return hasGroupAtInfo;
    }

    /** Return the query parameters of the conditions that are set. */
    Map<String, String> parameters() {
        return new LinkedHashMap<>(parameters);
    }

    /** Two filters with the same conditions are equal: that is how a subscription is found again. */
    @Override
    public boolean equals(Object other) {
        return other instanceof V2TIMConversationListFilter
                && ((V2TIMConversationListFilter) other).parameters.equals(parameters);
    }

    @Override
    public int hashCode() {
        return parameters.hashCode();
    }
}
