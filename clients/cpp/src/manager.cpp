#include <imsite/V2TIMManager.h>

#include <atomic>
#include <list>
#include <map>
#include <unordered_set>

#include "callbacks.h"
#include "listener_hub.h"
#include "network.h"

namespace imsite {
namespace {

constexpr size_t MAX_IDS = 1000;
constexpr size_t MAX_CURSORS = 1000;

Answer NotConnected() {
    Answer answer;
    answer.code = NOT_CONNECTED;
    answer.desc = "Call V2TIMManager::Connect first.";
    return answer;
}

Json ListOf(const V2TIMStringVector& texts) {
    Json list = Json::array();
    for (const V2TIMString& text : texts) {
        list.push_back(text.CString());
    }
    return list;
}

/// The server's cursors are text, the SDK's nextSeq is a number: the newest thousand by number.
class Cursors {
public:
    uint64_t Add(const std::string& text) {
        std::lock_guard<std::mutex> lock(mutex_);
        texts_[++last_] = text;
        if (texts_.size() > MAX_CURSORS) {
            texts_.erase(texts_.begin());
        }
        return last_;
    }

    bool Find(uint64_t number, std::string& text) {
        std::lock_guard<std::mutex> lock(mutex_);
        auto found = texts_.find(number);
        if (found == texts_.end()) {
            return false;
        }
        text = found->second;
        return true;
    }

    void Clear() {
        std::lock_guard<std::mutex> lock(mutex_);
        texts_.clear();
    }

private:
    std::mutex mutex_;
    std::map<uint64_t, std::string> texts_;
    uint64_t last_ = 0;
};

/// The parts of a lookup by ID, which goes out in thousands.
struct Lookup {
    std::vector<std::string> ids;
    size_t next = 0;
    V2TIMConversationVector conversations;
    size_t unknown = 0;
    Answer malformed;  // the first reason
};

class Manager final : public V2TIMManager, public V2TIMConversationManager {
public:
    Manager() : hub_(network_, callbacks_) {}

    ~Manager() override { hub_.Connect(nullptr); }

    V2TIMConversationManager* GetConversationManager() override { return this; }

    void Connect(const V2TIMString& server, const V2TIMString& credential) override { Connect(server, credential, ""); }

    void Connect(const V2TIMString& server, const V2TIMString& serviceKey, const V2TIMString& userID) override {
        Use(std::make_shared<Session>(server.CString(), serviceKey.CString(), userID.CString()));
    }

    void Renew(const V2TIMString& credential) override {
        if (std::shared_ptr<Session> session = Current()) {
            session->Renew(credential.CString());
            hub_.Restart();
        }
    }

    void Disconnect() override { Use(nullptr); }
    void SetPlaceholders(bool enabled) override { placeholders_ = enabled; }
    void AddSDKListener(V2TIMSDKListener* listener) override { hub_.AddState(listener); }
    void RemoveSDKListener(V2TIMSDKListener* listener) override { hub_.RemoveState(listener); }

    // ---- Listeners -------------------------------------------------------------------------------------------------------

    void AddConversationListener(V2TIMConversationListener* listener) override { hub_.Add(listener); }
    void RemoveConversationListener(V2TIMConversationListener* listener) override { hub_.Remove(listener); }
    void SubscribeUnreadMessageCountByFilter(const V2TIMConversationListFilter& filter) override { hub_.Subscribe(filter); }
    void UnsubscribeUnreadMessageCountByFilter(const V2TIMConversationListFilter& filter) override { hub_.Unsubscribe(filter); }

    // ---- Reads -----------------------------------------------------------------------------------------------------------

    void GetConversation(const V2TIMString& conversationID, V2TIMValueCallback<V2TIMConversation>* callback) override {
        Query query = {{"id", conversationID.CString()}};
        if (placeholders_) {
            query.emplace_back("placeholder", "true");
        }
        Read("conversations/-/", query, callback, ConversationOf);
    }

