package imsite.sdk.v2;

import java.util.ArrayList;
import java.util.List;
import org.json.JSONObject;

/** A notice of a change in a group. */
public class V2TIMGroupTipsElem extends V2TIMElem {
    public static final int V2TIM_GROUP_TIPS_TYPE_JOIN = 1;
    public static final int V2TIM_GROUP_TIPS_TYPE_INVITE = 2;
    public static final int V2TIM_GROUP_TIPS_TYPE_QUIT = 3;
    public static final int V2TIM_GROUP_TIPS_TYPE_KICKED = 4;
    public static final int V2TIM_GROUP_TIPS_TYPE_SET_ADMIN = 5;
    public static final int V2TIM_GROUP_TIPS_TYPE_CANCEL_ADMIN = 6;
    public static final int V2TIM_GROUP_TIPS_TYPE_GROUP_INFO_CHANGE = 7;
    public static final int V2TIM_GROUP_TIPS_TYPE_MEMBER_INFO_CHANGE = 8;
    public static final int V2TIM_GROUP_TIPS_TYPE_TOPIC_INFO_CHANGE = 9;
    public static final int V2TIM_GROUP_TIPS_TYPE_PINNED_MESSAGE_ADDED = 10;
    public static final int V2TIM_GROUP_TIPS_TYPE_PINNED_MESSAGE_DELETED = 11;

    V2TIMGroupTipsElem(JSONObject json) {
        super(json);
    }

    public String getGroupID() {
        return Json.text(json, "groupID", "");
    }

    public int getType() {
        return Json.integer(json, "type");
    }

    /** The member who made the change. */
    public V2TIMGroupMemberInfo getOpMember() {
        JSONObject object = Json.object(json, "opMember");
        return object == null ? null : new V2TIMGroupMemberInfo(object);
    }

    /** The members it concerns. */
    public List<V2TIMGroupMemberInfo> getMemberList() {
        List<V2TIMGroupMemberInfo> list = new ArrayList<>();
        for (JSONObject object : Json.objects(json.optJSONArray("memberList"))) {
            list.add(new V2TIMGroupMemberInfo(object));
        }
        return list;
    }

    public List<V2TIMGroupChangeInfo> getGroupChangeInfoList() {
        List<V2TIMGroupChangeInfo> list = new ArrayList<>();
        for (JSONObject object : Json.objects(json.optJSONArray("groupChangeInfoList"))) {
            list.add(new V2TIMGroupChangeInfo(object));
        }
        return list;
    }

    public List<V2TIMGroupMemberChangeInfo> getMemberChangeInfoList() {
        List<V2TIMGroupMemberChangeInfo> list = new ArrayList<>();
        for (JSONObject object : Json.objects(json.optJSONArray("memberChangeInfoList"))) {
            list.add(new V2TIMGroupMemberChangeInfo(object));
        }
        return list;
    }

    public int getMemberCount() {
        return Json.integer(json, "memberCount");
    }
}
