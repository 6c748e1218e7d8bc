package imsite.sdk.v2;

import java.util.List;

/** Reports changes of the user's conversation list. Override the events of interest. */
public abstract class V2TIMConversationListener {
    /** The client is connecting. After a reset by the server, all conversations follow as new: list again. */
    public void onSyncServerStart() {}

    /** The client is connected; changes arrive as they happen. */
    public void onSyncServerFinish() {}

    public void onSyncServerFailed() {}

    public void onNewConversation(List<V2TIMConversation> conversationList) {}

    public void onConversationChanged(List<V2TIMConversation> conversationList) {}

    public void onConversationDeleted(List<String> conversationIDList) {}

    public void onTotalUnreadMessageCountChanged(long totalUnreadCount) {}

    public void onUnreadMessageCountChangedByFilter(V2TIMConversationListFilter filter, long totalUnreadCount) {}

    public void onConversationGroupCreated(String groupName, List<V2TIMConversation> conversationList) {}

    public void onConversationGroupDeleted(String groupName) {}

    public void onConversationGroupNameChanged(String oldName, String newName) {}

    public void onConversationsAddedToGroup(String groupName, List<V2TIMConversation> conversationList) {}

    public void onConversationsDeletedFromGroup(String groupName, List<V2TIMConversation> conversationList) {}
}
