package imsite.sdk.v2;

import org.json.JSONObject;

/** One unread mention of the user in a group. */
public class V2TIMGroupAtInfo {
    public static final int TIM_AT_UNKNOWN = 0;
    public static final int TIM_AT_ME = 1;
    public static final int TIM_AT_ALL = 2;
    public static final int TIM_AT_ALL_AT_ME = 3;

    private final JSONObject json;

    V2TIMGroupAtInfo(JSONObject json) {
        this.json = json;
    }

    /** The sequence number of the message that mentions. */
    public long getSeq() {
        return Json.number(json, "seq");
    }

    public int getAtType() {
        return Json.integer(json, "atType");
    }
}
