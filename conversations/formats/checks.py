"""Checks of single JSON values that several formats share. Each returns the value or raises InvalidParameter."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _

from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import EMPTY_NAME, InvalidParameter

TEXT_MAX_LENGTH = 20_000
INT32_MAX, INT64_MAX = (1 << 31) - 1, (1 << 63) - 1


def refuse(key: str, reason: str) -> InvalidParameter:
    """Return the error for the value of `key`, to raise."""
    return InvalidParameter(f"{key or EMPTY_NAME}: {reason}", field=key or EMPTY_NAME)


def refuse_unknown(values: Mapping[str, Any], allowed_keys: Collection[str]) -> None:
    """Raise InvalidParameter for the first key, in alphabetical order, that is not allowed."""
    if unknown_keys := values.keys() - allowed_keys:
        raise refuse(min(unknown_keys), _("Unknown key."))


def ignore_unknown(
    values: Mapping[str, Any], allowed_keys: Collection[str], ignored: list[InvalidParameter]
) -> Mapping[str, Any]:
    """Return the values of allowed keys, and add an error for each other key to `ignored`."""
    unknown_keys = values.keys() - allowed_keys
    if not unknown_keys:
        return values
    ignored.extend(refuse(key, _("Unknown key, ignored.")) for key in sorted(unknown_keys))
    return {key: value for key, value in values.items() if key not in unknown_keys}


@contextmanager
def inside(key: str) -> Iterator[None]:
    """Name the key of the object around in an error that names one of its keys."""
    try:
        yield
    except InvalidParameter as error:
        (inner_key,) = error.errors
        raise InvalidParameter(f"{key}.{error.detail}", field=f"{key}.{inner_key}") from error


def check_text(text: Any, key: str, max_length: int = TEXT_MAX_LENGTH) -> str:
    """Return `text` if it is a string that every database can store."""
    if type(text) is not str:
        raise refuse(key, _("Must be text."))
    if len(text) > max_length:
        raise refuse(key, _("At most %(count)d characters.") % {"count": max_length})
    if "\0" in text:
        raise refuse(key, _("NUL characters are not allowed."))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise refuse(key, _("Unpaired surrogates are not allowed.")) from None
    return text


def check_list(value: Any, key: str) -> list[Any]:
    """Return a list; null is an empty one."""
    if value is None:
        return []
    if type(value) is not list:
        raise refuse(key, _("Must be a list."))
    return value


def check_dict(value: Any, key: str) -> dict[str, Any]:
    """Return an object; null is an empty one."""
    if value is None:
        return {}
    if type(value) is not dict:
        raise refuse(key, _("Must be an object."))
    return value


def check_sequence_number(value: Any, key: str) -> int:
    """Return a MsgSeq between 0 and 2^63 - 1. JSON may carry it as decimal text, because it can exceed 2^53."""
    if type(value) is str:
        value = parse_digits(value, at_most=INT64_DIGITS)
    if type(value) is not int or not 0 <= value <= INT64_MAX:
        raise refuse(key, _("seq must be a whole number, or one as text."))
    return value
