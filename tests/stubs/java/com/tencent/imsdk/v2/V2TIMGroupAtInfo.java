package com.tencent.imsdk.v2;

public class V2TIMGroupAtInfo {
    public long getSeq() {
        return 7;
    }

    public int getAtType() {
        return 1;
    }
}
