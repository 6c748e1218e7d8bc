package imsite.sdk.v2;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.json.JSONObject;

/** Registered listeners, the stream that feeds them while there are any, and the translation of its events. */
final class ListenerHub {
    private final List<V2TIMConversationListener> listeners = new CopyOnWriteArrayList<>();
    private final Map<V2TIMConversationListFilter, Long> unreadByFilter = new LinkedHashMap<>();
    private Session session;
    private EventStream stream;
    private GroupTracker groups = new GroupTracker();

    synchronized void connect(Session newSession) {
        stop();
        session = newSession;
        groups = new GroupTracker();
        for (Map.Entry<V2TIMConversationListFilter, Long> count : unreadByFilter.entrySet()) {
            count.setValue(null);
        }
        start();
    }

    /** Open the stream again, after its credential has changed. */
    synchronized void restart() {
        stop();
        start();
    }

    synchronized void add(V2TIMConversationListener listener) {
        if (listener != null && !listeners.contains(listener)) {
            listeners.add(listener);
            start();
        }
    }

    synchronized void remove(V2TIMConversationListener listener) {
        listeners.remove(listener);
        if (listeners.isEmpty()) {
            stop();
        }
    }

    void subscribe(V2TIMConversationListFilter filter) {
        synchronized (this) {
            if (filter == null || unreadByFilter.containsKey(filter)) {
                return;
            }
            unreadByFilter.put(new V2TIMConversationListFilter(filter), null);
            if (session == null) {
                return;
            }
        }
        Dispatcher.read(
                () -> {
                    countByFilters();
                    return null;
                },
                null);
    }

    synchronized void unsubscribe(V2TIMConversationListFilter filter) {
        unreadByFilter.remove(filter);
    }

    synchronized void noteListed(Session caller, List<V2TIMConversation> conversations) {
        if (caller == session) {
            groups.note(conversations);
        }
    }

    private void start() {
        if (stream == null && session != null && !listeners.isEmpty()) {
            Following following = new Following(session, groups);
            stream = new EventStream(session, following);
            following.stream = stream;
            stream.start();
        }
    }

    private void stop() {
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }

    private synchronized boolean isCurrent(EventStream asking) {
        return stream == asking;
    }

    /** Count again what each subscribed filter selects, and report what changed. */
    private void countByFilters() throws ApiException {
        Session current;
        List<V2TIMConversationListFilter> filters;
        synchronized (this) {
            current = session;
            filters = new ArrayList<>(unreadByFilter.keySet());
        }
        for (V2TIMConversationListFilter filter : filters) {
            if (current == null) {
                return;
            }
            long count = Json.number(current.get("unread/", new Query().with(filter.parameters())), "total");
            synchronized (this) {
                Long before = unreadByFilter.get(filter);
                if (current != session || !unreadByFilter.containsKey(filter) || (before != null && before == count)) {
                    continue;
                }
                unreadByFilter.put(filter, count);
            }
            tell(listener -> listener.onUnreadMessageCountChangedByFilter(filter, count));
        }
    }

    private interface Report {
        void to(V2TIMConversationListener listener);
    }

    private void tell(Report report) {
        Dispatcher.callBack(
                () -> {
                    for (V2TIMConversationListener listener : listeners) {
                        report.to(listener);
                    }
                });
    }

    private interface StateReport {
        void to(V2TIMSDKListener listener);
    }

    private static void tellState(StateReport report) {
        Dispatcher.callBack(
                () -> {
                    for (V2TIMSDKListener listener : V2TIMManager.getInstance().listeners) {
                        report.to(listener);
                    }
                });
    }

    /** Translates the events of one stream. */
    private final class Following implements EventStream.Receiver {
        private final Session followed;
        private final GroupTracker tracker;
        private EventStream stream;
        private Long total;
        private boolean isResetting;

        Following(Session followed, GroupTracker tracker) {
            this.followed = followed;
            this.tracker = tracker;
        }

        @Override
        public void connecting() {
            if (isCurrent(stream)) {
                tellState(V2TIMSDKListener::onConnecting);
                tell(V2TIMConversationListener::onSyncServerStart);
            }
        }

