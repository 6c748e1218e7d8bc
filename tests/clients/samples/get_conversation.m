[V2TIMManager.sharedInstance getConversation:@"conversationID" // 要查询的会话 ID
                                        succ:^(V2TIMConversation *conv) {
    // 获取成功，返回 V2TIMConversation 对象
} fail:^(int code, NSString *desc) {
    // 获取失败
}];
