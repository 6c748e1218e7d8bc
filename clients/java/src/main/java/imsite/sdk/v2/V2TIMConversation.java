package imsite.sdk.v2;

import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONObject;

/** One conversation of the user's list, as the server sent it. */
public class V2TIMConversation {
    public static final int CONVERSATION_TYPE_INVALID = 0;
    public static final int V2TIM_C2C = 1;
    public static final int V2TIM_GROUP = 2;

    public static final long V2TIM_CONVERSATION_MARK_TYPE_STAR = 1L;
    public static final long V2TIM_CONVERSATION_MARK_TYPE_UNREAD = 1L << 1;
    public static final long V2TIM_CONVERSATION_MARK_TYPE_FOLD = 1L << 2;
    public static final long V2TIM_CONVERSATION_MARK_TYPE_HIDE = 1L << 3;

    private final JSONObject json;

    V2TIMConversation(JSONObject json) {
        this.json = json;
    }

    static List<V2TIMConversation> listOf(JSONArray objects) {
        List<V2TIMConversation> list = new ArrayList<>();
        for (JSONObject object : Json.objects(objects)) {
            list.add(new V2TIMConversation(object));
        }
        return list;
    }

    public String getConversationID() {
        return Json.text(json, "conversationID", "");
    }

    public int getType() {
        return Json.integer(json, "type");
    }

    /** The peer; null for a group. */
    public String getUserID() {
        return Json.text(json, "userID", null);
    }

    /** null for one to one. */
    public String getGroupID() {
        return Json.text(json, "groupID", null);
    }

    /** Work, Public, Meeting, AVChatRoom or Community; null for one to one. */
    public String getGroupType() {
        return Json.text(json, "groupType", null);
    }

    public String getShowName() {
        return Json.text(json, "showName", "");
    }

    public String getFaceUrl() {
        return Json.text(json, "faceUrl", "");
    }

    public int getRecvOpt() {
        return Json.integer(json, "recvOpt");
    }

    public int getUnreadCount() {
        return Json.integer(json, "unreadCount");
    }

    /** null while there is no message. */
    public V2TIMMessage getLastMessage() {
        JSONObject message = Json.object(json, "lastMessage");
        return message == null ? null : new V2TIMMessage(message);
    }

    public String getDraftText() {
        return Json.text(json, "draftText", "");
    }

    /** Epoch seconds; 0 without a draft. */
    public long getDraftTimestamp() {
        return Json.number(json, "draftTimestamp");
    }

    public boolean isPinned() {
        return Json.flag(json, "isPinned");
    }

    /** The place in the list; larger is higher. Not a time. */
    public long getOrderKey() {
        return Json.number(json, "orderkey");
    }

    public List<V2TIMGroupAtInfo> getGroupAtInfoList() {
        List<V2TIMGroupAtInfo> list = new ArrayList<>();
        for (JSONObject info : Json.objects(json.optJSONArray("groupAtInfoList"))) {
            list.add(new V2TIMGroupAtInfo(info));
        }
        return list;
    }

    /** One element for each mark. Bit 63 is negative, as in Java's {@code 1L << 63}. */
    public List<Long> getMarkList() {
        return Json.numbers(json.optJSONArray("markList"));
    }

    public String getCustomData() {
        return Json.text(json, "customData", "");
    }

    public List<String> getConversationGroupList() {
        return Json.texts(json.optJSONArray("conversationGroupList"));
    }

    /** Epoch seconds of the newest message read, one to one. */
    public long getC2CReadTimestamp() {
        return Json.number(json, "c2cReadTimestamp");
    }

    /** The sequence number of the newest message read, in a group. */
    public long getGroupReadSequence() {
        return Json.number(json, "groupReadSequence");
    }

    /** The conversation as JSON, with any keys that have no getter. */
    @Override
    public String toString() {
        return json.toString();
    }
}