    void GetConversationList(const V2TIMStringVector& conversationIDList,
                             V2TIMValueCallback<V2TIMConversationVector>* callback) override {
        auto lookup = std::make_shared<Lookup>();
        std::unordered_set<std::string> seen;
        for (const V2TIMString& id : conversationIDList) {
            if (seen.insert(id.CString()).second) {
                lookup->ids.push_back(id.CString());
            }
        }
        LookUpNext(Current(), lookup, callback);
    }

    void GetConversationList(uint64_t nextSeq, uint32_t count, V2TIMValueCallback<V2TIMConversationResult>* callback) override {
        GetConversationListByFilter({}, nextSeq, count, callback);
    }

    void GetConversationListByFilter(const V2TIMConversationListFilter& filter, uint64_t nextSeq, uint32_t count,
                                     V2TIMValueCallback<V2TIMConversationResult>* callback) override {
        Query query = ParametersOf(filter);
        query.emplace_back("count", std::to_string(count));
        std::string cursor;
        if (nextSeq && !cursors_.Find(nextSeq, cursor)) {
            return Fail(callback, INVALID_PARAMETER, "nextSeq is not from this list: start again with 0.");
        }
        if (nextSeq) {
            query.emplace_back("nextSeq", cursor);
        }
        std::shared_ptr<Session> session = Current();
        Send(&Network::Read, {session, "GET", "conversations/", query, false, nullptr}, [=](const Answer& answer) {
            if (!answer.ok) {
                return Fail(callback, answer);
            }
            if (!nextSeq && !answer.version.empty()) {
                session->StartAt(answer.version);
            }
            V2TIMConversationResult page;
            page.conversationList = ConversationsOf(ValueOf(answer.json, "conversationList"));
            page.isFinished = FlagOf(answer.json, "isFinished");
            page.nextSeq = page.isFinished ? 0 : cursors_.Add(TextOf(answer.json, "nextSeq"));
            hub_.NoteListed(page.conversationList);
            Succeed(callback, page);
        });
    }

    void GetTotalUnreadMessageCount(V2TIMValueCallback<uint64_t>* callback) override {
        GetUnreadMessageCountByFilter({}, callback);
    }

    void GetUnreadMessageCountByFilter(const V2TIMConversationListFilter& filter,
                                       V2TIMValueCallback<uint64_t>* callback) override {
        Read("unread/", ParametersOf(filter), callback, +[](const Json& json) { return NumberOf(json, "total"); });
    }

    void GetConversationGroupList(V2TIMValueCallback<V2TIMStringVector>* callback) override {
        Read("conversation-groups/", {}, callback, +[](const Json& json) { return TextsOf(json, "conversationGroupList"); });
    }

    // ---- Changes of one conversation ---------------------------------------------------------------------------------------

    void PinConversation(const V2TIMString& conversationID, bool isPinned, V2TIMCallback* callback) override {
        Change(isPinned ? "PUT" : "DELETE", "conversations/-/pin/", {{"id", conversationID.CString()}}, callback);
    }

    void SetConversationDraft(const V2TIMString& conversationID, const V2TIMString& draftText, V2TIMCallback* callback) override {
        Change("PUT", "conversations/-/draft/", {{"id", conversationID.CString()}}, callback, {{"draftText", draftText.CString()}});
    }

    void DeleteConversation(const V2TIMString& conversationID, V2TIMCallback* callback) override {
        Change("DELETE", "conversations/-/", {{"id", conversationID.CString()}}, callback);
    }

    void CleanConversationUnreadMessageCount(const V2TIMString& conversationID, uint64_t cleanTimestamp, uint64_t cleanSequence,
                                             V2TIMCallback* callback) override {
        std::string id = conversationID.CString();
        if (id.empty() || id == "c2c" || id == "group") {
            return Change("POST", "conversations/read/", {}, callback, {{"scope", id.empty() ? "all" : id}});
        }
        Json body = Json::object();
        if (cleanTimestamp && id.compare(0, 4, "c2c_") == 0) {
            body["cleanTimestamp"] = cleanTimestamp;
        } else if (cleanSequence && id.compare(0, 6, "group_") == 0) {
            body["cleanSequence"] = cleanSequence;
        }
        Change("POST", "conversations/-/read/", {{"id", id}}, callback, body);
    }

