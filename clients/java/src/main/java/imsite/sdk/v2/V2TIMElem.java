package imsite.sdk.v2;

import org.json.JSONObject;

/** A part of a message. A message may hold several, linked by {@link #getNextElem}. */
public class V2TIMElem {
    final JSONObject json;

    V2TIMElem(JSONObject json) {
        this.json = json;
    }

    /** The element after this one, or null. */
    public V2TIMElem getNextElem() {
        JSONObject next = Json.object(json, "nextElem");
        if (next == null) {
            return null;
        }
        int type = Json.integer(next, "elemType");
        JSONObject inside = Json.object(next, key(type));
        return of(type, inside == null ? next : inside);
    }

    void url(String key, V2TIMValueCallback<String> callback) {
        Dispatcher.succeed(callback, Json.text(json, key, ""));
    }

    /** The key under which a message holds an element of this type. */
    static String key(int type) {
        switch (type) {
            case V2TIMMessage.V2TIM_ELEM_TYPE_TEXT:
                return "textElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_CUSTOM:
                return "customElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_IMAGE:
                return "imageElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_SOUND:
                return "soundElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_VIDEO:
                return "videoElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_FILE:
                return "fileElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_LOCATION:
                return "locationElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_FACE:
                return "faceElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_GROUP_TIPS:
                return "groupTipsElem";
            case V2TIMMessage.V2TIM_ELEM_TYPE_MERGER:
                return "mergerElem";
            default:
                return "";
        }
    }

    static V2TIMElem of(int type, JSONObject json) {
        switch (type) {
            case V2TIMMessage.V2TIM_ELEM_TYPE_TEXT:
                return new V2TIMTextElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_CUSTOM:
                return new V2TIMCustomElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_IMAGE:
                return new V2TIMImageElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_SOUND:
                return new V2TIMSoundElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_VIDEO:
                return new V2TIMVideoElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_FILE:
                return new V2TIMFileElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_LOCATION:
                return new V2TIMLocationElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_FACE:
                return new V2TIMFaceElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_GROUP_TIPS:
                return new V2TIMGroupTipsElem(json);
            case V2TIMMessage.V2TIM_ELEM_TYPE_MERGER:
                return new V2TIMMergerElem(json);
            default:
                return new V2TIMElem(json);
        }
    }

    /** The element as JSON, with any keys that have no getter. */
    @Override
    public String toString() {
        return json.toString();
    }
}
