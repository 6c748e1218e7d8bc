"""The list's filters, by their wire names; the API and the pages share them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.choices import ALLOWED_MARKS, ConversationType, ReceiveOption
from conversations.digits import parse_digits
from conversations.exceptions import InvalidParameter
from conversations.formats.conversation import to_signed
from conversations.models import Conversation
from conversations.models.querysets import MUTED, NO_AT_INFO, ConversationQuerySet
from conversations.times import check_epoch_s, from_epoch_s

SEARCH_MAX_LENGTH = 100
ANY_TYPE = 0
NUMBER_MAX_DIGITS = 20


class GivenText(forms.CharField):
    """Text where the empty one means something: only an absent parameter is None."""

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

    def to_python(self, value: str | None) -> int | None:
        if not value:
            return None
        marks = parse_digits(value, at_most=NUMBER_MAX_DIGITS)
        if marks is None or marks & ~ALLOWED_MARKS:
            raise forms.ValidationError(_("Give 0, or a sum of 1, 2, 4, 8 and 1<<n with n from 32 to 63."))
        return to_signed(marks)


class FlagFilter(django_filters.TypedChoiceFilter):
    """true or false; anything else is refused, where BooleanFilter would not filter at all."""

    def __init__(self, **kwargs):
        choices = (("true", gettext_lazy("yes")), ("false", gettext_lazy("no")))
        super().__init__(choices=choices, coerce=lambda text: text == "true", **kwargs)


class EpochFilter(django_filters.Filter):
    """Against the newest message's time."""

    field_class = EpochField


class MarkFilter(django_filters.Filter):
    """Any of the bits; 0: no mark at all."""

    field_class = MarkField

    def filter(self, qs: ConversationQuerySet, value: int | None) -> ConversationQuerySet:
        return qs if value is None else qs.marked(value)


class GroupFilter(django_filters.Filter):
    """By the name of a conversation group; "" for the conversations in none."""

    field_class = GivenText

    def filter(self, qs: ConversationQuerySet, value: str | None) -> ConversationQuerySet:
        return qs if value is None else qs.in_group_named(self.parent.owner_id, value)


class ConversationFilterSet(django_filters.FilterSet):
    """getConversationListByFilter's conditions and ours; they are combined by AND."""

    type = django_filters.TypedChoiceFilter(
        choices=[(ANY_TYPE, gettext_lazy("any")), *ConversationType.choices],
        coerce=int,
        method="filter_type",
        label=gettext_lazy("type"),
    )
    conversationGroup = GroupFilter(label=gettext_lazy("conversation group"))
    markType = MarkFilter(label=gettext_lazy("mark"))
    hasUnreadCount = FlagFilter(method="filter_unread", label=gettext_lazy("unread"))
    hasGroupAtInfo = FlagFilter(method="filter_mentions", label=gettext_lazy("mentions"))
    isPinned = FlagFilter(field_name="is_pinned", label=gettext_lazy("pinned"))
    hasDraft = FlagFilter(method="filter_draft", label=gettext_lazy("draft"))
    isMuted = FlagFilter(method="filter_muted", label=gettext_lazy("muted"))
    recvOpt = django_filters.TypedChoiceFilter(
        field_name="recv_opt", choices=ReceiveOption.choices, coerce=int, label=gettext_lazy("receive option")
    )
    search = django_filters.CharFilter(
        method="filter_search", max_length=SEARCH_MAX_LENGTH, strip=False, label=gettext_lazy("name or ID")
    )
    activeSince = EpochFilter(field_name="last_message_at", lookup_expr="gte", label=gettext_lazy("active since"))
    activeBefore = EpochFilter(field_name="last_message_at", lookup_expr="lt", label=gettext_lazy("active before"))

    class Meta:
        model = Conversation
        fields = ()

    def __init__(self, data: Mapping[str, str], queryset: ConversationQuerySet, *, owner_id: str):
        super().__init__(data=data, queryset=queryset)
        self.owner_id = owner_id

    def selected(self) -> ConversationQuerySet:
        """The filtered rows. Raises InvalidParameter with a sentence for each bad parameter."""
        if not self.is_valid():
            errors = {name: [str(error) for error in errors] for name, errors in self.errors.items()}
            first = next(iter(errors))
            raise InvalidParameter(f"{first}: {errors[first][0]}", errors=errors)
        return self.qs

    def filter_type(self, queryset: ConversationQuerySet, name: str, value: int) -> ConversationQuerySet:
        return queryset if value == ANY_TYPE else queryset.filter(type=value)

    def filter_unread(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.filter(unread_count__gt=0) if value else queryset.filter(unread_count=0)

    def filter_mentions(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.exclude(group_at_info=NO_AT_INFO) if value else queryset.filter(group_at_info=NO_AT_INFO)

    def filter_draft(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.exclude(draft_text="") if value else queryset.filter(draft_text="")

    def filter_muted(self, queryset: ConversationQuerySet, name: str, value: bool) -> ConversationQuerySet:
        return queryset.filter(MUTED if value else ~MUTED)

    def filter_search(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        return queryset.filter(Q(show_name__icontains=value) | Q(conversation_id__icontains=value))


FILTER_NAMES = frozenset(ConversationFilterSet.base_filters)
