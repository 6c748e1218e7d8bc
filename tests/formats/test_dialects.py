"""What each form of a conversation becomes, and what is refused."""

import pytest

from conversations.choices import GroupType
from conversations.exceptions import InvalidParameter
from conversations.formats import conversation
from conversations.formats.dialects import checked, conversations_in, to_classic
from conversations.formats.message_preview import one_line_preview

CLASSIC = {"conversationID": "c2c_bob", "type": 1, "showName": "Bob"}
CAPI = {"conv_id": "bob", "conv_type": 1, "conv_show_name": "Bob"}
WEB = {
    "conversationID": "C2Cuser7",
    "type": "C2C",
    "unreadCount": 2,
    "lastMessage": {"lastTime": 1_760_000_150, "lastSequence": 44, "fromAccount": "user7", "messageForShow": "hi"},
    "userProfile": {"userID": "user7", "nick": "Seven", "avatar": "https://cdn.example.test/7.png"},
    "groupProfile": None,
    "messageRemindType": "AcceptNotNotify",
}
GET_LIST = {
    "SessionItem": [
        {"Type": 1, "To_Account": "bob", "MsgTime": 1_760_000_200, "TopFlag": 1},
        {"Type": 2, "GroupId": "team_7", "MsgTime": 1_760_000_150, "TopFlag": 0},
    ],
    "CompleteFlag": 1,
    "TimeStamp": 0,
    "StartIndex": 0,
    "TopTimeStamp": 0,
    "TopStartIndex": 0,
    "ActionStatus": "OK",
    "ErrorCode": 0,
    "ErrorInfo": "",
    "ErrorDisplay": "",
}


def read(record, default_owner=None):
    owner, items = conversations_in(record, default_owner)
    return [(owner, to_classic(item).values) for item in items]


def ignored_keys(record):
    _owner, items = conversations_in(record, "alice")
    return [key for item in items for error in to_classic(item).ignored for key in error.errors]


def refused_key(record, default_owner="alice"):
    with pytest.raises(InvalidParameter) as caught:
        [conversation.from_wire(classic) for _owner, classic in read(record, default_owner)]
    (key,) = caught.value.errors
    return key


def from_capi(**keys):
    ((_owner, classic),) = read({"conv_id": "team_7", "conv_type": 2} | keys, "alice")
    conversation.from_wire(classic)
    return classic


# ---- Forms and owners --------------------------------------------------------------------------


def test_a_line_of_our_own_export_passes_untouched():
    owner, (item,) = conversations_in({"owner": "alice", "conversation": CLASSIC})

    assert owner == "alice"
    assert to_classic(item) == (CLASSIC, ())


@pytest.mark.parametrize(
    "record",
    [
        {"owner": "alice", "conversation": CLASSIC},
        {"owner": "alice", "conversation": CAPI},
        {"owner": "alice", "conversationList": [CLASSIC], "nextSeq": "0", "isFinished": True},
        {
            "owner": "alice",
            "conversation_list_result_conv_list": [CAPI],
            "conversation_list_result_next_seq": 0,
            "conversation_list_result_is_finished": True,
        },
        CAPI | {"conv_owner": "alice"},
        {"conversation_list_result_conv_list": [CAPI | {"conv_owner": "alice"}]},
    ],
)
def test_each_form_names_its_owner(record):
    ((owner, classic),) = read(record, "someone else")

    assert owner == "alice"
    assert conversation.from_wire(classic)[:4] == ("c2c_bob", 1, "", "Bob")


@pytest.mark.parametrize("record", [CLASSIC, CAPI, {"conversationList": [CLASSIC]}, GET_LIST, {"conversation": CAPI}])
def test_without_an_owner_the_default_is_taken(record):
    assert {owner for owner, _classic in read(record, "alice")} == {"alice"}


@pytest.mark.parametrize(
    "record", [CLASSIC, CAPI, {"conversationList": []}, GET_LIST, {"owner": None, "conversation": CLASSIC}]
)
def test_without_any_owner_it_is_refused(record):
    assert refused_key(record, default_owner=None) == "owner"


