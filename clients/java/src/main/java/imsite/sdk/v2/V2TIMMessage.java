package imsite.sdk.v2;

import java.util.List;
import org.json.JSONObject;

/** A conversation's last message. */
public class V2TIMMessage {
    public static final int V2TIM_ELEM_TYPE_NONE = 0;
    public static final int V2TIM_ELEM_TYPE_TEXT = 1;
    public static final int V2TIM_ELEM_TYPE_CUSTOM = 2;
    public static final int V2TIM_ELEM_TYPE_IMAGE = 3;
    public static final int V2TIM_ELEM_TYPE_SOUND = 4;
    public static final int V2TIM_ELEM_TYPE_VIDEO = 5;
    public static final int V2TIM_ELEM_TYPE_FILE = 6;
    public static final int V2TIM_ELEM_TYPE_LOCATION = 7;
    public static final int V2TIM_ELEM_TYPE_FACE = 8;
    public static final int V2TIM_ELEM_TYPE_GROUP_TIPS = 9;
    public static final int V2TIM_ELEM_TYPE_MERGER = 10;

    public static final int V2TIM_MSG_STATUS_SENDING = 1;
    public static final int V2TIM_MSG_STATUS_SEND_SUCC = 2;
    public static final int V2TIM_MSG_STATUS_SEND_FAIL = 3;
    public static final int V2TIM_MSG_STATUS_HAS_DELETED = 4;
    public static final int V2TIM_MSG_STATUS_LOCAL_IMPORTED = 5;
    public static final int V2TIM_MSG_STATUS_LOCAL_REVOKED = 6;

    public static final int V2TIM_PRIORITY_DEFAULT = 0;
    public static final int V2TIM_PRIORITY_HIGH = 1;
    public static final int V2TIM_PRIORITY_NORMAL = 2;
    public static final int V2TIM_PRIORITY_LOW = 3;

    private final JSONObject json;

    V2TIMMessage(JSONObject json) {
        this.json = json;
    }

    public String getMsgID() {
        return Json.text(json, "msgID", "");
    }

    /** Epoch seconds. */
    public long getTimestamp() {
        return Json.number(json, "timestamp");
    }

    public String getSender() {
        return Json.text(json, "sender", "");
    }

    public String getNickName() {
        return Json.text(json, "nickName", "");
    }

    public String getFriendRemark() {
        return Json.text(json, "friendRemark", "");
    }

    public String getFaceUrl() {
        return Json.text(json, "faceUrl", "");
    }

    /** The sender's name card, in groups. */
    public String getNameCard() {
        return Json.text(json, "nameCard", "");
    }

    /** null for one to one. */
    public String getGroupID() {
        return Json.text(json, "groupID", null);
    }

    /** The peer, whoever sent the message; null in groups. */
    public String getUserID() {
        return Json.text(json, "userID", null);
    }

    /** 6, {@link #V2TIM_MSG_STATUS_LOCAL_REVOKED}, for a recalled message, which has no element. */
    public int getStatus() {
        return Json.integer(json, "status");
    }

    public int getElemType() {
        return Json.integer(json, "elemType");
    }

    public V2TIMTextElem getTextElem() {
        return (V2TIMTextElem) elem(V2TIM_ELEM_TYPE_TEXT);
    }

    public V2TIMCustomElem getCustomElem() {
        return (V2TIMCustomElem) elem(V2TIM_ELEM_TYPE_CUSTOM);
    }

    public V2TIMImageElem getImageElem() {
        return (V2TIMImageElem) elem(V2TIM_ELEM_TYPE_IMAGE);
    }

    public V2TIMSoundElem getSoundElem() {
        return (V2TIMSoundElem) elem(V2TIM_ELEM_TYPE_SOUND);
    }

    public V2TIMVideoElem getVideoElem() {
        return (V2TIMVideoElem) elem(V2TIM_ELEM_TYPE_VIDEO);
    }

    public V2TIMFileElem getFileElem() {
        return (V2TIMFileElem) elem(V2TIM_ELEM_TYPE_FILE);
    }

    public V2TIMLocationElem getLocationElem() {
        return (V2TIMLocationElem) elem(V2TIM_ELEM_TYPE_LOCATION);
    }

    public V2TIMFaceElem getFaceElem() {
        return (V2TIMFaceElem) elem(V2TIM_ELEM_TYPE_FACE);
    }

    public V2TIMGroupTipsElem getGroupTipsElem() {
        return (V2TIMGroupTipsElem) elem(V2TIM_ELEM_TYPE_GROUP_TIPS);
    }

    public V2TIMMergerElem getMergerElem() {
        return (V2TIMMergerElem) elem(V2TIM_ELEM_TYPE_MERGER);
    }

    private V2TIMElem elem(int type) {
        JSONObject element = getElemType() == type ? Json.object(json, V2TIMElem.key(type)) : null;
        return element == null ? null : V2TIMElem.of(type, element);
    }

    public String getLocalCustomData() {
        return Json.text(json, "localCustomData", "");
    }

    public int getLocalCustomInt() {
        return Json.integer(json, "localCustomInt");
    }

    public String getCloudCustomData() {
        return Json.text(json, "cloudCustomData", "");
    }

    public boolean isSelf() {
        return Json.flag(json, "isSelf");
    }

    public boolean isRead() {
        return Json.flag(json, "isRead");
    }

    public boolean isPeerRead() {
        return Json.flag(json, "isPeerRead");
    }

    public boolean isNeedReadReceipt() {
        return Json.flag(json, "needReadReceipt");
    }

    public boolean hasRiskContent() {
        return Json.flag(json, "hasRiskContent");
    }

    public boolean isBroadcastMessage() {
        return Json.flag(json, "isBroadcastMessage");
    }

    public boolean isSupportMessageExtension() {
        return Json.flag(json, "isSupportMessageExtension");
    }

    public boolean isExcludedFromUnreadCount() {
        return Json.flag(json, "isExcludedFromUnreadCount");
    }

    public boolean isExcludedFromLastMessage() {
        return Json.flag(json, "isExcludedFromLastMessage");
    }

    public boolean isExcludedFromContentModeration() {
        return Json.flag(json, "isExcludedFromContentModeration");
    }

    public int getPriority() {
        return Json.integer(json, "priority");
    }

    public long getSeq() {
        return Json.number(json, "seq");
    }

    public long getRandom() {
        return Json.number(json, "random");
    }

    public List<String> getGroupAtUserList() {
        return Json.texts(json.optJSONArray("groupAtUserList"));
    }

    public V2TIMOfflinePushInfo getOfflinePushInfo() {
        JSONObject info = Json.object(json, "offlinePushInfo");
        return new V2TIMOfflinePushInfo(info == null ? new JSONObject() : info);
    }

    public String getRevokeReason() {
        return Json.text(json, "revokeReason", "");
    }

    /** The user who recalled the message, where known, else null. */
    public V2TIMUserInfo getRevokerInfo() {
        JSONObject info = Json.object(json, "revokerInfo");
        return info == null ? null : new V2TIMUserInfo(info);
    }

    /** The message as JSON, with any keys that have no getter. */
    @Override
    public String toString() {
        return json.toString();
    }
}
