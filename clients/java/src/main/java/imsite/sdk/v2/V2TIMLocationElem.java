package imsite.sdk.v2;

import org.json.JSONObject;

/** A place. */
public class V2TIMLocationElem extends V2TIMElem {
    V2TIMLocationElem(JSONObject json) {
        super(json);
    }

    public String getDesc() {
        return Json.text(json, "desc", "");
    }

    public double getLongitude() {
        return Json.real(json, "longitude");
    }

    public double getLatitude() {
        return Json.real(json, "latitude");
    }
}