@pytest.mark.parametrize("owner", ["", "x" * 65, "bøb", "a\nb", "a\0", 5, ["alice"], True])
def test_an_owner_that_cannot_be_is_refused(owner):
    assert refused_key({"owner": owner, "conversation": CLASSIC}) == "owner"
    assert refused_key({"owner": owner, "conversation": CAPI}) == "owner"


def test_two_owners_in_one_record_are_refused():
    assert refused_key({"owner": "alice", "conversation": CAPI | {"conv_owner": "bob"}}) == "conv_owner"
    assert refused_key(GET_LIST | {"owner": "alice", "From_Account": "bob"}) == "From_Account"


def test_what_our_api_adds_is_dropped():
    ((_owner, classic),) = read(
        {"owner": "alice", "conversation": CLASSIC | {"imsite": {"version": 3, "membership": "member"}}}
    )

    assert classic == CLASSIC


def test_of_a_list_each_conversation_is_judged_alone():
    _owner, items = conversations_in({"owner": "alice", "conversationList": [CLASSIC, 5, CLASSIC]})

    assert to_classic(items[0]).values == to_classic(items[2]).values == CLASSIC
    with pytest.raises(InvalidParameter):
        to_classic(items[1])


@pytest.mark.parametrize("record", [None, 5, "text", [], [CLASSIC], {}, {"owner": "alice"}, {"hello": 1}])
def test_a_record_without_a_conversation_is_refused(record):
    with pytest.raises(InvalidParameter):
        conversations_in(record, "alice")


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"owner": "alice", "conversation": CLASSIC, "note": 1}, "note"),
        ({"owner": "alice", "conversation": CLASSIC, "conversationList": []}, "conversationList"),
        ({"owner": "alice", "conversationList": [CLASSIC], "total": 1}, "total"),
        ({"owner": "alice", "conversationList": {}}, "conversationList"),
        ({"owner": "alice", "conversation": None}, "conversation"),
        ({"owner": "alice", "conversationList": [None]}, "conversation"),
        (GET_LIST | {"Surprise": 1}, "Surprise"),
    ],
)
def test_an_unknown_key_beside_the_conversations_is_refused(record, key):
    assert refused_key(record) == key


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (CLASSIC | {"owner": "alice"}, "owner"),
        (CLASSIC | {"isMuted": True}, "isMuted"),
        (CAPI | {"conv_is_muted": True}, "conv_is_muted"),
        (CAPI | {"conv_draft": {"draft_msg": {}, "draft_colour": 1}}, "draft_colour"),
        (CAPI | {"conv_draft": {"draft_msg": {"message_elem_array": [{"elem_type": 1}]}}}, "draft_msg"),
        ({"SessionItem": [GET_LIST["SessionItem"][0] | {"UnreadCount": 1}]}, "UnreadCount"),
        (WEB | {"strange": 1}, "strange"),
        (WEB | {"messageRemindType": "Sometimes"}, "messageRemindType"),
        (WEB | {"draft": {"text": "x"}}, "draft"),
    ],
)
def test_a_key_without_a_place_is_ignored_by_name_and_the_rest_is_taken(record, key):
    ((_owner, classic),) = read(record, "alice")

    assert ignored_keys(record) == [key]
    assert conversation.from_wire(classic).conversation_id in ("c2c_bob", "c2c_user7")


# ---- REST --------------------------------------------------------------------------------------


def test_get_list_gives_ids_places_and_pins():
    found = [conversation.from_wire(classic) for _owner, classic in read(GET_LIST | {"From_Account": "alice"})]

    assert [(entry.conversation_id, entry.order_key, entry.is_pinned, entry.last_message) for entry in found] == [
        ("c2c_bob", 1_760_000_200_000_000, True, None),
        ("group_team_7", 1_760_000_150_000_000, False, None),
    ]


@pytest.mark.parametrize("key", ["GroupId", "ToGroupId", "ToGroupid"])
def test_each_spelling_of_the_group_id_is_read(key):
    assert to_classic({"Type": 2, key: "@TGS#1", "MsgTime": 0}).values["conversationID"] == "group_@TGS#1"


