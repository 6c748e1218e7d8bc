"""The C API's messages in classic form, and that nothing at all makes the dialects stumble."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.choices import ElemType
from conversations.exceptions import InvalidParameter
from conversations.formats import (
    c_api_conversation,
    c_api_names,
    conversation,
    dialects,
    web_conversation,
    web_message,
)
from tests.support.entries import json_values


def last_message(conv_id="team_7", conv_type=2, **keys):
    item = {"conv_id": conv_id, "conv_type": conv_type, "conv_last_msg": keys}
    classic = dialects.to_classic(item).values
    conversation.from_wire(classic)
    return classic["lastMessage"]


def test_the_keys_of_a_message():
    message = last_message(
        message_msg_id="144115200000000009-1760000150-2718281828",
        message_conv_type=2,
        message_conv_id="team_7",
        message_sender="carol",
        message_server_time=1_760_000_150,
        message_client_time=1_760_000_149,
        message_seq=520,
        message_rand=2_718_281_828,
        message_status=2,
        message_priority=2,
        message_is_from_self=False,
        message_is_read=False,
        message_is_peer_read=False,
        message_need_read_receipt=True,
        message_custom_str="local",
        message_custom_int=7,
        message_cloud_custom_str="cloud",
        message_is_excluded_from_unread_count=False,
        message_excluded_from_last_message=False,
        message_group_at_user_array=["alice", "__kImSDK_MessageAtALL__"],
        message_sender_profile={
            "user_profile_identifier": "carol",
            "user_profile_nick_name": "Carol",
            "user_profile_face_url": "https://cdn.example.test/carol.png",
            "user_profile_friend_remark": "C.",
            "user_profile_level": 3,
        },
        message_sender_group_member_info={
            "group_member_info_identifier": "carol",
            "group_member_info_name_card": "Carol (ops)",
        },
        message_elem_array=[{"elem_type": 0, "text_elem_content": "hello"}],
        message_version=4,
    )

    assert message == {
        "msgID": "144115200000000009-1760000150-2718281828",
        "userID": None,
        "groupID": "team_7",
        "sender": "carol",
        "timestamp": 1_760_000_150,
        "message_client_time": 1_760_000_149,
        "seq": "520",
        "random": 2_718_281_828,
        "status": 2,
        "priority": 2,
        "isSelf": False,
        "isRead": False,
        "isPeerRead": False,
        "needReadReceipt": True,
        "localCustomData": "local",
        "localCustomInt": 7,
        "cloudCustomData": "cloud",
        "isExcludedFromUnreadCount": False,
        "isExcludedFromLastMessage": False,
        "groupAtUserList": ["alice", "__kImSDK_MesssageAtALL__"],
        "nickName": "Carol",
        "faceUrl": "https://cdn.example.test/carol.png",
        "friendRemark": "C.",
        "nameCard": "Carol (ops)",
        "message_sender_profile": {"user_profile_level": 3},
        "revokerInfo": None,
        "elemType": ElemType.TEXT,
        "textElem": {"text": "hello"},
        "message_version": 4,
    }


def test_a_message_that_never_reached_the_server_has_its_senders_time():
    message = last_message(message_server_time=0, message_client_time=1_760_000_149)

    assert message["timestamp"] == 1_760_000_149
    assert not message.keys() & {"message_server_time", "message_client_time"}


def test_a_one_to_one_message_names_the_peer():
    message = last_message("bob", 1, message_conv_id="bob", message_conv_type=1)

    assert (message["userID"], message["groupID"]) == ("bob", None)


def test_who_recalled_a_message_and_why():
    message = last_message(
        message_status=6, message_revoker_user_id="bob", message_revoker_nick_name="Bob", message_revoke_reason="typo"
    )

    assert message["revokerInfo"] == {"userID": "bob", "nickName": "Bob", "faceUrl": None}
    assert message["revokeReason"] == "typo"


@pytest.mark.parametrize("key", ["message_offline_push_config", "message_offlie_push_config"])
def test_the_push_is_found_in_both_spellings(key):
    config = {
        "offline_push_config_title": "t",
        "offline_push_config_desc": "d",
        "offline_push_config_ext": "e",
        "offline_push_config_flag": 1,
        "offline_push_config_ios_config": {"ios_offline_push_config_sound": "s"},
    }

    message = last_message(**{key: config})

    assert message["offlinePushInfo"] == {
        "title": "t",
        "desc": "d",
        "ext": "e",
        "disablePush": True,
        "offline_push_config_ios_config": {"ios_offline_push_config_sound": "s"},
    }
    assert key not in message


ELEMENTS = [
    ({"elem_type": 0, "text_elem_content": "hi"}, ElemType.TEXT, "textElem", {"text": "hi"}),
    (
        {
            "elem_type": 2,
            "sound_elem_file_id": "u",
            "sound_elem_file_time": 3,
            "sound_elem_file_size": 9,
            "sound_elem_task_id": 1,
        },
        ElemType.SOUND,
        "soundElem",
        {"UUID": "u", "duration": 3, "dataSize": 9, "sound_elem_task_id": 1},
    ),
    (
        {"elem_type": 3, "custom_elem_data": "{}", "custom_elem_desc": "d", "custom_elem_ext": "e"},
        ElemType.CUSTOM,
        "customElem",
        {"data": "{}", "desc": "d", "extension": "e"},
    ),
    (
        {"elem_type": 4, "file_elem_file_name": "a.pdf", "file_elem_file_size": 9},
        ElemType.FILE,
        "fileElem",
        {"fileName": "a.pdf", "fileSize": 9},
    ),
    ({"elem_type": 6, "face_elem_index": 1, "face_elem_buf": "[ok]"}, ElemType.FACE, "faceElem", {"index": 1, "data": "[ok]"}),
    (
        {"elem_type": 7, "location_elem_desc": "here", "location_elem_longitude": 113.9, "location_elem_latitude": 22.5},
        ElemType.LOCATION,
        "locationElem",
        {"desc": "here", "longitude": 113.9, "latitude": 22.5},
    ),
    (
        {"elem_type": 8, "group_report_elem_report_type": 5, "group_report_elem_group_id": "team_7"},
        ElemType.GROUP_REPORT,
        "groupReportElem",
        {"type": 5, "groupID": "team_7"},
    ),
    (
        {"elem_type": 9, "video_elem_video_duration": 8, "video_elem_image_url": "https://cdn.example.test/v.jpg"},
        ElemType.VIDEO,
        "videoElem",
        {"duration": 8, "snapshotUrl": "https://cdn.example.test/v.jpg"},
    ),
    (
        {"elem_type": 12, "merge_elem_title": "Chat", "merge_elem_abstract_array": ["a: b"], "merge_elem_compatible_text": "c"},
        ElemType.MERGER,
        "mergerElem",
        {"title": "Chat", "abstractList": ["a: b"], "merge_elem_compatible_text": "c"},
    ),
    (
        {"elem_type": 13, "stream_elem_markdown": "**a**", "stream_elem_is_stream_ended": True},
        ElemType.STREAM,
        "streamElem",
        {"markdown": "**a**", "isStreamEnded": True},
    ),
    (
        {
            "elem_type": 1,
            "image_elem_orig_path": "p",
            "image_elem_format": 3,
            "image_elem_orig_id": "o",
            "image_elem_orig_pic_size": 9,
            "image_elem_orig_pic_width": 4,
            "image_elem_orig_pic_height": 3,
            "image_elem_orig_url": "https://cdn.example.test/o.png",
            "image_elem_thumb_id": "t",
            "image_elem_large_id": "",
            "image_elem_large_url": "",
        },
        ElemType.IMAGE,
        "imageElem",
        {
            "path": "p",
            "image_elem_format": 3,
            "imageList": [
                {"type": 1, "uuid": "o", "size": 9, "width": 4, "height": 3, "url": "https://cdn.example.test/o.png"},
                {"type": 2, "uuid": "t", "size": None, "width": None, "height": None, "url": None},
            ],
        },
    ),
    (
        {
            "elem_type": 5,
            "group_tips_elem_tip_type": 1,
            "group_tips_elem_join_type": 2,
            "group_tips_elem_group_id": "team_7",
            "group_tips_elem_op_group_memberinfo": {"group_member_info_identifier": "bob"},
            "group_tips_elem_changed_group_memberinfo_array": [{"group_member_info_nick_name": "Carol"}],
            "group_tips_elem_group_change_info_array": [{"group_tips_group_change_info_flag": 1}],
            "group_tips_elem_member_change_info_array": None,
            "group_tips_elem_member_num": 3,
        },
        ElemType.GROUP_TIPS,
        "groupTipsElem",
        {
            "type": 2,
            "group_tips_elem_join_type": 2,
            "groupID": "team_7",
            "opMember": {"userID": "bob"},
            "memberList": [{"nickName": "Carol"}],
            "groupChangeInfoList": [{"type": 1}],
            "memberChangeInfoList": None,
            "memberCount": 3,
        },
    ),
]


@pytest.mark.parametrize(("element", "elem_type", "name", "classic"), ELEMENTS)
def test_an_element_has_the_classic_number_and_keys(element, elem_type, name, classic):
    message = last_message(message_elem_array=[element])

    assert message["elemType"] == elem_type
    assert message[name] == classic


@pytest.mark.parametrize(
    ("number", "classic"), [(1, 1), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (9, 9), (10, 10), (11, 11), (99, 99)]
)
def test_group_tips_are_numbered_otherwise(number, classic):
    message = last_message(message_elem_array=[{"elem_type": 5, "group_tips_elem_tip_type": number}])

    assert message["groupTipsElem"]["type"] == classic


def test_further_elements_hang_on_the_first():
    message = last_message(
        message_elem_array=[
            {"elem_type": 0, "text_elem_content": "look"},
            {"elem_type": 6, "face_elem_index": 1},
            {"elem_type": 11, "profile_change_elem_change_type": 1},
        ]
    )

    assert message["elemType"] == ElemType.TEXT
    assert message["textElem"] == {
        "text": "look",
        "nextElem": {
            "elemType": ElemType.FACE,
            "index": 1,
            "nextElem": {"elem_type": 11, "profile_change_elem_change_type": 1},
        },
    }


@pytest.mark.parametrize("number", [-1, 10, 11, 99, None, "0", True, [0]])
def test_an_element_of_another_kind_stays_as_it_is(number):
    elements = [{"elem_type": number, "some_key": 1}, {"elem_type": 0, "text_elem_content": "x"}]

    message = last_message(message_elem_array=elements)

    assert message["elemType"] == ElemType.NONE
    assert message["message_elem_array"] == elements


# ---- Anything at all ---------------------------------------------------------------------------

CAPI_KEYS = sorted(c_api_conversation.KEYS)
MESSAGE_KEYS = [
    *c_api_names.MESSAGE,
    "message_elem_array",
    "message_sender_profile",
    "message_sender_group_member_info",
    "message_group_at_user_array",
    "message_offline_push_config",
    "message_revoker_user_id",
    "message_server_time",
    "message_client_time",
    "message_seq",
    "message_conv_id",
]
ELEMENT_KEYS = [
    "elem_type",
    "text_elem_content",
    "group_tips_elem_tip_type",
    "group_tips_elem_join_type",
    "group_tips_elem_op_group_memberinfo",
    "image_elem_orig_url",
    "nextElem",
]
elements = st.dictionaries(st.sampled_from(ELEMENT_KEYS), json_values | st.integers(-1, 14), max_size=4)
messages = st.dictionaries(st.sampled_from(MESSAGE_KEYS), json_values | st.lists(elements, max_size=3), max_size=6)
drafts = st.dictionaries(st.sampled_from(["draft_msg", "draft_edit_time", "draft_user_define"]), json_values | messages)
capi_objects = st.dictionaries(st.sampled_from(CAPI_KEYS), json_values | messages | drafts | st.integers(0, 3), max_size=8)
WEB_MESSAGE_KEYS = sorted({*web_message.RENAMED, *web_message.TRANSLATED})
payloads = st.dictionaries(st.sampled_from(["text", "uuid", "imageInfoArray", "data", "second"]), json_values, max_size=3)
kinds = st.sampled_from([*web_message.ELEMENTS, "TIMImageElem", "?"])
web_messages = st.dictionaries(st.sampled_from(WEB_MESSAGE_KEYS), json_values | payloads | kinds, max_size=6)
web_objects = st.dictionaries(
    st.sampled_from(sorted(web_conversation.KEYS - {"conversationID"})),
    json_values | web_messages.map(lambda message: {"lastTime": 5} | message) | st.sampled_from(["C2C", "GROUP", "Discard"]),
    max_size=8,
)


@given(
    json_values
    | capi_objects.map(lambda keys: {"conv_id": "bob", "conv_type": 1} | keys)
    | web_objects.map(lambda keys: {"conversationID": "C2Cbob", "type": "C2C"} | keys)
)
def test_whatever_comes_is_read_or_refused(record):
    try:
        owner, items = dialects.conversations_in(record, "alice")
        for item in items:
            entry = conversation.from_wire(dialects.to_classic(item).values)
            assert (owner, bool(entry.conversation_id)) == ("alice", True)
    except InvalidParameter:
        pass
