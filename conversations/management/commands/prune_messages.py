"""Remove old messages and the bodies of old webhooks."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.feeding import webhooks
from conversations.maintenance import pruning
from conversations.models import Thread
from conversations.times import to_epoch_s

DAYS_MAX = 36500


class Command(BaseCommand):
    help = _(
        "Remove messages older than some days, except those that a conversation shows, counts as unread or reminds of, and the "
        "newest old one of each thread; no conversation changes. A message told for the first time, but older than one that "
        "was removed, then counts as a repeat. Webhooks lose their bodies after CALLBACK_DAYS. Safe to stop and to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, required=True, metavar="N", help=_("keep the messages of the last N days"))
        parser.add_argument("--dry-run", action="store_true", help=_("only say how many it would be"))

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        if not 1 <= days <= DAYS_MAX:
            raise CommandError(_("--days must be from 1 to %(most)d.") % {"most": DAYS_MAX})
        before_s = to_epoch_s(timezone.now() - timedelta(days=days))
        with tqdm(total=Thread.objects.count(), unit=_(" threads"), disable=None) as progress:
            count = pruning.prune(before_s=before_s, dry_run=dry_run, on_threads=progress.update)
        with tqdm(unit=_(" webhooks"), disable=None) as progress:
            bodies = webhooks.empty_old(dry_run=dry_run, on_batch=progress.update)
        if dry_run:
            messages = ngettext("%(count)d message would be removed.", "%(count)d messages would be removed.", count)
            emptied = ngettext("%(count)d webhook would be emptied.", "%(count)d webhooks would be emptied.", bodies)
        else:
            messages = ngettext("%(count)d message removed.", "%(count)d messages removed.", count)
            emptied = ngettext("%(count)d webhook emptied.", "%(count)d webhooks emptied.", bodies)
        self.stdout.write(messages % {"count": count})
        self.stdout.write(emptied % {"count": bodies})
        if dry_run:
            self.stdout.write(_("This was a dry run: nothing was changed."))
