"""Import past messages from files or standard input."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.exceptions import ConversationError
from conversations.formats import fields
from conversations.management.arguments import moment
from conversations.management.imports import ImportCommand
from conversations.models import Conversation, Message, Owner, Thread
from conversations.times import to_epoch_s
from conversations.transfer.messages import ALL_READ_S, Summary, import_records


class Command(ImportCommand):
    help = _(
        "Import past messages from JSON Lines or JSON arrays of any size: answers of Tencent's admin_getroammsg and "
        "group_msg_get_simple, files of get_history, bodies of its send and import calls, and webhooks of messages; whole or "
        "one message per line. Each message needs its time, and MsgSeq in a group or MsgRandom elsewhere. Imported messages "
        "are marked as read. Safe to repeat. Invalid lines are reported and skipped; the exit status is then 1."
    )

    models = (Message, Conversation, Owner, Thread)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--group", metavar="GROUP_ID", help=_("group ID for messages that name neither a group nor a recipient")
        )
        parser.add_argument(
            "--unread-after", type=moment, metavar="TIME", help=_("messages sent later are unread; ISO 8601 or epoch seconds")
        )

    def importer(  # type: ignore[override]  # its own options
        self, *, group: str | None, unread_after: datetime | None, **options: Any
    ) -> Callable[..., Summary]:
        try:
            default_group = None if group is None else fields.group_id({"GroupId": group})
        except ConversationError as error:
            raise CommandError(error.detail) from error
        read_to_s = to_epoch_s(unread_after) if unread_after else ALL_READ_S
        return partial(import_records, default_group=default_group, read_to_s=read_to_s)

    def summary_text(self, total: Summary, *, dry_run: bool) -> str:
        counts = {
            "applied": total.applied,
            "stored": total.already_stored,
            "left_out": total.left_out,
            "bad": total.bad,
        }
        text = _("%(applied)d new, %(stored)d already stored, %(left_out)d online-only or undelivered, %(bad)d invalid.")
        if not total.recalled:
            return text % counts
        recalled = ngettext(
            "%(count)d message was recalled or deleted.", "%(count)d messages were recalled or deleted.", total.recalled
        )
        return f"{text % counts} {recalled % {'count': total.recalled}}"
