"""The vendor's send, import and recall bodies: what is read of them, and what is refused by name."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.choices import ConversationType
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.formats import rest_messages
from conversations.formats.messages import C2CRecall, GroupRecall
from tests.support.entries import json_values

C2C, GROUP = ConversationType
NOW_S = 1_760_000_300
PAYLOADS = Path(__file__).parent.parent / "payloads"
HELLO = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def c2c(**keys):
    return {"From_Account": "bob", "To_Account": "alice", "MsgBody": [HELLO]} | keys


def group(**keys):
    return {"From_Account": "bob", "GroupId": "team_7", "MsgBody": [HELLO]} | keys


def read(body):
    return rest_messages.message(body, now_s=NOW_S)


def refused_key(body, read=read):
    with pytest.raises(InvalidParameter) as caught:
        read(body)
    (key,) = caught.value.errors
    assert str(caught.value.detail).startswith(f"{key}: ")
    return key


# ---- One to one --------------------------------------------------------------------------------


def test_a_one_to_one_body_names_sender_peer_and_place():
    message = read(payload("send_c2c"))

    assert (message.type, message.sender, message.peer, message.thread) == (
        C2C,
        "demo_bob",
        "demo_alice",
        "demo_alice\x1fdemo_bob",
    )
    assert (message.time_s, message.seq, message.random) == (1_760_000_200, 48211, 3_141_592_653)
    assert message.msg_key == "48211_3141592653_1760000200"
    assert message.cloud_custom_data == '{"trace":"t-1"}'


def test_what_the_body_does_not_tell_is_none_and_for_the_server_to_give():
    message = read(c2c())

    assert (message.time_s, message.seq, message.random, message.msg_key) == (None, None, None, None)


def test_the_least_body_is_shown_counted_and_for_everybody():
    message = read(c2c())

    assert (message.counts_as_unread, message.is_shown_last, message.is_online_only) == (True, True, False)
    assert (message.at_all, message.at_accounts, message.targets) == (False, (), ())


def test_a_message_to_oneself_is_a_message():
    message = read(c2c(To_Account="bob"))

    assert (message.sender, message.peer) == ("bob", "bob")


def test_send_controls_exclude_from_unread_and_from_the_list():
    message = read(payload("send_c2c"))

    assert (message.counts_as_unread, message.is_shown_last) == (False, False)


@pytest.mark.parametrize(("number", "counts"), [(1, True), (2, False), (5, True)])
def test_history_is_imported_as_read(number, counts):
    assert read(payload("import_c2c") | {"SyncFromOldSystem": number}).counts_as_unread is counts


@pytest.mark.parametrize("keys", [{"OnlineOnlyFlag": 1}, {"MsgLifeTime": 0}])
def test_a_message_for_those_online_says_so(keys):
    assert read(c2c(**keys)).is_online_only


def test_numbers_may_come_as_decimal_text():
    message = read(c2c(MsgSeq="48211", MsgRandom="7", MsgTime="1760000200"))

    assert (message.time_s, message.seq, message.random) == (1_760_000_200, 48211, 7)


@pytest.mark.parametrize("key", ["MsgTime", "MsgTimeStamp"])
def test_the_time_has_two_names(key):
    assert read(c2c(**{key: 1_760_000_200})).time_s == 1_760_000_200


@pytest.mark.parametrize("key", ["MsgRandom", "Random"])
def test_the_random_number_has_two_names(key):
    assert read(c2c(**{key: 7})).random == 7


def test_a_time_of_0_is_none():
    assert read(c2c(MsgTimeStamp=0)).time_s is None


def test_the_parts_of_a_msg_key_count_more_than_the_rest():
    message = read(c2c(MsgKey="48211_7_1760000200", MsgTime=1_760_000_201, MsgSeq=1))

    assert (message.time_s, message.seq, message.random) == (1_760_000_200, 48211, 7)


def test_a_day_ahead_is_the_most():
    day_ahead_s = NOW_S + 24 * 60 * 60

    assert read(c2c(MsgTime=day_ahead_s)).time_s == day_ahead_s
    assert refused_key(c2c(MsgTime=day_ahead_s + 1)) == "MsgTime"


# ---- Groups ------------------------------------------------------------------------------------


def test_a_group_body_names_sender_group_and_mentions():
    message = read(payload("send_group"))

    assert (message.type, message.sender, message.group_id, message.thread) == (
        GROUP, "demo_carol", "demo_team_7", "demo_team_7",
    )  # fmt: skip
    assert (message.peer, message.topic_id, message.random, message.msg_key) == ("", "", 2_718_281_828, None)
    assert (message.at_all, message.at_accounts) == (True, ("demo_alice",))


@pytest.mark.parametrize("key", ["GroupId", "ToGroupId", "ToGroupid"])
def test_a_group_id_has_three_spellings(key):
    body = group()
    del body["GroupId"]

    assert read(body | {key: "team_7"}).group_id == "team_7"


def test_a_topic_is_the_thread_of_its_messages():
    message = read(group(GroupId="@TGS#_c", TopicId="@TGS#_c@TOPIC#_news"))

    assert (message.group_id, message.thread) == ("@TGS#_c", "@TGS#_c@TOPIC#_news")


def test_a_targeted_message_names_each_target_once():
    assert read(group(To_Account=["alice", "carol", "alice"])).targets == ("alice", "carol")


def test_a_group_seq_may_pass_32_bits_and_be_text():
    assert read(group(MsgSeq=str(1 << 40))).seq == 1 << 40


def test_a_group_seq_of_0_is_none():
    assert read(group(MsgSeq=0)).seq is None


def test_an_imported_list_is_as_many_messages_all_of_them_read():
    first, second = map(read, rest_messages.bodies(payload("import_group")))

    assert (first.group_id, first.sender, first.time_s, first.random) == ("demo_team_7", "demo_carol", 1_750_000_100, 8_912_345)
    assert (second.group_id, second.sender, second.time_s, second.random) == ("demo_team_7", "demo_dave", 1_750_000_200, None)
    assert not first.counts_as_unread
    assert not second.counts_as_unread


def test_a_list_is_as_many_messages_and_anything_else_one():
    assert rest_messages.bodies([c2c(), 5]) == [c2c(), 5]
    assert rest_messages.bodies(c2c()) == [c2c()]
    assert rest_messages.bodies(None) == [None]


# ---- Elements ----------------------------------------------------------------------------------


def test_the_elements_stay_as_they_came():
    elements = [HELLO, {"MsgType": "TIMFutureElem", "MsgContent": {"Deep": [1, {"a": None}]}}]

    assert read(c2c(MsgBody=elements)).elements == tuple(elements)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "hello",
        ["hello"],
        [None],
        [{}],
        [{"MsgType": "TIMTextElem"}],
        [{"MsgContent": {}}],
        [{"MsgType": 1, "MsgContent": {}}],
        [{"MsgType": "TIMTextElem", "MsgContent": "hello"}],
        [HELLO] * 101,
        [HELLO | {"MsgContent": {"Text": "x" * 66_000}}],
        [HELLO | {"MsgContent": {"Text": "a\0b"}}],
        [HELLO | {"MsgContent": {"Text": "a\\\0b"}}],
        [HELLO | {"MsgContent": {"Text": "\ud800"}}],
        [HELLO | {"MsgContent": {"Text": 5}}],
        [HELLO | {"MsgContent": {"Text": True}}],
        [{"MsgType": "TIMFaceElem", "MsgContent": {"Index": "1"}}],
        [{"MsgType": "TIMLocationElem", "MsgContent": {"Latitude": True}}],
        [{"MsgType": "TIMRelayElem", "MsgContent": {"AbstractList": [5]}}],
        [{"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": {}}}],
        [{"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": [{"Type": 4}]}}],
        [{"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": [{"Type": 1, "URL": 5}]}}],
        [{"MsgType": "X", "MsgContent": {"Number": 1 << 64}}],
        [{"MsgType": "X", "MsgContent": {"\0": 1}}],
    ],
)
def test_a_body_without_good_elements_is_refused(body):
    assert refused_key(c2c(MsgBody=body)) == "MsgBody"


def test_an_escaped_backslash_before_u0000_is_no_nul():
    assert read(c2c(MsgBody=[HELLO | {"MsgContent": {"Text": "a\\u0000b"}}]))


def test_elements_nested_too_deeply_are_refused():
    content = {}
    for _count in range(300):
        content = {"a": content}

    assert refused_key(c2c(MsgBody=[{"MsgType": "X", "MsgContent": content}])) == "MsgBody"


def test_elements_whose_classic_form_is_too_long_are_refused():
    infos = [{"Type": 1}] * 5_000

    assert refused_key(c2c(MsgBody=[{"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": infos}}])) == "MsgBody"


# ---- Refusals ----------------------------------------------------------------------------------

BAD_IDS = [None, "", "x" * 97, "a\0b", "小王", "a\n", "\ud800", 5, True, ["a"], {}, "x@TGS"]


@pytest.mark.parametrize("bad", [*BAD_IDS, "x" * 65])
@pytest.mark.parametrize("key", ["From_Account", "To_Account"])
def test_a_user_id_that_cannot_be_is_refused(key, bad):
    assert refused_key(c2c(**{key: bad})) == key


@pytest.mark.parametrize("bad", BAD_IDS[1:])
def test_a_group_id_that_cannot_be_is_refused(bad):
    assert refused_key(group(GroupId=bad)) == "GroupId"


@pytest.mark.parametrize("bad", BAD_IDS[2:])
def test_a_topic_id_that_cannot_be_is_refused(bad):
    assert refused_key(group(TopicId=bad)) == "TopicId"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (c2c(MsgTime=1_760_000_200_000), "MsgTime"),
        (c2c(MsgTimeStamp="1760000200000"), "MsgTimeStamp"),
        (c2c(MsgTime=-1), "MsgTime"),
        (c2c(MsgTime=1.5), "MsgTime"),
        (c2c(MsgTime=True), "MsgTime"),
        (c2c(MsgTime="soon"), "MsgTime"),
        (c2c(MsgSeq=1 << 32), "MsgSeq"),
        (c2c(MsgSeq=-1), "MsgSeq"),
        (c2c(MsgSeq="٣"), "MsgSeq"),
        (c2c(MsgSeq="9" * 5_000), "MsgSeq"),
        (group(MsgSeq=1 << 53), "MsgSeq"),
        (c2c(MsgRandom=1 << 32), "MsgRandom"),
        (group(Random=[]), "Random"),
        (c2c(MsgKey="48211-7-1760000200"), "MsgKey"),
        (c2c(MsgKey="4294967296_7_1760000200"), "MsgKey"),
        (c2c(MsgKey="48211_7_9999999999"), "MsgKey"),
        (c2c(MsgKey=5), "MsgKey"),
        (c2c(CloudCustomData={}), "CloudCustomData"),
        (c2c(CloudCustomData="a\0"), "CloudCustomData"),
        (c2c(CloudCustomData="\ud800"), "CloudCustomData"),
        (c2c(SendMsgControl="NoUnread"), "SendMsgControl"),
        (c2c(SendMsgControl=["NoUnraed"]), "SendMsgControl"),
        (c2c(SendMsgControl=[[]]), "SendMsgControl"),
        (c2c(OnlineOnlyFlag="yes"), "OnlineOnlyFlag"),
        (c2c(To_Account=["alice"]), "To_Account"),
        (c2c(GroupAtInfo=[]), "GroupAtInfo"),
        (c2c(TopicId="t"), "TopicId"),
        (group(To_Account="alice"), "To_Account"),
        (group(To_Account=[""]), "To_Account"),
        (group(GroupAtInfo={}), "GroupAtInfo"),
        (group(GroupAtInfo=["alice"]), "GroupAtInfo"),
        (group(GroupAtInfo=[{}]), "GroupAt_Account"),
        (group(GroupAtInfo=[{"GroupAtAllFlag": 0}]), "GroupAt_Account"),
        (group(GroupAtInfo=[{"GroupAtAllFlag": "x"}]), "GroupAtAllFlag"),
        (group(Type="Public"), "Type"),
        (c2c(MsgBdoy=[]), "MsgBdoy"),
        (c2c(msgBody=[]), "msgBody"),
    ],
)
def test_a_bad_value_is_refused_by_name(body, key):
    assert refused_key(body) == key


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_is_refused(body):
    for read_body in (read, rest_messages.recall):
        with pytest.raises(InvalidParameter):
            read_body(body)


# ---- Recalls -----------------------------------------------------------------------------------


def test_a_one_to_one_recall_names_the_message_by_its_parts():
    body = {"From_Account": "bob", "To_Account": "alice", "MsgKey": "48211_3141592653_1760000200"}

    assert rest_messages.recall(body) == C2CRecall("bob", "alice", time_s=1_760_000_200, seq=48211, random=3_141_592_653)


def test_a_group_recall_names_each_number_once():
    body = {"GroupId": "team_7", "MsgSeqList": [{"MsgSeq": 520}, {"MsgSeq": "521"}, {"MsgSeq": 520}], "Reason": "typo"}

    assert rest_messages.recall(body) == GroupRecall("team_7", "", (520, 521))


def test_a_recall_in_a_topic_is_of_the_topics_thread():
    body = {"GroupId": "@TGS#_c", "TopicId": "@TGS#_c@TOPIC#_news", "MsgSeqList": [{"MsgSeq": 1}]}

    assert rest_messages.recall(body).thread == "@TGS#_c@TOPIC#_news"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "From_Account"),
        ({"From_Account": "bob", "To_Account": "alice"}, "MsgKey"),
        ({"From_Account": "bob", "To_Account": "alice", "MsgKey": "1_2"}, "MsgKey"),
        ({"From_Account": "bob", "To_Account": "alice", "MsgKey": "1_2_3", "MsgSeq": 1}, "MsgSeq"),
        ({"GroupId": "team_7"}, "MsgSeqList"),
        ({"GroupId": "team_7", "MsgSeqList": []}, "MsgSeqList"),
        ({"GroupId": "team_7", "MsgSeqList": [520]}, "MsgSeqList"),
        ({"GroupId": "team_7", "MsgSeqList": [{}]}, "MsgSeqList"),
        ({"GroupId": "team_7", "MsgSeqList": [{"MsgSeq": "x"}]}, "MsgSeq"),
        ({"GroupId": "", "MsgSeqList": [{"MsgSeq": 1}]}, "GroupId"),
        ({"GroupId": "team_7", "MsgSeqList": [{"MsgSeq": 1}], "To_Account": "bob"}, "To_Account"),
    ],
)
def test_a_bad_recall_is_refused_by_name(body, key):
    assert refused_key(body, rest_messages.recall) == key


# ---- Anything at all ---------------------------------------------------------------------------

elements = st.fixed_dictionaries(
    {
        "MsgType": st.sampled_from(["TIMTextElem", "TIMImageElem", "TIMRelayElem", "X"]),
        "MsgContent": st.dictionaries(st.sampled_from(["Text", "UUID", "ImageInfoArray", "AbstractList"]), json_values),
    }
)
anything = st.dictionaries(
    st.sampled_from(sorted(rest_messages.KEYS)), json_values | st.lists(elements, max_size=3), max_size=5
)


@given(json_values | anything | anything.map(lambda keys: c2c(**keys)) | anything.map(lambda keys: group(**keys)))
def test_whatever_comes_is_read_or_refused(body):
    with suppress(ConversationError):
        for single in rest_messages.bodies(body):
            assert read(single).sender


recalls = st.dictionaries(st.sampled_from(sorted(rest_messages.C2C_RECALL_KEYS | rest_messages.GROUP_RECALL_KEYS)), json_values)


@given(json_values | recalls | recalls.map(lambda keys: {"GroupId": "g", "MsgSeqList": [{"MsgSeq": 1}]} | keys))
def test_whatever_is_recalled_is_read_or_refused(body):
    with suppress(ConversationError):
        assert rest_messages.recall(body)
