"""Spread the tables over the nodes of a distributed PostgreSQL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations.maintenance import distribution
from conversations.maintenance.distribution import CannotDistribute


class Command(BaseCommand):
    help = _(
        "Spread the tables over the nodes of a distributed PostgreSQL (Citus), with their rows, and say what stays on the "
        "coordinator. Run it again after each migrate: what is done already stays as it is. See docs/scaling.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=_("only say what would be done"))
        parser.add_argument(
            "--shards", type=int, default=distribution.DEFAULT_SHARDS, metavar="NUMBER",
            help=_("parts of each table, at least one for each processor planned (default: 16)"),
        )  # fmt: skip

    def handle(self, *args: Any, dry_run: bool, shards: int, **options: Any) -> None:
        if not 1 <= shards <= 1024:
            raise CommandError(_("--shards must be between 1 and 1024."))
        try:
            for step in distribution.distribute(shards, dry_run=dry_run):
                done = _("done before") if step.is_done else _("would be done") if dry_run else _("done")
                self.stdout.write(f"{step.table}: {step.text} ({done})")
        except CannotDistribute as error:
            raise CommandError(str(error)) from error
        for table, reason in distribution.local_tables():
            self.stdout.write(_("%(table)s: stays on the coordinator (%(reason)s)") % {"table": table, "reason": reason})
