"""Start the change feed anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.store import owners


class Command(BaseCommand):
    help = _("Make every client of the change feed start over; run it after restoring a backup, before serving again.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=_("only say how many lists it would be"))

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        with tqdm(unit=_(" owners"), disable=None) as progress:
            count = owners.reset_sync_tokens(dry_run=dry_run, on_batch=progress.update)
        if dry_run:
            text = ngettext("%(count)d list would start over.", "%(count)d lists would start over.", count)
        else:
            text = ngettext("%(count)d list starts over.", "%(count)d lists start over.", count)
        self.stdout.write(text % {"count": count})
