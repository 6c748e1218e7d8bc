package com.tencent.imsdk.v2;

import java.util.List;

/** Has two pages of one conversation each. */
public class V2TIMConversationManager {
    private static final List<V2TIMConversation> LIST = List.of(new V2TIMConversation("c2c_bob"), new V2TIMConversation("group_team"));
    private V2TIMConversationListener listener;

    public void addConversationListener(V2TIMConversationListener listener) {
        this.listener = listener;
    }

    public void getConversationList(long nextSeq, int count, V2TIMValueCallback<V2TIMConversationResult> callback) {
        callback.onSuccess(new V2TIMConversationResult(List.of(LIST.get((int) nextSeq)), nextSeq == 0 ? 1 : 0));
    }

    /** What the SDK does when a message of a new sender arrives. */
    public void announce(String conversationID) {
        listener.onNewConversation(List.of(new V2TIMConversation(conversationID)));
    }
}
