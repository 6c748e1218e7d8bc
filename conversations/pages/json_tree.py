"""JSON to be looked at: a tree that opens branch by branch, cut where it gets too wide, deep or long."""

from typing import Any, NamedTuple

import orjson

MAX_CHILDREN, MAX_DEPTH, MAX_TEXT = 100, 12, 300


class Node(NamedTuple):
    """A value with its key; objects and lists have children, and how many of them are not shown."""

    key: str
    value: str
    kind: str  # "holder", "string" or "literal"
    children: list["Node"]
    left_out: int


def node_of(value: Any, key: str = "", depth: int = 0) -> Node:
    """The tree of a parsed JSON value."""
    if isinstance(value, dict):
        return _holder(key, list(value.items()), "{}", depth)
    if isinstance(value, list):
        return _holder(key, [(str(place), one) for place, one in enumerate(value)], "[]", depth)
    text = orjson.dumps(value).decode()
    shown = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return Node(key, shown, "string" if isinstance(value, str) else "literal", [], 0)


def _holder(key: str, members: list[tuple[str, Any]], brackets: str, depth: int) -> Node:
    kept = members[:MAX_CHILDREN] if depth < MAX_DEPTH else []
    count = str(len(members) or "").join(brackets)
    return Node(key, count, "holder", [node_of(one, name, depth + 1) for name, one in kept], len(members) - len(kept))
