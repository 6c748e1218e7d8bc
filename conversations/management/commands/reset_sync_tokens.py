"""Invalidate all sync tokens."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.store import owners


class Command(BaseCommand):
    help = _("Invalidate all sync tokens, so that clients load their lists again. Run it after restoring a backup.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=_("only count"))

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        with tqdm(unit=_(" users"), disable=None) as progress:
            count = owners.reset_sync_tokens(dry_run=dry_run, on_batch=progress.update)
        if dry_run:
            text = ngettext(
                "Would reset the sync token of %(count)d list.", "Would reset the sync tokens of %(count)d lists.", count
            )
        else:
            text = ngettext("Reset the sync token of %(count)d list.", "Reset the sync tokens of %(count)d lists.", count)
        self.stdout.write(text % {"count": count})
