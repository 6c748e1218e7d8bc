"""A row to the JSON of its conversation object, the 20 classic keys of V2TIMConversation.

Keys and types are those of Flutter's V2TimConversation up to 8.4, the SDK's classic dialect. The database has the first 17
keys ready-made in `wire_head`. `group_names` is always the owner's JSON list of conversation group names, by bit.
"""

from functools import lru_cache

import orjson

from conversations.formats.marks import mark_list

EXTRA = ',"imsite":{"version":%s,"membership":"%s"}'  # a membership is one of a few words
REVISION = 1  # part of every ETag: raise it when the JSON of an unchanged row changes


def to_json(wire_head: bytes, last_message: bytes | None, marks_and_groups: bytes, extra: bytes = b"") -> bytes:
    """Return the conversation object from its parts; `marks_and_groups` is that of `marks_and_groups_json`."""
    return b"%b%b%b%b}" % (wire_head, marks_and_groups, last_message or b"null", extra)


@lru_cache(maxsize=4096)
def marks_and_groups_json(marks: int, conversation_groups: int, group_names: str) -> bytes:
    """Return the JSON between `wire_head` and the last message."""
    names = group_names_of(conversation_groups, group_names)
    lists = orjson.dumps({"markList": mark_list(marks), "conversationGroupList": names})
    return b',%b,"lastMessage":' % lists[1:-1]


def group_names_of(conversation_groups: int, group_names: str) -> list[str]:
    """Return the names of the bits, sorted, because the same name has different bits in different databases."""
    return sorted(name for bit, name in enumerate(orjson.loads(group_names)) if name and conversation_groups >> bit & 1)


def all_group_names(group_names: str) -> list[str]:
    """Return the names of all conversation groups of an owner, sorted; deleted groups leave an empty name behind."""
    return sorted(name for name in orjson.loads(group_names) if name)


def extra_json(version: int, membership: str) -> bytes:
    """Return the key that `extra=true` adds."""
    return (EXTRA % (version, membership)).encode()


def row_to_json(wire_head: str, last_message: str | None, marks: int, conversation_groups: int, group_names: str) -> bytes:
    """Return the conversation object from a row's columns and its owner's group names."""
    marks_and_groups = marks_and_groups_json(marks, conversation_groups, group_names)
    return to_json(wire_head.encode(), last_message.encode() if last_message else None, marks_and_groups)
