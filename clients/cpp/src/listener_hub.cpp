#include "listener_hub.h"

#include <algorithm>

namespace imsite {
namespace {

template <class T>
void AddOnce(std::vector<T*>& items, T* item) {
    if (item && std::find(items.begin(), items.end(), item) == items.end()) {
        items.push_back(item);
    }
}

template <class T>
void RemoveFrom(std::vector<T*>& items, T* item) {
    items.erase(std::remove(items.begin(), items.end(), item), items.end());
}

/// Call each listener that is still there when its turn comes.
template <class T>
void CallEach(std::recursive_mutex& running, const std::vector<T*>& listeners, const std::function<void(T&)>& report) {
    std::lock_guard<std::recursive_mutex> lock(running);
    std::vector<T*> at_first = listeners;
    for (T* listener : at_first) {
        if (std::find(listeners.begin(), listeners.end(), listener) != listeners.end()) {
            report(*listener);
        }
    }
}

}  // namespace

Query ParametersOf(const V2TIMConversationListFilter& filter) {
    Query query;
    if (filter.type != V2TIM_UNKNOWN) {
        query.emplace_back("type", std::to_string(static_cast<int>(filter.type)));
    }
    if (filter.filterType & V2TIM_CONVERSATION_FILTER_TYPE_CONVERSATION_GROUP) {
        query.emplace_back("conversationGroup", filter.conversationGroup.CString());
    }
    if (filter.filterType & V2TIM_CONVERSATION_FILTER_TYPE_MARK_TYPE) {
        query.emplace_back("markType", std::to_string(filter.markType));
    }
    if (filter.filterType & V2TIM_CONVERSATION_FILTER_TYPE_HAS_UNREAD_COUNT) {
        query.emplace_back("hasUnreadCount", filter.hasUnreadCount ? "true" : "false");
    }
    if (filter.filterType & V2TIM_CONVERSATION_FILTER_TYPE_HAS_GROUP_AT_INFO) {
        query.emplace_back("hasGroupAtInfo", filter.hasGroupAtInfo ? "true" : "false");
    }
    return query;
}

/// Translates the events of one stream, on the network thread.
class ListenerHub::Following : public StreamReceiver {
public:
    Following(ListenerHub& hub, std::shared_ptr<GroupTracker> groups) : hub_(hub), groups_(std::move(groups)) {}

    void Connecting() override {
        if (hub_.IsCurrent(this)) {
            hub_.TellState([](V2TIMSDKListener& listener) { listener.OnConnecting(); });
            hub_.Tell([](V2TIMConversationListener& listener) { listener.OnSyncServerStart(); });
        }
    }

    void Connected() override {
        if (hub_.IsCurrent(this)) {
            hub_.TellState([](V2TIMSDKListener& listener) { listener.OnConnectSuccess(); });
            hub_.Tell([](V2TIMConversationListener& listener) { listener.OnSyncServerFinish(); });
        }
    }

    void Failed(const Answer& error) override {
        if (!hub_.IsCurrent(this)) {
            return;
        }
        if (error.code == SIG_EXPIRED) {
            hub_.TellState([](V2TIMSDKListener& listener) { listener.OnUserSigExpired(); });
        }
        int code = error.code;
        V2TIMString desc = error.desc;
        hub_.TellState([code, desc](V2TIMSDKListener& listener) { listener.OnConnectFailed(code, desc); });
        hub_.Tell([](V2TIMConversationListener& listener) { listener.OnSyncServerFailed(); });
    }

    void GroupNames(const V2TIMStringVector& names) override {
        std::lock_guard<std::mutex> lock(hub_.mutex_);
        groups_->NoteNames(names);
    }

    void Event(const std::string& name, const Json& data) override {
        if (!hub_.IsCurrent(this)) {
            return;
        }
        if (name == "unread") {
            CountTotal(NumberOf(data, "total"));
        } else if (name == "reset") {
            is_resetting_ = true;
            hub_.Tell([](V2TIMConversationListener& listener) { listener.OnSyncServerStart(); });
        } else if (name == "changes") {
            Apply(data);
        }
    }

private:
    void CountTotal(uint64_t count) {
        if (total_ != count) {
            total_ = count;
            hub_.Tell([count](V2TIMConversationListener& listener) { listener.OnTotalUnreadMessageCountChanged(count); });
        }
    }

    void Apply(const Json& data) {
        V2TIMConversationVector news, changed;
        V2TIMStringVector deleted, names;
        bool has_names = false;
        for (const Json& change : ValueOf(data, "changes")) {
            std::string kind = TextOf(change, "kind");
            if (kind == "new") {
                news.PushBack(ConversationOf(ValueOf(change, "conversation")));
            } else if (kind == "changed") {
                changed.PushBack(ConversationOf(ValueOf(change, "conversation")));
            } else if (kind == "deleted") {
                deleted.PushBack(TextOf(change, "conversationID"));
            } else if (kind == "groups") {
                names = TextsOf(change, "conversationGroupList");
                has_names = true;
            }
        }
        if (!news.Empty()) {
            hub_.Tell([news](V2TIMConversationListener& listener) { listener.OnNewConversation(news); });
        }
        if (!changed.Empty()) {
            hub_.Tell([changed](V2TIMConversationListener& listener) { listener.OnConversationChanged(changed); });
        }
        if (!deleted.Empty()) {
            hub_.Tell([deleted](V2TIMConversationListener& listener) { listener.OnConversationDeleted(deleted); });
        }
        GroupEvents events;
        {
            std::lock_guard<std::mutex> lock(hub_.mutex_);
            events = groups_->Apply(news, changed, has_names ? &names : nullptr);
        }
        TellGroups(events);
        if (is_resetting_ && FlagOf(data, "isFinished")) {
            is_resetting_ = false;
            hub_.Tell([](V2TIMConversationListener& listener) { listener.OnSyncServerFinish(); });
        }
        hub_.CountByFilters();
    }