def test_a_failure_is_refused():
    assert refused_key({"ActionStatus": "FAIL", "ErrorCode": 70001, "ErrorInfo": "sig expired"}) == "ActionStatus"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 0, "data": {"conversationList": [WEB], "isSyncCompleted": True}},
        {"code": 0, "desc": "ok", "data": {"nextSeq": "0", "isFinished": True, "conversationList": [CLASSIC]}},
        {"code": 0, "data": [CLASSIC]},
        {"code": 0, "data": {"conversation": WEB}},
        {"data": CLASSIC, "owner": "alice"},
    ],
)
def test_an_sdks_whole_answer_is_taken_as_its_data(answer):
    ((owner, classic),) = read(answer, "alice")

    assert (owner, classic["conversationID"] in ("c2c_bob", "c2c_user7")) == ("alice", True)


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"code": 6014, "desc": "not logged in", "data": None}, "code"),
        ({"code": 0, "data": 7}, "data"),
        ({"code": 0, "data": [CLASSIC], "more": 1}, "more"),
        ({"owner": "a\0", "data": {"conversationList": [CLASSIC]}}, "owner"),
    ],
)
def test_an_sdks_failed_or_malformed_answer_is_refused(answer, key):
    assert refused_key(answer) == key


def test_an_empty_answer_holds_nothing():
    assert read({"ActionStatus": "OK", "CompleteFlag": 1, "From_Account": "alice"}) == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"Type": 3}, "Type"),
        ({"Type": True}, "Type"),
        ({"To_Account": ""}, "To_Account"),
        ({"To_Account": None, "GroupId": "x"}, "To_Account"),
        ({"Type": 2}, "GroupId"),
        ({"MsgTime": "1760000200"}, "MsgTime"),
        ({"MsgTime": 1_760_000_200_000}, "MsgTime"),
        ({"MsgTime": -1}, "MsgTime"),
        ({"TopFlag": 2}, "TopFlag"),
        ({"TopFlag": True}, "TopFlag"),
    ],
)
def test_a_malformed_entry_of_get_list_is_refused(change, key):
    assert refused_key({"SessionItem": [GET_LIST["SessionItem"][0] | change]}) == key


# ---- C API -------------------------------------------------------------------------------------


def test_every_key_of_the_c_api_has_its_classic_twin():
    classic = from_capi(
        conv_show_name="Team 7",
        conv_face_url="https://cdn.example.test/7.png",
        conv_group_type=0,
        conv_unread_num=12,
        conv_is_pinned=True,
        conv_recv_opt=2,
        conv_active_time=4_611_686_018_427_387_909,
        conv_mark_array=[1, 1 << 32],
        conv_custom_data="vip",
        conv_conversation_group_array=["work"],
        conv_c2c_read_timestamp=1_760_000_000,
        conv_group_read_sequence=508,
        conv_group_at_info_array=[{"conv_group_at_info_seq": 519, "conv_group_at_info_at_type": 3}],
        conv_is_has_draft=True,
        conv_draft={
            "draft_msg": {"message_elem_array": [{"elem_type": 0, "text_elem_content": "half-typed"}]},
            "draft_edit_time": 1_760_000_230,
            "draft_user_define": "half-typed",
        },
        conv_is_has_lastmsg=True,
        conv_last_msg={"message_server_time": 1_760_000_150, "message_seq": 520},
    )

    assert classic | {"lastMessage": None} == {
        "conversationID": "group_team_7",
        "showName": "Team 7",
        "faceUrl": "https://cdn.example.test/7.png",
        "groupType": "Public",
        "unreadCount": 12,
        "isPinned": True,
        "recvOpt": 2,
        "orderkey": 4_611_686_018_427_387_909,
        "markList": [1, 1 << 32],
        "customData": "vip",
        "conversationGroupList": ["work"],
        "c2cReadTimestamp": 1_760_000_000,
        "groupReadSequence": 508,
        "groupAtInfoList": [{"seq": 519, "atType": 3}],
        "draftText": "half-typed",
        "draftTimestamp": 1_760_000_230,
        "lastMessage": None,
    }
    assert conversation.from_wire(classic).order_key == 1_760_000_230_000_000


