#pragma once

#include <imsite/V2TIMConversationManager.h>

namespace imsite {

/// The entry to the client.
///
///     V2TIMManager::GetInstance()->Connect("https://im.example.com", userSig);
///     V2TIMManager::GetInstance()->GetConversationManager()->GetConversation("c2c_bob", callback);
///
/// All calls may be made from any thread. Callbacks and listeners are called on one thread of the client.
class V2TIMManager {
public:
    virtual ~V2TIMManager() = default;

    static V2TIMManager* GetInstance();

    virtual V2TIMConversationManager* GetConversationManager() = 0;

    /// Name the server and the user's credential: the user's UserSig, or an API key of this user. Sends nothing yet. Call it again
    /// for another user; listeners stay.
    virtual void Connect(const V2TIMString& server, const V2TIMString& credential) = 0;
    /// The same with a service key: for tests and back ends. An app must not contain one.
    virtual void Connect(const V2TIMString& server, const V2TIMString& serviceKey, const V2TIMString& userID) = 0;
    /// Replace the credential of the same user, as after OnUserSigExpired. Events go on where they stopped.
    virtual void Renew(const V2TIMString& credential) = 0;
    /// Stop events and end waiting calls: they fail with 6013, as do later ones.
    virtual void Disconnect() = 0;

    /// Whether GetConversation answers a well-formed ID without a conversation with an empty, unsaved object, as Tencent's current
    /// SDKs do, instead of error 6004. Off at first.
    virtual void SetPlaceholders(bool enabled) = 0;

    virtual void AddSDKListener(V2TIMSDKListener* listener) = 0;
    virtual void RemoveSDKListener(V2TIMSDKListener* listener) = 0;
};

}  // namespace imsite
