package com.tencent.imsdk.v2;

import java.util.List;

public class V2TIMConversation {
    private final String conversationID;

    V2TIMConversation(String conversationID) {
        this.conversationID = conversationID;
    }

    private boolean isGroup() {
        return conversationID.startsWith("group_");
    }

    public String getConversationID() {
        return conversationID;
    }

    public String getShowName() {
        return "Name of " + conversationID;
    }

    public String getFaceUrl() {
        return null;
    }

    public String getGroupType() {
        return isGroup() ? "Work" : null;
    }

    public int getUnreadCount() {
        return 3;
    }

    public int getRecvOpt() {
        return 2;
    }

    public boolean isPinned() {
        return isGroup();
    }

    public String getDraftText() {
        return "A \"draft\"\nof two lines";
    }

    public long getDraftTimestamp() {
        return 1_760_000_300;
    }

    public String getCustomData() {
        return "blue";
    }

    public List<Long> getMarkList() {
        return List.of(1L, 1L << 32);
    }

    public List<String> getConversationGroupList() {
        return List.of("客户");
    }

    public long getC2CReadTimestamp() {
        return isGroup() ? 0 : 1_760_000_100;
    }

    public long getGroupReadSequence() {
        return isGroup() ? 4 : 0;
    }

    public List<V2TIMGroupAtInfo> getGroupAtInfoList() {
        return isGroup() ? List.of(new V2TIMGroupAtInfo()) : List.of();
    }

    public V2TIMMessage getLastMessage() {
        return conversationID.equals("c2c_carol") ? null : new V2TIMMessage();
    }
}
