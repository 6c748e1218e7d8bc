package imsite.sdk.v2;

import java.util.ArrayList;
import java.util.List;
import org.json.JSONObject;

/** An image in its sizes. */
public class V2TIMImageElem extends V2TIMElem {
    public static final int V2TIM_IMAGE_TYPE_ORIGIN = 0x01;
    public static final int V2TIM_IMAGE_TYPE_THUMB = 0x02;
    public static final int V2TIM_IMAGE_TYPE_LARGE = 0x04;

    V2TIMImageElem(JSONObject json) {
        super(json);
    }

    public String getPath() {
        return Json.text(json, "path", "");
    }

    public List<V2TIMImage> getImageList() {
        List<V2TIMImage> list = new ArrayList<>();
        for (JSONObject object : Json.objects(json.optJSONArray("imageList"))) {
            list.add(new V2TIMImage(object));
        }
        return list;
    }
}
