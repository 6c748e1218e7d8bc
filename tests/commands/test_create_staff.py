"""manage.py create_staff: an account in one step, or a sentence that says why not."""

import io
from unittest import mock

from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import RequestFactory, TestCase

from conversations.access import permissions
from conversations.management.commands import create_staff

PASSWORD = "correct-horse-battery"


class CreateStaffTests(TestCase):
    def create(self, *arguments: str, password: str = PASSWORD) -> str:
        output = io.StringIO()
        with mock.patch("sys.stdin", io.StringIO(password + "\n")):
            call_command("create_staff", *arguments, stdout=output)
        return output.getvalue()

    def test_each_group_may_what_it_should(self):
        may = (permissions.may_view, permissions.may_read_text, permissions.may_change, permissions.may_share)
        for group, expected in (("support", 2), ("editor", 3), ("lead", 4)):
            with self.subTest(group):
                self.create(f"a {group}".replace(" ", "_"), "--group", group)
                user = User.objects.get(username=f"a_{group}")
                self.assertEqual([ask(user) for ask in may], [n < expected for n in range(4)])
                self.assertFalse(user.is_superuser)
                for log in ("accesslogentry", "loginlogentry"):
                    self.assertEqual(user.has_perm(f"conversations.view_{log}"), group == "lead")

    def test_it_logs_in_with_the_password_and_is_support_by_default(self):
        self.assertEqual(self.create("maria"), "Created maria in the group Support.\n")

        self.assertTrue(User.objects.get(username="maria", is_staff=True).check_password(PASSWORD))
        self.assertTrue(self.client.login(request=RequestFactory().post("/"), username="maria", password=PASSWORD))

    def test_bad_input_creates_nothing(self):
        User.objects.create_user("taken")
        for name, password, why in (
            ("taken", PASSWORD, "already exists"),
            ("a b", PASSWORD, "valid username"),
            ("maria", "", "too short"),
            ("maria", "password", "too common"),
        ):
            with self.subTest(name=name, password=password), self.assertRaisesMessage(CommandError, why):
                self.create(name, password=password)
        self.assertEqual(User.objects.count(), 1)

    def test_a_built_in_group_that_was_renamed_is_not_made_again_without_permissions(self):
        Group.objects.filter(name="Lead").update(name="Leiter")

        with self.assertRaisesMessage(CommandError, "There is no group Lead"):
            self.create("maria", "--group", "lead")

        self.assertFalse(User.objects.exists())
        self.assertFalse(Group.objects.filter(name="Lead").exists())

    def test_an_unknown_group_is_named(self):
        with self.assertRaisesMessage(CommandError, "invalid choice: 'boss'"):
            self.create("maria", "--group", "boss")

    def test_on_a_terminal_the_password_is_asked_for_twice(self):
        with mock.patch("sys.stdin.isatty", return_value=True), mock.patch.object(create_staff, "getpass") as asked:
            asked.side_effect = [PASSWORD, PASSWORD + "x", PASSWORD, PASSWORD]
            with self.assertRaisesMessage(CommandError, "The passwords differ."):
                call_command("create_staff", "maria", stdout=io.StringIO())
            call_command("create_staff", "maria", stdout=io.StringIO())
        self.assertEqual(User.objects.count(), 1)
