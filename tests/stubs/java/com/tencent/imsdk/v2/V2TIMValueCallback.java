package com.tencent.imsdk.v2;

public interface V2TIMValueCallback<T> {
    void onSuccess(T value);

    void onError(int code, String desc);
}
