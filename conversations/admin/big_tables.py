"""A read-only admin for tables of any size: bounded counts, one order, and only the declared filters."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from conversations.access import permissions
from conversations.admin.times import with_times
from conversations.admin_site.site import name_of
from conversations.digits import parse_digits
from conversations.exceptions import Text
from conversations.models.querysets import count_up_to
from conversations.pages import decorators
from conversations.staff import presentation
from conversations.times import YEAR_2100_S, from_epoch_s

MAX_COUNTED = 1000
# Up to here a filter that no index serves may read the whole table.
SMALL_TABLE = 50_000


class BoundedPaginator(Paginator):
    """Pages of at most MAX_COUNTED rows. Beyond that, staff search."""

    @cached_property
    def count(self) -> int:
        return count_up_to(MAX_COUNTED, cast(QuerySet, self.object_list))

    @property
    def may_be_more(self) -> bool:
        """Return whether counting stopped before the end."""
        return self.count == MAX_COUNTED


class BoundedChangeList(ChangeList):
    """A list in its admin's one order, which an index serves. It refuses to filter a large table without a search."""

    asks_for_search = False

    def get_ordering(self, request, queryset):
        return list(self.model_admin.ordering)

    def get_queryset(self, request, exclude_parameters=None):
        rows = super().get_queryset(request, exclude_parameters)
        is_scan = self.has_active_filters and not self.query and not cast(BigTableAdmin, self.model_admin).has_indexed_filters
        self.asks_for_search = is_scan and count_up_to(SMALL_TABLE + 1, self.root_queryset) > SMALL_TABLE
        return rows.none() if self.asks_for_search else rows

    def get_results(self, request):
        super().get_results(request)
        if self.asks_for_search and request.method == "GET":
            messages.info(request, _("This table is too large to filter. Search for a user or a conversation first."))


class CompositeKeyChangeList(BoundedChangeList):
    """A list of rows with a composite key: the key field's own attribute is only one part of it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pk_attname = "pk"


class ClosedFilter(admin.SimpleListFilter):
    """A filter that takes only its own choices: `conditions` has a label and a condition by value."""

    conditions: Mapping[str, tuple[Text, Q]]

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in self.conditions.items()]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() not in self.conditions:
            raise IncorrectLookupParameters(self.parameter_name)
        return queryset.filter(self.conditions[self.value()][1])


class SpanFilter(admin.SimpleListFilter):
    """The rows of the last day, say: `spans` has a label and a length by value. Or `FROM-TO` in epoch seconds, for links."""

    moment: str  # the field with the time
    spans: Mapping[str, tuple[Text, timedelta]]

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _length) in self.spans.items()]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() in self.spans:
            return queryset.filter(**{f"{self.moment}__gte": timezone.now() - self.spans[self.value()][1]})
        start, dash, end = self.value().partition("-")
        start_s, end_s = parse_digits(start, at_most=10), parse_digits(end, at_most=10)
        if not dash or start_s is None or end_s is None or max(start_s, end_s) >= YEAR_2100_S:
            raise IncorrectLookupParameters(self.parameter_name)
        return queryset.filter(**{f"{self.moment}__gte": from_epoch_s(start_s), f"{self.moment}__lt": from_epoch_s(end_s)})


def yes_or_no(condition: Q) -> dict[str, tuple[Text, Q]]:
    """Return the choices of a filter for rows that meet `condition` or do not."""
    return {"1": (_("Yes"), condition), "0": (_("No"), ~condition)}


class ValidatedSelection(admin.ModelAdmin):
    """Actions on selected rows. A value that can't be a row's key is an error message, where the database would fail."""

    def response_action(self, request, queryset):  # type: ignore[override]  # the stubs take no lazy rows
        if all(map(self._is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset)
        self.message_user(request, _("No change: the selection is not in this list."), messages.ERROR)
        return None

    def _is_key(self, text: str) -> bool:
        try:
            self.opts.pk.clean(text, None)
        except ValidationError:
            return False
        return "\0" not in text


class BigTableAdmin(ValidatedSelection):
    """No row is added, deleted or edited in a form; with the change permission, actions change the selected rows.

    Message texts show only on a row's own page, where access is logged as on the staff pages, and never in lists.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    has_indexed_filters = False
    # Fields with texts, hidden from staff without the permission to read them.
    text_fields: tuple[str, ...] = ()

    @property
    def media(self):
        # Without Django's scripts for slugs and related rows, and their jQuery, which weigh more than the rest of a page.
        return forms.Media(js=["admin/js/core.js"])

    def get_changelist(self, request, **kwargs):
        return BoundedChangeList

    def changelist_view(self, request, extra_context=None):
        media = forms.Media(js=["admin/js/actions.js"])
        names = {"table_name": name_of(self.model)}
        return super().changelist_view(request, {"media": media} | names | (extra_context or {}))

    def get_object(self, request, object_id, from_field=None):
        # No key holds a NUL, and PostgreSQL fails at a query with one.
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def text_owner_id(self, obj) -> str:
        """Return the ID of the user whose texts a row's page shows, for the access log; "" if it shows none."""
        return ""

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        refusal = self._require_reason(request, obj)
        return refusal or super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[misc]

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id))
        if obj is not None and self.has_view_permission(request, obj) and (refusal := self._require_reason(request, obj)):
            return refusal
        return super().history_view(request, object_id, extra_context)

    def _require_reason(self, request, obj):
        owner_id = self.text_owner_id(obj) if obj is not None else ""
        return decorators.require_reason(request, owner_id) if owner_id else None

    def lookup_allowed(self, lookup, value, request):
        return lookup in {
            list_filter.parameter_name for list_filter in cast(Sequence[type[admin.SimpleListFilter]], self.list_filter)
        }

    def get_list_display(self, request):
        return with_times(self.model, self._readable(request, super().get_list_display(request)))

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), *self._times(request, obj), "hidden_text")

    def get_fieldsets(self, request, obj=None):
        return [
            (title, options | {"fields": self._shown(request, options["fields"], obj)})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def _times(self, request, obj):
        return [field for field in with_times(self.model, super().get_readonly_fields(request, obj)) if callable(field)]

    def _shown(self, request, names, obj):
        read_only = set(super().get_readonly_fields(request, obj))
        readable = self._readable(request, names, instead=("hidden_text",))
        return [with_times(self.model, [name])[0] if name in read_only else name for name in readable]

    def _readable(self, request, names, instead: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the fields that this account may see, with `instead` in place of texts that it may not read."""
        hidden = () if permissions.may_read_text(request.user) else self.text_fields
        shown = tuple(name for name in names if name not in hidden)
        return shown if len(shown) == len(names) else (*shown, *instead)

    @admin.display(description=_("text"))
    def hidden_text(self, obj):
        return _("Hidden: requires the permission “Can read message texts”.")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def may_change_rows(self, request) -> bool:
        """Return whether a row's page is a form; the permission for the list also covers its actions."""
        return self.has_change_permission(request, self.model())

    def get_model_perms(self, request):
        return super().get_model_perms(request) | {"change": self.may_change_rows(request)}


def pre(json_text: str):
    """Return JSON indented; other text unchanged."""
    with suppress(ValueError):
        json_text = presentation.pretty_json(json_text)
    return format_html('<pre class="json" tabindex="0">{}</pre>', json_text)
