"""Users in the admin."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from conversations.admin import links as admin_links
from conversations.admin.big_tables import BigTableAdmin
from conversations.formats import conversation_json
from conversations.lists.search import owners_starting_with
from conversations.models import Owner
from conversations.staff import presentation
from conversations.times import from_epoch_s
from conversations.unread.plain_text import time_text


@admin.register(Owner)
class OwnerAdmin(BigTableAdmin):
    ordering = ("owner_id",)
    list_display = ("owner_id", "nick_name", "version", "created_at", "list_link", "rows_link")
    search_fields = ("owner_id",)
    search_help_text = _("User ID (prefix match)")
    fields = (
        "links", "owner_id", "nick_name", "face_url", "group_names_display", "begun_by_apps", "version", "reset_below",
        "created_at", "erased_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        return (owners_starting_with(queryset, search_term) if search_term else queryset), False

    def view_on_site(self, obj):
        return presentation.owner_url(obj.owner_id)

    @admin.display(description=_("conversations"))
    def list_link(self, owner):
        return format_html('<a href="{}">{}</a>', presentation.owner_url(owner.owner_id), _("Open list"))

    @admin.display(description=_("Admin"))
    def rows_link(self, owner):
        rows_url = reverse("admin:conversations_conversationrow_changelist", query={"q": owner.owner_id})
        return format_html('<a href="{}">{}</a>', rows_url, _("Conversations"))

    @admin.display(description=_("erased"))
    def erased_at(self, owner):
        return time_text(from_epoch_s(owner.erased_at_s)) if owner.erased_at_s else None

    @admin.display(description=_("links"))
    def links(self, owner):
        return admin_links.of_owner(owner.owner_id)

    @admin.display(description=_("conversation groups"))
    def group_names_display(self, owner):
        return ", ".join(conversation_json.all_group_names(owner.group_names))
