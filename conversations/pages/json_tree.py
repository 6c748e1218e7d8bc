"""JSON as a tree that opens branch by branch, cut where it gets too wide, deep or long."""

from typing import Any, NamedTuple

import orjson

MAX_CHILDREN, MAX_DEPTH, MAX_TEXT = 100, 12, 300


class Node(NamedTuple):
    """A value with its key; objects and lists have children, and the number of children left out."""

    key: str
    value: str
    kind: str  # "holder", "string" or "literal"
    children: list["Node"]
    left_out: int


def node_of(value: Any, key: str = "", depth: int = 0) -> Node:
    """Return the tree of a parsed JSON value."""
    if isinstance(value, dict):
        return _holder(key, list(value.items()), "{}", depth)
    if isinstance(value, list):
        return _holder(key, [(str(index), item) for index, item in enumerate(value)], "[]", depth)
    text = orjson.dumps(value).decode()
    shown = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return Node(key, shown, "string" if isinstance(value, str) else "literal", [], 0)


def _holder(key: str, members: list[tuple[str, Any]], brackets: str, depth: int) -> Node:
    shown = members[:MAX_CHILDREN] if depth < MAX_DEPTH else []
    count = str(len(members) or "").join(brackets)
    children = [node_of(value, name, depth + 1) for name, value in shown]
    return Node(key, count, "holder", children, len(members) - len(shown))
