"""An admin for tables of any size, to look at: no full counts, one order, no filter but the declared ones."""

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from conversations.search import count_up_to

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

    def get_ordering(self, request, queryset):
        return list(self.model_admin.ordering)

    def get_queryset(self, request, exclude_parameters=None):
        rows = super().get_queryset(request, exclude_parameters)
        is_scan = self.has_active_filters and not self.query
        self.asks_for_search = is_scan and count_up_to(SMALL_TABLE + 1, self.root_queryset) > SMALL_TABLE
        return rows.none() if self.asks_for_search else rows

    def get_results(self, request):
        super().get_results(request)
        if self.asks_for_search and request.method == "GET":
            messages.info(request, _("There is too much here to filter it all: search for an owner or a conversation first."))


class BigTableAdmin(admin.ModelAdmin):
    """Nothing is added, deleted or edited in a form; with the change permission, actions change what is ticked."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()

    def get_changelist(self, request, **kwargs):
        return BoundedChangeList

    def lookup_allowed(self, lookup, value, request):
        return lookup in {list_filter.parameter_name for list_filter in self.list_filter}

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False
