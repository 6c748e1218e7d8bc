"""Staff accounts: permissions read as sentences, in the reader's language, and no heading says "Select"."""

from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import TestCase
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


class NewAccountTests(AsBoss):
    def test_the_form_has_staff_status_ticked_and_asks_for_groups(self):
        form = self.client.get("/admin/auth/user/add/").context["adminform"].form

        self.assertIs(form["is_staff"].initial if form["is_staff"].value() is None else form["is_staff"].value(), True)
        self.assertIn("groups", form.fields)


class RefusalTests(TestCase):
    def refusal(self, user: User) -> str:
        self.client.force_login(user)
        response = self.client.get("/")
        self.assertEqual(response.status_code, 403)
        return response.content.decode()

    def test_it_says_which_is_missing(self):
        no_group = User.objects.create_user("carl", is_staff=True)
        no_status = User.objects.create_user("nora")
        no_status.groups.add(Group.objects.get(name="Support"))
        neither = User.objects.create_user("neil")

        self.assertIn("Your account may not view conversation lists. Ask an administrator for a group", self.refusal(no_group))
        self.assertIn("Your account has no staff status.", self.refusal(no_status))
        self.assertIn("staff status and the Support group.", self.refusal(neither))
