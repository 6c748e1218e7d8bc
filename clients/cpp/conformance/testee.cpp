// Runs the calls of the conformance suite on this client: one JSON object a line in, one a line out. Values are built from the
// client's objects alone. See clients/conformance/README.md.

#include <imsite/v2tim.h>

#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

using Json = nlohmann::json;

namespace {

std::mutex out_mutex;

void Write(const Json& line) {
    std::lock_guard<std::mutex> lock(out_mutex);
    std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

// ---- Values ----------------------------------------------------------------------------------------------------------------

Json ToJson(const V2TIMString& text) { return text.CString(); }
Json ToJson(const V2TIMBuffer& bytes) { return std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.Size()); }
Json ToJson(uint64_t number) { return number; }

template <class T>
Json ToJson(const V2TIMVector<T>& items);

Json ToJson(const V2TIMImage& image) {
    return {{"uuid", ToJson(image.uuid)}, {"type", static_cast<int>(image.type)}, {"size", image.size},
            {"width", image.width},       {"height", image.height},               {"url", ToJson(image.url)}};
}

Json ToJson(const V2TIMGroupMemberInfo& member) {
    return {{"userID", ToJson(member.userID)},
            {"nickName", ToJson(member.nickName)},
            {"nameCard", ToJson(member.nameCard)},
            {"friendRemark", ToJson(member.friendRemark)},
            {"faceUrl", ToJson(member.faceURL)}};
}

Json ToJson(const V2TIMGroupChangeInfo& change) {
    return {{"type", change.type},
            {"key", ToJson(change.key)},
            {"value", ToJson(change.value)},
            {"boolValue", change.boolValue},
            {"intValue", change.intValue}};
}

Json ToJson(const V2TIMGroupMemberChangeInfo& change) {
    return {{"userID", ToJson(change.userID)}, {"muteTime", change.muteTime}};
}

Json ToJson(const V2TIMElem& element, std::string& key) {
    Json json = {{"elemType", static_cast<int>(element.elemType)}};
    switch (element.elemType) {
        case V2TIM_ELEM_TYPE_TEXT: {
            key = "textElem";
            json["text"] = ToJson(static_cast<const V2TIMTextElem&>(element).text);
            break;
        }
        case V2TIM_ELEM_TYPE_CUSTOM: {
            auto& custom = static_cast<const V2TIMCustomElem&>(element);
            key = "customElem";
            json.update({{"data", ToJson(custom.data)}, {"desc", ToJson(custom.desc)}, {"extension", ToJson(custom.extension)}});
            break;
        }
        case V2TIM_ELEM_TYPE_IMAGE: {
            auto& image = static_cast<const V2TIMImageElem&>(element);
            key = "imageElem";
            json.update({{"path", ToJson(image.path)}, {"imageList", ToJson(image.imageList)}});
            break;
        }
        case V2TIM_ELEM_TYPE_SOUND: {
            auto& sound = static_cast<const V2TIMSoundElem&>(element);
            key = "soundElem";
            json.update({{"path", ToJson(sound.path)},
                         {"UUID", ToJson(sound.uuid)},
                         {"dataSize", sound.dataSize},
                         {"duration", sound.duration},
                         {"url", ToJson(sound.url)}});
            break;
        }
        case V2TIM_ELEM_TYPE_VIDEO: {
            auto& video = static_cast<const V2TIMVideoElem&>(element);
            key = "videoElem";
            json.update({{"videoPath", ToJson(video.videoPath)},
                         {"UUID", ToJson(video.videoUUID)},
                         {"videoSize", video.videoSize},
                         {"duration", video.duration},
                         {"snapshotPath", ToJson(video.snapshotPath)},
                         {"snapshotUUID", ToJson(video.snapshotUUID)},
                         {"snapshotSize", video.snapshotSize},
                         {"snapshotWidth", video.snapshotWidth},
                         {"snapshotHeight", video.snapshotHeight},
                         {"videoUrl", ToJson(video.videoUrl)},
                         {"snapshotUrl", ToJson(video.snapshotUrl)}});
            break;
        }
        case V2TIM_ELEM_TYPE_FILE: {
            auto& file = static_cast<const V2TIMFileElem&>(element);
            key = "fileElem";
            json.update({{"path", ToJson(file.path)},
                         {"fileName", ToJson(file.filename)},
                         {"UUID", ToJson(file.uuid)},
                         {"fileSize", file.fileSize},
                         {"url", ToJson(file.url)}});
            break;
        }
        case V2TIM_ELEM_TYPE_LOCATION: {
            auto& location = static_cast<const V2TIMLocationElem&>(element);
            key = "locationElem";
            json.update({{"desc", ToJson(location.desc)}, {"longitude", location.longitude}, {"latitude", location.latitude}});
            break;
        }
        case V2TIM_ELEM_TYPE_FACE: {
            auto& face = static_cast<const V2TIMFaceElem&>(element);
            key = "faceElem";
            json.update({{"index", face.index}, {"data", ToJson(face.data)}});
            break;
        }
        case V2TIM_ELEM_TYPE_GROUP_TIPS: {
            auto& tips = static_cast<const V2TIMGroupTipsElem&>(element);
            key = "groupTipsElem";
            json.update({{"groupID", ToJson(tips.groupID)},
                         {"type", static_cast<int>(tips.type)},
                         {"opMember", ToJson(tips.opMember)},
                         {"memberList", ToJson(tips.memberList)},
                         {"groupChangeInfoList", ToJson(tips.groupChangeInfoList)},
                         {"memberChangeInfoList", ToJson(tips.memberChangeInfoList)},
                         {"memberCount", tips.memberCount}});
            break;
        }
        case V2TIM_ELEM_TYPE_MERGER: {
            auto& merger = static_cast<const V2TIMMergerElem&>(element);
            key = "mergerElem";
            json.update({{"title", ToJson(merger.title)},
                         {"abstractList", ToJson(merger.abstractList)},
                         {"isLayersOverLimit", merger.layersOverLimit}});
            break;
        }
        default:
            break;
    }
    return json;
}

/// The classic form: the first element under its key, each other as nextElem of the one before.
void PutElements(const V2TIMElemVector& elements, Json& message) {
    Json following;
    for (size_t n = elements.Size(); n-- > 0;) {
        std::string key;
        Json element = ToJson(*elements[n], key);
        if (!following.is_null()) {
            element["nextElem"] = following;
        }
        following = element;
        if (n == 0 && !key.empty()) {
            element.erase("elemType");
            message[key] = element;
        }
    }
}

Json ToJson(const V2TIMMessage& message) {
    Json json = {
        {"msgID", ToJson(message.msgID)},
        {"timestamp", message.timestamp},
        {"sender", ToJson(message.sender)},
        {"nickName", ToJson(message.nickName)},
        {"friendRemark", ToJson(message.friendRemark)},
        {"nameCard", ToJson(message.nameCard)},
        {"faceUrl", ToJson(message.faceURL)},
        {"groupID", ToJson(message.groupID)},
        {"userID", ToJson(message.userID)},
        {"seq", std::to_string(message.seq)},
        {"random", message.random},
        {"status", static_cast<int>(message.status)},
        {"localCustomData", ToJson(message.localCustomData)},
        {"localCustomInt", message.localCustomInt},
        {"cloudCustomData", ToJson(message.cloudCustomData)},
        {"isSelf", message.isSelf},
        {"isRead", message.IsRead()},
        {"isPeerRead", message.IsPeerRead()},
        {"needReadReceipt", message.needReadReceipt},
        {"hasRiskContent", message.hasRiskContent},
        {"isBroadcastMessage", message.isBroadcastMessage},
        {"isSupportMessageExtension", message.supportMessageExtension},
        {"isExcludedFromUnreadCount", message.isExcludedFromUnreadCount},
        {"isExcludedFromLastMessage", message.isExcludedFromLastMessage},
        {"isExcludedFromContentModeration", message.isExcludedFromContentModeration},
        {"priority", static_cast<int>(message.priority)},
        {"groupAtUserList", ToJson(message.groupAtUserList)},
        {"offlinePushInfo",
         {{"title", ToJson(message.offlinePushInfo.title)},
          {"desc", ToJson(message.offlinePushInfo.desc)},
          {"disablePush", message.offlinePushInfo.disablePush}}},
        {"revokeReason", ToJson(message.revokeReason)},
        {"elemType", message.elemList.Empty() ? 0 : static_cast<int>(message.elemList[0]->elemType)},
    };
    if (!message.revokerInfo.userID.Empty()) {
        json["revokerInfo"] = {{"userID", ToJson(message.revokerInfo.userID)},
                               {"nickName", ToJson(message.revokerInfo.nickName)},
                               {"faceUrl", ToJson(message.revokerInfo.faceURL)}};
    }
    PutElements(message.elemList, json);
    return json;
}

Json ToJson(const V2TIMGroupAtInfo& info) {
    return {{"seq", std::to_string(info.seq)}, {"atType", static_cast<int>(info.atType)}};
}

Json ToJson(const V2TIMConversation& conversation) {
    return {
        {"conversationID", ToJson(conversation.conversationID)},
        {"type", static_cast<int>(conversation.type)},
        {"userID", ToJson(conversation.userID)},
        {"groupID", ToJson(conversation.groupID)},
        {"groupType", ToJson(conversation.groupType)},
        {"showName", ToJson(conversation.showName)},
        {"faceUrl", ToJson(conversation.faceUrl)},
        {"recvOpt", static_cast<int>(conversation.recvOpt)},
        {"unreadCount", conversation.unreadCount},
        {"draftText", ToJson(conversation.draftText)},
        {"draftTimestamp", conversation.draftTimestamp},
        {"isPinned", conversation.isPinned},
        {"orderkey", conversation.orderKey},
        {"groupAtInfoList", ToJson(conversation.groupAtInfolist)},
        {"customData", ToJson(conversation.customData)},
        {"c2cReadTimestamp", conversation.c2cReadTimestamp},
        {"groupReadSequence", conversation.groupReadSequence},
        {"markList", ToJson(conversation.markList)},
        {"conversationGroupList", ToJson(conversation.conversationGroupList)},
        {"lastMessage", conversation.lastMessage ? ToJson(*conversation.lastMessage) : Json()},
    };
}

Json ToJson(const V2TIMConversationOperationResult& result) {
    return {{"conversationID", ToJson(result.conversationID)},
            {"resultCode", result.resultCode},
            {"resultInfo", ToJson(result.resultInfo)}};
}

Json ToJson(const V2TIMConversationResult& page) {
    return {{"nextSeq", std::to_string(page.nextSeq)},
            {"isFinished", page.isFinished},
            {"conversationList", ToJson(page.conversationList)}};
}

template <class T>
Json ToJson(const V2TIMVector<T>& items) {
    Json list = Json::array();
    for (const T& item : items) {
        list.push_back(ToJson(item));
    }
    return list;
}

// ---- Callbacks and listener --------------------------------------------------------------------------------------------------

template <class T>
class Answering final : public V2TIMValueCallback<T> {
public:
    explicit Answering(int id) : id_(id) {}
    void OnSuccess(const T& value) override {
        Write({{"id", id_}, {"value", ToJson(value)}});
        delete this;
    }
    void OnError(int code, const V2TIMString& desc) override {
        Write({{"id", id_}, {"error", {{"code", code}, {"desc", ToJson(desc)}}}});
        delete this;
    }

private:
    int id_;
};

class Accepting final : public V2TIMCallback {
public:
    explicit Accepting(int id) : id_(id) {}
    void OnSuccess() override {
        Write({{"id", id_}, {"value", nullptr}});
        delete this;
    }
    void OnError(int code, const V2TIMString& desc) override {
        Write({{"id", id_}, {"error", {{"code", code}, {"desc", ToJson(desc)}}}});
        delete this;
    }

private:
    int id_;
};

class Reporter final : public V2TIMConversationListener {
public:
    void OnSyncServerStart() override { Report("onSyncServerStart", nullptr); }
    void OnSyncServerFinish() override { Report("onSyncServerFinish", nullptr); }
    void OnSyncServerFailed() override { Report("onSyncServerFailed", nullptr); }
    void OnNewConversation(const V2TIMConversationVector& list) override { Report("onNewConversation", ToJson(list)); }
    void OnConversationChanged(const V2TIMConversationVector& list) override { Report("onConversationChanged", ToJson(list)); }
    void OnConversationDeleted(const V2TIMStringVector& ids) override { Report("onConversationDeleted", ToJson(ids)); }
    void OnTotalUnreadMessageCountChanged(uint64_t count) override { Report("onTotalUnreadMessageCountChanged", count); }
    void OnUnreadMessageCountChangedByFilter(const V2TIMConversationListFilter&, uint64_t count) override {
        Report("onUnreadMessageCountChangedByFilter", count);
    }
    void OnConversationGroupCreated(const V2TIMString& name, const V2TIMConversationVector& list) override {
        Report("onConversationGroupCreated", Group(name, list));
    }
    void OnConversationGroupDeleted(const V2TIMString& name) override { Report("onConversationGroupDeleted", ToJson(name)); }
    void OnConversationGroupNameChanged(const V2TIMString& old_name, const V2TIMString& new_name) override {
        Report("onConversationGroupNameChanged", Json::array({ToJson(old_name), ToJson(new_name)}));
    }
    void OnConversationsAddedToGroup(const V2TIMString& name, const V2TIMConversationVector& list) override {
        Report("onConversationsAddedToGroup", Group(name, list));
    }
    void OnConversationsDeletedFromGroup(const V2TIMString& name, const V2TIMConversationVector& list) override {
        Report("onConversationsDeletedFromGroup", Group(name, list));
    }

private:
    static void Report(const char* name, const Json& value) { Write({{"event", name}, {"value", value}}); }
    static Json Group(const V2TIMString& name, const V2TIMConversationVector& list) {
        return {{"groupName", ToJson(name)}, {"conversationList", ToJson(list)}};
    }
};

// ---- Calls -------------------------------------------------------------------------------------------------------------------

V2TIMString Text(const Json& arguments, const char* key) { return arguments.value(key, std::string()); }

uint64_t Number(const Json& arguments, const char* key) {
    auto found = arguments.find(key);
    if (found == arguments.end()) {
        return 0;
    }
    return found->is_string() ? std::stoull(found->get<std::string>()) : found->get<uint64_t>();
}

V2TIMStringVector IDs(const Json& arguments) {
    V2TIMStringVector ids;
    for (const Json& id : arguments.value("conversationIDList", Json::array())) {
        ids.PushBack(V2TIMString(id.get<std::string>()));
    }
    return ids;
}

V2TIMConversationListFilter Filter(const Json& arguments) {
    const Json& values = arguments.at("filter");
    V2TIMConversationListFilter filter;
    filter.type = static_cast<V2TIMConversationType>(values.value("conversationType", 0));
    if (values.contains("conversationGroup")) {
        filter.filterType |= V2TIM_CONVERSATION_FILTER_TYPE_CONVERSATION_GROUP;
        filter.conversationGroup = Text(values, "conversationGroup");
    }
    if (values.contains("markType")) {
        filter.filterType |= V2TIM_CONVERSATION_FILTER_TYPE_MARK_TYPE;
        filter.markType = Number(values, "markType");
    }
    if (values.contains("hasUnreadCount")) {
        filter.filterType |= V2TIM_CONVERSATION_FILTER_TYPE_HAS_UNREAD_COUNT;
        filter.hasUnreadCount = values.at("hasUnreadCount");
    }
    if (values.contains("hasGroupAtInfo")) {
        filter.filterType |= V2TIM_CONVERSATION_FILTER_TYPE_HAS_GROUP_AT_INFO;
        filter.hasGroupAtInfo = values.at("hasGroupAtInfo");
    }
    return filter;
}

using Results = Answering<V2TIMConversationOperationResultVector>;

class Testee {
public:
    ~Testee() {
        manager_->RemoveConversationListener(&reporter_);
        client_->Disconnect();
    }

