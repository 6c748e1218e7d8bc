"""The Web SDK's dialect on the way out: its keys, and that what goes out comes in again."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conversations.choices import ReceiveOption
from conversations.formats import conversation, web_conversation, web_message
from conversations.formats.message_content import ELEMENT_PARTS
from tests.support.entries import classic, entries, json_values

CASES = Path(__file__).parents[2] / "clients" / "conformance" / "cases"
MESSAGE = {"timestamp": 1_760_000_000, "seq": "44", "random": 7, "msgID": "m", "sender": "bob", "status": 2}
TEXT = MESSAGE | {"elemType": 1, "textElem": {"text": "hi"}}
# What has no place in this dialect, and what it becomes.
NEAREST_OPTION = {
    ReceiveOption.RECEIVE_NOT_NOTIFY_EXCEPT_AT: ReceiveOption.RECEIVE_NOT_NOTIFY,
    ReceiveOption.NOT_RECEIVE_EXCEPT_AT: ReceiveOption.NOT_RECEIVE,
}


def out(**keys):
    return web_conversation.from_classic(classic(conversation.from_wire({"conversationID": "c2c_bob"} | keys)))


def back(web):
    ignored = []
    classic_object = web_conversation.to_classic(orjson.loads(orjson.dumps(web)), ignored)
    assert ignored == []
    return conversation.from_wire(classic_object)


def reported_messages():
    """Every kind of message of the conformance cases, by the case's name."""
    for case in json.loads((CASES / "elements.json").read_text()):
        for data in case.get("given", []):
            for reported in data.get("report", []):
                yield pytest.param(reported["lastMessage"], id=case["name"])


@given(entries())
def test_what_goes_out_comes_in_again(entry):
    message = orjson.loads(entry.last_message or "null")
    assume(message is None or message["timestamp"])  # a message without a time is none in this dialect
    web = web_conversation.from_classic(classic(entry))

    again = back(web)

    assert web_conversation.is_web(web)
    assert again == entry._replace(
        recv_opt=NEAREST_OPTION.get(entry.recv_opt, entry.recv_opt),
        activity_key=message["timestamp"] * 1_000_000 if message else 0,
        c2c_read_timestamp=0,
        group_read_sequence=0,
        last_message=again.last_message,
    )
    assert web_conversation.from_classic(classic(again)) == web


any_element = st.dictionaries(
    st.sampled_from(["text", "desc", "type", "imageList", "opMember", "memberList", "duration", "nextElem", "elemType"]),
    st.lists(st.dictionaries(st.sampled_from(["type", "url", "uuid", "userID"]), json_values)) | json_values,
)
any_message = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(sorted(ELEMENT_PARTS), any_element | json_values),
        **dict.fromkeys((*web_message.RENAMED, "sender", "nickName", "status", "isSelf", "revokerInfo"), json_values),
        "elemType": st.integers(-1, 13) | json_values,
        "timestamp": st.integers(1, 1_800_000_000),
    },
)


@given(any_message, st.sampled_from(["c2c_bob", "group_team"]))
def test_a_message_of_any_shape_goes_out(message, conversation_id):
    web = out(conversationID=conversation_id, lastMessage=message)

    assert web["lastMessage"].keys() >= web_message.EMPTY.keys()
    assert back(web)


@pytest.mark.parametrize("message", [*reported_messages()])
@pytest.mark.parametrize("conversation_id", ["c2c_bob", "group_team"])
def test_a_message_comes_in_as_it_went_out(message, conversation_id):
    entry = conversation.from_wire({"conversationID": conversation_id, "lastMessage": message})
    again = back(web_conversation.from_classic(classic(entry)))

    stored, returned = orjson.loads(entry.last_message), orjson.loads(again.last_message)
    ours = {"userID", "groupID", "revokerInfo"}  # the conversation says whose; of who recalled it, the ID is left
    assert {key: value for key, value in stored.items() if key not in ours and returned.get(key) != value} == {}
    assert (stored.get("revokerInfo") or {}).get("userID") == (returned.get("revokerInfo") or {}).get("userID")
    assert again.last_message_position == entry.last_message_position


