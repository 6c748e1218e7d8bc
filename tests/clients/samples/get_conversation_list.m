[V2TIMManager.sharedInstance getConversationList:@[@"convID1", @"convID2"] // 要查询的会话 ID 列表
                                            succ:^(NSArray<V2TIMConversation *> *list) {
    // 获取成功，list 中包含 V2TIMConversation 对象
} fail:^(int code, NSString *desc) {
    // 获取失败
}];
