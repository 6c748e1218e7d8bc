package imsite.sdk.v2;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** The user's conversation list. See Tencent's documentation of the class of the same name for the meaning of each call. */
public class V2TIMConversationManager {
    static final V2TIMConversationManager INSTANCE = new V2TIMConversationManager();

    private static final int MAX_IDS = 1000;
    private static final int MAX_CURSORS = 1000;

    volatile boolean placeholders;

    private final ListenerHub hub = new ListenerHub();
    private Session session;

    /** The server's cursors are text, the SDK's nextSeq is a number: the newest thousand by number. */
    private final Map<Long, String> cursors =
            new LinkedHashMap<Long, String>() {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
                    return size() > MAX_CURSORS;
                }
            };
    private long lastCursor;

    private V2TIMConversationManager() {}

    synchronized void connect(Session newSession, String userID) {
        session = newSession;
        cursors.clear();
        hub.connect(newSession);
    }

    synchronized void renew(String credential) {
        if (session != null) {
            session.renew(credential);
            hub.restart();
        }
    }

    /** A request of one user. */
    private interface Request<T> {
        T send(Session session) throws ApiException;
    }

    /** Bind a request to the user who is connected now: it may wait, and must not be sent as the next user. */
    private synchronized <T> Dispatcher.Call<T> bound(Request<T> request) {
        Session current = session;
        return () -> {
            if (current == null) {
                throw new ApiException(ApiException.NOT_CONNECTED, "Call V2TIMManager.connect() first.");
            }
            return request.send(current);
        };
    }

    // ---- Listeners ---------------------------------------------------------------------------------------------------

    /** The first listener opens the event stream, the last one removed closes it. */
    public void addConversationListener(V2TIMConversationListener listener) {
        hub.add(listener);
    }

    public void removeConversationListener(V2TIMConversationListener listener) {
        hub.remove(listener);
    }

    /** Report this filter's unread count to listeners, now and after each change. Needs a conversation listener. */
    public void subscribeUnreadMessageCountByFilter(V2TIMConversationListFilter filter) {
        hub.subscribe(filter);
    }

    public void unsubscribeUnreadMessageCountByFilter(V2TIMConversationListFilter filter) {
        hub.unsubscribe(filter);
    }

    // ---- Reads -------------------------------------------------------------------------------------------------------

    public void getConversation(String conversationID, V2TIMValueCallback<V2TIMConversation> callback) {
        Query query = new Query().with("id", text(conversationID));
        if (placeholders) {
            query.with("placeholder", "true");
        }
        Dispatcher.read(bound(session -> new V2TIMConversation(session.get("conversations/-/", query))), callback);
    }

    /**
     * Get conversations by ID, in the order of the IDs, each once. An ID without a conversation is left out; fails with 6017
     * if there is no ID, or none is well-formed.
     */
    public void getConversationList(
            List<String> conversationIDList, V2TIMValueCallback<List<V2TIMConversation>> callback) {
        List<String> ids = copy(conversationIDList);
        Dispatcher.read(bound(session -> lookup(session, ids)), callback);
    }

    /** Get a page of the list: {@code nextSeq} is 0 at first, then that of the page before. At most 500 in a page. */
    public void getConversationList(long nextSeq, int count, V2TIMValueCallback<V2TIMConversationResult> callback) {
        Dispatcher.read(bound(session -> page(session, new LinkedHashMap<>(), nextSeq, count)), callback);
    }

    /** As getConversationList(), with the conversations that the filter selects. Pages keep to their filter. */
    public void getConversationListByFilter(
            V2TIMConversationListFilter filter,
            long nextSeq,
            int count,
            V2TIMValueCallback<V2TIMConversationResult> callback) {
        Map<String, String> parameters = parameters(filter);
        Dispatcher.read(bound(session -> page(session, parameters, nextSeq, count)), callback);
    }

    /** Get the unread count of all conversations, muted ones left out. */
    public void getTotalUnreadMessageCount(V2TIMValueCallback<Long> callback) {
        getUnreadMessageCountByFilter(null, callback);
    }

    public void getUnreadMessageCountByFilter(V2TIMConversationListFilter filter, V2TIMValueCallback<Long> callback) {
        Map<String, String> parameters = parameters(filter);
        Dispatcher.read(
                bound(session -> Json.number(session.get("unread/", new Query().with(parameters)), "total")), callback);
    }

    public void getConversationGroupList(V2TIMValueCallback<List<String>> callback) {
        Dispatcher.read(
                bound(session -> {
                    JSONObject answer = session.get("conversation-groups/", new Query());
                    return Json.texts(answer.optJSONArray("conversationGroupList"));
                }),
                callback);
    }

    private List<V2TIMConversation> lookup(Session session, List<String> conversationIDs) throws ApiException {
        List<String> ids = new ArrayList<>(new LinkedHashSet<>(conversationIDs));
        List<V2TIMConversation> conversations = new ArrayList<>();
        ApiException malformed = null;
        int unknown = 0;
        int start = 0;
        do {
            List<String> part = ids.subList(start, Math.min(ids.size(), start + MAX_IDS));
            JSONObject answer =
                    session.send("POST", "conversations/lookup/", new Query(), body("conversationIDList", part)).json;
            conversations.addAll(V2TIMConversation.listOf(answer.optJSONArray("conversationList")));
            for (JSONObject reason : Json.objects(answer.optJSONArray("unresolved"))) {
                if (Json.integer(reason, "resultCode") != ApiException.INVALID_PARAMETER) {
                    unknown++;
                } else if (malformed == null) {
                    malformed = new ApiException(ApiException.INVALID_PARAMETER, Json.text(reason, "resultInfo", ""));
                }
            }
            start += MAX_IDS;
        } while (start < ids.size());
        if (malformed != null && unknown == 0 && conversations.isEmpty()) {
            throw malformed;
        }
        return conversations;
    }

    private V2TIMConversationResult page(Session session, Map<String, String> parameters, long nextSeq, int count)
            throws ApiException {
        Query query = new Query().with("count", Integer.toString(count)).with(parameters);
        if (nextSeq != 0) {
            query.with("nextSeq", cursor(session, nextSeq));
        }
        Session.Answer answer = session.send("GET", "conversations/", query, null);
        if (nextSeq == 0 && answer.version != null) {
            session.startAt(answer.version);
        }
        List<V2TIMConversation> conversations = V2TIMConversation.listOf(answer.json.optJSONArray("conversationList"));
        hub.noteListed(session, conversations);
        boolean isFinished = Json.flag(answer.json, "isFinished");
        long next = isFinished ? 0 : newCursor(session, Json.text(answer.json, "nextSeq", "0"));
        return new V2TIMConversationResult(next, isFinished, conversations);
    }

    private synchronized String cursor(Session caller, long nextSeq) throws ApiException {
        String text = caller == session ? cursors.get(nextSeq) : null;
        if (text == null) {
            throw new ApiException(ApiException.INVALID_PARAMETER, "nextSeq is not from this list: start again with 0.");
        }
        return text;
    }

    /** The cursor of a user who is no longer connected gets a number that no page has. */
    private synchronized long newCursor(Session caller, String text) {
        lastCursor++;
        if (caller == session) {
            cursors.put(lastCursor, text);
        }
        return lastCursor;
    }

    // ---- Changes of one conversation ---------------------------------------------------------------------------------

    public void pinConversation(String conversationID, boolean isPinned, V2TIMCallback callback) {
        String method = isPinned ? "PUT" : "DELETE";
        Dispatcher.change(bound(session -> send(session, method, conversationID, "pin/", null)), callback);
    }

    /** Save a draft for all devices; null or "" removes it. */
    public void setConversationDraft(String conversationID, String draftText, V2TIMCallback callback) {
        JSONObject body = body("draftText", text(draftText));
        Dispatcher.change(bound(session -> send(session, "PUT", conversationID, "draft/", body)), callback);
    }

    /** Delete the conversation with its history. */
    public void deleteConversation(String conversationID, V2TIMCallback callback) {
        Dispatcher.change(bound(session -> send(session, "DELETE", conversationID, "", null)), callback);
    }

    /**
     * Mark as read, up to a time (one to one, epoch seconds) or a sequence (group); 0 marks all.
     *
     * @param conversationID null or "" for all conversations, "c2c" for all one to one, "group" for all groups
     */
    public void cleanConversationUnreadMessageCount(
            String conversationID, long cleanTimestamp, long cleanSequence, V2TIMCallback callback) {
        Dispatcher.change(
                bound(session -> {
                    String id = text(conversationID);
                    if (id.isEmpty() || id.equals("c2c") || id.equals("group")) {
                        JSONObject scope = body("scope", id.isEmpty() ? "all" : id);
                        return session.send("POST", "conversations/read/", new Query(), scope);
                    }
                    JSONObject body = new JSONObject();
                    if (id.startsWith("c2c_") && cleanTimestamp != 0) {
                        body = body("cleanTimestamp", cleanTimestamp);
                    } else if (id.startsWith("group_") && cleanSequence != 0) {
                        body = body("cleanSequence", cleanSequence);
                    }
                    return send(session, "POST", id, "read/", body);
                }),
                callback);
    }

    private static Session.Answer send(
            Session session, String method, String conversationID, String action, JSONObject body) throws ApiException {
        Query query = new Query().with("id", text(conversationID));
        return session.send(method, "conversations/-/" + action, query, body);
    }

    // ---- Changes of several conversations ----------------------------------------------------------------------------

    /** @param markType mark bits: those of V2TIMConversation, or {@code 1L << n} with n from 32 to 63 */
    public void markConversation(
            List<String> conversationIDList,
            long markType,
            boolean enableMark,
            V2TIMValueCallback<List<V2TIMConversationOperationResult>> callback) {
        List<String> ids = copy(conversationIDList);
        Dispatcher.change(
                bound(session -> {
                    JSONObject body = body("conversationIDList", ids);
                    put(put(body, "markType", Json.unsigned(markType)), "enableMark", enableMark);
                    return results(session, "conversations/mark/", new Query(), body);
                }),
                callback);
    }

    public void setConversationCustomData(
            List<String> conversationIDList,
            String customData,
            V2TIMValueCallback<List<V2TIMConversationOperationResult>> callback) {
        List<String> ids = copy(conversationIDList);
        Dispatcher.change(
                bound(session -> {
                    JSONObject body = put(body("conversationIDList", ids), "customData", text(customData));
                    return results(session, "conversations/custom-data/", new Query(), body);
                }),
                callback);
    }

    /** @param clearMessage false keeps the messages, so that the next one brings the history back */
    public void deleteConversationList(
            List<String> conversationIDList,
            boolean clearMessage,
            V2TIMValueCallback<List<V2TIMConversationOperationResult>> callback) {
        List<String> ids = copy(conversationIDList);
        Dispatcher.change(
                bound(session -> {
                    JSONObject body = put(body("conversationIDList", ids), "clearMessage", clearMessage);
                    return results(session, "conversations/delete/", new Query(), body);
                }),
                callback);
    }

    // ---- Conversation groups -----------------------------------------------------------------------------------------

    public void createConversationGroup(
            String groupName,
            List<String> conversationIDList,
            V2TIMValueCallback<List<V2TIMConversationOperationResult>> callback) {
        List<String> ids = copy(conversationIDList);
        Dispatcher.change(
                bound(session -> {
                    JSONObject body = put(body("conversationIDList", ids), "groupName", text(groupName));
                    return results(session, "conversation-groups/", new Query(), body);
                }),
                callback);
    }

    public void deleteConversationGroup(String groupName, V2TIMCallback callback) {
        Dispatcher.change(
                bound(session -> session.send("DELETE", "conversation-groups/-/", named(groupName), null)), callback);
    }

    public void renameConversationGroup(String oldName, String newName, V2TIMCallback callback) {
        JSONObject body = body("newName", text(newName));
        Dispatcher.change(
                bound(session -> session.send("PATCH", "conversation-groups/-/", named(oldName), body)), callback);
    }

    public void addConversationsToGroup(
            String groupName,
            List<String> conversationIDList,
            V2TIMValueCallback<List<V2TIMConversationOperationResult>> callback) {
        JSONObject body = body("conversationIDList", copy(conversationIDList));
        Dispatcher.change(
                bound(session -> results(session, "conversation-groups/-/add/", named(groupName), body)), callback);
    }

    public void deleteConversationsFromGroup(
            String groupName,
            List<String> conversationIDList,
            V2TIMValueCallback<List<V2TIMConversationOperationResult>> callback) {
        JSONObject body = body("conversationIDList", copy(conversationIDList));
        Dispatcher.change(
                bound(session -> results(session, "conversation-groups/-/remove/", named(groupName), body)), callback);
    }

    private static List<V2TIMConversationOperationResult> results(
            Session session, String path, Query query, JSONObject body) throws ApiException {
        List<V2TIMConversationOperationResult> results = new ArrayList<>();
        for (JSONObject result : Json.objects(session.send("POST", path, query, body).json.optJSONArray("results"))) {
            results.add(new V2TIMConversationOperationResult(result));
        }
        return results;
    }

    // ---- Parts of requests -------------------------------------------------------------------------------------------

    private static Query named(String groupName) {
        return new Query().with("name", text(groupName));
    }

    private static Map<String, String> parameters(V2TIMConversationListFilter filter) {
        return filter == null ? new LinkedHashMap<>() : filter.parameters();
    }

    private static String text(String text) {
        return text == null ? "" : text;
    }

    /** The app may change its list while the call waits. */
    private static List<String> copy(List<String> ids) {
        return ids == null ? new ArrayList<>() : new ArrayList<>(ids);
    }

    private static JSONObject body(String key, Object value) {
        return put(new JSONObject(), key, value);
    }

    private static JSONObject put(JSONObject json, String key, Object value) {
        try {
            return json.put(key, value instanceof List ? new JSONArray((List<?>) value) : value);
        } catch (JSONException e) {
            throw new IllegalStateException(e); // No key is null, no number infinite.
        }
    }
}
