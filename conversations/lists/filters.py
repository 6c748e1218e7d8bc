"""The filters of a conversation list, by their wire names; the API and the pages share them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.choices import ALLOWED_MARKS, ConversationType, ReceiveOption
from conversations.digits import parse_digits
from conversations.exceptions import InvalidParameter
from conversations.formats.marks import to_signed
from conversations.models import Conversation
from conversations.models.querysets import MUTED, NO_AT_INFO, ConversationQuerySet
from conversations.times import check_epoch_s, from_epoch_s

SEARCH_MAX_LENGTH = 100
ANY_TYPE = 0
NUMBER_MAX_DIGITS = 20


class OptionalTextField(forms.CharField):
    """Text for which "" is a value of its own: only an absent parameter is None."""

    def to_python(self, value: Any) -> str | None:
        return None if value is None else str(value)


class EpochField(forms.IntegerField):
    """Epoch seconds in decimal digits, as an aware moment."""

    def clean(self, value: str | None) -> datetime | None:
        if not value:
            return None
        if (seconds := parse_digits(value, at_most=NUMBER_MAX_DIGITS)) is None:
            raise forms.ValidationError(_("Give epoch seconds, 0 or more."))
        try:
            return from_epoch_s(check_epoch_s(seconds, field="seconds"))
        except InvalidParameter as error:
            # The filter set puts the parameter's own name in front.
            raise forms.ValidationError(str(error.detail).removeprefix("seconds: ")) from error


class MarkField(forms.CharField):
    """Mark bits as a decimal number, signed as they are stored."""

    def to_python(self, value: str | None) -> int | None:  # type: ignore[override]  # a number, not text
        if not value:
            return None
        marks = parse_digits(value, at_most=NUMBER_MAX_DIGITS)
        if marks is None or marks & ~ALLOWED_MARKS:
            raise forms.ValidationError(_("Give 0, or a sum of 1, 2, 4, 8 and 1<<n with n between 32 and 63."))
        return to_signed(marks)


# ---- Kinds of filters; `keyword` is the name before the colon in the search box ---------------


class FlagFilter(django_filters.TypedChoiceFilter):
    """true or false; anything else is refused, where BooleanFilter would not filter at all.

    `words` are the search box's words for "true" and "false", for example `is:unread` and `is:read`.
    """

    keyword = "is"

    def __init__(self, *, words: tuple[str, ...], **kwargs: Any):
        choices = (("true", gettext_lazy("yes")), ("false", gettext_lazy("no")))
        messages = {"invalid_choice": gettext_lazy('"%(value)s" is not valid. Use true or false.')}
        super().__init__(choices=choices, coerce=lambda text: text == "true", error_messages=messages, **kwargs)
        self.words = dict(zip(words, ("true", "false")))


class NumberFilter(django_filters.TypedChoiceFilter):
    """One of a few consecutive numbers."""

    def __init__(self, *, choices: Sequence[tuple[int, Any]], **kwargs: Any):
        numbers = [number for number, _label in choices]
        message = gettext_lazy('"%(value)s" is not valid. Use a number between {first} and {last}.')
        messages = {"invalid_choice": format_lazy(message, first=min(numbers), last=max(numbers))}
        super().__init__(choices=choices, coerce=int, error_messages=messages, **kwargs)


class TypeFilter(NumberFilter):
    """By the conversation's type; 0 for any."""

    keyword = "type"

    def __init__(self, **kwargs: Any):
        super().__init__(choices=[(ANY_TYPE, gettext_lazy("any")), *ConversationType.choices], **kwargs)

    def filter(self, qs: ConversationQuerySet, value: int | None) -> ConversationQuerySet:
        return qs if value == ANY_TYPE else super().filter(qs, value)


class ReceiveOptionFilter(NumberFilter):
    keyword = "recv"

    def __init__(self, **kwargs: Any):
        super().__init__(choices=ReceiveOption.choices, **kwargs)


