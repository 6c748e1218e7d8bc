"""Every table that staff see is registered with the admin's own site, and nothing is lost by the order of imports."""

from django.apps import apps
from django.contrib import admin
from django.test import SimpleTestCase

from conversations.admin_site.site import StaffSite

REGISTERED = {
    "AccessLogEntry", "ApiKey", "ConversationRow", "Group", "GroupMemberRow", "LoginLogEntry", "MessageRow", "Owner",
    "RefusedWebhooks", "SavedView", "WebhookEvent",
}  # fmt: skip


class RegistryTests(SimpleTestCase):
    def test_the_site_is_ours_and_has_every_table(self):
        self.assertIsInstance(admin.site._wrapped, StaffSite)
        ours = {model.__name__ for model in admin.site._registry if model._meta.app_label == "conversations"}

        self.assertEqual(ours, REGISTERED)

    def test_django_s_users_and_groups_are_there_too(self):
        models = {apps.get_model("auth", name) for name in ("User", "Group")}

        self.assertTrue(models <= set(admin.site._registry))