def test_the_c_api_id_is_bare_whatever_it_looks_like():
    ((_owner, classic),) = read({"conv_id": "c2c_group_x", "conv_type": 1}, "alice")

    assert classic["conversationID"] == "c2c_c2c_group_x"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, GroupType.PUBLIC),
        (1, GroupType.WORK),
        (2, GroupType.MEETING),
        (3, GroupType.BCHATROOM),
        (4, GroupType.AVCHATROOM),
        (5, GroupType.COMMUNITY),
        ("ChatRoom", "ChatRoom"),
        (None, None),
    ],
)
def test_group_types_have_numbers_in_the_c_api(number, word):
    assert from_capi(conv_group_type=number)["groupType"] == word


def test_a_one_to_one_conversation_has_no_group_type_though_its_number_is_0():
    assert to_classic(CAPI | {"conv_group_type": 0}).values["groupType"] is None


@pytest.mark.parametrize("flag", ["conv_is_has_lastmsg", "conv_is_has_draft"])
def test_a_flag_takes_the_empty_form_away(flag):
    classic = from_capi(
        conv_last_msg={"message_client_time": 1_760_000_000},
        conv_draft={"draft_edit_time": 1_760_000_000, "draft_user_define": "x"},
        **{flag: False},
    )

    assert (classic["lastMessage"] is None) == (flag == "conv_is_has_lastmsg")
    assert ("draftText" not in classic) == (flag == "conv_is_has_draft")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"conv_type": 3}, "conv_type"),
        ({"conv_type": "1"}, "conv_type"),
        ({"conv_type": None}, "conv_type"),
        ({"conv_id": ""}, "conv_id"),
        ({"conv_id": 5}, "conv_id"),
        ({"conv_id": "x" * 65}, "conversationID"),
        ({"conv_group_type": 1}, "groupType"),
        ({"conv_type": 2, "conv_group_type": 6}, "conv_group_type"),
        ({"conv_unread_num": "3"}, "unreadCount"),
        ({"conv_mark_array": [16]}, "markList"),
        ({"conv_group_at_info_array": 5}, "groupAtInfoList"),
        ({"conv_group_at_info_array": [5]}, "conv_group_at_info_array"),
        ({"conv_group_at_info_array": [{"conv_group_at_info_seq": 1, "extra": 1}]}, "conv_group_at_info_array.extra"),
        ({"conv_last_msg": []}, "conv_last_msg"),
        ({"conv_last_msg": {"message_elem_array": {}}}, "conv_last_msg.message_elem_array"),
        ({"conv_last_msg": {"message_elem_array": [1]}}, "conv_last_msg.message_elem_array"),
        ({"conv_last_msg": {"message_sender_profile": "x"}}, "conv_last_msg.message_sender_profile"),
        ({"conv_last_msg": {"message_group_at_user_array": "x"}}, "conv_last_msg.message_group_at_user_array"),
        ({"conv_last_msg": {"message_server_time": 1_760_000_000_000}}, "lastMessage.timestamp"),
        ({"conv_draft": "text"}, "conv_draft"),
        ({"conv_draft": {"draft_msg": {"message_elem_array": {}}}}, "conv_draft.message_elem_array"),
    ],
)
def test_a_malformed_c_api_object_is_refused(change, key):
    assert refused_key(CAPI | change) == key


@pytest.mark.parametrize(("app_text", "ignored"), [("", []), ("a", []), ("b", ["draft_user_define"])])
def test_the_apps_text_of_a_draft_is_ignored_beside_another_text(app_text, ignored):
    message = {"message_elem_array": [{"elem_type": 0, "text_elem_content": "a"}]}
    record = CAPI | {"conv_draft": {"draft_msg": message, "draft_user_define": app_text, "draft_edit_time": 5}}
    ((_owner, classic),) = read(record, "alice")

    assert (ignored_keys(record), classic["draftText"], classic["showName"]) == (ignored, "a", "Bob")


# ---- Web SDK -----------------------------------------------------------------------------------


def from_web(**keys):
    ((_owner, classic),) = read(WEB | keys, "alice")
    conversation.from_wire(classic)
    return classic


def web_group(**keys):
    group = {"groupID": "team_7", "name": "Team 7", "avatar": "https://cdn.example.test/t.png", "type": "Private"}
    return from_web(conversationID="GROUPteam_7", type="GROUP", userProfile=None, groupProfile=group, **keys)