class EpochFilter(django_filters.Filter):
    """By the newest message's time. `age` is a keyword of the search box that needs no sign: `newer:7d` is `updated:>7d`."""

    field_class = EpochField
    keyword = "updated"

    def __init__(self, *, age: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.age = age


class MarkFilter(django_filters.Filter):
    """Any of the bits; 0: no mark at all."""

    field_class = MarkField
    keyword = "mark"

    def filter(self, qs: ConversationQuerySet, value: int | None) -> ConversationQuerySet:
        return qs if value is None else qs.marked(value)


class GroupFilter(django_filters.Filter):
    """By the name of a conversation group; "" for ungrouped conversations."""

    field_class = OptionalTextField
    keyword = "group"

    def filter(self, qs: ConversationQuerySet, value: str | None) -> ConversationQuerySet:
        return qs if value is None else qs.in_group_named(self.parent.owner_id, value)


class SearchFilter(django_filters.CharFilter):
    """By a part of the name or ID; in the search box, the words without a keyword."""

    keyword = ""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=SEARCH_MAX_LENGTH, strip=False, **kwargs)

    def filter(self, qs: ConversationQuerySet, value: str) -> ConversationQuerySet:
        return qs.filter(Q(show_name__icontains=value) | Q(conversation_id__icontains=value)) if value else qs


class ConversationFilterSet(django_filters.FilterSet):
    """The conditions of getConversationListByFilter and our own, combined by AND.

    They are declared here only: the API's parameters, their descriptions in the OpenAPI document (`help_text`) and the search
    syntax of the pages (in this order) are derived from `base_filters`.
    """

    hasUnreadCount = FlagFilter(
        method="filter_unread",
        words=("unread", "read"),
        label=gettext_lazy("unread"),
        help_text="with or without unread messages",
    )
    hasGroupAtInfo = FlagFilter(
        method="filter_mentions", words=("mentioned",), label=gettext_lazy("mentions"), help_text="with or without @ entries"
    )
    isPinned = FlagFilter(
        field_name="is_pinned", words=("pinned", "unpinned"), label=gettext_lazy("pinned"), help_text="pinned or not"
    )
    hasDraft = FlagFilter(
        method="filter_draft", words=("draft",), label=gettext_lazy("draft"), help_text="with or without a draft"
    )
    isMuted = FlagFilter(
        method="filter_muted",
        words=("muted",),
        label=gettext_lazy("muted"),
        help_text="muted (recvOpt 1, 2 or 3, whose unread counts as muted) or not",
    )
    type = TypeFilter(label=gettext_lazy("type"), help_text="1 one to one, 2 group, 0 any")
    markType = MarkFilter(label=gettext_lazy("mark"), help_text="with any of these mark bits; 0: unmarked")
    conversationGroup = GroupFilter(
        label=gettext_lazy("conversation group"), help_text='in this conversation group; "": ungrouped'
    )
    recvOpt = ReceiveOptionFilter(
        field_name="recv_opt", label=gettext_lazy("message receiving option"), help_text="message receiving option"
    )
    activeSince = EpochFilter(
        field_name="last_message_at",
        lookup_expr="gte",
        age="newer",
        label=gettext_lazy("last activity after"),
        help_text="newest message at or after this time, epoch seconds",
    )
    activeBefore = EpochFilter(
        field_name="last_message_at",
        lookup_expr="lt",
        age="older",
        label=gettext_lazy("last activity before"),
        help_text="newest message before this time, epoch seconds",
    )
    search = SearchFilter(label=gettext_lazy("name or ID"), help_text="part of the name or the ID")

    class Meta:
        model = Conversation
        fields = ()

    def __init__(self, data: Mapping[str, str], queryset: ConversationQuerySet, *, owner_id: str):
        super().__init__(data=data, queryset=queryset)
        self.owner_id = owner_id

    def selected(self) -> ConversationQuerySet:
        """Return the filtered rows. Raise InvalidParameter with a sentence for each bad parameter."""
        if not self.is_valid():
            errors = {name: [str(error) for error in errors] for name, errors in self.errors.items()}
            first = next(iter(errors))
            raise InvalidParameter(f"{first}: {errors[first][0]}", errors=errors)
        return cast(ConversationQuerySet, self.qs)

    def filter_unread(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.filter(unread_count__gt=0) if value else queryset.filter(unread_count=0)

    def filter_mentions(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.exclude(group_at_info=NO_AT_INFO) if value else queryset.filter(group_at_info=NO_AT_INFO)

    def filter_draft(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.exclude(draft_text="") if value else queryset.filter(draft_text="")

    def filter_muted(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.filter(MUTED if value else ~MUTED)


FILTER_NAMES = frozenset(ConversationFilterSet.base_filters)
