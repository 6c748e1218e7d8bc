"""Export everything about one user as JSON Lines."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from conversations.management.arguments import check_stored_user
from conversations.management.exports import ExportCommand
from conversations.transfer.user_export import export_lines


class Command(ExportCommand):
    help = _(
        "Export everything that is stored about a user as JSON Lines, all of one moment: profile, conversations (deleted ones, "
        "too), messages sent, one-to-one messages received, group memberships, API keys, views and changes of the list by "
        "staff, and stored webhooks."
    )
    unit = _(" lines")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", metavar="USER_ID", help=_("user ID"))
        super().add_arguments(parser)

    def handle(self, *args: Any, user_id: str, output: Path | None, **options: Any) -> None:
        self.write_lines(export_lines(check_stored_user(user_id)), output)

    def summary_text(self, count: int, output: Path) -> str:
        return _("Exported %(count)d lines to %(file)s.") % {"count": count, "file": output}
