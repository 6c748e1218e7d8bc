"""Delete what is older than its setting allows."""

import logging
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.feeding import webhooks
from conversations.logs import summary
from conversations.maintenance import pruning, retention
from conversations.management.stopping import until_stopped
from conversations.models import Thread
from conversations.times import to_epoch_s

DAYS_MAX, HOURS_MAX = 36500, 24 * 365
HOUR_S = 3600

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = _(
        "Delete what is older than its setting allows: messages (MESSAGE_DAYS), bodies of applied webhooks (CALLBACK_DAYS),"
        " the history of conversations (EVENT_DAYS), applied webhooks (WEBHOOK_DAYS), the access log (ACCESS_LOG_DAYS), the"
        " staff log and the login log (STAFF_LOG_DAYS), revoked and expired API keys (REVOKED_KEY_DAYS), and ended sessions"
        " and login attempts. Messages stay that are still used as last message, unread or mention, and so does the newest "
        "old message of each message history. Conversations do not change. Later, a new message older than a deleted one is"
        " ignored as a repeat. Safe to interrupt and to repeat. What fails does not keep the rest from being deleted; the "
        "exit status is 1 then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--message-days", type=int, metavar="N", help=_("delete messages older than N days (default: MESSAGE_DAYS)")
        )
        parser.add_argument("--dry-run", action="store_true", help=_("only count"))
        parser.add_argument(
            "--every", type=int, metavar="HOURS", help=_("keep running, and prune again after so many hours (for make serve)")
        )

    def handle(self, *args: Any, message_days: int | None, dry_run: bool, every: int | None, **options: Any) -> None:
        if message_days is not None and not 1 <= message_days <= DAYS_MAX:
            raise CommandError(_("--message-days must be between 1 and %(most)d.") % {"most": DAYS_MAX})
        message_days = message_days or settings.MESSAGE_DAYS
        if every is None:
            if failed := self.prune(message_days, dry_run=dry_run):
                raise CommandError(_("Failed, as logged above: %(rows)s. The rest is done.") % {"rows": ", ".join(failed)})
            return
        if not 1 <= every <= HOURS_MAX:
            raise CommandError(_("--every must be between 1 and %(most)d.") % {"most": HOURS_MAX})
        with until_stopped():
            while True:
                close_old_connections()
                self.prune(message_days, dry_run=dry_run)
                time.sleep(every * HOUR_S)

    def prune(self, message_days: int, *, dry_run: bool) -> list[str]:
        """Prune each kind of rows, and return the names of those that failed: one does not keep the others from it."""
        failed = []
        text = _("%(count)d %(rows)s would be deleted.") if dry_run else _("%(count)d %(rows)s deleted.")
        for rows, prune in _kinds(message_days):
            try:
                count = prune(dry_run=dry_run)
            except DatabaseError as error:
                logger.warning("Pruning %s failed: %s", rows, summary(error))
                close_old_connections()  # the next kind may find the database again
                failed.append(rows)
            except Exception:  # with --every, the end of this process would end the servers
                logger.exception("Pruning %s failed", rows)
                failed.append(rows)
            else:
                self.stdout.write(text % {"count": count, "rows": rows})
        if dry_run:
            self.stdout.write(_("Dry run: nothing was changed."))
        return failed


def _kinds(message_days: int) -> Iterator[tuple[str, Callable[..., int]]]:
    """Yield the name of some rows, and what prunes them."""
    if message_days:
        yield _("messages"), partial(_prune_messages, message_days)
    yield _("bodies of webhooks"), partial(_prune_in_batches, _(" webhooks"), webhooks.remove_old_bodies)
    for kind in retention.KINDS:
        yield str(kind.label), partial(_prune_in_batches, f" {kind.label}", partial(retention.prune, kind))


def _prune_messages(days: int, *, dry_run: bool) -> int:
    before_s = to_epoch_s(timezone.now() - timedelta(days=days))
    with tqdm(total=Thread.objects.count(), unit=_(" message histories"), disable=None) as progress:
        return pruning.prune(before_s=before_s, dry_run=dry_run, on_threads=progress.update)


def _prune_in_batches(unit: str, prune: Callable[..., int], *, dry_run: bool) -> int:
    with tqdm(unit=unit, disable=None) as progress:
        return prune(dry_run=dry_run, on_batch=progress.update)
