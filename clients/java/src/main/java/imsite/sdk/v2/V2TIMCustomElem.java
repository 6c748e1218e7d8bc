package imsite.sdk.v2;

import java.nio.charset.StandardCharsets;
import org.json.JSONObject;

/** A message of the app's own kind. */
public class V2TIMCustomElem extends V2TIMElem {
    V2TIMCustomElem(JSONObject json) {
        super(json);
    }

    /** UTF-8. */
    public byte[] getData() {
        return Json.text(json, "data", "").getBytes(StandardCharsets.UTF_8);
    }

    public String getDescription() {
        return Json.text(json, "desc", "");
    }

    /** UTF-8. */
    public byte[] getExtension() {
        return Json.text(json, "extension", "").getBytes(StandardCharsets.UTF_8);
    }
}
