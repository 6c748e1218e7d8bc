"""Compare a value with what a case expects of it."""

from typing import Any


def difference(expected: Any, actual: Any, path: str = "value") -> str | None:
    """Return in a sentence where `actual` differs, or None.

    An object may have more keys than expected, a list no more items. null, "" and an absent key are the same, since C++ has no
    null. `{"$any": true}` takes everything, `{"$text": true}` any text but "", `{"$integer": n}` a whole number from n on,
    `{"$length": n}` a list of that length, `{"$optional": ...}` null or what is expected.
    """
    if isinstance(expected, dict):
        if len(expected) == 1 and next(iter(expected)).startswith("$"):
            return _special(*next(iter(expected.items())), actual, path)
        return _object_difference(expected, actual, path)
    if isinstance(expected, list):
        return _list_difference(expected, actual, path)
    if expected in (None, "") and actual in (None, ""):
        return None
    if isinstance(expected, bool) != isinstance(actual, bool) or expected != actual:
        return f"{path} is {_shown(actual)}, expected {_shown(expected)}"
    return None


def _special(name: str, argument: Any, actual: Any, path: str) -> str | None:
    match name:
        case "$any":
            return None
        case "$optional":
            return None if actual is None else difference(argument, actual, path)
        case "$text":
            return None if isinstance(actual, str) and actual else f"{path} is {_shown(actual)}, expected text"
        case "$integer":
            fits = type(actual) is int and actual >= argument
            return None if fits else f"{path} is {_shown(actual)}, expected a whole number from {argument}"
        case "$length":
            fits = isinstance(actual, list) and len(actual) == argument
            return None if fits else f"{path} has {len(actual or ())} items, expected {argument}"
    raise ValueError(f"Unknown expectation {name}.")


def _object_difference(expected: dict[str, Any], actual: Any, path: str) -> str | None:
    if not isinstance(actual, dict):
        return f"{path} is {_shown(actual)}, expected an object"
    differences = (difference(value, actual.get(key), f"{path}.{key}") for key, value in expected.items())
    return next(filter(None, differences), None)


def _list_difference(expected: list[Any], actual: Any, path: str) -> str | None:
    if not isinstance(actual, list):
        return f"{path} is {_shown(actual)}, expected a list"
    differences = (difference(item, actual[n], f"{path}[{n}]") for n, item in enumerate(expected[: len(actual)]))
    found = next(filter(None, differences), None)
    if found is None and len(expected) != len(actual):
        return f"{path} has {len(actual)} items, expected {len(expected)}: {_shown(actual)}"
    return found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "…"
