"""Serializer fields that take JSON values exactly as they came, where DRF's own convert."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from conversations.digits import parse_digits
from conversations.exceptions import TooManyConversations

MAX_IDS_TO_CHANGE = 100
MARKS_MAX_DIGITS = 20


class IDList(serializers.ListField):
    """IDs exactly as they came; whether each is valid is checked elsewhere.

    The length is checked before the elements, and the first wrong one is enough: a body may hold millions.
    """

    default_error_messages = {"count": _("Pass %(least)d to %(most)d IDs."), "not_text": _("Each ID must be a string.")}

    def __init__(self, *, max_length: int, **kwargs):
        super().__init__(child=serializers.CharField(), min_length=1, max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not self.min_length <= len(data) <= self.max_length:
            counts = {"least": self.min_length, "most": self.max_length}
            raise serializers.ValidationError(self.error_messages["count"] % counts, code="count")
        if not all(isinstance(item, str) for item in data):
            self.fail("not_text")
        return data


def _check_number_to_change(items: Any, field_name: str) -> None:
    """Raise TooManyConversations: calls that change conversations have limits with an error code of their own."""
    if isinstance(items, list) and not 1 <= len(items) <= MAX_IDS_TO_CHANGE:
        text = _("Pass %(least)d to %(most)d conversations.") % {"least": 1, "most": MAX_IDS_TO_CHANGE}
        raise TooManyConversations(text, field=field_name)


class ChangedIDList(IDList):
    """The IDs of a call that changes conversations."""

    def __init__(self, **kwargs):
        super().__init__(max_length=MAX_IDS_TO_CHANGE, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        _check_number_to_change(data, self.field_name)
        return super().to_internal_value(data)


class ObjectList(serializers.ListField):
    """Conversations as an SDK gives them; each is checked by itself, elsewhere."""

    def __init__(self, **kwargs):
        super().__init__(child=serializers.DictField(), min_length=1, max_length=MAX_IDS_TO_CHANGE, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        _check_number_to_change(data, self.field_name)
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        return data


class StrictCharField(serializers.CharField):
    """A string exactly as it came; DRF's own field would take a number and trim blanks."""

    def __init__(self, **kwargs):
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if type(data) is not str:
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A whole number; DRF's own field would take a string, and a number with a decimal point."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """true or false; DRF's own field would take 1, "yes" and more."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "pattern": "^[0-9]{1,20}$"})
class MarksField(serializers.Field):
    """Mark bits: a number, or a decimal string for clients that count up to 2^53 only.

    The OpenAPI document has the string alone: no type of generated clients holds both, and none of their numbers 1<<63.
    """

    default_error_messages = {"invalid": _("Must be a whole number, or a decimal string.")}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is int:
            return data
        marks = parse_digits(data, at_most=MARKS_MAX_DIGITS) if type(data) is str else None
        if marks is None:
            self.fail("invalid")
        return marks
