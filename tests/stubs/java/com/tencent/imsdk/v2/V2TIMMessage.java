package com.tencent.imsdk.v2;

public class V2TIMMessage {
    public String getMsgID() {
        return "144115225790497300-1760000200-2894710345";
    }

    public long getTimestamp() {
        return 1_760_000_200;
    }

    public long getSeq() {
        return 7;
    }

    public long getRandom() {
        return 2_894_710_345L;
    }

    public String getSender() {
        return "bob";
    }

    public boolean isSelf() {
        return false;
    }

    public int getStatus() {
        return 2;
    }

    public int getElemType() {
        return 1;
    }

    public V2TIMTextElem getTextElem() {
        return new V2TIMTextElem();
    }
}