def test_one_to_one_in_the_sdks_keys():
    assert out(showName="Bob", faceUrl="https://a/b.png", recvOpt=2, isPinned=True, markList=[1 << 63], lastMessage=TEXT) == {
        "conversationID": "C2Cbob",
        "type": "C2C",
        "subType": "",
        "userProfile": {"userID": "bob", "nick": "Bob", "avatar": "https://a/b.png"},
        "remark": "",
        "messageRemindType": "AcceptNotNotify",
        "isMuted": True,
        "groupAtInfoList": [],
        "unreadCount": 0,
        "isPinned": True,
        "markList": [1 << 63],
        "customData": "",
        "conversationGroupList": [],
        "draftText": "",
        "draftTimestamp": 0,
        "lastMessage": {
            "lastTime": 1_760_000_000,
            "lastSequence": 44,
            "fromAccount": "bob",
            "nick": "",
            "nameCard": "",
            "type": "TIMTextElem",
            "payload": {"text": "hi"},
            "messageForShow": "hi",
            "isRevoked": False,
            "revoker": None,
            "isPeerRead": False,
            "cloudCustomData": "",
            "msgID": "m",
            "random": 7,
        },
    }


@pytest.mark.parametrize(
    ("group_type", "old_name"), [("Work", "Private"), ("Meeting", "ChatRoom"), ("Public", "Public"), (None, "")]
)
def test_a_group_has_its_type_by_the_sdks_constant(group_type, old_name):
    web = out(conversationID="group_team", groupType=group_type, showName="Team")

    assert (web["conversationID"], web["type"], web["subType"]) == ("GROUPteam", "GROUP", old_name)
    assert web["groupProfile"] == {"groupID": "team", "name": "Team", "avatar": "", "type": old_name}
    assert "userProfile" not in web


@pytest.mark.parametrize(
    ("option", "word", "is_muted"),
    [
        (0, "AcceptAndNotify", False),
        (1, "Discard", True),
        (2, "AcceptNotNotify", True),
        (3, "AcceptNotNotify", True),
        (4, "Discard", True),
    ],
)
def test_each_receive_option_has_the_nearest_word(option, word, is_muted):
    web = out(conversationID="group_team", recvOpt=option)

    assert (web["messageRemindType"], web["isMuted"]) == (word, is_muted)


def test_mentions_have_their_sequence_as_a_number():
    web = out(conversationID="group_team", groupAtInfoList=[{"seq": "519", "atType": 1}, {"seq": "520", "atType": 3}])

    assert web["groupAtInfoList"] == [
        {"messageSequence": 519, "atTypeArray": [1]},
        {"messageSequence": 520, "atTypeArray": [3]},
    ]


def test_without_a_message_there_is_an_empty_one():
    message = out()["lastMessage"]

    assert message == web_message.EMPTY
    assert back(out()).last_message is None


def test_a_recalled_message_shows_who_recalled_it_and_nothing_else():
    recalled = TEXT | {"status": 6, "revokerInfo": {"userID": "ann"}}
    message = out(lastMessage=recalled)["lastMessage"]

    assert (message["isRevoked"], message["revoker"], message["payload"]) == (True, "ann", None)
    assert "hi" not in str(message)


def test_a_group_notice_has_the_sdks_operation():
    tips = {"groupID": "team", "type": 4, "opMember": {"userID": "ann"}, "memberList": [{"userID": "ben"}, 5]}
    message = out(conversationID="group_team", lastMessage=MESSAGE | {"elemType": 9, "groupTipsElem": tips})["lastMessage"]

    assert message["type"] == "TIMGroupTipElem"
    assert message["payload"] == {"operationType": 3, "operatorID": "ann", "userIDList": ["ben", ""]}


def test_an_image_has_three_sizes_whatever_there_is():
    images = [{"type": 2, "uuid": "u", "url": "small"}, {"type": 1, "uuid": "u", "url": "original"}, 5]
    payload = out(lastMessage=MESSAGE | {"elemType": 3, "imageElem": {"imageList": images}})["lastMessage"]["payload"]
    nothing = out(lastMessage=MESSAGE | {"elemType": 3, "imageElem": {}})["lastMessage"]["payload"]

    assert [info["url"] for info in payload["imageInfoArray"]] == ["original", "small", "small"]
    assert nothing == {"uuid": None, "imageInfoArray": []}


def test_a_change_has_its_ids_in_this_dialect():
    changes = (
        {"kind": "new", "conversation": classic(conversation.from_wire({"conversationID": "c2c_bob"}))},
        {"kind": "deleted", "conversationID": "group_c2c_team"},
        {"kind": "groups", "conversationGroupList": ["work"]},
    )

    new, deleted, groups = (orjson.loads(web_conversation.change_from_json(orjson.dumps(change))) for change in changes)

    assert (new["kind"], new["conversation"]["conversationID"]) == ("new", "C2Cbob")
    assert deleted == {"kind": "deleted", "conversationID": "GROUPc2c_team"}
    assert groups == changes[2]
