package imsite.sdk.v2;

import org.json.JSONObject;

/** A change of a member's info. */
public class V2TIMGroupMemberChangeInfo {
    private final JSONObject json;

    V2TIMGroupMemberChangeInfo(JSONObject json) {
        this.json = json;
    }

    public String getUserID() {
        return Json.text(json, "userID", "");
    }

    /** Seconds. */
    public long getMuteTime() {
        return Json.number(json, "muteTime");
    }
}
