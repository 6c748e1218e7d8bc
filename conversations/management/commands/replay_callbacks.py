"""Apply stored webhooks again, and finish pending updates."""

import logging
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.actions import peer_receipts
from conversations.digits import parse_digits
from conversations.feeding import member_inference, profiles, webhooks
from conversations.logs import summary
from conversations.management.arguments import moment, row_number
from conversations.management.stopping import until_stopped
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.store.transactions import Progress
from conversations.unread.plain_text import on_one_line

logger = logging.getLogger(__name__)

# A webhook still pending after this long was abandoned; until then a server process may be applying it.
ABANDONED_AFTER_S = 10
EVERY_MAX_S = 3600
# What finishes pending updates, besides the webhooks.
FINISHERS = (member_inference.count_for_inferred, profiles.propagate_all, peer_receipts.finish_all)


class Command(BaseCommand):
    help = _("Apply failed and pending webhooks again. The exit status is 1 if any fails.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=row_number, metavar="ID", help=_("only webhooks with these IDs"))
        parser.add_argument(
            "--command", dest="callback_command", metavar="COMMAND", help=_("only webhooks of this CallbackCommand")
        )
        parser.add_argument("--since", type=moment, metavar="TIME", help=_("only webhooks received at or after this time"))
        parser.add_argument("--until", type=moment, metavar="TIME", help=_("only webhooks received before this time"))
        outcome = parser.add_mutually_exclusive_group()
        outcome.add_argument("--failed", action="store_true", help=_("only failed webhooks"))
        outcome.add_argument(
            "--pending",
            action="store_true",
            help=_("only pending webhooks; also finish pending updates of names, members and reads"),
        )
        outcome.add_argument("--all", action="store_true", help=_("also replay applied webhooks (idempotent)"))
        parser.add_argument("--every", type=_seconds, metavar="SECONDS", help=_("with --pending: repeat forever"))
        parser.add_argument("--dry-run", action="store_true", help=_("only list them"))

    def handle(self, *args: Any, dry_run: bool, every: int | None, **options: Any) -> None:
        if every is not None and (dry_run or not _is_all_pending(options)):
            raise CommandError(_("--every can be combined only with --pending."))
        if every is not None:
            with until_stopped():
                self.keep_finishing(every)
        elif dry_run:
            self.list(options)
        else:
            self.replay_once(options)

    def replay_once(self, options: dict[str, Any]) -> None:
        counts = self.replay(_chosen(options))
        others = [finish() for finish in _finishers()] if _is_all_pending(options) else []
        if not counts.total() + sum(map(sum, others)):
            self.stdout.write(_("Nothing to do."))
        if applied := counts["applied"]:
            text = ngettext("Applied %(count)d webhook.", "Applied %(count)d webhooks.", applied)
            self.stdout.write(text % {"count": applied})
        if finished := sum(other.done for other in others):
            text = ngettext("Finished %(count)d pending update.", "Finished %(count)d pending updates.", finished)
            self.stdout.write(text % {"count": finished})
        if failed := counts["failed"] + sum(other.failed for other in others):
            raise CommandError(_("%(count)d failed.") % {"count": failed})

    def keep_finishing(self, every: int) -> None:
        """Finish pending work until the process is stopped. Failures, also of the database, are tried again."""
        while True:
            for step in (lambda: self.replay(_abandoned()), *_finishers()):
                try:
                    close_old_connections()
                    step()
                except DatabaseError as error:
                    logger.warning("Pending updates failed, will be retried in %d s: %s", every, summary(error))
                except Exception:
                    logger.exception("Pending updates failed, will be retried in %d s", every)
            time.sleep(every)

    def list(self, options: dict[str, Any]) -> None:
        line = ""
        for line in self.lines(options):
            self.stdout.write(line)
        if not line:
            self.stdout.write(_("Nothing to do."))

    def lines(self, options: dict[str, Any]) -> Iterator[str]:
        """Yield a line for each webhook and each pending update."""
        for event in _chosen(options).order_by("pk"):
            yield on_one_line(f"{event} {event.outcome} {event.error}".rstrip())
        if _is_all_pending(options):
            for conversation_id in profiles.pending_conversations():
                yield _("%(id)s: pending name update") % {"id": conversation_id}
            for group_id in member_inference.groups_to_count():
                yield _("%(id)s: pending unread counts of new members") % {"id": group_id}
            for user_id in peer_receipts.pending_readers():
                yield _("%(id)s: pending read receipts") % {"id": user_id}

    def replay(self, chosen: QuerySet[WebhookEvent]) -> Counter[str]:
        """Apply webhooks, and return the number of those applied, failed and left out."""
        counts: Counter[str] = Counter()
        for event in tqdm(webhooks.replay(chosen), total=chosen.count(), unit=_(" webhooks"), disable=None):
            if not event.body:
                counts["left out"] += 1
                left_out = _("%(callback)s: skipped, its body was deleted.")
                self.stderr.write(left_out % {"callback": on_one_line(str(event))})
            elif event.outcome == WebhookOutcome.APPLIED:
                counts["applied"] += 1
            else:
                counts["failed"] += 1
                self.stderr.write(on_one_line(f"{event}: {event.error}"))
        return counts


def _finishers() -> tuple[Callable[[], Progress], ...]:
    """Return the functions that finish pending updates."""
    return member_inference.count_for_inferred, profiles.propagate_all, peer_receipts.finish_all


def _abandoned() -> QuerySet[WebhookEvent]:
    before = timezone.now() - timedelta(seconds=ABANDONED_AFTER_S)
    return WebhookEvent.objects.to_do(WebhookOutcome.PENDING).filter(received_at__lt=before)


def _is_all_pending(options: dict[str, Any]) -> bool:
    """Return whether the options ask for all pending work, names and members included."""
    narrowing = ("ids", "callback_command", "since", "until")
    return options["pending"] and not any(options[name] for name in narrowing)


def _chosen(options: dict[str, Any]) -> QuerySet[WebhookEvent]:
    """Return the webhooks that the options name."""
    chosen = WebhookEvent.objects.all()
    if options["ids"]:
        chosen = chosen.filter(pk__in=options["ids"])
    if options["callback_command"]:
        chosen = chosen.filter(command=options["callback_command"])
    if options["since"]:
        chosen = chosen.filter(received_at__gte=options["since"])
    if options["until"]:
        chosen = chosen.filter(received_at__lt=options["until"])
    if options["failed"]:
        return chosen.to_do(WebhookOutcome.FAILED)
    if options["pending"]:
        return chosen.to_do(WebhookOutcome.PENDING)
    return chosen if options["all"] or options["ids"] else chosen.exclude(outcome=WebhookOutcome.APPLIED)


def _seconds(text: str) -> int:
    seconds = parse_digits(text, at_most=4)
    if not seconds or seconds > EVERY_MAX_S:
        raise ValueError(text)
    return seconds
