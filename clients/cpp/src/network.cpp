#include "network.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace imsite {
namespace {

constexpr long CONNECT_TIMEOUT_MS = 10000;
constexpr long ANSWER_TIMEOUT_MS = 30000;
constexpr long SILENCE_S = 45;  // The server sends a heartbeat every 15 seconds.
constexpr int MAX_WAIT_MS = 60000;
constexpr long MAX_RETRY_AFTER_S = 600;  // The longest wait that the server may ask for.
constexpr size_t MAX_IDLE = 8;

std::string Encode(const std::string& text) {
    static const char* hex = "0123456789ABCDEF";
    std::string encoded;
    for (unsigned char c : text) {
        if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
            encoded += static_cast<char>(c);
        } else {
            encoded += '%';
            encoded += hex[c >> 4];
            encoded += hex[c & 15];
        }
    }
    return encoded;
}

std::string WithoutSlash(std::string server) {
    while (!server.empty() && server.back() == '/') {
        server.pop_back();
    }
    return server;
}

Answer Failure(int code, std::string desc, long status = 0) {
    Answer answer;
    answer.code = code;
    answer.desc = std::move(desc);
    answer.status = status;
    return answer;
}

Answer Parse(long status, const std::string& body, std::string version) {
    Json json = body.empty() ? Json::object() : Json::parse(body, nullptr, false);
    if (json.is_discarded()) {
        return Failure(UNREADABLE_ANSWER, "The answer is not JSON (HTTP status " + std::to_string(status) + ").", status);
    }
    if (status < 200 || status >= 300) {
        bool is_problem = ValueOf(json, "code").is_number();
        std::string desc = is_problem ? TextOf(json, "desc") : "The server answered with HTTP status " + std::to_string(status) + ".";
        return Failure(is_problem ? static_cast<int>(NumberOf(json, "code")) : SERVER_ERROR, desc, status);
    }
    Answer answer;
    answer.ok = true;
    answer.json = std::move(json);
    answer.version = std::move(version);
    answer.status = status;
    return answer;
}

/// The seconds of the header Retry-After; 0 where there is none.
long RetryAfter(CURL* easy) {
#if LIBCURL_VERSION_NUM >= 0x074200
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    return static_cast<long>(std::max<curl_off_t>(0, std::min<curl_off_t>(MAX_RETRY_AFTER_S, seconds)));
#else
    return 0;
#endif
}

/// Whether a replica may answer.
bool IsReplicaRead(const std::string& method, const std::string& path) {
    bool is_list = path == "conversations/" || path == "conversations/lookup/" || path == "unread/";
    return is_list || (path == "conversations/-/" && method == "GET");
}

bool IsFinal(long status) { return status >= 400 && status < 500 && status != 408 && status != 429; }

/// Splits a stream into server-sent events.
class EventParser {
public:
    using Deliver = std::function<void(const std::string& name, const std::string& data, const std::string& id)>;

    void Feed(const char* data, size_t size, int& retry_ms, const Deliver& deliver) {
        for (size_t i = 0; i < size; ++i) {
            if (data[i] != '\n') {
                line_ += data[i];
                continue;
            }
            if (!line_.empty() && line_.back() == '\r') {
                line_.pop_back();
            }
            Take(retry_ms, deliver);
            line_.clear();
        }
    }

private:
    void Take(int& retry_ms, const Deliver& deliver) {
        if (line_.empty()) {
            if (!data_.empty()) {
                deliver(name_, data_, id_);
            }
            name_.clear();
            data_.clear();
            id_.clear();
            return;
        }
        size_t colon = line_.find(':');
        std::string field = line_.substr(0, colon);
        std::string value = colon == std::string::npos ? "" : line_.substr(colon + 1);
        if (!value.empty() && value.front() == ' ') {
            value.erase(0, 1);
        }
        if (field == "event") {
            name_ = value;
        } else if (field == "data") {
            data_ += (data_.empty() ? "" : "\n") + value;
        } else if (field == "id") {
            id_ = value;
        } else if (field == "retry" && !value.empty() && value.size() <= 6 && std::all_of(value.begin(), value.end(), ::isdigit)) {
            retry_ms = std::atoi(value.c_str());
        }
    }

    std::string line_, name_, data_, id_;
};

}  // namespace

// ---- Session -------------------------------------------------------------------------------------------------------------

