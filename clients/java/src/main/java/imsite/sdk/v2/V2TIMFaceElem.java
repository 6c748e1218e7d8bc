package imsite.sdk.v2;

import java.nio.charset.StandardCharsets;
import org.json.JSONObject;

/** An emoji or sticker. */
public class V2TIMFaceElem extends V2TIMElem {
    V2TIMFaceElem(JSONObject json) {
        super(json);
    }

    public int getIndex() {
        return Json.integer(json, "index");
    }

    /** UTF-8. */
    public byte[] getData() {
        return Json.text(json, "data", "").getBytes(StandardCharsets.UTF_8);
    }
}
