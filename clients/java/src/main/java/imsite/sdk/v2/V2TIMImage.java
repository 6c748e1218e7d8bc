package imsite.sdk.v2;

import org.json.JSONObject;

/** One size of an image. */
public class V2TIMImage {
    private final JSONObject json;

    V2TIMImage(JSONObject json) {
        this.json = json;
    }

    public String getUUID() {
        return Json.text(json, "uuid", "");
    }

    /** V2TIMImageElem.V2TIM_IMAGE_TYPE_ORIGIN, _THUMB or _LARGE. */
    public int getType() {
        return Json.integer(json, "type");
    }

    /** Bytes. */
    public int getSize() {
        return Json.integer(json, "size");
    }

    public int getWidth() {
        return Json.integer(json, "width");
    }

    public int getHeight() {
        return Json.integer(json, "height");
    }

    public String getUrl() {
        return Json.text(json, "url", "");
    }
}
