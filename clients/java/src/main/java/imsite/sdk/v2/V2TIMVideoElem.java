package imsite.sdk.v2;

import org.json.JSONObject;

/** A video with its snapshot. */
public class V2TIMVideoElem extends V2TIMElem {
    V2TIMVideoElem(JSONObject json) {
        super(json);
    }

    public String getVideoPath() {
        return Json.text(json, "videoPath", "");
    }

    public String getVideoUUID() {
        return Json.text(json, "UUID", "");
    }

    /** Bytes. */
    public int getVideoSize() {
        return Json.integer(json, "videoSize");
    }

    /** Seconds. */
    public int getDuration() {
        return Json.integer(json, "duration");
    }

    public String getSnapshotPath() {
        return Json.text(json, "snapshotPath", "");
    }

    public String getSnapshotUUID() {
        return Json.text(json, "snapshotUUID", "");
    }

    /** Bytes. */
    public int getSnapshotSize() {
        return Json.integer(json, "snapshotSize");
    }

    public int getSnapshotWidth() {
        return Json.integer(json, "snapshotWidth");
    }

    public int getSnapshotHeight() {
        return Json.integer(json, "snapshotHeight");
    }

    public void getVideoUrl(V2TIMValueCallback<String> callback) {
        url("videoUrl", callback);
    }

    public void getSnapshotUrl(V2TIMValueCallback<String> callback) {
        url("snapshotUrl", callback);
    }
}
