"""The classic object in and out: lossless for every key, and refused by the name of the key."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given

from conversations.choices import Mark
from conversations.exceptions import InvalidParameter
from conversations.formats import checks, conversation, marks
from tests.support.entries import classic, entries

PAYLOADS = Path(__file__).parent.parent / "payloads"
C2C = orjson.loads((PAYLOADS / "conversation_c2c.flutter.json").read_bytes())
GROUP = orjson.loads((PAYLOADS / "conversation_group.flutter.json").read_bytes())
MINIMAL = {"conversationID": "c2c_bob"}


@given(entries())
def test_every_conversation_survives_the_way_out_and_in(entry):
    assert conversation.from_wire(orjson.loads(orjson.dumps(classic(entry)))) == entry


@pytest.mark.parametrize("example", [C2C, GROUP], ids=["c2c", "group"])
def test_the_sdks_own_objects_keep_every_key(example):
    entry = conversation.from_wire(example)

    newest_s = max(example["lastMessage"]["timestamp"], example["draftTimestamp"])
    normalised = {
        "orderkey": newest_s * 1_000_000,
        "draftText": example["draftText"] or "",
        "conversationGroupList": sorted(example["conversationGroupList"]),
    }
    assert classic(entry) == example | normalised
    assert conversation.from_wire(classic(entry)) == entry


def test_the_keys_are_the_sdks():
    assert set(conversation.KEYS) == C2C.keys() == GROUP.keys()
    assert tuple(classic(conversation.from_wire(C2C))) == conversation.KEYS


def test_an_id_alone_is_a_conversation():
    entry = conversation.from_wire(MINIMAL)

    assert conversation.from_wire(MINIMAL | {key: None for key in conversation.KEYS if key != "conversationID"}) == entry
    assert classic(entry) == {
        "conversationID": "c2c_bob",
        "type": 1,
        "userID": "bob",
        "groupID": None,
        "groupType": None,
        "showName": "",
        "faceUrl": "",
        "recvOpt": 0,
        "unreadCount": 0,
        "draftText": "",
        "draftTimestamp": 0,
        "isPinned": False,
        "orderkey": 0,
        "groupAtInfoList": [],
        "customData": "",
        "c2cReadTimestamp": 0,
        "groupReadSequence": 0,
        "markList": [],
        "conversationGroupList": [],
        "lastMessage": None,
    }


# ---- What is normalised ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_key", "stored"),
    [
        (0, 1_760_000_000_000_000),
        (38, 1_760_000_000_000_000),
        ((1 << 62) + 5, 1_760_000_000_000_000),
        (10**15 - 1, 1_760_000_000_000_000),
        (10**15, 10**15),
        (1_760_000_000_000_123, 1_760_000_000_000_123),
        (1_770_000_000_000_123 | 1 << 62, 1_760_000_000_000_000),
        ((1 << 53) - 1, (1 << 53) - 1),
    ],
)
def test_a_foreign_order_key_is_remade_from_the_newest_activity(given_key, stored):
    message = {"timestamp": 1_760_000_000, "seq": "1"}

    assert conversation.from_wire(MINIMAL | {"orderkey": given_key, "lastMessage": message}).order_key == stored


def test_a_draft_may_be_the_newest_activity():
    draft = {"draftText": "half", "draftTimestamp": 1_760_000_500}
    entry = conversation.from_wire(MINIMAL | draft | {"lastMessage": {"timestamp": 1_760_000_000}})

    assert (entry.order_key, entry.activity_key) == (1_760_000_500_000_000, 1_760_000_000_000_000)


def test_a_draft_s_own_key_leaves_the_last_message_s_when_it_goes():
    message = {"timestamp": 1_760_000_000, "seq": "1"}
    draft = {"draftText": "half", "draftTimestamp": 1_760_000_500, "orderkey": 1_760_000_500_000_000}

    entry = conversation.from_wire(MINIMAL | draft | {"lastMessage": message})

    assert (entry.order_key, entry.activity_key) == (1_760_000_500_000_000, 1_760_000_000_000_000)


@pytest.mark.parametrize(
    ("old", "new"), [("Private", "Work"), ("ChatRoom", "Meeting"), ("Public", "Public"), ("", ""), (None, "")]
)
def test_old_group_types_get_their_new_names(old, new):
    assert conversation.from_wire({"conversationID": "group_x", "groupType": old}).group_type == new


def test_the_highest_mark_is_a_signed_number_in_the_database():
    entry = conversation.from_wire(MINIMAL | {"markList": [1 << 63, int(Mark.STAR)]})

    assert entry.marks == -(1 << 63) + 1
    assert marks.mark_list(entry.marks) == [1, 1 << 63]


def test_several_marks_in_one_number_come_out_one_by_one():
    assert marks.mark_list(conversation.from_wire(MINIMAL | {"markList": [3, 1 << 32, 1]}).marks) == [1, 2, 1 << 32]


def test_a_group_name_given_twice_counts_once():
    assert conversation.from_wire(MINIMAL | {"conversationGroupList": ["b", "a", "b"]}).group_names == ("a", "b")


def test_seq_may_be_a_number_and_comes_out_as_text():
    entry = conversation.from_wire(
        {"conversationID": "group_x", "groupAtInfoList": [{"seq": 7, "atType": 1}, {"seq": "8", "atType": 3}]}
    )

    assert orjson.loads(entry.group_at_info) == [{"seq": "7", "atType": 1}, {"seq": "8", "atType": 3}]


def test_an_unknown_key_inside_the_last_message_is_kept():
    message = {"timestamp": 1, "futureKey": {"a": [1, "😀\u2028", None]}}

    assert orjson.loads(conversation.from_wire(MINIMAL | {"lastMessage": message}).last_message) == message


def test_the_limits_themselves_are_allowed():
    conversation.from_wire(
        {
            "conversationID": "group_" + "x" * 96,
            "showName": "名" * checks.TEXT_MAX_LENGTH,
            "unreadCount": checks.INT32_MAX,
            "customData": "数" * 85 + "x",
            "conversationGroupList": [f"{number:032}" for number in range(20)],
            "groupReadSequence": checks.INT64_MAX,
            "c2cReadTimestamp": 4_102_444_799,
            "groupAtInfoList": [{"seq": str(checks.INT64_MAX), "atType": 2}],
            "lastMessage": {"text": "x" * (conversation.LAST_MESSAGE_MAX_BYTES - len('{"text":""}'))},
        }
    )


# ---- What is refused ---------------------------------------------------------------------------


def _malformed():
    """Each a key and a value it can't have."""
    yield from (
        ("conversationID", value) for value in ("", None, 5, True, "bob", "c2c_", "c2c_\0", "C2Cbob", "c2c_" + "x" * 99)
    )
    yield from (("type", value) for value in (2, 3, "1", True, False, -1))
    yield from (("userID", value) for value in ("alice", "c2c_bob", 5, True, ["bob"]))
    yield from (("groupID", value) for value in ("bob", 5, True, {}))
    yield from (("groupType", value) for value in ("Work", "Nonsense", 0, 1, True, ["Work"]))
    for key in ("showName", "faceUrl", "draftText", "customData"):
        yield from ((key, value) for value in (5, True, False, [], {}, "a\0b", "\ud800", "x" * (checks.TEXT_MAX_LENGTH + 1)))
    yield from (("customData", value) for value in ("x" * 257, "数" * 86))
    yield from (("recvOpt", value) for value in (-1, 5, "0", True, 1.0))
    yield from (("unreadCount", value) for value in (-1, 1 << 31, "3", True, 1.0, []))
    yield from (("isPinned", value) for value in (0, 1, "true", []))
    for key in ("draftTimestamp", "c2cReadTimestamp"):
        yield from ((key, value) for value in (-1, 4_102_444_800, 1_760_000_000_000, 1 << 63, "1760000000", True, 1.5))
    yield from (("groupReadSequence", value) for value in (-1, 1 << 63, "5", True, 5.0))
    yield from (("orderkey", value) for value in (-1, 1 << 53, 1 << 61, 1 << 63, 1 << 64, "5", True, 1e15))
    yield from (("markList", value) for value in (1, "1", {}))
    for mark in (0, 16, 1 << 31, 17, -1, -(1 << 63), 1 << 64, "1", True, 1.0, None, 1 << 63 | 16):
        yield "markList", [mark]
    yield from (
        ("conversationGroupList", value)
        for value in ("work", {}, [""], ["x" * 33], ["数" * 11], [5], [None], ["a\0"], ["\udfff"])
    )
    yield "conversationGroupList", [str(number) for number in range(21)]
    yield from (("groupAtInfoList", value) for value in ({}, "[]", [5], [None], [{}]))
    for entry in (
        {"seq": "1"},
        {"seq": "1", "atType": 0},
        {"seq": "1", "atType": 4},
        {"seq": "1", "atType": True},
        {"seq": "1", "atType": 1.0},
        {"seq": "1", "atType": "1"},
        {"seq": "1", "atType": [1]},
        {"atType": 1},
        {"seq": "", "atType": 1},
        {"seq": "x", "atType": 1},
        {"seq": "-1", "atType": 1},
        {"seq": "٣", "atType": 1},
        {"seq": str(1 << 63), "atType": 1},
        {"seq": 1 << 63, "atType": 1},
        {"seq": True, "atType": 1},
        {"seq": 1.0, "atType": 1},
        {"seq": "1", "atType": 1, "extra": 1},
    ):
        yield "groupAtInfoList", [entry]
    yield from (
        ("lastMessage", value)
        for value in ("text", 5, True, [], {"a": "\0"}, {"a\0": 1}, {"a": [{"b": "c\0"}]}, {"a": "\ud800"})
    )
    yield "lastMessage", {"text": "x" * conversation.LAST_MESSAGE_MAX_BYTES}
    for value in (1_760_000_000_000, -1, "1760000000", True, 1.5):
        yield "lastMessage.timestamp", value
    for value in ("x", -1, 1 << 63, 1.5, [1]):
        yield "lastMessage.seq", value
    for value in (-1, "5", True, 1.5):
        yield "lastMessage.random", value
    yield from (("isMuted", value) for value in (None, True))
    yield "owner", "alice"


@pytest.mark.parametrize(("key", "value"), list(_malformed()), ids=lambda part: ascii(part)[:40])
def test_a_malformed_key_is_refused_by_name(key, value):
    outer, _dot, inner = key.partition(".")

    with pytest.raises(InvalidParameter) as caught:
        conversation.from_wire(MINIMAL | {outer: {inner: value} if inner else value})

    assert list(caught.value.errors) == [key]
    assert key in str(caught.value.detail)


def test_ids_of_the_other_kind_do_not_fit_a_group():
    for key, value in (("type", 1), ("userID", "x"), ("groupID", "y")):
        with pytest.raises(InvalidParameter) as caught:
            conversation.from_wire({"conversationID": "group_x", key: value})
        assert list(caught.value.errors) == [key]
