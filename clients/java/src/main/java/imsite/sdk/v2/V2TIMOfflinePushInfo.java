package imsite.sdk.v2;

import org.json.JSONObject;

/** How a message is shown as a push notification. */
public class V2TIMOfflinePushInfo {
    private final JSONObject json;

    V2TIMOfflinePushInfo(JSONObject json) {
        this.json = json;
    }

    public String getTitle() {
        return Json.text(json, "title", "");
    }

    public String getDesc() {
        return Json.text(json, "desc", "");
    }

    public boolean isDisablePush() {
        return Json.flag(json, "disablePush");
    }
}
