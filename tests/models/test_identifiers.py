"""Which IDs can be, how they are cut, and what a refusal says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.choices import ConversationType
from conversations.exceptions import InvalidParameter
from conversations.identifiers import check_owner_id, is_conversation_id, is_owner_id, join, split

C2C, GROUP = ConversationType
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
printable = st.text(st.sampled_from(PRINTABLE), min_size=1, max_size=64)


@pytest.mark.parametrize("character", [*".,:#@+%&?/ \"'\\{}~_-!"])
def test_any_printable_character_is_part_of_an_id(character):
    for bare_id in (character, f"a{character}b", character * 3):
        assert split(f"c2c_{bare_id}") == (C2C, bare_id)
        assert split(f"group_{bare_id}") == (GROUP, bare_id)
        assert is_owner_id(bare_id)


@pytest.mark.parametrize(
    ("text", "type_", "bare_id"),
    [
        ("c2c_C2Cbob", C2C, "C2Cbob"),
        ("c2c_c2c_bob", C2C, "c2c_bob"),
        ("c2c_group_x", C2C, "group_x"),
        ("group_c2c_x", GROUP, "c2c_x"),
        ("group_group_x", GROUP, "group_x"),
        ("group_GROUPx", GROUP, "GROUPx"),
        ("c2c_group_", C2C, "group_"),
        ("group_c2c_", GROUP, "c2c_"),
        ("c2c__", C2C, "_"),
        ("group_@TGS#2J4SZEAEL", GROUP, "@TGS#2J4SZEAEL"),
        ("group_@TGS#_@TGS#cJVJ5LIM62CH", GROUP, "@TGS#_@TGS#cJVJ5LIM62CH"),
        ("group_@TGS#_x@TOPIC#_intro", GROUP, "@TGS#_x@TOPIC#_intro"),
        ("group_@TGSx", GROUP, "@TGSx"),
        ("c2c_ ", C2C, " "),
        (f"c2c_{'x' * 64}", C2C, "x" * 64),
        (f"group_{'x' * 96}", GROUP, "x" * 96),
    ],
)
def test_only_the_prefix_is_cut(text, type_, bare_id):
    assert is_conversation_id(text)
    assert split(text) == (type_, bare_id)
    assert join(type_, bare_id) == text


@given(st.sampled_from(ConversationType), printable.filter(lambda text: not text.endswith("@TGS")))
def test_what_is_joined_is_split_again(type_, bare_id):
    assert split(join(type_, bare_id)) == (type_, bare_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bob",
        "c2c",
        "c2c_",
        "group_",
        "group",
        "_bob",
        "C2C_bob",
        "c2C_bob",
        "GROUP_x",
        " c2c_bob",
        "topic_x",
        "@TIM#SYSTEM",
        f"c2c_{'x' * 65}",
        f"group_{'x' * 97}",
        "c2c_" + "x" * 10_000,
        "c2c_bob\0",
        "c2c_\0",
        "c2c_bob\n",
        "group_x\n",
        "\nc2c_bob",
        "c2c_a\tb",
        "c2c_\x7f",
        "c2c_小王",
        "group_café",
        "c2c_😀",
        "c2c_\ud800",
        "c2c_ａ",  # full-width a
    ],
)
def test_anything_else_is_refused(text):
    assert not is_conversation_id(text)
    with pytest.raises(InvalidParameter) as caught:
        split(text)
    assert list(caught.value.errors) == ["conversationID"]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("C2Cbob", "c2c_bob"),
        ("GROUPx", "group_x"),
        ("GROUP@TGS#1", "group_@TGS#1"),
        ("C2CC2Cbob", "c2c_C2Cbob"),
        ("@TGS#2J4SZEAEL", "group_@TGS#2J4SZEAEL"),
    ],
)
def test_the_web_form_is_refused_with_the_right_one(text, right):
    with pytest.raises(InvalidParameter) as caught:
        split(text)

    assert f"Use {right}." in str(caught.value.detail)


@pytest.mark.parametrize("text", ["group_@TGS", "@TGS", "GROUP@TGS", "c2c_@TGS"])
def test_an_id_cut_off_at_its_number_sign_is_refused_with_the_reason(text):
    with pytest.raises(InvalidParameter) as caught:
        split(text)

    assert "%23" in str(caught.value.detail)


@pytest.mark.parametrize(
    "text", ["a", "x" * 64, "li lei", "dept/42", "+8613800138000", "C2Cbob", "group_x", "a@b.example", " "]
)
def test_an_owner_id_is_any_printable_ascii(text):
    assert check_owner_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "x" * 65, "小王", "é", "a\nb", "a\n", "a\0", "\x7f", "\x1f", "😀", "\ud800", None, 5, b"a", ["a"]]
)
def test_an_owner_id_that_cannot_be_is_refused_by_name(text):
    with pytest.raises(InvalidParameter) as caught:
        check_owner_id(text, field="identifier")

    assert list(caught.value.errors) == ["identifier"]
