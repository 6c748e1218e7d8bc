"""Import past messages from files or standard input."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from conversations.management.arguments import moment
from conversations.management.imports import ImportCommand
from conversations.times import to_epoch_s
from conversations.transfer.messages import ALL_READ_S, Summary, import_records


class Command(ImportCommand):
    help = _(
        "Import past messages from JSON Lines or JSON arrays of any size: bodies of Tencent's send and import calls, and "
        "webhooks of messages. Each needs MsgTime, and MsgSeq in a group or MsgRandom elsewhere. Imported messages are marked "
        "as read. Safe to repeat. Invalid lines are reported and skipped; the exit status is then 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--unread-after", type=moment, metavar="TIME", help=_("messages sent later are unread; ISO 8601 or epoch seconds")
        )

    def importer(self, *, unread_after: datetime | None, **options: Any) -> Callable[..., Summary]:
        return partial(import_records, read_to_s=to_epoch_s(unread_after) if unread_after else ALL_READ_S)

    def summary_text(self, total: Summary, *, dry_run: bool) -> str:
        counts = {
            "applied": total.applied,
            "already_stored": total.already_stored,
            "left_out": total.left_out,
            "bad": total.bad,
        }
        return (
            _("%(applied)d new, %(already_stored)d already stored, %(left_out)d online-only or undelivered, %(bad)d invalid.")
            % counts
        )
