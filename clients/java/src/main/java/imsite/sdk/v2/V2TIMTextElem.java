package imsite.sdk.v2;

import org.json.JSONObject;

/** Text. */
public class V2TIMTextElem extends V2TIMElem {
    V2TIMTextElem(JSONObject json) {
        super(json);
    }

    public String getText() {
        return Json.text(json, "text", "");
    }
}
