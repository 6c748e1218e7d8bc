"""Staff accounts: permissions read as sentences, in the reader's language, and no heading says "Select"."""

from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from conversations.admin import accounts
from conversations.admin.accounts import permission_display
from tests.support.admin import AsBoss


class PermissionTests(AsBoss):
    def permission(self, codename: str) -> Permission:
        return Permission.objects.get(codename=codename, content_type__app_label="conversations")

    def form(self, view: str):
        return self.client.get(reverse(f"admin:{view}")).context["adminform"].form

    def test_a_permission_says_what_it_allows_or_names_its_table(self):
        names = {
            "view_accesslogentry": "See who viewed whose list (access log) (view_accesslogentry)",
            "read_text": "Read message texts (read_text)",
            "add_owner": "imsite | user | Can add user",
        }
        for codename, name in names.items():
            with self.subTest(codename):
                self.assertEqual(permission_display(self.permission(codename)), name)

    def test_those_of_this_site_come_first_in_plain_words(self):
        labels = [label for _value, label in self.form("auth_group_add").fields["permissions"].choices]

        self.assertEqual(
            labels[:2], ["View conversation lists, without texts (view_conversation)", "Read message texts (read_text)"]
        )
        ours = [label.startswith("imsite | ") for label in labels[len(accounts.IN_PLAIN_WORDS) :]]
        self.assertEqual(ours, sorted(ours, reverse=True))
        self.assertTrue(any(ours) and not all(ours))

    def test_every_one_in_plain_words_exists(self):
        stored = set(Permission.objects.filter(content_type__app_label="conversations").values_list("codename", flat=True))

        self.assertLessEqual(set(accounts.IN_PLAIN_WORDS), stored)

    def test_built_in_groups_come_first_and_say_what_they_are_for(self):
        Group.objects.create(name="A team")

        labels = [label for _value, label in self.form("auth_user_add").fields["groups"].choices]

        expected = [
            "Support: views lists and reads texts",
            "Editor: also corrects lists",
            "Lead: also sees who did what",
            "A team",
        ]
        self.assertEqual(labels, expected)

    def test_more_permissions_cost_no_more_queries(self):
        self.form("auth_group_add")  # from here on content types are known
        with CaptureQueriesContext(connection) as few:
            self.form("auth_group_add")
        content_type = ContentType.objects.get(app_label="conversations", model="owner")
        for number in range(20):
            Permission.objects.create(content_type=content_type, codename=f"extra_{number}", name=f"Can {number}")
        with CaptureQueriesContext(connection) as many:
            self.form("auth_group_add")

        self.assertEqual(len(many), len(few))

    def test_it_is_in_the_readers_language(self):
        with override("zh-hans"):
            self.assertIn("会话", permission_display(self.permission("add_conversation")))

    def test_a_permission_of_a_table_that_is_gone_keeps_its_name(self):
        gone = ContentType.objects.create(app_label="conversations", model="gone")
        permission = Permission.objects.create(content_type=gone, codename="view_gone", name="Can view gone")

        self.assertEqual(permission_display(permission), str(permission))

    def test_the_forms_of_accounts_and_groups_show_them(self):
        user = User.objects.create_user("sue", is_staff=True)

        for url in (reverse("admin:auth_user_change", args=[user.pk]), reverse("admin:auth_group_add")):
            with self.subTest(url):
                self.assertContains(self.client.get(url), "Read message texts (read_text)")

    def test_accounts_are_told_from_the_apps_users(self):
        for table, heading in (
            ("auth_user", "Staff accounts"), ("auth_group", "Staff groups"), ("conversations_group", "Chat groups"),
            ("conversations_webhookevent", "Received webhooks"), ("conversations_groupmemberrow", "Group members"),
        ):  # fmt: skip
            with self.subTest(table):
                url = reverse(f"admin:{table}_changelist")
                self.assertContains(self.client.get(url), f"<h1>{heading}</h1>", html=True)
                self.assertRegex(self.client.get(reverse("admin:index")).content.decode(), rf'href="{url}"[^>]*>{heading}<')


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
