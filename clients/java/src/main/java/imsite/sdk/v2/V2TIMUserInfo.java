package imsite.sdk.v2;

import org.json.JSONObject;

/** A user's profile. */
public class V2TIMUserInfo {
    private final JSONObject json;

    V2TIMUserInfo(JSONObject json) {
        this.json = json;
    }

    public String getUserID() {
        return Json.text(json, "userID", "");
    }

    public String getNickName() {
        return Json.text(json, "nickName", "");
    }

    public String getFaceUrl() {
        return Json.text(json, "faceUrl", "");
    }
}
