package imsite.sdk.v2;

import org.json.JSONObject;

/** The outcome for one conversation of a call that changes several. */
public class V2TIMConversationOperationResult {
    private final JSONObject json;

    V2TIMConversationOperationResult(JSONObject json) {
        this.json = json;
    }

    public String getConversationID() {
        return Json.text(json, "conversationID", "");
    }

    /** 0 on success, else an error code. */
    public int getResultCode() {
        return Json.integer(json, "resultCode");
    }

    public String getResultInfo() {
        return Json.text(json, "resultInfo", "");
    }
}
