package imsite.sdk.v2;

import java.util.List;
import org.json.JSONObject;

/** Several messages forwarded as one. */
public class V2TIMMergerElem extends V2TIMElem {
    V2TIMMergerElem(JSONObject json) {
        super(json);
    }

    public String getTitle() {
        return Json.text(json, "title", "");
    }

    public List<String> getAbstractList() {
        return Json.texts(json.optJSONArray("abstractList"));
    }

    public boolean isLayersOverLimit() {
        return Json.flag(json, "isLayersOverLimit");
    }
}
