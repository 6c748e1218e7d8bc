"""Delete old messages and the bodies of old webhooks."""

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
        "Delete messages older than N days, except messages still used as last message, unread or mention, and the newest old "
        "message of each message history. Conversations do not change. Later, a new message older than a deleted one is "
        "ignored as a repeat. Webhooks lose their bodies after CALLBACK_DAYS. Safe to interrupt and to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, required=True, metavar="N", help=_("delete messages older than N days"))
        parser.add_argument("--dry-run", action="store_true", help=_("only count"))

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        if not 1 <= days <= DAYS_MAX:
            raise CommandError(_("--days must be between 1 and %(most)d.") % {"most": DAYS_MAX})
        before_s = to_epoch_s(timezone.now() - timedelta(days=days))
        with tqdm(total=Thread.objects.count(), unit=_(" message histories"), disable=None) as progress:
            count = pruning.prune(before_s=before_s, dry_run=dry_run, on_threads=progress.update)
        with tqdm(unit=_(" webhooks"), disable=None) as progress:
            bodies = webhooks.remove_old_bodies(dry_run=dry_run, on_batch=progress.update)
        if dry_run:
            messages = ngettext("%(count)d message would be deleted.", "%(count)d messages would be deleted.", count)
            emptied = ngettext("%(count)d webhook would lose its body.", "%(count)d webhooks would lose their bodies.", bodies)
        else:
            messages = ngettext("%(count)d message deleted.", "%(count)d messages deleted.", count)
            emptied = ngettext("%(count)d webhook lost its body.", "%(count)d webhooks lost their bodies.", bodies)
        self.stdout.write(messages % {"count": count})
        self.stdout.write(emptied % {"count": bodies})
        if dry_run:
            self.stdout.write(_("Dry run: nothing was changed."))
