package com.tencent.imsdk.v2;

public class V2TIMManager {
    private static final V2TIMConversationManager conversationManager = new V2TIMConversationManager();

    public static V2TIMConversationManager getConversationManager() {
        return conversationManager;
    }
}
