#pragma once

#include <imsite/V2TIMCommon.h>

namespace imsite {

/// Receives the outcome of a call without a value, on the client's callback thread. The app owns it, and keeps it until called.
class V2TIMCallback {
public:
    virtual ~V2TIMCallback() = default;
    virtual void OnSuccess() = 0;
    /// Called with the server's code and a sentence that explains it.
    virtual void OnError(int error_code, const V2TIMString& error_message) = 0;
};

/// Receives the outcome of a call, on the client's callback thread. The app owns it, and keeps it until called.
template <class T>
class V2TIMValueCallback {
public:
    virtual ~V2TIMValueCallback() = default;
    virtual void OnSuccess(const T& value) = 0;
    /// Called with the server's code and a sentence that explains it.
    virtual void OnError(int error_code, const V2TIMString& error_message) = 0;
};

}  // namespace imsite