Session::Session(const std::string& server, std::string credential, std::string owner)
    : root_(WithoutSlash(server) + "/api/v1/"), owner_(std::move(owner)), credential_(std::move(credential)) {}

std::string Session::Url(const std::string& path, Query query) const {
    if (!owner_.empty()) {
        query.emplace_back("owner", owner_);
    }
    std::string url = root_ + path;
    char separator = '?';
    for (const auto& parameter : query) {
        url += separator + Encode(parameter.first) + "=" + Encode(parameter.second);
        separator = '&';
    }
    return url;
}

std::string Session::Credential() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return credential_;
}

void Session::Renew(std::string credential) {
    std::lock_guard<std::mutex> lock(mutex_);
    credential_ = std::move(credential);
}

std::string Session::Position() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return position_;
}

void Session::StartAt(const std::string& version) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (position_.empty()) {
        position_ = version;
    }
}

void Session::MoveTo(const std::string& event_id) {
    std::lock_guard<std::mutex> lock(mutex_);
    position_ = event_id;
}

std::string Session::Newest() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return newest_.Token();
}

void Session::Note(const std::string& token) {
    std::lock_guard<std::mutex> lock(mutex_);
    newest_.Note(token);
}

// ---- Network -------------------------------------------------------------------------------------------------------------

struct Network::Transfer {
    Network* network = nullptr;
    Request request;
    Done done;
    bool is_stream = false;
    std::string url;
    std::string content;
    std::string body;
    std::string version;
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;

    ~Transfer() { curl_slist_free_all(headers); }
    void AddHeader(const std::string& header) { headers = curl_slist_append(headers, header.c_str()); }
};

struct Network::Stream {
    std::shared_ptr<Session> session;
    std::shared_ptr<StreamReceiver> receiver;
    CURL* easy = nullptr;
    EventParser parser;
    bool is_connected = false;
    bool has_group_names = false;
    Answer problem;  // why the server ended the stream; code 0 at first
    int retry_ms = 3000;
    int failures = 0;
    bool is_waiting = false;
    std::chrono::steady_clock::time_point retry_at;
};

Network::Network() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    thread_ = std::thread([this] { Run(); });
}

Network::~Network() {
    ending_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& task : tasks_) {
        task();  // What was asked for last.
    }
    // Every callback is called: the app may free itself in it.
    FailOthers(nullptr);
    CloseStream();
    for (CURL* easy : idle_) {
        curl_easy_cleanup(easy);
    }
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
}

void Network::Post(std::function<void()> task) {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    curl_multi_wakeup(multi_);
}

void Network::Read(Request request, Done done) {
    auto transfer = std::make_shared<std::unique_ptr<Transfer>>(new Transfer);
    (*transfer)->request = std::move(request);
    (*transfer)->done = std::move(done);
    Post([this, transfer] { Start(std::move(*transfer)); });
}

void Network::Change(Request request, Done done) {
    auto change = std::make_shared<std::pair<Request, Done>>(std::move(request), std::move(done));
    Post([this, change] {
        changes_.push_back(std::move(*change));
        SendNextChange();
    });
}

void Network::SendNextChange() {
    if (is_changing_ || changes_.empty()) {
        return;
    }
    is_changing_ = true;
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(changes_.front().first);
    Done done = std::move(changes_.front().second);
    changes_.pop_front();
    transfer->done = [this, done](const Answer& answer) {
        done(answer);
        is_changing_ = false;
        SendNextChange();
    };
    Start(std::move(transfer));
}

void Network::Keep(std::shared_ptr<Session> session) {
    Post([this, session] { FailOthers(session); });
}

void Network::FailOthers(const std::shared_ptr<Session>& session) {
    Answer ended = Failure(NOT_CONNECTED, "The client was disconnected.");
    std::deque<std::pair<Request, Done>> kept;
    for (auto& change : changes_) {
        if (change.first.session == session) {
            kept.push_back(std::move(change));
        } else {
            change.second(ended);
        }
    }
    changes_ = std::move(kept);
    std::vector<CURL*> foreign;
    for (auto& transfer : transfers_) {
        if (!transfer.second->is_stream && transfer.second->request.session != session) {
            foreign.push_back(transfer.first);
        }
    }
    for (CURL* easy : foreign) {
        std::unique_ptr<Transfer> transfer = std::move(transfers_[easy]);
        transfers_.erase(easy);
        curl_multi_remove_handle(multi_, easy);
        curl_easy_cleanup(easy);
        transfer->done(ended);
    }
}

