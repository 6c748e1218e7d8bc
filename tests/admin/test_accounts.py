"""Staff accounts: permissions read as sentences, in the reader's language, and no heading says "Select"."""

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.translation import override

from conversations.admin.accounts import permission_display
from tests.support.admin import AsBoss


class PermissionTests(AsBoss):
    def permission(self, codename: str) -> Permission:
        return Permission.objects.get(codename=codename, content_type__app_label="conversations")

    def test_a_permission_names_its_table(self):
        names = {
            "view_accesslogentry": "imsite | access log entry | Can view access log entry",
            "view_owner": "imsite | user | Can view user",
            "read_text": "imsite | conversation | Can read message texts",
        }
        for codename, name in names.items():
            with self.subTest(codename):
                self.assertEqual(permission_display(self.permission(codename)), name)

    def test_it_is_in_the_readers_language(self):
        with override("zh-hans"):
            self.assertIn("会话", permission_display(self.permission("view_conversation")))

    def test_a_permission_of_a_table_that_is_gone_keeps_its_name(self):
        gone = ContentType.objects.create(app_label="conversations", model="gone")
        permission = Permission.objects.create(content_type=gone, codename="view_gone", name="Can view gone")

        self.assertEqual(permission_display(permission), str(permission))

    def test_the_forms_of_accounts_and_groups_show_them(self):
        user = User.objects.create_user("sue", is_staff=True)

        for url in (reverse("admin:auth_user_change", args=[user.pk]), reverse("admin:auth_group_add")):
            with self.subTest(url):
                self.assertContains(self.client.get(url), "imsite | conversation | Can read message texts")

    def test_accounts_are_told_from_the_apps_users(self):
        self.assertContains(self.client.get(reverse("admin:auth_user_changelist")), "<h1>Staff accounts</h1>", html=True)
