// Registered listeners, the stream that feeds them while there are any, and the translation of its events.
#pragma once

#include <imsite/V2TIMListener.h>

#include <mutex>
#include <optional>
#include <vector>

#include "callbacks.h"
#include "group_tracker.h"
#include "network.h"

namespace imsite {

Query ParametersOf(const V2TIMConversationListFilter& filter);

class ListenerHub {
public:
    ListenerHub(Network& network, Callbacks& callbacks) : network_(network), callbacks_(callbacks) {}

    /// Follow another session, or none.
    void Connect(std::shared_ptr<Session> session);
    /// Open the stream again, after its credential has changed.
    void Restart();
    void Add(V2TIMConversationListener* listener);
    void Remove(V2TIMConversationListener* listener);
    void AddState(V2TIMSDKListener* listener);
    void RemoveState(V2TIMSDKListener* listener);
    void Subscribe(const V2TIMConversationListFilter& filter);
    void Unsubscribe(const V2TIMConversationListFilter& filter);
    void NoteListed(const V2TIMConversationVector& conversations);

private:
    class Following;
    struct Subscription {
        V2TIMConversationListFilter filter;
        std::optional<uint64_t> count;
    };

    void Start();
    void Stop();
    bool IsCurrent(const Following* following);
    void CountByFilters();
    void Tell(std::function<void(V2TIMConversationListener&)> report);
    void TellState(std::function<void(V2TIMSDKListener&)> report);

    Network& network_;
    Callbacks& callbacks_;
    /// Held while listeners run, so that none runs any more once it is removed; a listener may remove itself.
    std::recursive_mutex running_;
    std::vector<V2TIMConversationListener*> listeners_;
    std::vector<V2TIMSDKListener*> state_listeners_;
    std::mutex mutex_;
    bool has_listeners_ = false;
    std::shared_ptr<Session> session_;
    std::shared_ptr<Following> following_;
    std::shared_ptr<GroupTracker> groups_ = std::make_shared<GroupTracker>();
    std::vector<Subscription> subscriptions_;
};

}  // namespace imsite
