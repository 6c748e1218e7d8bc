"""Import messages of the past from files or standard input."""

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
        "Import messages of the past: JSON Lines or JSON arrays of any size, of bodies of the vendor's send and import calls, "
        "and of webhooks that tell of a message. Each needs MsgTime, and MsgSeq in a group, else MsgRandom. They come as read. "
        "Safe to repeat. Bad lines are reported and the rest goes in; the exit status is then 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--unread-after", type=moment, metavar="TIME", help=_("what was sent later is unread; ISO 8601 or epoch seconds")
        )

    def importer(self, *, unread_after: datetime | None, **options: Any) -> Callable[..., Summary]:
        return partial(import_records, read_to_s=to_epoch_s(unread_after) if unread_after else ALL_READ_S)

    def in_words(self, total: Summary, *, dry_run: bool) -> str:
        counts = {"applied": total.applied, "known": total.known, "left_out": total.left_out, "bad": total.bad}
        return _("%(applied)d new, %(known)d known already, %(left_out)d online only or not sent, %(bad)d bad.") % counts
