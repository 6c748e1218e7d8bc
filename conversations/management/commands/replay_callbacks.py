"""Apply webhooks again, and finish what was left half way."""

import logging
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.digits import parse_digits
from conversations.feeding import member_inference, profiles, webhooks
from conversations.management.arguments import moment, row_number
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.unread.explanation import on_one_line

logger = logging.getLogger(__name__)

# A webhook that is not applied after this long was left; before, somebody may be at it.
LEFT_AFTER_S = 10


class Command(BaseCommand):
    help = _("Apply webhooks again that failed or were not applied; exits with 1 if any fails now.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=row_number, metavar="ID", help=_("only these"))
        parser.add_argument("--command", dest="callback_command", metavar="COMMAND", help=_("only of this CallbackCommand"))
        parser.add_argument("--since", type=moment, metavar="TIME", help=_("received at or after"))
        parser.add_argument("--until", type=moment, metavar="TIME", help=_("received before"))
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--failed", action="store_true", help=_("only those that failed"))
        what.add_argument(
            "--pending", action="store_true", help=_("only those not applied yet; and finish names and members on their way")
        )
        what.add_argument("--all", action="store_true", help=_("those applied before as well, which changes nothing"))
        parser.add_argument("--every", type=_seconds, metavar="SECONDS", help=_("with --pending: again and again"))
        parser.add_argument("--dry-run", action="store_true", help=_("only list them"))

    def handle(self, *args: Any, dry_run: bool, every: int | None, **options: Any) -> None:
        if every is not None and (dry_run or not _is_all_pending(options)):
            raise CommandError(_("--every goes with --pending alone."))
        if every is not None:
            self.keep_finishing(every)
        elif dry_run:
            self.list(options)
        else:
            self.replay_once(options)

    def replay_once(self, options: dict[str, Any]) -> None:
        seen = self.replay(_chosen(options))
        others = [member_inference.count_learnt(), profiles.finish()] if _is_all_pending(options) else []
        if not seen.total() + sum(map(sum, others)):
            self.stdout.write(_("There is nothing to do."))
        if applied := seen["applied"]:
            text = ngettext("%(count)d webhook applied.", "%(count)d webhooks applied.", applied)
            self.stdout.write(text % {"count": applied})
        if done := sum(other.done for other in others):
            text = ngettext(
                "%(count)d new name or member list finished.", "%(count)d new names or member lists finished.", done
            )
            self.stdout.write(text % {"count": done})
        if failed := seen["failed"] + sum(other.failed for other in others):
            raise CommandError(_("%(count)d failed.") % {"count": failed})

    def keep_finishing(self, every: int) -> None:
        """Until it is stopped; whatever fails is tried again, as is a database that is away."""
        while True:
            for step in (lambda: self.replay(_left()), member_inference.count_learnt, profiles.finish):
                try:
                    close_old_connections()
                    step()
                except DatabaseError as error:
                    logger.warning("Could not finish what is pending, will try again: %s", error)
                except Exception:
                    logger.exception("Could not finish what is pending, will try again")
            time.sleep(every)

    def list(self, options: dict[str, Any]) -> None:
        line = ""
        for line in self.lines(options):
            self.stdout.write(line)
        if not line:
            self.stdout.write(_("There is nothing to do."))

    def lines(self, options: dict[str, Any]) -> Iterator[str]:
        for callback in _chosen(options).order_by("pk"):
            yield on_one_line(f"{callback} {callback.outcome} {callback.error}".rstrip())
        if _is_all_pending(options):
            for conversation_id in profiles.on_their_way():
                yield _("%(id)s: a name is on its way") % {"id": conversation_id}
            for group_id in member_inference.groups_to_count():
                yield _("%(id)s: messages are to be counted for new members") % {"id": group_id}

    def replay(self, chosen: QuerySet[WebhookEvent]) -> Counter[str]:
        """How many were applied, failed, or were left out."""
        seen: Counter[str] = Counter()
        for callback in tqdm(webhooks.replay(chosen), total=chosen.count(), unit=_(" webhooks"), disable=None):
            if not callback.body:
                seen["left out"] += 1
                left_out = _("%(callback)s: Its body is gone, so it was left out.")
                self.stderr.write(left_out % {"callback": on_one_line(str(callback))})
            elif callback.outcome == WebhookOutcome.APPLIED:
                seen["applied"] += 1
            else:
                seen["failed"] += 1
                self.stderr.write(on_one_line(f"{callback}: {callback.error}"))
        return seen


def _left() -> QuerySet[WebhookEvent]:
    before = timezone.now() - timedelta(seconds=LEFT_AFTER_S)
    return WebhookEvent.objects.to_do(WebhookOutcome.PENDING).filter(received_at__lt=before)


def _is_all_pending(options: dict[str, Any]) -> bool:
    narrowed = ("ids", "callback_command", "since", "until")
    return options["pending"] and not any(options[name] for name in narrowed)


def _chosen(options: dict[str, Any]):
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
    if not seconds or seconds > 3600:
        raise ValueError(text)
    return seconds
