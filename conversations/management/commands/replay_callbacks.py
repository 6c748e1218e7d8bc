"""Apply webhooks again."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations import webhooks
from conversations.message_models import Callback, CallbackOutcome


class Command(BaseCommand):
    help = _("Apply webhooks again that failed or were not applied; exits with 1 if any fails now.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help=_("only these"))
        parser.add_argument("--command", dest="callback_command", metavar="COMMAND", help=_("only of this CallbackCommand"))
        parser.add_argument("--since", type=_moment, metavar="TIME", help=_("received at or after, ISO 8601"))
        parser.add_argument("--until", type=_moment, metavar="TIME", help=_("received before, ISO 8601"))
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--failed", action="store_true", help=_("only those that failed"))
        what.add_argument("--pending", action="store_true", help=_("only those not applied yet"))
        what.add_argument("--all", action="store_true", help=_("those applied before as well, which changes nothing"))
        parser.add_argument("--dry-run", action="store_true", help=_("only list them"))

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        chosen = _chosen(options)
        if dry_run:
            for callback in chosen.order_by("pk"):
                self.stdout.write(f"{callback} {callback.outcome} {callback.error}".rstrip())
            return
        failed = 0
        for callback in tqdm(webhooks.replay(chosen), total=chosen.count(), unit=_(" webhooks"), disable=None):
            if callback.outcome == CallbackOutcome.FAILED:
                failed += 1
                self.stderr.write(f"{callback}: {callback.error}")
        if failed:
            raise CommandError(_("%(count)d failed.") % {"count": failed})


def _chosen(options: dict[str, Any]):
    chosen = Callback.objects.all()
    if options["ids"]:
        chosen = chosen.filter(pk__in=options["ids"])
    if options["callback_command"]:
        chosen = chosen.filter(command=options["callback_command"])
    if options["since"]:
        chosen = chosen.filter(received_at__gte=options["since"])
    if options["until"]:
        chosen = chosen.filter(received_at__lt=options["until"])
    if options["failed"]:
        return chosen.filter(outcome=CallbackOutcome.FAILED)
    if options["pending"]:
        return chosen.filter(outcome=CallbackOutcome.STORED)
    return chosen if options["all"] or options["ids"] else chosen.exclude(outcome=CallbackOutcome.APPLIED)


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
