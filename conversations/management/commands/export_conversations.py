"""Export conversations as JSON Lines."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.management.exports import ExportCommand
from conversations.models import Conversation
from conversations.transfer.exports import export_lines


class Command(ExportCommand):
    help = _(
        "Export conversations as JSON Lines, the format of import_conversations. Unchanged conversations give the same bytes."
    )
    unit = _(" conversations")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", metavar="USER_ID", help=_("the user whose list is meant (default: all users)"))
        super().add_arguments(parser)

    def handle(self, *args: Any, owner: str | None, output: Path | None, **options: Any) -> None:
        try:
            conversations = Conversation.objects
            lines = export_lines(conversations.present() if owner is None else conversations.for_owner(check_owner_id(owner)))
        except ConversationError as error:
            raise CommandError(error.detail) from error
        self.write_lines(lines, output)

    def summary_text(self, count: int, output: Path) -> str:
        return _("Exported %(count)d conversations to %(file)s.") % {"count": count, "file": output}
