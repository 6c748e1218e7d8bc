package imsite.sdk.v2;

import org.json.JSONObject;

/** A voice message. */
public class V2TIMSoundElem extends V2TIMElem {
    V2TIMSoundElem(JSONObject json) {
        super(json);
    }

    public String getPath() {
        return Json.text(json, "path", "");
    }

    public String getUUID() {
        return Json.text(json, "UUID", "");
    }

    /** Bytes. */
    public int getDataSize() {
        return Json.integer(json, "dataSize");
    }

    /** Seconds. */
    public int getDuration() {
        return Json.integer(json, "duration");
    }

    public void getUrl(V2TIMValueCallback<String> callback) {
        url("url", callback);
    }
}
