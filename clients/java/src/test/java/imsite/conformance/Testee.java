package imsite.conformance;

import imsite.sdk.v2.*;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * Runs the calls of the conformance suite on this client: one JSON object a line in, one a line out.
 *
 * <p>Values are built by the client's getters alone. See clients/conformance/README.md.
 */
public final class Testee {
    private static final BigInteger MASK = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    /** Used on the callback thread only. */
    private static final List<Runnable> waiting = new ArrayList<>();

    private static int awaitedUrls;

    private final PrintStream out;
    private final V2TIMConversationManager manager = V2TIMManager.getConversationManager();
    private V2TIMConversationListener listener;

    private Testee(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        Testee testee = new Testee(new PrintStream(System.out, true, "UTF-8"));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            JSONObject request = new JSONObject(line);
            testee.run(request.getInt("id"), request.getString("call"), request.getJSONObject("arguments"));
        }
        V2TIMManager.disconnect();
    }

    private void run(int id, String call, JSONObject a) throws JSONException {
        String conversationID = a.optString("conversationID");
        List<String> ids = texts(a.optJSONArray("conversationIDList"));
        String groupName = a.optString("groupName");
        switch (call) {
            case "connect":
                V2TIMManager.connect(a.getString("server"), a.getString("credential"), a.getString("owner"));
                accept(id);
                break;
            case "disconnect":
                manager.removeConversationListener(listener);
                V2TIMManager.disconnect();
                accept(id);
                break;
            case "renew":
                V2TIMManager.renew(a.getString("credential"));
                accept(id);
                break;
            case "setPlaceholders":
                V2TIMManager.setPlaceholders(a.getBoolean("enabled"));
                accept(id);
                break;
            case "getConversation":
                manager.getConversation(conversationID, answering(id, Testee::json));
                break;
            case "getConversationList":
                manager.getConversationList(ids, answering(id, Testee::list));
                break;
            case "getConversationListByPage":
                manager.getConversationList(a.getLong("nextSeq"), a.getInt("count"), answering(id, Testee::page));
                break;
            case "getConversationListByFilter":
                manager.getConversationListByFilter(
                        filter(a.getJSONObject("filter")), a.getLong("nextSeq"), a.getInt("count"), answering(id, Testee::page));
                break;
            case "getTotalUnreadMessageCount":
                manager.getTotalUnreadMessageCount(answering(id, count -> count));
                break;
            case "getUnreadMessageCountByFilter":
                manager.getUnreadMessageCountByFilter(filter(a.getJSONObject("filter")), answering(id, count -> count));
                break;
            case "pinConversation":
                manager.pinConversation(conversationID, a.getBoolean("isPinned"), answering(id));
                break;
            case "setConversationDraft":
                manager.setConversationDraft(conversationID, a.getString("draftText"), answering(id));
                break;
            case "deleteConversation":
                manager.deleteConversation(conversationID, answering(id));
                break;
            case "cleanConversationUnreadMessageCount":
                manager.cleanConversationUnreadMessageCount(
                        conversationID, a.optLong("cleanTimestamp"), a.optLong("cleanSequence"), answering(id));
                break;
            case "markConversation":
                long markType = new BigInteger(a.getString("markType")).longValue();
                manager.markConversation(ids, markType, a.getBoolean("enableMark"), answering(id, Testee::results));
                break;
            case "setConversationCustomData":
                manager.setConversationCustomData(ids, a.getString("customData"), answering(id, Testee::results));
                break;
            case "deleteConversationList":
                manager.deleteConversationList(ids, a.getBoolean("clearMessage"), answering(id, Testee::results));
                break;
            case "createConversationGroup":
                manager.createConversationGroup(groupName, ids, answering(id, Testee::results));
                break;
            case "getConversationGroupList":
                manager.getConversationGroupList(answering(id, JSONArray::new));
                break;
            case "deleteConversationGroup":
                manager.deleteConversationGroup(groupName, answering(id));
                break;
            case "renameConversationGroup":
                manager.renameConversationGroup(a.getString("oldName"), a.getString("newName"), answering(id));
                break;
            case "addConversationsToGroup":
                manager.addConversationsToGroup(groupName, ids, answering(id, Testee::results));
                break;
            case "deleteConversationsFromGroup":
                manager.deleteConversationsFromGroup(groupName, ids, answering(id, Testee::results));
                break;
            case "addConversationListener":
                listener = new Reporter();
                manager.addConversationListener(listener);
                accept(id);
                break;
            case "removeConversationListener":
                manager.removeConversationListener(listener);
                accept(id);
                break;
            case "subscribeUnreadMessageCountByFilter":
                manager.subscribeUnreadMessageCountByFilter(filter(a.getJSONObject("filter")));
                accept(id);
                break;
            case "unsubscribeUnreadMessageCountByFilter":
                manager.unsubscribeUnreadMessageCountByFilter(filter(a.getJSONObject("filter")));
                accept(id);
                break;
            default:
                write(new JSONObject().put("id", id).put("unsupported", call));
        }
    }

    // ---- Answers and events ------------------------------------------------------------------------------------------

    private interface ToJSON<T> {
        Object of(T value) throws JSONException;
    }

    private <T> V2TIMValueCallback<T> answering(int id, ToJSON<T> toJSON) {
        return new V2TIMValueCallback<T>() {
            @Override
            public void onSuccess(T value) {
                try {
                    answer(id, toJSON.of(value));
                } catch (JSONException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void onError(int code, String desc) {
                fail(id, code, desc);
            }
        };
    }

    private V2TIMCallback answering(int id) {
        return new V2TIMCallback() {
            @Override
            public void onSuccess() {
                answer(id, JSONObject.NULL);
            }

            @Override
            public void onError(int code, String desc) {
                fail(id, code, desc);
            }
        };
    }

    /** Answer a call that gives nothing back. */
    private void accept(int id) throws JSONException {
        write(new JSONObject().put("id", id).put("value", JSONObject.NULL));
    }

    private void answer(int id, Object value) {
        report("id", id, value);
    }

    /** Write a line once the addresses in it are there, which elements give by callbacks. */
    private void report(String key, Object name, Object value) {
        Runnable write =
                () -> {
                    try {
                        write(new JSONObject().put(key, name).put("value", value));
                    } catch (JSONException e) {
                        throw new IllegalStateException(e);
                    }
                };
        if (awaitedUrls == 0) {
            write.run();
        } else {
            waiting.add(write);
        }
    }

    private static V2TIMValueCallback<String> putting(JSONObject json, String key) {
        awaitedUrls++;
        return new V2TIMValueCallback<String>() {
            @Override
            public void onSuccess(String url) {
                try {
                    json.put(key, url);
                } catch (JSONException e) {
                    throw new IllegalStateException(e);
                }
                if (--awaitedUrls == 0) {
                    List<Runnable> ready = new ArrayList<>(waiting);
                    waiting.clear();
                    for (Runnable write : ready) {
                        write.run();
                    }
                }
            }

            @Override
            public void onError(int code, String desc) {
                throw new IllegalStateException(desc);
            }
        };
    }

    private void fail(int id, int code, String desc) {
        try {
            write(new JSONObject().put("id", id).put("error", new JSONObject().put("code", code).put("desc", desc)));
        } catch (JSONException e) {
            throw new IllegalStateException(e);
        }
    }

    private void event(String name, Object value) {
        report("event", name, value);
    }

    private synchronized void write(JSONObject line) {
        out.println(line);
    }

    private final class Reporter extends V2TIMConversationListener {
        @Override
        public void onSyncServerStart() {
            event("onSyncServerStart", JSONObject.NULL);
        }

        @Override
        public void onSyncServerFinish() {
            event("onSyncServerFinish", JSONObject.NULL);
        }

        @Override
        public void onSyncServerFailed() {
            event("onSyncServerFailed", JSONObject.NULL);
        }

        @Override
        public void onNewConversation(List<V2TIMConversation> conversationList) {
            event("onNewConversation", eventList(conversationList));
        }

        @Override
        public void onConversationChanged(List<V2TIMConversation> conversationList) {
            event("onConversationChanged", eventList(conversationList));
        }

        @Override
        public void onConversationDeleted(List<String> conversationIDList) {
            event("onConversationDeleted", new JSONArray(conversationIDList));
        }

        @Override
        public void onTotalUnreadMessageCountChanged(long totalUnreadCount) {
            event("onTotalUnreadMessageCountChanged", totalUnreadCount);
        }

        @Override
        public void onUnreadMessageCountChangedByFilter(V2TIMConversationListFilter filter, long totalUnreadCount) {
            event("onUnreadMessageCountChangedByFilter", totalUnreadCount);
        }

        @Override
        public void onConversationGroupCreated(String groupName, List<V2TIMConversation> conversationList) {
            event("onConversationGroupCreated", group(groupName, conversationList));
        }

        @Override
        public void onConversationGroupDeleted(String groupName) {
            event("onConversationGroupDeleted", groupName);
        }

        @Override
        public void onConversationGroupNameChanged(String oldName, String newName) {
            List<String> names = new ArrayList<>();
            names.add(oldName);
            names.add(newName);
            event("onConversationGroupNameChanged", new JSONArray(names));
        }

        @Override
        public void onConversationsAddedToGroup(String groupName, List<V2TIMConversation> conversationList) {
            event("onConversationsAddedToGroup", group(groupName, conversationList));
        }

        @Override
        public void onConversationsDeletedFromGroup(String groupName, List<V2TIMConversation> conversationList) {
            event("onConversationsDeletedFromGroup", group(groupName, conversationList));
        }
    }

    // ---- Arguments ---------------------------------------------------------------------------------------------------

    private static List<String> texts(JSONArray array) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; array != null && i < array.length(); i++) {
            texts.add(array.optString(i));
        }
        return texts;
    }

    private static V2TIMConversationListFilter filter(JSONObject values) throws JSONException {
        V2TIMConversationListFilter filter = new V2TIMConversationListFilter();
        if (values.has("conversationType")) {
            filter.setConversationType(values.getInt("conversationType"));
        }
        if (values.has("conversationGroup")) {
            filter.setConversationGroup(values.getString("conversationGroup"));
        }
        if (values.has("markType")) {
            filter.setMarkType(new BigInteger(values.getString("markType")).longValue());
        }
        if (values.has("hasUnreadCount")) {
            filter.setHasUnreadCount(values.getBoolean("hasUnreadCount"));
        }
        if (values.has("hasGroupAtInfo")) {
            filter.setHasGroupAtInfo(values.getBoolean("hasGroupAtInfo"));
        }
        return filter;
    }

    // ---- Values ------------------------------------------------------------------------------------------------------

    private static Object eventList(List<V2TIMConversation> conversations) {
        try {
            return list(conversations);
        } catch (JSONException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object group(String name, List<V2TIMConversation> conversations) {
        try {
            return new JSONObject().put("groupName", name).put("conversationList", list(conversations));
        } catch (JSONException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JSONObject page(V2TIMConversationResult result) throws JSONException {
        return new JSONObject()
                .put("nextSeq", Long.toString(result.getNextSeq()))
                .put("isFinished", result.isFinished())
                .put("conversationList", list(result.getConversationList()));
    }

    private static JSONArray results(List<V2TIMConversationOperationResult> results) throws JSONException {
        JSONArray array = new JSONArray();
        for (V2TIMConversationOperationResult result : results) {
            array.put(
                    new JSONObject()
                            .put("conversationID", result.getConversationID())
                            .put("resultCode", result.getResultCode())
                            .put("resultInfo", result.getResultInfo()));
        }
        return array;
    }

    private static JSONArray list(List<V2TIMConversation> conversations) throws JSONException {
        JSONArray array = new JSONArray();
        for (V2TIMConversation conversation : conversations) {
            array.put(json(conversation));
        }
        return array;
    }

    private static JSONObject json(V2TIMConversation conversation) throws JSONException {
        JSONArray mentions = new JSONArray();
        for (V2TIMGroupAtInfo info : conversation.getGroupAtInfoList()) {
            mentions.put(new JSONObject().put("seq", Long.toString(info.getSeq())).put("atType", info.getAtType()));
        }
        JSONArray marks = new JSONArray();
        for (long mark : conversation.getMarkList()) {
            marks.put(BigInteger.valueOf(mark).and(MASK));
        }
        V2TIMMessage message = conversation.getLastMessage();
        return new JSONObject()
                .put("conversationID", conversation.getConversationID())
                .put("type", conversation.getType())
                .put("userID", conversation.getUserID())
                .put("groupID", conversation.getGroupID())
                .put("groupType", conversation.getGroupType())
                .put("showName", conversation.getShowName())
                .put("faceUrl", conversation.getFaceUrl())
                .put("recvOpt", conversation.getRecvOpt())
                .put("unreadCount", conversation.getUnreadCount())
                .put("draftText", conversation.getDraftText())
                .put("draftTimestamp", conversation.getDraftTimestamp())
                .put("isPinned", conversation.isPinned())
                .put("orderkey", conversation.getOrderKey())
                .put("groupAtInfoList", mentions)
                .put("customData", conversation.getCustomData())
                .put("c2cReadTimestamp", conversation.getC2CReadTimestamp())
                .put("groupReadSequence", conversation.getGroupReadSequence())
                .put("markList", marks)
                .put("conversationGroupList", new JSONArray(conversation.getConversationGroupList()))
                .put("lastMessage", message == null ? JSONObject.NULL : json(message));
    }

    private static JSONObject json(V2TIMMessage message) throws JSONException {
        JSONObject json =
                new JSONObject()
                        .put("msgID", message.getMsgID())
                        .put("timestamp", message.getTimestamp())
                        .put("sender", message.getSender())
                        .put("nickName", message.getNickName())
                        .put("friendRemark", message.getFriendRemark())
                        .put("faceUrl", message.getFaceUrl())
                        .put("nameCard", message.getNameCard())
                        .put("groupID", message.getGroupID())
                        .put("userID", message.getUserID())
                        .put("status", message.getStatus())
                        .put("elemType", message.getElemType())
                        .put("localCustomData", message.getLocalCustomData())
                        .put("localCustomInt", message.getLocalCustomInt())
                        .put("cloudCustomData", message.getCloudCustomData())
                        .put("isSelf", message.isSelf())
                        .put("isRead", message.isRead())
                        .put("isPeerRead", message.isPeerRead())
                        .put("needReadReceipt", message.isNeedReadReceipt())
                        .put("hasRiskContent", message.hasRiskContent())
                        .put("isBroadcastMessage", message.isBroadcastMessage())
                        .put("isSupportMessageExtension", message.isSupportMessageExtension())
                        .put("isExcludedFromUnreadCount", message.isExcludedFromUnreadCount())
                        .put("isExcludedFromLastMessage", message.isExcludedFromLastMessage())
                        .put("isExcludedFromContentModeration", message.isExcludedFromContentModeration())
                        .put("priority", message.getPriority())
                        .put("seq", Long.toString(message.getSeq()))
                        .put("random", message.getRandom())
                        .put("groupAtUserList", new JSONArray(message.getGroupAtUserList()))
                        .put("revokeReason", message.getRevokeReason());
        V2TIMOfflinePushInfo push = message.getOfflinePushInfo();
        json.put(
                "offlinePushInfo",
                new JSONObject()
                        .put("title", push.getTitle())
                        .put("desc", push.getDesc())
                        .put("disablePush", push.isDisablePush()));
        V2TIMUserInfo revoker = message.getRevokerInfo();
        if (revoker != null) {
            json.put(
                    "revokerInfo",
                    new JSONObject()
                            .put("userID", revoker.getUserID())
                            .put("nickName", revoker.getNickName())
                            .put("faceUrl", revoker.getFaceUrl()));
        }
        V2TIMElem[] elements = {
            message.getTextElem(), message.getCustomElem(), message.getImageElem(), message.getSoundElem(),
            message.getVideoElem(), message.getFileElem(), message.getLocationElem(), message.getFaceElem(),
            message.getGroupTipsElem(), message.getMergerElem(),
        };
        for (V2TIMElem element : elements) {
            if (element != null) {
                JSONObject values = json(element);
                json.put((String) values.remove("key"), values);
                values.remove("elemType");
            }
        }
        return json;
    }

    /** The element's values, its type and the key under which a message holds it. */
    private static JSONObject json(V2TIMElem element) throws JSONException {
        JSONObject json = new JSONObject();
        if (element instanceof V2TIMTextElem) {
            json.put("key", "textElem").put("elemType", 1).put("text", ((V2TIMTextElem) element).getText());
        } else if (element instanceof V2TIMCustomElem) {
            V2TIMCustomElem custom = (V2TIMCustomElem) element;
            json.put("key", "customElem")
                    .put("elemType", 2)
                    .put("data", new String(custom.getData(), StandardCharsets.UTF_8))
                    .put("desc", custom.getDescription())
                    .put("extension", new String(custom.getExtension(), StandardCharsets.UTF_8));
        } else if (element instanceof V2TIMImageElem) {
            JSONArray images = new JSONArray();
            for (V2TIMImage image : ((V2TIMImageElem) element).getImageList()) {
                images.put(
                        new JSONObject()
                                .put("uuid", image.getUUID())
                                .put("type", image.getType())
                                .put("size", image.getSize())
                                .put("width", image.getWidth())
                                .put("height", image.getHeight())
                                .put("url", image.getUrl()));
            }
            json.put("key", "imageElem")
                    .put("elemType", 3)
                    .put("path", ((V2TIMImageElem) element).getPath())
                    .put("imageList", images);
        } else if (element instanceof V2TIMSoundElem) {
            V2TIMSoundElem sound = (V2TIMSoundElem) element;
            json.put("key", "soundElem")
                    .put("elemType", 4)
                    .put("path", sound.getPath())
                    .put("UUID", sound.getUUID())
                    .put("dataSize", sound.getDataSize())
                    .put("duration", sound.getDuration());
            sound.getUrl(putting(json, "url"));
        } else if (element instanceof V2TIMVideoElem) {
            V2TIMVideoElem video = (V2TIMVideoElem) element;
            json.put("key", "videoElem")
                    .put("elemType", 5)
                    .put("videoPath", video.getVideoPath())
                    .put("UUID", video.getVideoUUID())
                    .put("videoSize", video.getVideoSize())
                    .put("duration", video.getDuration())
                    .put("snapshotPath", video.getSnapshotPath())
                    .put("snapshotUUID", video.getSnapshotUUID())
                    .put("snapshotSize", video.getSnapshotSize())
                    .put("snapshotWidth", video.getSnapshotWidth())
                    .put("snapshotHeight", video.getSnapshotHeight());
            video.getVideoUrl(putting(json, "videoUrl"));
            video.getSnapshotUrl(putting(json, "snapshotUrl"));
        } else if (element instanceof V2TIMFileElem) {
            V2TIMFileElem file = (V2TIMFileElem) element;
            json.put("key", "fileElem")
                    .put("elemType", 6)
                    .put("path", file.getPath())
                    .put("fileName", file.getFileName())
                    .put("UUID", file.getUUID())
                    .put("fileSize", file.getFileSize());
            file.getUrl(putting(json, "url"));
        } else if (element instanceof V2TIMLocationElem) {
            V2TIMLocationElem location = (V2TIMLocationElem) element;
            json.put("key", "locationElem")
                    .put("elemType", 7)
                    .put("desc", location.getDesc())
                    .put("longitude", location.getLongitude())
                    .put("latitude", location.getLatitude());
        } else if (element instanceof V2TIMFaceElem) {
            V2TIMFaceElem face = (V2TIMFaceElem) element;
            json.put("key", "faceElem")
                    .put("elemType", 8)
                    .put("index", face.getIndex())
                    .put("data", new String(face.getData(), StandardCharsets.UTF_8));
        } else if (element instanceof V2TIMGroupTipsElem) {
            tips(json, (V2TIMGroupTipsElem) element);
        } else if (element instanceof V2TIMMergerElem) {
            V2TIMMergerElem merger = (V2TIMMergerElem) element;
            json.put("key", "mergerElem")
                    .put("elemType", 10)
                    .put("title", merger.getTitle())
                    .put("abstractList", new JSONArray(merger.getAbstractList()))
                    .put("isLayersOverLimit", merger.isLayersOverLimit());
        } else {
            json.put("elemType", 0);
        }
        if (element.getNextElem() != null) {
            JSONObject next = json(element.getNextElem());
            next.remove("key");
            json.put("nextElem", next);
        }
        return json;
    }

    private static void tips(JSONObject json, V2TIMGroupTipsElem tips) throws JSONException {
        JSONArray members = new JSONArray();
        for (V2TIMGroupMemberInfo member : tips.getMemberList()) {
            members.put(json(member));
        }
        JSONArray groupChanges = new JSONArray();
        for (V2TIMGroupChangeInfo change : tips.getGroupChangeInfoList()) {
            groupChanges.put(
                    new JSONObject()
                            .put("type", change.getType())
                            .put("key", change.getKey())
                            .put("value", change.getValue())
                            .put("boolValue", change.getBoolValue())
                            .put("intValue", change.getIntValue()));
        }
        JSONArray memberChanges = new JSONArray();
        for (V2TIMGroupMemberChangeInfo change : tips.getMemberChangeInfoList()) {
            memberChanges.put(
                    new JSONObject().put("userID", change.getUserID()).put("muteTime", change.getMuteTime()));
        }
        json.put("key", "groupTipsElem")
                .put("elemType", 9)
                .put("groupID", tips.getGroupID())
                .put("type", tips.getType())
                .put("opMember", tips.getOpMember() == null ? JSONObject.NULL : json(tips.getOpMember()))
                .put("memberList", members)
                .put("groupChangeInfoList", groupChanges)
                .put("memberChangeInfoList", memberChanges)
                .put("memberCount", tips.getMemberCount());
    }

    private static JSONObject json(V2TIMGroupMemberInfo member) throws JSONException {
        return new JSONObject()
                .put("userID", member.getUserID())
                .put("nickName", member.getNickName())
                .put("nameCard", member.getNameCard())
                .put("friendRemark", member.getFriendRemark())
                .put("faceUrl", member.getFaceUrl());
    }
}
