package com.tencent.imsdk.v2;

import java.util.List;

public abstract class V2TIMConversationListener {
    public void onNewConversation(List<V2TIMConversation> conversations) {}

    public void onConversationChanged(List<V2TIMConversation> conversations) {}
}
