"""The admin as a whole: its start page, the UserSig page, and the header."""

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.access.permissions import may_check_usersig, may_view
from conversations.admin_site import dashboard, usersig
from conversations.exceptions import Text

# Tables that people call otherwise than Django, by app and model. Of two tables of users, Django's is named for what it holds.
NAMES = {
    ("auth", "User"): gettext_lazy("Staff accounts"),
    ("auth", "Group"): gettext_lazy("Staff groups"),
    ("conversations", "WebhookEvent"): gettext_lazy("Received webhooks"),
}


def name_of(model: type[Model]) -> Text:
    """Return what people call a table, "" where that is its model's own name."""
    return NAMES.get((model._meta.app_label, model._meta.object_name or ""), "")


class StaffSite(admin.AdminSite):
    site_header = site_title = "imsite"
    index_title = gettext_lazy("Overview")
    site_url = None  # the header links to the pages
    enable_nav_sidebar = False

    def get_urls(self):
        usersig_page = self.admin_view(usersig.page_of(self))
        return [path("usersig/", usersig_page, name="usersig"), *super().get_urls()]

    def each_context(self, request):
        return super().each_context(request) | {
            "environment": _("demo") if settings.DEBUG else _("production"),
            "is_demo": settings.DEBUG,
            "may_view_lists": may_view(request.user),
            "may_check_usersig": may_check_usersig(request.user),
        }

    def get_app_list(self, request, app_label=None):
        """Return the apps, this site's own first, with the names of tables that people say."""
        apps = sorted(super().get_app_list(request, app_label), key=lambda app: app["app_label"] != "conversations")
        for app in apps:
            for table in app["models"]:
                table["name"] = NAMES.get((app["app_label"], table["object_name"]), table["name"])
        return apps

    def index(self, request, extra_context=None):
        home = {"cards": dashboard.cards(self, request), "first_steps": dashboard.first_steps(self, request)}
        return super().index(request, home | (extra_context or {}))
