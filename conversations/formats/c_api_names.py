"""The key names of a C API message, and their classic names.

Source: the vendor's C header and the plugins that pass its JSON on (Unity; Flutter from 8.5.6864 on); for the classic names,
Flutter's older models.
"""

from collections.abc import Mapping
from typing import Any

from conversations.choices import ElemType

# How keys are renamed: to a name, or to a name and the table of the inner objects.
Table = Mapping[str, Any]

MESSAGE: Table = {
    "message_msg_id": "msgID",
    "message_sender": "sender",
    "message_status": "status",
    "message_priority": "priority",
    "message_rand": "random",
    "message_is_from_self": "isSelf",
    "message_is_read": "isRead",
    "message_is_peer_read": "isPeerRead",
    "message_need_read_receipt": "needReadReceipt",
    "message_has_risk_content": "hasRiskContent",
    "message_is_broadcast_message": "isBroadcastMessage",
    "message_support_message_extension": "isSupportMessageExtension",
    "message_is_excluded_from_unread_count": "isExcludedFromUnreadCount",
    "message_excluded_from_last_message": "isExcludedFromLastMessage",
    "message_excluded_from_content_moderation": "isExcludedFromContentModeration",
    "message_custom_str": "localCustomData",
    "message_custom_int": "localCustomInt",
    "message_cloud_custom_str": "cloudCustomData",
    "message_revoke_reason": "revokeReason",
}
USER: Table = {
    "user_profile_identifier": "userID",
    "user_profile_nick_name": "nickName",
    "user_profile_face_url": "faceUrl",
    "user_profile_friend_remark": "friendRemark",
}
MEMBER: Table = {
    "group_member_info_identifier": "userID",
    "group_member_info_nick_name": "nickName",
    "group_member_info_name_card": "nameCard",
    "group_member_info_friend_remark": "friendRemark",
    "group_member_info_face_url": "faceUrl",
}
REVOKER = (
    ("message_revoker_user_id", "userID"),
    ("message_revoker_nick_name", "nickName"),
    ("message_revoker_face_url", "faceUrl"),
)
PUSH: Table = {
    "offline_push_config_title": "title",
    "offline_push_config_desc": "desc",
    "offline_push_config_ext": "ext",
}
# The second is the spelling of the header of 2021.
PUSH_KEYS = ("message_offline_push_config", "message_offlie_push_config")

GROUP_TIPS: Table = {
    "group_tips_elem_group_id": "groupID",
    "group_tips_elem_tip_type": "type",
    "group_tips_elem_op_group_memberinfo": ("opMember", MEMBER),
    "group_tips_elem_changed_group_memberinfo_array": ("memberList", MEMBER),
    "group_tips_elem_member_num": "memberCount",
    "group_tips_elem_group_change_info_array": (
        "groupChangeInfoList",
        {
            "group_tips_group_change_info_flag": "type",
            "group_tips_group_change_info_key": "key",
            "group_tips_group_change_info_value": "value",
            "group_tips_group_change_info_bool_value": "boolValue",
            "group_tips_group_change_info_int_value": "intValue",
        },
    ),
    "group_tips_elem_member_change_info_array": (
        "memberChangeInfoList",
        {
            "group_tips_member_change_info_identifier": "userID",
            "group_tips_member_change_info_shutupTime": "muteTime",
            "group_tips_member_change_info_shutup_time": "muteTime",
        },
    ),
}
# The C API has one number for joining and being invited, and a second key for which. V2 has a number for each.
TIPS_TYPES = {1: 1, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 9: 9, 10: 10, 11: 11}
TIPS_JOINED, TIPS_INVITED = 1, 2

IMAGES = (("orig", 1), ("thumb", 2), ("large", 4))
IMAGE = {"id": "uuid", "pic_size": "size", "pic_width": "width", "pic_height": "height", "url": "url"}

ELEMENTS: Mapping[int, tuple[ElemType, str, Table]] = {
    0: (ElemType.TEXT, "textElem", {"text_elem_content": "text"}),
    1: (ElemType.IMAGE, "imageElem", {"image_elem_orig_path": "path"}),
    2: (
        ElemType.SOUND,
        "soundElem",
        {
            "sound_elem_file_path": "path",
            "sound_elem_file_id": "UUID",
            "sound_elem_file_size": "dataSize",
            "sound_elem_file_time": "duration",
            "sound_elem_url": "url",
        },
    ),
    3: (
        ElemType.CUSTOM,
        "customElem",
        {"custom_elem_data": "data", "custom_elem_desc": "desc", "custom_elem_ext": "extension"},
    ),
    4: (
        ElemType.FILE,
        "fileElem",
        {
            "file_elem_file_path": "path",
            "file_elem_file_name": "fileName",
            "file_elem_file_id": "UUID",
            "file_elem_file_size": "fileSize",
            "file_elem_url": "url",
        },
    ),
    5: (ElemType.GROUP_TIPS, "groupTipsElem", GROUP_TIPS),
    6: (ElemType.FACE, "faceElem", {"face_elem_index": "index", "face_elem_buf": "data"}),
    7: (
        ElemType.LOCATION,
        "locationElem",
        {
            "location_elem_desc": "desc",
            "location_elem_longitude": "longitude",
            "location_elem_latitude": "latitude",
        },
    ),
    8: (
        ElemType.GROUP_REPORT,
        "groupReportElem",
        {
            "group_report_elem_report_type": "type",
            "group_report_elem_group_id": "groupID",
            "group_report_elem_op_user": "opUserID",
            "group_report_elem_op_user_info": ("opUserInfo", USER),
            "group_report_elem_op_group_memberinfo": ("opMemberInfo", MEMBER),
            "group_report_elem_msg": "reason",
            "group_report_elem_user_data": "customData",
            "group_report_elem_platform": "platform",
            "group_report_elem_shut_up_time": "shutUpTime",
            "group_report_elem_group_message_receive_option": "messageReceiveOpt",
        },
    ),
    9: (
        ElemType.VIDEO,
        "videoElem",
        {
            "video_elem_video_path": "videoPath",
            "video_elem_video_id": "UUID",
            "video_elem_video_size": "videoSize",
            "video_elem_video_duration": "duration",
            "video_elem_video_url": "videoUrl",
            "video_elem_image_path": "snapshotPath",
            "video_elem_image_id": "snapshotUUID",
            "video_elem_image_size": "snapshotSize",
            "video_elem_image_width": "snapshotWidth",
            "video_elem_image_height": "snapshotHeight",
            "video_elem_image_url": "snapshotUrl",
        },
    ),
    12: (
        ElemType.MERGER,
        "mergerElem",
        {
            "merge_elem_title": "title",
            "merge_elem_abstract_array": "abstractList",
            "merge_elem_layer_over_limit": "isLayersOverLimit",
        },
    ),
    13: (
        ElemType.STREAM,
        "streamElem",
        {
            "stream_elem_markdown": "markdown",
            "stream_elem_data": "data",
            "stream_elem_is_stream_ended": "isStreamEnded",
        },
    ),
}

# The tag for everyone; V2 spells it with three s.
AT_ALL, AT_ALL_CLASSIC = "__kImSDK_MessageAtALL__", "__kImSDK_MesssageAtALL__"