    void Run(int id, const std::string& call, const Json& a) {
        if (!RunConnection(id, call, a) && !RunRead(id, call, a) && !RunChange(id, call, a)) {
            Write({{"id", id}, {"unsupported", call}});
        }
    }

private:
    bool RunConnection(int id, const std::string& call, const Json& a) {
        if (call == "connect") {
            client_->Connect(Text(a, "server"), Text(a, "credential"), Text(a, "owner"));
        } else if (call == "disconnect") {
            manager_->RemoveConversationListener(&reporter_);
            client_->Disconnect();
        } else if (call == "renew") {
            client_->Renew(Text(a, "credential"));
        } else if (call == "setPlaceholders") {
            client_->SetPlaceholders(a.at("enabled"));
        } else if (call == "addConversationListener") {
            manager_->AddConversationListener(&reporter_);
        } else if (call == "removeConversationListener") {
            manager_->RemoveConversationListener(&reporter_);
        } else if (call == "subscribeUnreadMessageCountByFilter") {
            manager_->SubscribeUnreadMessageCountByFilter(Filter(a));
        } else if (call == "unsubscribeUnreadMessageCountByFilter") {
            manager_->UnsubscribeUnreadMessageCountByFilter(Filter(a));
        } else {
            return false;
        }
        Write({{"id", id}, {"value", nullptr}});
        return true;
    }

