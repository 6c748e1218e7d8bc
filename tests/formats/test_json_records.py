"""Records out of byte streams: every layout, every malformed input."""

import io

import pytest

from conversations.exceptions import InvalidParameter
from conversations.formats import json_records


def read(text: bytes) -> list:
    """Records by number; a refused one is its sentence."""
    records = json_records.Records(io.BufferedReader(io.BytesIO(text)))
    return [(number, str(value.detail) if isinstance(value, InvalidParameter) else value) for number, value in records]


def test_lines_keep_their_numbers_across_empty_ones():
    assert read(b'\n{"a":1}\r\n\n{"a":2}') == [(2, {"a": 1}), (4, {"a": 2})]


def test_a_byte_order_mark_is_passed_over():
    assert read(b'\xef\xbb\xbf{"a":1}\n') == [(1, {"a": 1})]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"[]", b" [ \n ]\n"])
def test_nothing_gives_no_record(text):
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        b'[{"a":1},{"b":[{"c":"]"}]}]',
        b'[\n  {"a": 1},\n  {"b": [{"c": "]"}]}\n]\n',
        b'[{"a":1}]\n[{"b":[{"c":"]"}]}]',
        b'{\n"a": 1\n}\n{\n"b": [\n{"c": "]"}\n]\n}',
    ],
)
def test_arrays_and_objects_over_many_lines_are_taken_apart(text):
    assert read(text) == [(1, {"a": 1}), (2, {"b": [{"c": "]"}]})]


def test_a_value_may_end_where_the_window_ends(monkeypatch):
    monkeypatch.setattr(json_records, "BLOCK_BYTES", 1)

    assert read(' [{"a": "你好"}, 12, [1, 2]]'.encode()) == [(1, {"a": "你好"}), (2, 12), (3, [1, 2])]


def test_bad_lines_are_told_and_the_rest_is_read():
    records = read(b'{"a":1}\nnot json\n{"a":"\xff"}\n{"a":"\\ud800"}\n{"a":NaN}\n{"a":2}\n')

    assert [number for number, value in records if isinstance(value, dict)] == [1, 6]
    assert all(value.startswith("Not JSON") for number, value in records if number in (2, 3, 4, 5))


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":2}', b'{"b":{"a":1,"a":2}}', b'{"b" : {"a":1, "a":2}}', b'[{"a":1,"a":2}]', b'{"x":"\\":","a":1,"a" :2}'],
)
def test_a_key_given_twice_is_refused_by_name(text):
    assert read(text) == [(1, "a: Duplicate key.")]


@pytest.mark.parametrize("block", [1, 1000])
def test_a_broken_array_says_on_which_line(monkeypatch, block):
    monkeypatch.setattr(json_records, "BLOCK_BYTES", block)
    good = b'\n\n[\n {"a":\n  1},\n\n'

    for broken in (b' {"a": 2,,}]', b" oops]", b' {"a": 2} {"a"}]', b' {"a": 2}\n {"b": 1,,}'):
        *_, (_number, why) = read(good + broken)
        line = 8 if b"\n" in broken else 7
        assert f"Not JSON at line {line} of the file" in why, broken
        assert "column" not in why
    *_, (_number, why) = read(b'[\n{"x": "abc\n')
    assert why.endswith("the rest of the file was skipped: Invalid control character.")


def test_bytes_that_are_not_utf_8_spoil_their_own_item_only():
    records = read(b'[{"a":1},{"a":"\xff"},{"a":2}]')

    assert (records[0], records[2]) == ((1, {"a": 1}), (3, {"a": 2}))
    assert "UTF-8" in records[1][1]


def test_text_that_looks_like_keys_is_no_double_key():
    assert read(b'{"a":"\\"a\\":1","b" : "a :"}') == [(1, {"a": '"a":1', "b": "a :"})]


def test_a_line_that_is_too_long_is_passed_over(monkeypatch):
    monkeypatch.setattr(json_records, "LINE_MAX_BYTES", 20)

    assert read(b'{"a":"' + b"x" * 100 + b'"}\n{"b":1}\n') == [(1, "The line has more than 20 bytes."), (2, {"b": 1})]


@pytest.mark.parametrize(
    "text", [b'[{"a":1},{"b"', b'[{"a":1},oops]', b'[{"a":1}', b'[{"a":1},\xff]', b'[{"a":1},' + b"[" * 5000]
)
def test_a_broken_array_gives_what_came_before_and_says_so(text):
    first, (number, why) = read(text)

    assert first == (1, {"a": 1})
    assert number == 2
    assert "the rest of the file was skipped" in why


@pytest.mark.parametrize("block", [1, 1000])
@pytest.mark.parametrize(
    ("text", "count", "line"),
    [
        (b'[{"a":1},\n,{"a":2}]', 1, 2),
        (b'[{"a":1},{"a":2},\n]', 2, 2),
        (b'[\n,{"a":1},{"a":2}]', 0, 2),
        (b'[{"a":1}\n\n{"a":2}]', 1, 3),
        (b'[{"a":1}{"a":2}]', 1, 1),
        (b'[{"a":1}[{"a":2}]]', 1, 1),
        (b'[{"a":1}]\n[,]', 1, 2),
        (b'[{"a":1}]\n,[{"a":2}]', 1, 2),
        (b'[{"a":1}]]\n', 1, 1),
        (b'[{"a":1},', 1, 1),
    ],
)
def test_items_of_an_array_have_one_comma_between_them(monkeypatch, block, text, count, line):
    monkeypatch.setattr(json_records, "BLOCK_BYTES", block)

    *items, (number, why) = read(text)

    assert items == [(number, {"a": number}) for number in range(1, count + 1)]
    assert number == count + 1
    assert why.startswith(f"Not JSON at line {line} of the file; the rest of the file was skipped: ")


def test_a_comma_that_is_missing_is_called_so():
    assert read(b'[{"a":1} {"a":2}]')[-1][1].endswith("the rest of the file was skipped: a comma is missing between items.")


@pytest.mark.parametrize("block", [1, 1000])
@pytest.mark.parametrize("text", [b'{\n"a":1}\n{"a":\n2}', b'{\n"a":1}{"a":2}', b'[]\n{"a":1}\n[ ] [{"a":2}]'])
def test_values_outside_arrays_have_none(monkeypatch, block, text):
    monkeypatch.setattr(json_records, "BLOCK_BYTES", block)

    assert read(text) == [(1, {"a": 1}), (2, {"a": 2})]