    void TellGroups(const GroupEvents& events) {
        hub_.Tell([events](V2TIMConversationListener& listener) {
            if (!events.new_name.empty()) {
                listener.OnConversationGroupNameChanged(events.old_name, events.new_name);
            }
            for (const std::string& name : events.deleted) {
                listener.OnConversationGroupDeleted(name);
            }
            for (const auto& group : events.created) {
                listener.OnConversationGroupCreated(group.first, group.second);
            }
            for (const auto& group : events.added) {
                listener.OnConversationsAddedToGroup(group.first, group.second);
            }
            for (const auto& group : events.removed) {
                listener.OnConversationsDeletedFromGroup(group.first, group.second);
            }
        });
    }

    ListenerHub& hub_;
    std::shared_ptr<GroupTracker> groups_;
    std::optional<uint64_t> total_;
    bool is_resetting_ = false;
};

void ListenerHub::Connect(std::shared_ptr<Session> session) {
    std::lock_guard<std::mutex> lock(mutex_);
    Stop();
    session_ = std::move(session);
    groups_ = std::make_shared<GroupTracker>();
    for (Subscription& subscription : subscriptions_) {
        subscription.count.reset();
    }
    Start();
}

void ListenerHub::Restart() {
    std::lock_guard<std::mutex> lock(mutex_);
    Stop();
    Start();
}

void ListenerHub::Add(V2TIMConversationListener* listener) {
    {
        std::lock_guard<std::recursive_mutex> lock(running_);
        AddOnce(listeners_, listener);
    }
    std::lock_guard<std::mutex> lock(mutex_);
    has_listeners_ = has_listeners_ || listener;
    Start();
}

void ListenerHub::Remove(V2TIMConversationListener* listener) {
    std::lock_guard<std::recursive_mutex> lock(running_);
    RemoveFrom(listeners_, listener);
    if (listeners_.empty()) {
        std::lock_guard<std::mutex> state(mutex_);
        has_listeners_ = false;
        Stop();
    }
}

void ListenerHub::AddState(V2TIMSDKListener* listener) {
    std::lock_guard<std::recursive_mutex> lock(running_);
    AddOnce(state_listeners_, listener);
}

void ListenerHub::RemoveState(V2TIMSDKListener* listener) {
    std::lock_guard<std::recursive_mutex> lock(running_);
    RemoveFrom(state_listeners_, listener);
}

void ListenerHub::Subscribe(const V2TIMConversationListFilter& filter) {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        for (const Subscription& subscription : subscriptions_) {
            if (ParametersOf(subscription.filter) == ParametersOf(filter)) {
                return;
            }
        }
        subscriptions_.push_back({filter, std::nullopt});
    }
    CountByFilters();
}

void ListenerHub::Unsubscribe(const V2TIMConversationListFilter& filter) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto is_same = [&filter](const Subscription& one) { return ParametersOf(one.filter) == ParametersOf(filter); };
    subscriptions_.erase(std::remove_if(subscriptions_.begin(), subscriptions_.end(), is_same), subscriptions_.end());
}

void ListenerHub::NoteListed(const V2TIMConversationVector& conversations) {
    std::lock_guard<std::mutex> lock(mutex_);
    groups_->Note(conversations);
}

void ListenerHub::Start() {
    if (!following_ && session_ && has_listeners_) {
        following_ = std::make_shared<Following>(*this, groups_);
        network_.Follow(session_, following_);
    }
}

void ListenerHub::Stop() {
    if (following_) {
        following_ = nullptr;
        network_.Unfollow();
    }
}

bool ListenerHub::IsCurrent(const Following* following) {
    std::lock_guard<std::mutex> lock(mutex_);
    return following_.get() == following;
}

/// Count again what each subscribed filter selects, and report what changed.
void ListenerHub::CountByFilters() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!session_) {
        return;
    }
    for (const Subscription& subscription : subscriptions_) {
        V2TIMConversationListFilter filter = subscription.filter;
        std::shared_ptr<Session> session = session_;
        network_.Read({session, "GET", "unread/", ParametersOf(filter), false, nullptr}, [this, session, filter](const Answer& answer) {
            if (!answer.ok) {
                return;  // The next change counts again.
            }
            uint64_t count = NumberOf(answer.json, "total");
            std::lock_guard<std::mutex> relock(mutex_);
            for (Subscription& current : subscriptions_) {
                if (session == session_ && ParametersOf(current.filter) == ParametersOf(filter) && current.count != count) {
                    current.count = count;
                    Tell([filter, count](V2TIMConversationListener& listener) {
                        listener.OnUnreadMessageCountChangedByFilter(filter, count);
                    });
                }
            }
        });
    }
}

void ListenerHub::Tell(std::function<void(V2TIMConversationListener&)> report) {
    callbacks_.Post([this, report] { CallEach(running_, listeners_, report); });
}

void ListenerHub::TellState(std::function<void(V2TIMSDKListener&)> report) {
    callbacks_.Post([this, report] { CallEach(running_, state_listeners_, report); });
}

}  // namespace imsite
