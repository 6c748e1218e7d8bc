"""A vendor's message as its sender and the others see it in their lists."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import samples
from conversations.choices import ConversationType, ElemType
from conversations.exceptions import InvalidParameter
from conversations.formats import c_api_message, conversation, rest_messages
from conversations.formats.message_body import last_message
from conversations.formats.message_preview import one_line_preview
from conversations.identifiers import join
from tests.support.entries import json_values, texts

C2C, GROUP = ConversationType
NOW_S = 1_760_000_300
PAYLOADS = Path(__file__).parent.parent / "payloads"
ELEMENTS = json.loads((PAYLOADS / "msg_bodies.json").read_text())


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def read(**keys):
    return rest_messages.message({"From_Account": "bob", "MsgTime": 1_760_000_200, "MsgSeq": 7} | keys, now_s=NOW_S)


def c2c(*elements, **keys):
    return read(To_Account="alice", MsgRandom=5, MsgBody=list(elements) or [ELEMENTS["text"]], **keys)


def group(*elements, **keys):
    return read(GroupId="team_7", MsgBody=list(elements) or [ELEMENTS["text"]], **keys)


def words(message, is_self=False, **names):
    """What pages say of it, once it went through the checks of the wire."""
    shown = last_message(message, is_self=is_self, **names)
    bare_id = message.topic_id or message.group_id or (message.peer if is_self else message.sender)
    entry = conversation.from_wire({"conversationID": join(message.type, bare_id), "lastMessage": shown})
    return one_line_preview(entry.last_message, message.type)


# ---- The message -------------------------------------------------------------------------------


def test_a_one_to_one_message_has_the_keys_and_types_of_the_classic_one():
    sample = payload("conversation_c2c.flutter")["lastMessage"]

    shown = last_message(c2c(), is_self=False)

    assert shown.keys() == sample.keys()
    assert {key: type(value) for key, value in shown.items()} == {key: type(value) for key, value in sample.items()}


def test_a_group_message_has_the_keys_and_types_of_the_classic_one():
    sample = payload("conversation_group.flutter")["lastMessage"]

    shown = last_message(group(ELEMENTS["custom"]), is_self=False)

    assert {key: type(value) for key, value in shown.items()} == {key: type(value) for key, value in sample.items()}


def test_the_webhooks_message_is_the_sdks():
    body = samples.by_command()["C2C.CallbackAfterSendMsg"]
    message = rest_messages.read(body, C2C, now_s=NOW_S)

    shown = last_message(message, is_self=False, nick_name="Bob", face_url="https://cdn.example.test/avatar/bob.png")

    sample = payload("conversation_c2c.flutter")["lastMessage"]
    # The friend's remark is the owner's own, and this message bears data.
    assert shown == sample | {"friendRemark": "", "cloudCustomData": '{"trace":"t-1"}'}


def test_the_other_end_is_the_peer_for_whoever_looks():
    message = c2c()

    for_sender, for_peer = (last_message(message, is_self=is_self) for is_self in (True, False))

    assert (for_sender["userID"], for_sender["isSelf"], for_sender["isRead"]) == ("alice", True, True)
    assert (for_peer["userID"], for_peer["isSelf"], for_peer["isRead"]) == ("bob", False, False)
    assert for_sender["sender"] == for_peer["sender"] == "bob"
    assert for_sender["groupID"] is for_peer["groupID"] is None


def test_a_group_message_names_the_group_for_whoever_looks():
    message = group()

    for is_self in (True, False):
        shown = last_message(message, is_self=is_self)
        assert (shown["groupID"], shown["userID"], shown["isSelf"]) == ("team_7", None, is_self)


def test_a_message_in_a_topic_names_the_topic():
    assert last_message(group(TopicId="team_7@TOPIC#_a"), is_self=False)["groupID"] == "team_7@TOPIC#_a"


def test_number_time_and_random_have_the_classic_types():
    shown = last_message(c2c(), is_self=False)

    assert (shown["seq"], shown["timestamp"], shown["random"]) == ("7", 1_760_000_200, 5)


def test_a_message_without_its_place_is_shown_all_the_same():
    message = rest_messages.message({"From_Account": "bob", "To_Account": "alice", "MsgBody": [ELEMENTS["text"]]}, now_s=NOW_S)

    assert words(message) == "hello"


def test_mentions_have_the_sdks_tag_for_everyone():
    mentions = [{"GroupAtAllFlag": 1}, {"GroupAt_Account": "alice"}]

    shown = last_message(group(GroupAtInfo=mentions), is_self=False)

    assert shown["groupAtUserList"] == ["__kImSDK_MesssageAtALL__", "alice"]


def test_exclusions_are_told():
    shown = last_message(c2c(SendMsgControl=["NoUnread", "NoLastMsg"]), is_self=False)

    assert (shown["isExcludedFromUnreadCount"], shown["isExcludedFromLastMessage"]) == (True, True)


def test_what_others_know_is_put_in():
    shown = last_message(
        c2c(MsgId="1-2-3"), is_self=True, nick_name="Bob", face_url="u", name_card="Bob (ops)", is_peer_read=True
    )

    assert (shown["msgID"], shown["nickName"], shown["faceUrl"], shown["nameCard"]) == ("1-2-3", "Bob", "u", "Bob (ops)")
    assert shown["isPeerRead"] is True


def test_no_two_messages_share_an_object_that_could_be_changed():
    first, second = (last_message(c2c(), is_self=False) for _count in range(2))

    first["offlinePushInfo"]["title"] = "x"

    assert second["offlinePushInfo"] == {}


# ---- Elements ----------------------------------------------------------------------------------

CLASSIC = [
    ("text", ElemType.TEXT, "textElem", {"text": "hello"}),
    ("custom", ElemType.CUSTOM, "customElem", {"data": '{"id":1}', "desc": "order card", "extension": "x"}),
    ("location", ElemType.LOCATION, "locationElem", {"desc": "Shenzhen", "longitude": 113.93, "latitude": 22.54}),
    ("face", ElemType.FACE, "faceElem", {"index": 1, "data": "[ok]"}),
    (
        "sound",
        ElemType.SOUND,
        "soundElem",
        {"UUID": "s-1", "dataSize": 62351, "duration": 5, "url": "https://cdn.example.test/s.amr"},
    ),
    (
        "file",
        ElemType.FILE,
        "fileElem",
        {"fileName": "a.pdf", "UUID": "f-1", "fileSize": 1_773_552, "url": "https://cdn.example.test/a.pdf"},
    ),
    (
        "video",
        ElemType.VIDEO,
        "videoElem",
        {
            "UUID": "v-1",
            "videoSize": 1_194_603,
            "duration": 8,
            "videoUrl": "https://cdn.example.test/v.mp4",
            "snapshotUUID": "t-1",
            "snapshotSize": 13_907,
            "snapshotWidth": 720,
            "snapshotHeight": 1280,
            "snapshotUrl": "https://cdn.example.test/v.jpg",
        },
    ),
    ("relay", ElemType.MERGER, "mergerElem", {"title": "Bob and Carol", "abstractList": ["Bob: hi", "Carol: hello"]}),
    (
        "image",
        ElemType.IMAGE,
        "imageElem",
        {
            "imageList": [
                {"type": 1, "uuid": "i-1", "size": 1_853_095, "width": 2448, "height": 3264,
                 "url": "https://cdn.example.test/original.jpg"},
                {"type": 2, "uuid": "i-1", "size": 12_535, "width": 198, "height": 264,
                 "url": "https://cdn.example.test/thumbnail.jpg"},
                {"type": 4, "uuid": "i-1", "size": 2_565_240, "width": 1080, "height": 1440,
                 "url": "https://cdn.example.test/large.jpg"},
            ]
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "elem_type", "key", "classic"), CLASSIC)
def test_an_element_has_the_classic_number_and_keys(name, elem_type, key, classic):
    shown = last_message(c2c(ELEMENTS[name]), is_self=False)

    assert shown["elemType"] == elem_type
    assert shown[key] == classic


CAPI = {
    "text": {"elem_type": 0, "text_elem_content": "hello"},
    "custom": {"elem_type": 3, "custom_elem_data": '{"id":1}', "custom_elem_desc": "order card", "custom_elem_ext": "x"},
    "face": {"elem_type": 6, "face_elem_index": 1, "face_elem_buf": "[ok]"},
    "sound": {
        "elem_type": 2,
        "sound_elem_file_id": "s-1",
        "sound_elem_file_size": 62351,
        "sound_elem_file_time": 5,
        "sound_elem_url": "https://cdn.example.test/s.amr",
    },
}


@pytest.mark.parametrize("names", [["text"], ["custom"], ["face"], ["sound"], ["text", "sound", "face"]])
def test_elements_have_the_form_that_the_c_apis_get(names):
    capi = c_api_message.to_classic({"message_elem_array": [CAPI[name] for name in names]}, C2C, "bob")

    shown = last_message(c2c(*(ELEMENTS[name] for name in names)), is_self=False)

    parts = {"elemType", *(key for key in capi if key.endswith("Elem"))}
    assert {key: shown[key] for key in parts} == {key: capi[key] for key in parts}


def test_further_elements_hang_on_the_first():
    shown = last_message(group(ELEMENTS["text"], ELEMENTS["face"], ELEMENTS["custom"]), is_self=False)

    assert shown["elemType"] == ElemType.TEXT
    assert shown["textElem"] == {
        "text": "hello",
        "nextElem": {
            "elemType": ElemType.FACE,
            "index": 1,
            "data": "[ok]",
            "nextElem": {"elemType": ElemType.CUSTOM, "data": '{"id":1}', "desc": "order card", "extension": "x"},
        },
    }


UNKNOWN = {"MsgType": "TIMFutureElem", "MsgContent": {"Text": "x", "Deep": {"a": 1}}}


def test_a_message_of_an_unknown_kind_keeps_its_body():
    shown = last_message(c2c(UNKNOWN, ELEMENTS["text"]), is_self=False)

    assert shown["elemType"] == ElemType.NONE
    assert shown["MsgBody"] == [UNKNOWN, ELEMENTS["text"]]


def test_an_unknown_element_after_another_stays_as_it_is():
    shown = last_message(c2c(ELEMENTS["text"], UNKNOWN), is_self=False)

    assert shown["textElem"] == {"text": "hello", "nextElem": UNKNOWN}


def test_an_element_takes_its_number_from_its_kind_only():
    shown = last_message(c2c(UNKNOWN | {"elemType": 99}, ELEMENTS["text"]), is_self=False)

    assert shown["elemType"] == ElemType.NONE


def test_what_is_missing_or_null_in_an_element_is_left_out():
    shown = last_message(c2c({"MsgType": "TIMFaceElem", "MsgContent": {"Index": None}}), is_self=False)

    assert shown["faceElem"] == {}


# ---- Words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", "hello"),
        ("custom", "[custom message] order card"),
        ("image", "[image]"),
        ("sound", "[voice message] 5 s"),
        ("video", "[video] 8 s"),
        ("file", "[file] a.pdf"),
        ("location", "[location] Shenzhen"),
        ("face", "[sticker]"),
        ("relay", "[chat history] Bob and Carol"),
    ],
)
def test_each_kind_has_its_words(name, expected):
    assert words(c2c(ELEMENTS[name])) == expected


def test_several_elements_follow_each_other():
    assert words(c2c(ELEMENTS["text"], ELEMENTS["image"], UNKNOWN)) == "hello [image] [message]"


def test_an_unknown_kind_is_a_message():
    assert words(c2c(UNKNOWN)) == "[message]"


def test_in_a_group_the_sender_comes_first_for_the_others():
    assert words(group()) == "bob: hello"
    assert words(group(), nick_name="Bob", name_card="Bob (ops)") == "Bob (ops): hello"
    assert words(group(), is_self=True) == "hello"


# ---- The longest -------------------------------------------------------------------------------


def test_the_longest_message_that_is_taken_can_be_imported_with_its_senders_names():
    room = conversation.LAST_MESSAGE_MAX_BYTES - rest_messages.NAMES_MAX_BYTES
    spare = room - len(orjson.dumps(last_message(c2c(text("")), is_self=False)))

    longest = c2c(text("x" * spare))

    assert words(longest, nick_name="n" * 1000, face_url="f" * 2000, name_card="c" * 1000).startswith("xxx")
    with pytest.raises(InvalidParameter):
        c2c(text("x" * (spare + 1)))


def text(words):
    return {"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}


# ---- Anything at all ---------------------------------------------------------------------------

known_contents = st.sampled_from([*ELEMENTS.values()])
odd_contents = st.fixed_dictionaries(
    {
        "MsgType": st.sampled_from([element["MsgType"] for element in ELEMENTS.values()]) | texts,
        "MsgContent": st.dictionaries(
            st.sampled_from(["Text", "Desc", "UUID", "ImageInfoArray", "AbstractList", "Second", "elemType", "nextElem"]),
            json_values | st.lists(st.dictionaries(st.sampled_from(["Type", "URL"]), json_values | st.integers(0, 4))),
        ),
    }
)
bodies = st.lists(known_contents | odd_contents, min_size=1, max_size=5)


@given(bodies, texts, st.booleans(), st.booleans())
def test_any_message_that_a_webhook_brings_can_be_shown(body, custom_data, in_group, is_self):
    keys = {"From_Account": "bob", "MsgBody": body, "CloudCustomData": custom_data, "MsgTime": 1_760_000_200, "MsgSeq": 7}
    keys |= {"GroupId": "team_7"} if in_group else {"To_Account": "alice", "MsgRandom": 5}
    message = rest_messages.read(keys, GROUP if in_group else C2C, now_s=NOW_S)

    assert words(message, is_self)


@given(st.integers(1, 100), st.sampled_from([*ELEMENTS]))
def test_a_chain_of_any_allowed_length_is_shown(count, name):
    message = c2c(*[ELEMENTS[name]] * count)

    assert words(message)
    assert orjson.dumps(last_message(message, is_self=True))