    bool RunRead(int id, const std::string& call, const Json& a) {
        if (call == "getConversation") {
            manager_->GetConversation(Text(a, "conversationID"), new Answering<V2TIMConversation>(id));
        } else if (call == "getConversationList") {
            manager_->GetConversationList(IDs(a), new Answering<V2TIMConversationVector>(id));
        } else if (call == "getConversationListByPage") {
            auto count = static_cast<uint32_t>(Number(a, "count"));
            manager_->GetConversationList(Number(a, "nextSeq"), count, new Answering<V2TIMConversationResult>(id));
        } else if (call == "getConversationListByFilter") {
            auto count = static_cast<uint32_t>(Number(a, "count"));
            auto callback = new Answering<V2TIMConversationResult>(id);
            manager_->GetConversationListByFilter(Filter(a), Number(a, "nextSeq"), count, callback);
        } else if (call == "getTotalUnreadMessageCount") {
            manager_->GetTotalUnreadMessageCount(new Answering<uint64_t>(id));
        } else if (call == "getUnreadMessageCountByFilter") {
            manager_->GetUnreadMessageCountByFilter(Filter(a), new Answering<uint64_t>(id));
        } else if (call == "getConversationGroupList") {
            manager_->GetConversationGroupList(new Answering<V2TIMStringVector>(id));
        } else {
            return false;
        }
        return true;
    }