    // ---- Changes of several conversations ------------------------------------------------------------------------------------

    using ResultsCallback = V2TIMValueCallback<V2TIMConversationOperationResultVector>;

    void MarkConversation(const V2TIMStringVector& conversationIDList, uint64_t markType, bool enableMark,
                          ResultsCallback* callback) override {
        Json body = {{"markType", std::to_string(markType)}, {"enableMark", enableMark}};
        ChangeEach("conversations/mark/", {}, conversationIDList, body, callback);
    }

    void SetConversationCustomData(const V2TIMStringVector& conversationIDList, const V2TIMBuffer& customData,
                                   ResultsCallback* callback) override {
        std::string text(reinterpret_cast<const char*>(customData.Data()), customData.Size());
        ChangeEach("conversations/custom-data/", {}, conversationIDList, {{"customData", text}}, callback);
    }

    void DeleteConversationList(const V2TIMStringVector& conversationIDList, bool clearMessage, ResultsCallback* callback) override {
        ChangeEach("conversations/delete/", {}, conversationIDList, {{"clearMessage", clearMessage}}, callback);
    }

    // ---- Conversation groups -----------------------------------------------------------------------------------------------

    void CreateConversationGroup(const V2TIMString& groupName, const V2TIMStringVector& conversationIDList,
                                 ResultsCallback* callback) override {
        ChangeEach("conversation-groups/", {}, conversationIDList, {{"groupName", groupName.CString()}}, callback);
    }

    void DeleteConversationGroup(const V2TIMString& groupName, V2TIMCallback* callback) override {
        Change("DELETE", "conversation-groups/-/", {{"name", groupName.CString()}}, callback);
    }

    void RenameConversationGroup(const V2TIMString& oldName, const V2TIMString& newName, V2TIMCallback* callback) override {
        Change("PATCH", "conversation-groups/-/", {{"name", oldName.CString()}}, callback, {{"newName", newName.CString()}});
    }

    void AddConversationsToGroup(const V2TIMString& groupName, const V2TIMStringVector& conversationIDList,
                                 ResultsCallback* callback) override {
        ChangeEach("conversation-groups/-/add/", {{"name", groupName.CString()}}, conversationIDList, Json::object(), callback);
    }

    void DeleteConversationsFromGroup(const V2TIMString& groupName, const V2TIMStringVector& conversationIDList,
                                      ResultsCallback* callback) override {
        ChangeEach("conversation-groups/-/remove/", {{"name", groupName.CString()}}, conversationIDList, Json::object(), callback);
    }

    // ---- Outcomes ------------------------------------------------------------------------------------------------------------

    template <class T>
    void Succeed(V2TIMValueCallback<T>* callback, const T& value) {
        if (callback) {
            callbacks_.Post([callback, value] { callback->OnSuccess(value); });
        }
    }

private:
    template <class Callback>
    void Fail(Callback* callback, int code, const std::string& desc) {
        if (callback) {
            callbacks_.Post([callback, code, desc] { callback->OnError(code, desc); });
        }
    }

    template <class Callback>
    void Fail(Callback* callback, const Answer& error) {
        Fail(callback, error.code, error.desc);
    }

    void Use(std::shared_ptr<Session> session) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            session_ = session;
        }
        cursors_.Clear();
        hub_.Connect(session);
        network_.Keep(session);
    }

    std::shared_ptr<Session> Current() {
        std::lock_guard<std::mutex> lock(mutex_);
        return session_;
    }

    void Send(void (Network::*how)(Network::Request, Network::Done), Network::Request request, Network::Done done) {
        if (request.session) {
            (network_.*how)(std::move(request), std::move(done));
        } else {
            done(NotConnected());
        }
    }