def test_a_web_conversation_is_taken_with_its_names_and_settings():
    entry = conversation.from_wire(from_web(isPinned=True, draft="half-typed", remark="", operationType=0, isMuted=False))

    assert ignored_keys(WEB) == []
    assert entry[:7] == ("c2c_user7", 1, "", "Seven", "https://cdn.example.test/7.png", 2, 2)
    assert (entry.draft_text, entry.is_pinned, entry.order_key) == ("half-typed", True, 1_760_000_150_000_000)
    assert one_line_preview(entry.last_message, 1) == "hi"


def test_a_friends_remark_is_better_than_the_nickname():
    assert from_web(remark="Sven")["showName"] == "Sven"


def test_a_web_group_has_its_name_and_type():
    classic = web_group(subType="ChatRoom")

    assert (classic["conversationID"], classic["showName"], classic["groupType"]) == ("group_team_7", "Team 7", "ChatRoom")
    assert web_group()["groupType"] == "Private"


@pytest.mark.parametrize(
    ("word", "conversation_id"), [("TOPIC", "GROUP@TGS#_a@TOPIC#_b"), ("GROUP", "group_x"), ("C2C", "C2CC2CGROUP")]
)
def test_only_the_prefix_of_a_web_id_is_cut(word, conversation_id):
    classic = from_web(conversationID=conversation_id, type=word, userProfile=None)

    bare_id = conversation_id.removeprefix("C2C" if word == "C2C" else "GROUP").removeprefix("group_")
    assert classic["conversationID"] == ("c2c_" if word == "C2C" else "group_") + bare_id


def test_a_web_object_without_a_type_is_known_by_its_own_keys():
    assert from_web(type=None)["conversationID"] == "c2c_user7"


def test_web_mentions_have_one_type_each():
    entries = [
        {"from": "bob", "groupID": "team_7", "messageSequence": 519, "atTypeArray": [1]},
        {"messageSequence": 520, "atTypeArray": [2]},
        {"messageSequence": 521, "atTypeArray": [1, 2]},
    ]

    assert web_group(groupAtInfoList=entries)["groupAtInfoList"] == [
        {"seq": 519, "atType": 1},
        {"seq": 520, "atType": 2},
        {"seq": 521, "atType": 3},
    ]


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("TIMTextElem", {"text": "hello"}, "hello"),
        ("TIMCustomElem", {"data": "{}", "description": "order card", "extension": ""}, "[custom message] order card"),
        ("TIMImageElem", {"uuid": "a", "imageInfoArray": [{"url": "https://a", "width": 1}]}, "[image]"),
        ("TIMSoundElem", {"uuid": "a", "second": 5}, "[voice message] 5 s"),
        ("TIMVideoFileElem", {"videoUUID": "a", "videoSecond": 8}, "[video] 8 s"),
        ("TIMFileElem", {"fileName": "a.pdf", "fileSize": 7}, "[file] a.pdf"),
        ("TIMLocationElem", {"description": "Shenzhen", "longitude": 1.5, "latitude": 2}, "[location] Shenzhen"),
        ("TIMFaceElem", {"index": 1, "data": "x"}, "[sticker]"),
        ("TIMRelayElem", {"title": "Bob and Carol", "abstractList": []}, "[chat history] Bob and Carol"),
        ("TIMFutureElem", {"a": 1}, "shown"),
        ("TIMTextElem", None, "shown"),
    ],
)
def test_each_web_message_has_its_preview(kind, payload, words):
    message = {"lastTime": 5, "type": kind, "payload": payload, "messageForShow": "shown"}

    entry = conversation.from_wire(from_web(lastMessage=message))
    assert one_line_preview(entry.last_message, 1) == words


