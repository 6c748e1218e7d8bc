"""Create a staff account in one of the built-in groups."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from conversations.access.permissions import GROUPS


class Command(BaseCommand):
    help = _(
        "Create a staff account that can log in to the pages and the admin, with the permissions of a group. Asks for the "
        "password on a terminal; reads it from standard input otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help=_("name to log in with"))
        parser.add_argument(
            "--group", choices=GROUPS, default="support",
            help=_(
                "support: view lists; editor: also correct them; lead: also see the access and login logs (default: support)"
            ),
        )  # fmt: skip

    def handle(self, *args: Any, name: str, group: str, **options: Any) -> None:
        if not (built_in := Group.objects.filter(name=GROUPS[group]).first()):
            text = _(
                "There is no group %(group)s, which migrations create. It was renamed or deleted: add the account in the admin."
            )
            raise CommandError(text % {"group": GROUPS[group]})
        user = User(username=name, is_staff=True)
        try:
            user.full_clean(exclude=["password"])
            password = _password()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        with transaction.atomic():
            user.save()
            user.groups.add(built_in)
        self.stdout.write(_("Created %(name)s in the group %(group)s.") % {"name": name, "group": GROUPS[group]})


def _password() -> str:
    """Return the entered password. Raises CommandError if it is entered differently the second time."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass(_("Password: "))
    if getpass(_("Password again: ")) != password:
        raise CommandError(_("The passwords differ."))
    return password
