package imsite.sdk.v2;

import org.json.JSONObject;

/** A file. */
public class V2TIMFileElem extends V2TIMElem {
    V2TIMFileElem(JSONObject json) {
        super(json);
    }

    public String getPath() {
        return Json.text(json, "path", "");
    }

    public String getFileName() {
        return Json.text(json, "fileName", "");
    }

    public String getUUID() {
        return Json.text(json, "UUID", "");
    }

    /** Bytes. */
    public int getFileSize() {
        return Json.integer(json, "fileSize");
    }

    public void getUrl(V2TIMValueCallback<String> callback) {
        url("url", callback);
    }
}