        @Override
        public void connected() {
            if (!isCurrent(stream)) {
                return;
            }
            try {
                if (total == null) { // At the first time: what is new is known by what was there before.
                    JSONObject answer = followed.get("conversation-groups/", new Query());
                    tracker.noteNames(Json.texts(answer.optJSONArray("conversationGroupList")));
                }
            } catch (ApiException e) {
                // Then the first change of groups only tells their names.
            }
            tellState(V2TIMSDKListener::onConnectSuccess);
            tell(V2TIMConversationListener::onSyncServerFinish);
        }

        @Override
        public void failed(ApiException error, boolean isFinal) {
            if (!isCurrent(stream)) {
                return;
            }
            if (error.code == ApiException.SIG_EXPIRED) {
                tellState(V2TIMSDKListener::onUserSigExpired);
            }
            tellState(listener -> listener.onConnectFailed(error.code, error.getMessage()));
            tell(V2TIMConversationListener::onSyncServerFailed);
        }

        @Override
        public void event(String name, JSONObject data) {
            if (!isCurrent(stream)) {
                return;
            }
            switch (name) {
                case "unread":
                    countTotal(Json.number(data, "total"));
                    break;
                case "reset":
                    isResetting = true;
                    tell(V2TIMConversationListener::onSyncServerStart);
                    break;
                case "changes":
                    apply(data);
                    break;
                default: // An event of a newer server.
            }
        }

        private void countTotal(long count) {
            if (total == null || total != count) {
                total = count;
                tell(listener -> listener.onTotalUnreadMessageCountChanged(count));
            }
        }

        private void apply(JSONObject data) {
            List<V2TIMConversation> news = new ArrayList<>();
            List<V2TIMConversation> changed = new ArrayList<>();
            List<String> deleted = new ArrayList<>();
            List<String> groupNames = null;
            for (JSONObject change : Json.objects(data.optJSONArray("changes"))) {
                JSONObject conversation = Json.object(change, "conversation");
                switch (Json.text(change, "kind", "")) {
                    case "new":
                        news.add(new V2TIMConversation(conversation));
                        break;
                    case "changed":
                        changed.add(new V2TIMConversation(conversation));
                        break;
                    case "deleted":
                        deleted.add(Json.text(change, "conversationID", ""));
                        break;
                    case "groups":
                        groupNames = Json.texts(change.optJSONArray("conversationGroupList"));
                        break;
                    default: // A change of a newer server.
                }
            }
            if (!news.isEmpty()) {
                tell(listener -> listener.onNewConversation(news));
            }
            if (!changed.isEmpty()) {
                tell(listener -> listener.onConversationChanged(changed));
            }
            if (!deleted.isEmpty()) {
                tell(listener -> listener.onConversationDeleted(deleted));
            }
            tellGroups(tracker.apply(news, changed, groupNames));
            if (isResetting && Json.flag(data, "isFinished")) {
                isResetting = false;
                tell(V2TIMConversationListener::onSyncServerFinish);
            }
            try {
                countByFilters();
            } catch (ApiException e) {
                // The next change counts again.
            }
        }

        private void tellGroups(GroupTracker.Events events) {
            if (events.newName != null) {
                tell(listener -> listener.onConversationGroupNameChanged(events.oldName, events.newName));
            }
            for (String name : events.deleted) {
                tell(listener -> listener.onConversationGroupDeleted(name));
            }
            for (Map.Entry<String, List<V2TIMConversation>> group : events.created.entrySet()) {
                tell(listener -> listener.onConversationGroupCreated(group.getKey(), group.getValue()));
            }
            for (Map.Entry<String, List<V2TIMConversation>> group : events.added.entrySet()) {
                tell(listener -> listener.onConversationsAddedToGroup(group.getKey(), group.getValue()));
            }
            for (Map.Entry<String, List<V2TIMConversation>> group : events.removed.entrySet()) {
                tell(listener -> listener.onConversationsDeletedFromGroup(group.getKey(), group.getValue()));
            }
        }
    }
}