    bool RunChange(int id, const std::string& call, const Json& a) {
        V2TIMString conversation = Text(a, "conversationID"), group = Text(a, "groupName");
        if (call == "pinConversation") {
            manager_->PinConversation(conversation, a.at("isPinned"), new Accepting(id));
        } else if (call == "setConversationDraft") {
            manager_->SetConversationDraft(conversation, Text(a, "draftText"), new Accepting(id));
        } else if (call == "deleteConversation") {
            manager_->DeleteConversation(conversation, new Accepting(id));
        } else if (call == "cleanConversationUnreadMessageCount") {
            uint64_t time = Number(a, "cleanTimestamp"), sequence = Number(a, "cleanSequence");
            manager_->CleanConversationUnreadMessageCount(conversation, time, sequence, new Accepting(id));
        } else if (call == "markConversation") {
            manager_->MarkConversation(IDs(a), Number(a, "markType"), a.at("enableMark"), new Results(id));
        } else if (call == "setConversationCustomData") {
            V2TIMBuffer data(a.at("customData").get<std::string>());
            manager_->SetConversationCustomData(IDs(a), data, new Results(id));
        } else if (call == "deleteConversationList") {
            manager_->DeleteConversationList(IDs(a), a.at("clearMessage"), new Results(id));
        } else if (call == "createConversationGroup") {
            manager_->CreateConversationGroup(group, IDs(a), new Results(id));
        } else if (call == "deleteConversationGroup") {
            manager_->DeleteConversationGroup(group, new Accepting(id));
        } else if (call == "renameConversationGroup") {
            manager_->RenameConversationGroup(Text(a, "oldName"), Text(a, "newName"), new Accepting(id));
        } else if (call == "addConversationsToGroup") {
            manager_->AddConversationsToGroup(group, IDs(a), new Results(id));
        } else if (call == "deleteConversationsFromGroup") {
            manager_->DeleteConversationsFromGroup(group, IDs(a), new Results(id));
        } else {
            return false;
        }
        return true;
    }

    V2TIMManager* client_ = V2TIMManager::GetInstance();
    V2TIMConversationManager* manager_ = client_->GetConversationManager();
    Reporter reporter_;
};

}  // namespace

int main() {
    Testee testee;
    for (std::string line; std::getline(std::cin, line);) {
        Json request = Json::parse(line);
        testee.Run(request.at("id"), request.at("call"), request.at("arguments"));
    }
}
