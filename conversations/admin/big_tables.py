"""An admin for tables of any size, to look at: no full counts, one order, no filter but the declared ones."""

from contextlib import suppress

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.access import permissions
from conversations.models.querysets import count_up_to
from conversations.pages import decorators
from conversations.staff import presentation

MAX_COUNTED = 1000
# Up to here a filter that no index serves may read the whole table.
SMALL_TABLE = 50_000


class BoundedPaginator(Paginator):
    """Pages of at most MAX_COUNTED rows: beyond that nobody leafs, one searches."""

    @cached_property
    def count(self) -> int:
        return count_up_to(MAX_COUNTED, self.object_list)

    @property
    def may_be_more(self) -> bool:
        """Whether counting stopped before the end."""
        return self.count == MAX_COUNTED


class BoundedChangeList(ChangeList):
    """A list in its admin's one order, which an index serves; it refuses to filter a large table without a search."""

    asks_for_search = False

    def __init__(self, request, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        if not (self.is_popup or self.model_admin.may_change_rows(request)):
            self.title = gettext("Select %s to view") % self.opts.verbose_name

    def get_ordering(self, request, queryset):
        return list(self.model_admin.ordering)

    def get_queryset(self, request, exclude_parameters=None):
        rows = super().get_queryset(request, exclude_parameters)
        is_scan = self.has_active_filters and not self.query and not self.model_admin.has_indexed_filters
        self.asks_for_search = is_scan and count_up_to(SMALL_TABLE + 1, self.root_queryset) > SMALL_TABLE
        return rows.none() if self.asks_for_search else rows

    def get_results(self, request):
        super().get_results(request)
        if self.asks_for_search and request.method == "GET":
            messages.info(request, _("There is too much here to filter it all: search for an owner or a conversation first."))


class PairChangeList(BoundedChangeList):
    """For rows that a pair names: the field's own attribute is only one part of it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pk_attname = "pk"


class ClosedFilter(admin.SimpleListFilter):
    """A filter that takes its own choices and nothing else: `conditions` by value and label."""

    conditions: dict[str, tuple[str, Q]]

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in self.conditions.items()]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() not in self.conditions:
            raise IncorrectLookupParameters(self.parameter_name)
        return queryset.filter(self.conditions[self.value()][1])


def yes_or_no(condition: Q) -> dict[str, tuple[str, Q]]:
    """The choices of a filter that asks whether a row meets `condition`."""
    return {"1": (_("Yes"), condition), "0": (_("No"), ~condition)}


class CheckedTicks(admin.ModelAdmin):
    """Actions on what is ticked; a tick that can be no row's key is told of, where the database would fail at it."""

    def response_action(self, request, queryset):
        if all(map(self._is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset)
        self.message_user(request, _("Nothing was done: what is ticked is not in this list."), messages.ERROR)
        return None

    def _is_key(self, text: str) -> bool:
        try:
            self.opts.pk.clean(text, None)
        except ValidationError:
            return False
        return "\0" not in text


class BigTableAdmin(CheckedTicks):
    """Nothing is added, deleted or edited in a form; with the change permission, actions change what is ticked.

    What people wrote is on the page of a row only, where looking is kept as on the pages, and not in the lists of many.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    has_indexed_filters = False
    # What people wrote: not for those who may only see that it is there.
    text_fields: tuple[str, ...] = ()

    @property
    def media(self):
        # None of Django's scripts for slugs and related rows, nor jQuery for them, which weigh more than the rest of a page.
        return forms.Media(js=["admin/js/core.js"])

    def get_changelist(self, request, **kwargs):
        return BoundedChangeList

    def changelist_view(self, request, extra_context=None):
        media = forms.Media(js=["admin/js/actions.js"])
        return super().changelist_view(request, {"media": media} | (extra_context or {}))

    def get_object(self, request, object_id, from_field=None):
        # Nothing is stored under a NUL, and PostgreSQL fails at the question.
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def whose_text(self, obj) -> str:
        """The user ID of whose private words a row's page shows, which is a look into their list; "" for nobody's."""
        return ""

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        return self._asked_why(request, obj) or super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id))
        if obj is not None and self.has_view_permission(request, obj) and (refusal := self._asked_why(request, obj)):
            return refusal
        return super().history_view(request, object_id, extra_context)

    def _asked_why(self, request, obj):
        owner_id = self.whose_text(obj) if obj is not None else ""
        return decorators.asked_why(request, owner_id) if owner_id else None

    def lookup_allowed(self, lookup, value, request):
        return lookup in {list_filter.parameter_name for list_filter in self.list_filter}

    def get_list_display(self, request):
        return self._readable(request, super().get_list_display(request))

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), "hidden_text")

    def get_fieldsets(self, request, obj=None):
        return [
            (title, options | {"fields": self._readable(request, options["fields"], instead=("hidden_text",))})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def _readable(self, request, names, instead: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The names without those of texts, if these are not for this user."""
        hidden = () if permissions.may_read_text(request.user) else self.text_fields
        shown = tuple(name for name in names if name not in hidden)
        return shown if len(shown) == len(names) else (*shown, *instead)

    @admin.display(description=_("text"))
    def hidden_text(self, obj):
        return _("Hidden: to read what people write, an account needs the permission “Can read the text of conversations”.")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def may_change_rows(self, request) -> bool:
        """Whether a row's page is a form; the permission for the list is also that for its actions."""
        return self.has_change_permission(request, self.model())

    def get_model_perms(self, request):
        return super().get_model_perms(request) | {"change": self.may_change_rows(request)}


def pre(json_text: str):
    """JSON from outside, readable; as it came if it is none."""
    with suppress(ValueError):
        json_text = presentation.pretty_json(json_text)
    return format_html('<pre class="json" tabindex="0">{}</pre>', json_text)
