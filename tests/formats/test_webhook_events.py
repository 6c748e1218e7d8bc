"""What webhooks tell, whatever form their values have, and which of them were signed here and now."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import samples
from conversations.choices import ConversationType, GroupType, Membership
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall
from tests.support.entries import json_values

C2C, GROUP = ConversationType
NOW_S = 1_760_010_000
SAMPLES = samples.by_command()
C2C_MESSAGE, GROUP_MESSAGE = "C2C.CallbackAfterSendMsg", "Group.CallbackAfterSendMsg"
C2C_READ, C2C_RECALL = "C2C.CallbackAfterMsgReport", "C2C.CallbackAfterMsgWithDraw"
GROUP_RECALL, CREATED = "Group.CallbackAfterRecallMsg", "Group.CallbackAfterCreateGroup"
JOINED, LEFT = "Group.CallbackAfterNewMemberJoin", "Group.CallbackAfterMemberExit"
DISSOLVED, INFO = "Group.CallbackAfterGroupDestroyed", "Group.CallbackAfterGroupInfoChanged"
PROFILE = "Profile.CallbackPortraitSet"


def parse(command, **changes):
    """The sample of a command, with changes; None leaves a key out."""
    body = {key: value for key, value in (SAMPLES[command] | changes).items() if value is not None}
    return webhook_events.parse(command, body, now_s=NOW_S)


def refused_key(command, **changes):
    with pytest.raises(InvalidParameter) as caught:
        parse(command, **changes)
    (key,) = caught.value.errors
    return key


# ---- Messages ----------------------------------------------------------------------------------


def test_a_one_to_one_message():
    message = parse(C2C_MESSAGE)

    assert (message.type, message.sender, message.peer) == (C2C, "demo_bob", "demo_alice")
    assert message.msg_key == "48211_3141592653_1760000200"
    assert message.msg_id == "144115200000000002-1760000200-3141592653"
    assert message.elements == ({"MsgType": "TIMTextElem", "MsgContent": {"Text": "Synthetic hello from Bob"}},)
    assert message.cloud_custom_data == '{"trace":"t-1"}'
    assert (message.counts_as_unread, message.is_shown_last) == (True, True)


def test_the_parts_of_a_message_without_a_key():
    assert parse(C2C_MESSAGE, MsgKey=None) == parse(C2C_MESSAGE)


def test_the_key_of_a_message_without_parts():
    assert parse(C2C_MESSAGE, MsgSeq=None, MsgRandom=None, MsgTime=None) == parse(C2C_MESSAGE)


def test_a_group_message():
    message = parse(GROUP_MESSAGE)

    assert (message.type, message.group_id, message.sender) == (GROUP, "demo_team_7", "demo_carol")
    assert (message.seq, message.time_s, message.random) == (520, 1_760_000_150, 2_718_281_828)
    assert message.group_type == GroupType.PUBLIC
    assert len(message.elements) == 2


@pytest.mark.parametrize(
    ("word", "group_type"),
    [
        ("Private", "Work"),
        ("ChatRoom", "Meeting"),
        ("Meeting", "Meeting"),
        ("AVChatRoom", "AVChatRoom"),
        ("Community", "Community"),
        ("Clan", ""),
        (None, ""),
    ],
)
def test_a_groups_type_is_the_new_word(word, group_type):
    assert parse(GROUP_MESSAGE, Type=word).group_type == group_type
    assert parse(JOINED, Type=word).group_type == group_type


def test_newer_webhooks_tell_whom_a_message_mentions():
    message = parse(GROUP_MESSAGE, GroupAtInfo=[{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": "demo_dave"}])

    assert (message.at_all, message.at_accounts) == (True, ("demo_dave",))


def test_a_message_in_a_topic():
    message = parse(GROUP_MESSAGE, TopicId="demo_team_7@TOPIC#_a")

    assert (message.group_id, message.thread) == ("demo_team_7", "demo_team_7@TOPIC#_a")


@pytest.mark.parametrize("seq", [520, "520"])
def test_a_number_may_be_text(seq):
    assert parse(GROUP_MESSAGE, MsgSeq=seq).seq == 520


@pytest.mark.parametrize("key", ["ToGroupId", "ToGroupid"])
def test_a_group_id_has_three_spellings(key):
    assert parse(GROUP_MESSAGE, GroupId=None, **{key: "demo_team_7"}) == parse(GROUP_MESSAGE)


@pytest.mark.parametrize("code", [20006, -1, "20006"])
def test_a_message_that_did_not_go_through_has_no_effect(code):
    assert parse(C2C_MESSAGE, SendMsgResult=code) is None


def test_a_message_for_those_online_has_no_effect():
    assert parse(C2C_MESSAGE, OnlineOnlyFlag=1) is None
    assert parse(GROUP_MESSAGE, OnlineOnlyFlag=1) is None


@pytest.mark.parametrize("command", [C2C_MESSAGE, GROUP_MESSAGE])
def test_keys_to_come_do_not_matter(command):
    assert parse(command, SomethingNew={"a": 1}) == parse(command)


def test_values_of_an_element_are_taken_as_the_vendor_let_them_pass():
    element = {"MsgType": "TIMSoundElem", "MsgContent": {"Second": "5"}}

    assert parse(C2C_MESSAGE, MsgBody=[element]).elements == (element,)


@pytest.mark.parametrize("command", ["C2C.CallbackBeforeSendMsg", "Group.CallbackBeforeSendMsg"])
def test_a_message_that_is_yet_to_be_sent_has_no_effect(command):
    body = SAMPLES[C2C_MESSAGE] | {"CallbackCommand": command}

    assert webhook_events.parse(command, body, now_s=NOW_S) is None


# ---- Reads and recalls -------------------------------------------------------------------------


def test_a_read():
    assert parse(C2C_READ) == webhook_events.C2CRead(reader="demo_alice", peer="demo_bob", read_time_s=1_760_000_300)


def test_a_one_to_one_recall():
    assert parse(C2C_RECALL) == C2CRecall("demo_bob", "demo_alice", time_s=1_760_000_200, seq=48211, random=3_141_592_653)


def test_a_group_recall():
    assert parse(GROUP_RECALL) == GroupRecall("demo_team_7", "", (520,), "demo_carol")


def test_a_recall_has_the_parts_of_the_message_it_recalls():
    message, recall = parse(C2C_MESSAGE), parse(C2C_RECALL)

    assert (message.time_s, message.seq, message.random) == (recall.time_s, recall.seq, recall.random)


# ---- Groups ------------------------------------------------------------------------------------


def test_a_group_is_created():
    assert parse(CREATED) == webhook_events.GroupCreated(
        group_id="demo_team_7",
        group_type="Public",
        event_time_ms=1_759_998_000_000,
        name="Demo Team 7",
        owner="demo_carol",
        members=("demo_carol",),
    )


def test_a_group_may_have_no_owner_and_no_members_yet():
    created = parse(CREATED, Owner_Account="", MemberList=None)

    assert (created.owner, created.members) == ("", ())


def test_members_join():
    joined = parse(JOINED)

    assert isinstance(joined, webhook_events.MembersJoined)
    assert (joined.group_id, joined.members) == ("demo_team_7", ("demo_alice", "demo_dave"))


@pytest.mark.parametrize(("word", "membership"), [("Kicked", Membership.KICKED), ("Quit", Membership.LEFT), (None, "left")])
def test_members_go_or_are_made_to(word, membership):
    left = parse(LEFT, ExitType=word)

    assert (left.members, left.membership) == (("demo_dave",), membership)


def test_a_group_is_dissolved():
    dissolved = parse(DISSOLVED)

    assert isinstance(dissolved, webhook_events.GroupDissolved)
    assert dissolved.members == ("demo_carol", "demo_alice")


def test_a_community_is_dissolved_without_a_list():
    assert parse(DISSOLVED, MemberList=None).members == ()


def test_a_group_has_a_new_name_and_avatar():
    changed = parse(INFO)

    assert (changed.name, changed.face_url) == ("Demo Team Seven", "https://cdn.example.test/group/7b.png")


def test_what_a_group_did_not_change_is_none_and_what_it_took_away_is_empty():
    changed = parse(INFO, Name=None, FaceUrl="")

    assert (changed.name, changed.face_url) == (None, "")


def test_a_new_notification_changes_no_conversation():
    assert parse(INFO, Name=None, FaceUrl=None, Notification="read this") is None


# ---- Users -------------------------------------------------------------------------------------


def test_a_user_has_a_new_nick_and_avatar():
    assert parse(PROFILE) == webhook_events.ProfileChanged(
        user_id="demo_bob",
        nick_name="Bobby",
        face_url="https://cdn.example.test/avatar/bobby.png",
        event_time_ms=1_760_003_000_123,
    )


def test_a_nick_may_look_like_a_number():
    changed = parse(PROFILE, ProfileItem=[{"Tag": "Tag_Profile_IM_Nick", "Value": 42}])

    assert (changed.nick_name, changed.face_url) == ("42", None)


def test_another_part_of_a_profile_changes_no_conversation():
    assert parse(PROFILE, ProfileItem=[{"Tag": "Tag_Profile_IM_Gender", "Value": "Gender_Type_Male"}]) is None


# ---- Times -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [CREATED, JOINED, LEFT, DISSOLVED, INFO, PROFILE])
@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("1759999000123", 1_759_999_000_123),
        (1_759_999_000_123, 1_759_999_000_123),
        (1_759_999_000, 1_759_999_000_000),
        ("1759999000", 1_759_999_000_000),
        (None, None),
        (0, None),
    ],
)
def test_an_event_time_is_milliseconds_in_any_form(command, value, milliseconds):
    assert parse(command, EventTime=value).event_time_ms == milliseconds


@pytest.mark.parametrize(
    ("command", "key"),
    [(C2C_READ, "LastReadTime"), (GROUP_MESSAGE, "MsgTime"), (JOINED, "EventTime"), (PROFILE, "EventTime")],
)
def test_a_time_far_ahead_is_refused(command, key):
    ahead_s = NOW_S + 24 * 60 * 60 + 1

    assert refused_key(command, **{key: ahead_s}) == key


@pytest.mark.parametrize(("command", "key"), [(C2C_READ, "LastReadTime"), (GROUP_MESSAGE, "MsgTime")])
def test_milliseconds_for_seconds_are_refused(command, key):
    assert refused_key(command, **{key: 1_760_000_150_000}) == key


# ---- Refusals ----------------------------------------------------------------------------------

REQUIRED = [
    (C2C_MESSAGE, "From_Account"),
    (C2C_MESSAGE, "To_Account"),
    (C2C_MESSAGE, "MsgBody"),
    (C2C_READ, "Report_Account"),
    (C2C_READ, "Peer_Account"),
    (C2C_READ, "LastReadTime"),
    (C2C_RECALL, "From_Account"),
    (C2C_RECALL, "To_Account"),
    (C2C_RECALL, "MsgKey"),
    (GROUP_MESSAGE, "GroupId"),
    (GROUP_MESSAGE, "From_Account"),
    (GROUP_MESSAGE, "MsgSeq"),
    (GROUP_MESSAGE, "MsgTime"),
    (GROUP_MESSAGE, "MsgBody"),
    (GROUP_RECALL, "GroupId"),
    (GROUP_RECALL, "MsgSeqList"),
    (CREATED, "GroupId"),
    (JOINED, "GroupId"),
    (JOINED, "NewMemberList"),
    (LEFT, "ExitMemberList"),
    (DISSOLVED, "GroupId"),
    (INFO, "GroupId"),
    (PROFILE, "From_Account"),
    (PROFILE, "ProfileItem"),
]


@pytest.mark.parametrize(("command", "key"), REQUIRED)
def test_a_missing_value_is_refused_by_name(command, key):
    assert refused_key(command, **{key: None}) == key


@pytest.mark.parametrize(("command", "key"), REQUIRED)
def test_a_value_of_another_type_is_refused_by_name(command, key):
    assert refused_key(command, **{key: {"a": 1}}) == key


@pytest.mark.parametrize("key", ["MsgSeq", "MsgRandom", "MsgTime"])
def test_a_one_to_one_message_needs_its_key_or_all_parts_of_it(key):
    assert refused_key(C2C_MESSAGE, MsgKey=None, **{key: None}) == key


@pytest.mark.parametrize(
    ("command", "key", "value"),
    [
        (JOINED, "NewMemberList", []),
        (JOINED, "Type", 5),
        (CREATED, "Name", 5),
        (INFO, "FaceUrl", ["x"]),
        (JOINED, "EventTime", "yesterday"),
        (C2C_MESSAGE, "OnlineOnlyFlag", "x"),
    ],
)
def test_a_bad_value_is_refused_by_name(command, key, value):
    assert refused_key(command, **{key: value}) == key


def test_a_member_without_an_id_is_refused():
    assert refused_key(JOINED, NewMemberList=[{"Member_Account": ""}]) == "Member_Account"


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_is_refused(body):
    with pytest.raises(InvalidParameter):
        webhook_events.parse(C2C_MESSAGE, body, now_s=NOW_S)


# ---- Everything else ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["Group.CallbackAfterReadReceipt", "Sns.CallbackFriendAdd", "Sns.CallbackFriendDelete", "State.StateChange", "", "x"],
)
def test_any_other_command_has_no_effect(command):
    assert webhook_events.parse(command, SAMPLES.get(command, {}), now_s=NOW_S) is None


keys = st.sampled_from(sorted({key for body in SAMPLES.values() for key in body}))


@given(st.sampled_from([*webhook_events._PARSERS]), st.dictionaries(keys, json_values, max_size=4) | json_values, st.booleans())
def test_whatever_comes_is_read_or_refused(command, body, is_nearly_right):
    if is_nearly_right and type(body) is dict:
        body = SAMPLES[command] | body
    with suppress(ConversationError):
        webhook_events.parse(command, body, now_s=NOW_S)
