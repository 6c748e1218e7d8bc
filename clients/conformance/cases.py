"""The cases: JSON files beside this module, with a few forms that keep them short. See README.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "cases"


class Case(NamedTuple):
    """What must hold: data to begin with, then steps."""

    topic: str
    name: str
    words: dict[str, str]  # what stands for {word} in it
    given: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    is_for_sdk: bool  # of what a client derives, and HTTP alone does not have


def load() -> list[Case]:
    """Return all cases, in the order of the files' names."""
    return [
        Case(path.stem, expand(case["name"], words, {}), words, case.get("given", []), case["steps"], case.get("sdk", False))
        for path in sorted(FOLDER.glob("*.json"))
        for case in json.loads(path.read_text())
        for words in case.get("each", [{}])
    ]


def expand(value: Any, words: Mapping[str, str], saved: Mapping[str, Any]) -> Any:
    """Return `value` with `{word}` replaced in texts, lists written out, and saved values put in.

    `{"$list": item, "from": first, "count": count}` is a list with `{n}` counted up in each item, and
    `{"$saved": "name.key"}` a part of an earlier step's value.
    """
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"{{{word}}}", text)
        return value
    if isinstance(value, list):
        return [expand(item, words, saved) for item in value]
    if not isinstance(value, dict):
        return value
    if "$list" in value:
        numbers = range(value.get("from", 0), value.get("from", 0) + value["count"])
        return [expand(value["$list"], {**words, "n": str(n)}, saved) for n in numbers]
    if "$saved" in value:
        name, *keys = value["$saved"].split(".")
        part = saved[name]
        for key in keys:
            part = part[key]
        return part
    return {expand(key, words, saved): expand(item, words, saved) for key, item in value.items()}
