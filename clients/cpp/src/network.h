// One thread that sends all requests and follows the event stream.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "newest_version.h"
#include "parsing.h"

namespace imsite {

constexpr int TIMEOUT = 6012;
constexpr int NOT_CONNECTED = 6013;
constexpr int INVALID_PARAMETER = 6017;
constexpr int UNREADABLE_ANSWER = 9502;
constexpr int NETWORK = 9508;
constexpr int SERVER_ERROR = 50005;
constexpr int SIG_EXPIRED = 70001;

using Query = std::vector<std::pair<std::string, std::string>>;

/// A server, a credential, and how far its events have been read. Safe to use from any thread.
class Session {
public:
    Session(const std::string& server, std::string credential, std::string owner);

    std::string Url(const std::string& path, Query query) const;
    std::string Credential() const;
    void Renew(std::string credential);
    /// The sync token after which changes are news to the app: of the first list read, then of the last event; "" at first.
    std::string Position() const;
    /// Set the position, unless there is one.
    void StartAt(const std::string& version);
    void MoveTo(const std::string& event_id);
    /// The newest sync token that came from the server: reads ask for a list at least as new; "" at first.
    std::string Newest() const;
    void Note(const std::string& token);

private:
    const std::string root_;
    const std::string owner_;
    mutable std::mutex mutex_;
    std::string credential_;
    std::string position_;
    NewestVersion newest_;
};

/// The outcome of a request: JSON, or an error.
struct Answer {
    bool ok = false;
    Json json;
    std::string version;  // the sync token that came with it
    int code = 0;
    std::string desc;
    long status = 0;  // 0 where there was no answer
    long retry_after_s = 0;  // after which the server asks to try again; 0 where it does not say
};

/// Receives the events of a stream, on the network thread.
class StreamReceiver {
public:
    virtual ~StreamReceiver() = default;
    virtual void Connecting() = 0;
    virtual void Connected() = 0;
    virtual void Failed(const Answer& error) = 0;
    virtual void GroupNames(const V2TIMStringVector& names) = 0;
    virtual void Event(const std::string& name, const Json& data) = 0;
};

class Network {
public:
    Network();
    Network(const Network&) = delete;
    ~Network();

    struct Request {
        std::shared_ptr<Session> session;
        std::string method;
        std::string path;
        Query query;
        bool has_body = false;
        Json body;
    };
    using Done = std::function<void(const Answer&)>;

    /// Send side by side with others. `done` is called on the network thread.
    void Read(Request request, Done done);
    /// Send after all earlier changes are answered.
    void Change(Request request, Done done);
    /// Follow the session's events until Unfollow. A stream that breaks is opened again; a refusal ends it.
    void Follow(std::shared_ptr<Session> session, std::shared_ptr<StreamReceiver> receiver);
    void Unfollow();
    /// Fail all requests of other sessions.
    void Keep(std::shared_ptr<Session> session);

private:
    struct Transfer;
    struct Stream;

    void Post(std::function<void()> task);
    void Run();
    void Start(std::unique_ptr<Transfer> transfer);
    void Finish(CURL* easy, CURLcode result);
    void SendNextChange();
    void FailOthers(const std::shared_ptr<Session>& session);
    void OpenStream();
    void CloseStream();
    void RetryStream(const Answer& error);
    void StartStreamTransfer();
    CURL* NewHandle(Transfer& transfer);

    static size_t OnData(char* data, size_t size, size_t count, void* transfer);
    static size_t OnHeader(char* data, size_t size, size_t count, void* transfer);

    CURLM* multi_;
    std::mutex mutex_;
    std::vector<std::function<void()>> tasks_;
    std::atomic<bool> ending_{false};
    // Used on the network thread only.
    std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
    std::vector<CURL*> idle_;
    std::deque<std::pair<Request, Done>> changes_;
    bool is_changing_ = false;
    std::unique_ptr<Stream> stream_;
    std::thread thread_;
};

}  // namespace imsite
