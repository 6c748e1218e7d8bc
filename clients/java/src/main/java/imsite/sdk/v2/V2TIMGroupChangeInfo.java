package imsite.sdk.v2;

import org.json.JSONObject;

/** A change of a group's info. */
public class V2TIMGroupChangeInfo {
    private final JSONObject json;

    V2TIMGroupChangeInfo(JSONObject json) {
        this.json = json;
    }

    public int getType() {
        return Json.integer(json, "type");
    }

    public String getKey() {
        return Json.text(json, "key", "");
    }

    public String getValue() {
        return Json.text(json, "value", "");
    }

    public boolean getBoolValue() {
        return Json.flag(json, "boolValue");
    }

    public int getIntValue() {
        return Json.integer(json, "intValue");
    }
}