void Network::Run() {
    while (!ending_) {
        std::vector<std::function<void()>> tasks;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            tasks.swap(tasks_);
        }
        for (auto& task : tasks) {
            task();
        }
        int running = 0;
        curl_multi_perform(multi_, &running);
        int left = 0;
        while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg == CURLMSG_DONE) {
                Finish(message->easy_handle, message->data.result);
            }
        }
        int wait_ms = 60000;
        if (stream_ && stream_->is_waiting) {
            auto now = std::chrono::steady_clock::now();
            if (stream_->retry_at <= now) {
                OpenStream();
                continue;
            }
            auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(stream_->retry_at - now).count() + 1;
            wait_ms = static_cast<int>(std::min<long long>(wait_ms, left_ms));
        }
        curl_multi_poll(multi_, nullptr, 0, wait_ms, nullptr);
    }
}

CURL* Network::NewHandle(Transfer& transfer) {
    CURL* easy;
    if (idle_.empty()) {
        easy = curl_easy_init();
    } else {
        easy = idle_.back();
        idle_.pop_back();
        curl_easy_reset(easy);
    }
    transfer.network = this;
    transfer.easy = easy;
    curl_easy_setopt(easy, CURLOPT_URL, transfer.url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnData);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    transfer.AddHeader("Authorization: Bearer " + transfer.request.session->Credential());
    return easy;
}

void Network::Start(std::unique_ptr<Transfer> transfer) {
    Request& request = transfer->request;
    transfer->url = request.session->Url(request.path, request.query);
    CURL* easy = NewHandle(*transfer);
    transfer->AddHeader("Accept: application/json");
    std::string newest = request.session->Newest();
    if (!newest.empty() && IsReplicaRead(request.method, request.path)) {
        transfer->AddHeader("Owner-Version: " + newest);
    }
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    if (request.has_body) {
        // Text of the app may not be UTF-8.
        transfer->content = request.body.dump(-1, ' ', false, Json::error_handler_t::replace);
        transfer->AddHeader("Content-Type: application/json");
        transfer->AddHeader("Expect:");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->content.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->content.c_str());
    }
    if (request.method != "GET") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    transfers_[easy] = std::move(transfer);
    curl_multi_add_handle(multi_, easy);
}

size_t Network::OnHeader(char* data, size_t size, size_t count, void* pointer) {
    Transfer& transfer = *static_cast<Transfer*>(pointer);
    static const std::string name = "owner-version:";
    std::string line(data, size * count);
    std::string start = line.substr(0, name.size());
    std::transform(start.begin(), start.end(), start.begin(), ::tolower);
    if (start == name) {
        size_t from = line.find_first_not_of(' ', name.size());
        size_t to = line.find_last_not_of("\r\n ");
        transfer.version = from == std::string::npos || to < from ? "" : line.substr(from, to - from + 1);
    }
    return size * count;
}

size_t Network::OnData(char* data, size_t size, size_t count, void* pointer) {
    Transfer& transfer = *static_cast<Transfer*>(pointer);
    Stream* stream = transfer.is_stream ? transfer.network->stream_.get() : nullptr;
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (!stream || status != 200) {
        transfer.body.append(data, size * count);
        return size * count;
    }
    if (!stream->is_connected) {
        stream->is_connected = true;
        stream->receiver->Connected();
    }
    stream->parser.Feed(data, size * count, stream->retry_ms,
                        [stream](const std::string& name, const std::string& text, const std::string& id) {
                            Json json = Json::parse(text, nullptr, false);
                            if (json.is_discarded() || stream->problem.code) {
                                return;
                            }
                            if (name == "problem") {
                                stream->problem = Failure(static_cast<int>(NumberOf(json, "code")), TextOf(json, "desc"),
                                                          static_cast<long>(NumberOf(json, "status")));
                                return;
                            }
                            stream->session->Note(id);  // First: on an event, the client and apps read.
                            stream->receiver->Event(name, json);
                            if (!id.empty()) {
                                stream->session->MoveTo(id);
                            }
                        });
    return size * count;
}

