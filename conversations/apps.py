"""App configurations: this app, and Django's admin with our site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.auth import apps as auth_apps
from django.utils.translation import gettext_lazy as _

from conversations import checks  # noqa: F401 - registers the checks


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = "imsite"

    def ready(self) -> None:
        from conversations.pages import login_events  # noqa: F401 - registers its receivers; it needs the models


class StaffAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "conversations.admin_site.site.StaffSite"


class StaffAuthConfig(auth_apps.AuthConfig):
    default = False
    verbose_name = _("Staff accounts")
