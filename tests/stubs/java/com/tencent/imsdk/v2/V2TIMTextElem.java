package com.tencent.imsdk.v2;

public class V2TIMTextElem {
    public String getText() {
        return "你好, alice";
    }
}