    template <class T>
    void Read(const char* path, const Query& query, V2TIMValueCallback<T>* callback, T (*parse)(const Json&)) {
        Send(&Network::Read, {Current(), "GET", path, query, false, nullptr}, [=](const Answer& answer) {
            if (answer.ok) {
                Succeed(callback, parse(answer.json));
            } else {
                Fail(callback, answer);
            }
        });
    }

    void Change(const char* method, const char* path, const Query& query, V2TIMCallback* callback, Json body = nullptr) {
        bool has_body = !body.is_null();
        Send(&Network::Change, {Current(), method, path, query, has_body, std::move(body)}, [=](const Answer& answer) {
            if (!answer.ok) {
                Fail(callback, answer);
            } else if (callback) {
                callbacks_.Post([callback] { callback->OnSuccess(); });
            }
        });
    }

    void ChangeEach(const char* path, const Query& query, const V2TIMStringVector& ids, Json body, ResultsCallback* callback) {
        body["conversationIDList"] = ListOf(ids);
        Send(&Network::Change, {Current(), "POST", path, query, true, std::move(body)}, [=](const Answer& answer) {
            if (answer.ok) {
                Succeed(callback, ResultsOf(ValueOf(answer.json, "results")));
            } else {
                Fail(callback, answer);
            }
        });
    }

    void LookUpNext(std::shared_ptr<Session> session, std::shared_ptr<Lookup> lookup,
                    V2TIMValueCallback<V2TIMConversationVector>* callback) {
        size_t end = std::min(lookup->ids.size(), lookup->next + MAX_IDS);
        Json part = Json::array();
        for (; lookup->next < end; ++lookup->next) {
            part.push_back(lookup->ids[lookup->next]);
        }
        Json body = {{"conversationIDList", part}};
        Send(&Network::Read, {session, "POST", "conversations/lookup/", {}, true, body}, [=](const Answer& answer) {
            if (!answer.ok) {
                return Fail(callback, answer);
            }
            for (const V2TIMConversation& conversation : ConversationsOf(ValueOf(answer.json, "conversationList"))) {
                lookup->conversations.PushBack(conversation);
            }
            for (const Json& reason : ValueOf(answer.json, "unresolved")) {
                if (NumberOf(reason, "resultCode") != INVALID_PARAMETER) {
                    ++lookup->unknown;
                } else if (!lookup->malformed.code) {
                    lookup->malformed.code = INVALID_PARAMETER;
                    lookup->malformed.desc = TextOf(reason, "resultInfo");
                }
            }
            if (lookup->next < lookup->ids.size()) {
                LookUpNext(session, lookup, callback);
            } else if (lookup->malformed.code && !lookup->unknown && lookup->conversations.Empty()) {
                Fail(callback, lookup->malformed);
            } else {
                Succeed(callback, lookup->conversations);
            }
        });
    }

    std::atomic<bool> placeholders_{false};
    std::mutex mutex_;
    std::shared_ptr<Session> session_;
    Cursors cursors_;
    // Destroyed from the last to the first: the network ends, then the waiting callbacks run, which need the hub.
    ListenerHub hub_;
    Callbacks callbacks_;
    Network network_;
};

Manager& Instance() {
    static Manager manager;
    return manager;
}

}  // namespace

V2TIMManager* V2TIMManager::GetInstance() { return &Instance(); }

void V2TIMSoundElem::GetUrl(V2TIMValueCallback<V2TIMString>* callback) const { Instance().Succeed(callback, url); }
void V2TIMVideoElem::GetVideoUrl(V2TIMValueCallback<V2TIMString>* callback) const { Instance().Succeed(callback, videoUrl); }
void V2TIMVideoElem::GetSnapshotUrl(V2TIMValueCallback<V2TIMString>* callback) const { Instance().Succeed(callback, snapshotUrl); }
void V2TIMFileElem::GetUrl(V2TIMValueCallback<V2TIMString>* callback) const { Instance().Succeed(callback, url); }

}  // namespace imsite
