"""The access log, the login log and saved views in the admin."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conversations.access import access_log
from conversations.admin.big_tables import BigTableAdmin, ClosedFilter, SpanFilter, ValidatedSelection
from conversations.models import AccessLogEntry, LoginEvent, LoginLogEntry, SavedView


class ViewedFilter(SpanFilter):
    title, parameter_name, moment = _("viewed"), "viewed", "viewed_at"
    spans = {"day": (_("the last day"), timedelta(days=1)), "week": (_("the last week"), timedelta(days=7)),
             "month": (_("the last 30 days"), timedelta(days=30))}  # fmt: skip


@admin.register(AccessLogEntry)
class AccessLogAdmin(BigTableAdmin):
    """The access log: who viewed whose list and which conversation, newest first."""

    ordering = ("-viewed_at", "-id")
    list_display = ("viewed_at", "username", "user", "conversation_id", "reason")
    list_filter = (ViewedFilter,)
    has_indexed_filters = True
    search_fields = ("username", "owner_id")
    search_help_text = _("Exact staff username or user ID")
    fields = ("username", "user", "conversation_id", "reason", "viewed_at")
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        return (queryset.by_or_of(search_term) if search_term else queryset), False

    @admin.display(description=_("user"), ordering="owner_id")
    def user(self, obj):
        return obj.owner_id if obj.owner_id != access_log.ALL_USERS else _("all users")

    def has_change_permission(self, request, obj=None):
        return False


class LoginEventFilter(ClosedFilter):
    title, parameter_name = _("event"), "event"
    conditions = {event.value: (event.label, Q(event=event)) for event in LoginEvent}


@admin.register(LoginLogEntry)
class LoginLogAdmin(BigTableAdmin):
    """Logins to pages and admin by hour, newest first."""

    ordering = ("-id",)
    list_display = ("hour", "event", "account", "address", "count", "last_at")
    list_display_links = None
    list_filter = (LoginEventFilter,)
    search_fields = ("username", "address")
    search_help_text = _("Exact staff username or address")
    fields = list_display
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        return (queryset.of_or_from(search_term) if search_term else queryset), False

    @admin.display(description=_("username"))
    def account(self, obj):
        return obj.username or _("(unknown account)")

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(SavedView)
class SavedViewAdmin(ValidatedSelection):
    """Saved views are created on the pages; here they can be found and deleted."""

    list_display = ("name", "user", "page", "filters", "is_shared", "created_at")
    list_filter = ("is_shared",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "user", "page", "filters", "is_shared", "created_at")
    readonly_fields = fields

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
