"""Examine the installation and say what to do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations.maintenance import doctor
from conversations.maintenance.doctor import State
from conversations.unread.plain_text import on_one_line


class Command(BaseCommand):
    help = _(
        "Check settings, database, migrations, static files, clock, servers and webhooks, and say what to do. Changes nothing. "
        "Exits with 1 if something has failed."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--start", action="store_true", help=_("check only what the servers need to start; print only what has failed")
        )
        parser.add_argument("--database", action="store_true", help=_("check only the database, and print which one it is"))

    def handle(self, *args: Any, start: bool, database: bool, **options: Any) -> None:
        failed = 0
        for finding in doctor.examine(only_start=start, only_database=database):
            failed += finding.state == State.FAILED
            if finding.state == State.FAILED or not start:
                line = f"{finding.state:8} {finding.subject}: {finding.text}"
                self.stdout.write(on_one_line(f"{line}. {finding.advice}" if finding.advice else line))
        if failed:
            raise CommandError(_("%(count)d failed.") % {"count": failed})