def test_a_recalled_web_message_is_a_notice_without_content():
    message = {
        "lastTime": 5, "lastSequence": 7, "fromAccount": "user7", "type": "TIMTextElem", "payload": {"text": "secret"},
        "messageForShow": "secret", "isRevoked": True, "revoker": "user7", "extra": "secret",
    }  # fmt: skip
    classic = from_web(lastMessage=message)

    assert "secret" not in str(classic)
    assert (classic["lastMessage"]["status"], classic["lastMessage"]["revokerInfo"]) == (6, {"userID": "user7"})
    assert classic["lastMessage"]["isSelf"] is False


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"conversationID": "@TIM#SYSTEM", "type": "@TIM#SYSTEM"}, "conversationID"),
        ({"conversationID": "C2C"}, "conversationID"),
        ({"conversationID": 7}, "conversationID"),
        ({"type": "GROUP"}, "type"),
        ({"type": "BOT"}, "type"),
        ({"userProfile": "Seven"}, "userProfile"),
        ({"lastMessage": "hi"}, "lastMessage"),
        ({"lastMessage": {"lastTime": 1_760_000_150_000}}, "lastMessage.timestamp"),
        ({"lastMessage": {"lastTime": 5, "lastSequence": "x"}}, "lastMessage.seq"),
        ({"groupAtInfoList": [{"messageSequence": 5}]}, "groupAtInfoList"),
        ({"groupAtInfoList": [{"messageSequence": 5, "atTypeArray": [4]}]}, "groupAtInfoList"),
        ({"groupAtInfoList": [5]}, "groupAtInfoList"),
        ({"unreadCount": "2"}, "unreadCount"),
    ],
)
def test_a_malformed_web_object_is_refused(change, key):
    assert refused_key(WEB | change) == key


def test_an_object_of_no_known_form_is_refused_with_the_forms_that_are_taken():
    for item in ({}, {"id": "bob"}, {"userProfile": {}}):
        with pytest.raises(InvalidParameter, match=r"Expected a .*c2c_.*C2C.*conv_id.*get_list"):
            to_classic(item)
    with pytest.raises(InvalidParameter, match="Expected a"):
        conversations_in({"hello": 1}, "alice")


# ---- Values that can't be used -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"recvOpt": 9}, "recvOpt"),
        ({"markList": [16]}, "markList"),
        ({"markList": "1"}, "markList"),
        ({"customData": "x" * 257}, "customData"),
        ({"faceUrl": 7}, "faceUrl"),
        ({"unreadCount": -1}, "unreadCount"),
        ({"isPinned": 1}, "isPinned"),
        ({"groupAtInfoList": [{"seq": "1"}]}, "groupAtInfoList"),
        ({"groupType": "Work"}, "groupType"),
        ({"conversationGroupList": ["x" * 33]}, "conversationGroupList"),
        ({"lastMessage": []}, "lastMessage"),
        ({"lastMessage": {"timestamp": "1"}}, "lastMessage.timestamp"),
    ],
)
def test_a_value_that_cannot_be_used_costs_its_key_only(change, key):
    read = checked(CLASSIC | {"customData": "vip"} | change)

    assert [name for error in read.ignored for name in error.errors] == [key]
    assert read.is_incomplete
    assert (read.entry.show_name, key.partition(".")[0] in read.keys) == ("Bob", False)


@pytest.mark.parametrize(
    "item",
    [
        CAPI | {"conv_last_msg": {"message_elem_array": {}}, "conv_recv_opt": 9, "conv_mark_array": [1]},
        WEB | {"userProfile": "Seven", "groupAtInfoList": [5], "markList": [1]},
    ],
)
def test_of_two_wrong_values_in_another_dialect_both_are_named(item):
    read = checked(item)

    assert (len(read.ignored), read.entry.marks, read.entry.recv_opt) == (2, 1, 2 if "type" in item else 0)


@pytest.mark.parametrize("change", [{"draftText": 7}, {"draftTimestamp": 1_760_000_000_000}])
def test_a_draft_is_ignored_as_a_whole(change):
    read = checked(CLASSIC | {"draftText": "half-typed", "draftTimestamp": 1_760_000_000} | change)

    assert (read.entry.draft_text, read.entry.draft_timestamp) == ("", 0)
    assert read.keys.isdisjoint({"draftText", "draftTimestamp"})


@pytest.mark.parametrize(
    "item",
    [
        CLASSIC | {"conversationID": "bob"}, CLASSIC | {"type": 2}, CLASSIC | {"userID": "carol"}, CLASSIC | {"claimed": "yes"},
        CAPI | {"conv_type": 3}, CAPI | {"conv_id": "x" * 65}, WEB | {"type": "GROUP"}, 7, None, "c2c_bob", ["lastMessage"],
    ],
)  # fmt: skip
def test_an_object_that_names_no_conversation_is_refused(item):
    with pytest.raises(InvalidParameter):
        checked(item)
