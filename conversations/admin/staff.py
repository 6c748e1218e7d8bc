"""The access log and saved views in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from conversations.admin.big_tables import BigTableAdmin, CheckedTicks
from conversations.models import AccessLogEntry, SavedView


@admin.register(AccessLogEntry)
class AccessLogAdmin(BigTableAdmin):
    """Who looked into whose list."""

    ordering = ("-id",)
    list_display = ("viewed_at", "username", "owner_id", "reason")
    search_fields = ("username", "owner_id")
    search_help_text = _("The whole user name of a member of staff, or the whole user ID of an owner.")
    fields = ("username", "owner_id", "reason", "viewed_at")
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        return (queryset.by_or_of(search_term) if search_term else queryset), False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(SavedView)
class SavedViewAdmin(CheckedTicks):
    """Made on the pages; here whose they are, and a way to take one away."""

    list_display = ("name", "user", "find", "is_shared", "created_at")
    list_filter = ("is_shared",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "user", "find", "is_shared", "created_at")
    readonly_fields = fields

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
