package com.tencent.imsdk.v2;

import java.util.List;

public class V2TIMConversationResult {
    private final List<V2TIMConversation> conversations;
    private final long nextSeq;

    V2TIMConversationResult(List<V2TIMConversation> conversations, long nextSeq) {
        this.conversations = conversations;
        this.nextSeq = nextSeq;
    }

    public List<V2TIMConversation> getConversationList() {
        return conversations;
    }

    public long getNextSeq() {
        return nextSeq;
    }

    public boolean isFinished() {
        return nextSeq == 0;
    }
}
