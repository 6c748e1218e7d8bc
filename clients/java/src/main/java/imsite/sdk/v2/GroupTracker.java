package imsite.sdk.v2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out of changed conversations what happened to conversation groups.
 *
 * <p>The server sends the groups of each changed conversation and the names of all groups, not what changed there. A
 * conversation that was never listed and never changed before is only remembered.
 */
final class GroupTracker {
    private final Map<String, List<String>> groupsByID = new HashMap<>();
    private List<String> names;

    /** What happened, by group name. */
    static final class Events {
        final Map<String, List<V2TIMConversation>> created = new LinkedHashMap<>();
        final List<String> deleted = new ArrayList<>();
        final Map<String, List<V2TIMConversation>> added = new LinkedHashMap<>();
        final Map<String, List<V2TIMConversation>> removed = new LinkedHashMap<>();
        String oldName;
        String newName;
    }

    synchronized void note(List<V2TIMConversation> listed) {
        for (V2TIMConversation conversation : listed) {
            groupsByID.put(conversation.getConversationID(), conversation.getConversationGroupList());
        }
    }

    synchronized void noteNames(List<String> current) {
        names = current;
    }

    /** @param currentNames the names of all groups, or null if they did not change */
    synchronized Events apply(List<V2TIMConversation> news, List<V2TIMConversation> changed, List<String> currentNames) {
        Events events = new Events();
        List<String> created = minus(currentNames, names);
        List<String> deleted = minus(names, currentNames);
        for (V2TIMConversation conversation : news) {
            groupsByID.put(conversation.getConversationID(), new ArrayList<>());
        }
        List<V2TIMConversation> all = new ArrayList<>(news);
        all.addAll(changed);
        for (String name : created) {
            events.created.put(name, new ArrayList<>());
        }
        for (V2TIMConversation conversation : all) {
            List<String> now = conversation.getConversationGroupList();
            List<String> before = groupsByID.put(conversation.getConversationID(), now);
            for (String name : now) {
                if (created.contains(name)) {
                    events.created.get(name).add(conversation);
                }
            }
            if (before != null) {
                collect(events.added, minus(minus(now, before), created), conversation);
                collect(events.removed, minus(minus(before, now), deleted), conversation);
            }
        }
        events.deleted.addAll(deleted);
        if (created.size() == 1 && deleted.size() == 1) {
            events.newName = created.get(0);
            events.oldName = deleted.get(0);
            events.created.clear();
            events.deleted.clear();
        }
        names = currentNames == null ? names : currentNames;
        return events;
    }

    private static void collect(
            Map<String, List<V2TIMConversation>> byName, List<String> names, V2TIMConversation conversation) {
        for (String name : names) {
            List<V2TIMConversation> list = byName.get(name);
            if (list == null) {
                list = new ArrayList<>();
                byName.put(name, list);
            }
            list.add(conversation);
        }
    }

    /** The names in the one list and not in the other; none where either is unknown. */
    private static List<String> minus(List<String> names, List<String> without) {
        if (names == null || without == null) {
            return new ArrayList<>();
        }
        List<String> left = new ArrayList<>(names);
        left.removeAll(without);
        return left;
    }
}
