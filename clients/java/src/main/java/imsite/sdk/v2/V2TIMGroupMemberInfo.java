package imsite.sdk.v2;

import org.json.JSONObject;

/** A group member's profile. */
public class V2TIMGroupMemberInfo {
    private final JSONObject json;

    V2TIMGroupMemberInfo(JSONObject json) {
        this.json = json;
    }

    public String getUserID() {
        return Json.text(json, "userID", "");
    }

    public String getNickName() {
        return Json.text(json, "nickName", "");
    }

    public String getNameCard() {
        return Json.text(json, "nameCard", "");
    }

    public String getFriendRemark() {
        return Json.text(json, "friendRemark", "");
    }

    public String getFaceUrl() {
        return Json.text(json, "faceUrl", "");
    }
}