void Network::Finish(CURL* easy, CURLcode result) {
    auto found = transfers_.find(easy);
    std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    long retry_after_s = RetryAfter(easy);
    curl_multi_remove_handle(multi_, easy);
    if (idle_.size() < MAX_IDLE) {
        idle_.push_back(easy);
    } else {
        curl_easy_cleanup(easy);
    }
    Answer answer;
    if (transfer->is_stream && status == 200) {
        // It was open and broke, or its server fell silent: no error.
    } else if (result == CURLE_OPERATION_TIMEDOUT) {
        answer = Failure(TIMEOUT, "The server did not answer in time.");
    } else if (result != CURLE_OK) {
        answer = Failure(NETWORK, std::string("The server cannot be reached: ") + curl_easy_strerror(result));
    } else {
        transfer->request.session->Note(transfer->version);
        answer = Parse(status, transfer->body, transfer->version);
        answer.retry_after_s = retry_after_s;
    }
    if (!transfer->is_stream) {
        transfer->done(answer);
    } else if (stream_ && stream_->easy == easy) {
        stream_->easy = nullptr;
        RetryStream(stream_->problem.code ? stream_->problem : answer);
    }
}

// ---- The event stream ------------------------------------------------------------------------------------------------------

void Network::Follow(std::shared_ptr<Session> session, std::shared_ptr<StreamReceiver> receiver) {
    Post([this, session, receiver] {
        CloseStream();
        stream_ = std::make_unique<Stream>();
        stream_->session = session;
        stream_->receiver = receiver;
        OpenStream();
    });
}

void Network::Unfollow() {
    Post([this] { CloseStream(); });
}

void Network::CloseStream() {
    if (stream_ && stream_->easy) {
        curl_multi_remove_handle(multi_, stream_->easy);
        curl_easy_cleanup(stream_->easy);
        transfers_.erase(stream_->easy);
    }
    stream_ = nullptr;
}

/// Find out where to begin, where that is not known, then open the stream.
void Network::OpenStream() {
    stream_->is_waiting = false;
    stream_->is_connected = false;
    stream_->problem = Answer();
    stream_->parser = EventParser();
    stream_->receiver->Connecting();
    if (!stream_->session->Position().empty() && stream_->has_group_names) {
        return StartStreamTransfer();
    }
    std::shared_ptr<StreamReceiver> receiver = stream_->receiver;
    bool has_position = !stream_->session->Position().empty();
    auto transfer = std::make_unique<Transfer>();
    transfer->request = {stream_->session, "GET", "conversation-groups/", {}, false, nullptr};
    transfer->done = [this, receiver, has_position](const Answer& answer) {
        if (!stream_ || stream_->receiver != receiver) {
            return;  // closed meanwhile
        }
        if (!answer.ok) {
            return RetryStream(answer);
        }
        if (!has_position) {
            stream_->session->StartAt(answer.version.empty() ? "0" : answer.version);
        }
        stream_->has_group_names = true;
        receiver->GroupNames(TextsOf(answer.json, "conversationGroupList"));
        StartStreamTransfer();
    };
    Start(std::move(transfer));
}

void Network::StartStreamTransfer() {
    auto transfer = std::make_unique<Transfer>();
    transfer->is_stream = true;
    transfer->request.session = stream_->session;
    transfer->url = stream_->session->Url("events/", {});
    CURL* easy = NewHandle(*transfer);
    transfer->AddHeader("Accept: text/event-stream");
    transfer->AddHeader("Last-Event-ID: " + stream_->session->Position());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
    stream_->easy = easy;
    transfers_[easy] = std::move(transfer);
    curl_multi_add_handle(multi_, easy);
}

/// Open the stream again after a while, unless it was refused. `error` has code 0 where the stream only broke.
void Network::RetryStream(const Answer& error) {
    stream_->failures = error.code ? stream_->failures + 1 : 0;
    if (error.code) {
        stream_->receiver->Failed(error);
        if (IsFinal(error.status)) {
            stream_ = nullptr;
            return;
        }
    }
    int shift = std::min(10, std::max(0, stream_->failures - 1));
    long long backoff_ms = std::min<long long>(MAX_WAIT_MS, static_cast<long long>(stream_->retry_ms) << shift);
    long long wait_ms = std::max<long long>(backoff_ms, error.retry_after_s * 1000LL);
    stream_->is_waiting = true;
    stream_->retry_at = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
}

}  // namespace imsite
