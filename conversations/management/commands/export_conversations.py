"""Export conversations as JSON Lines."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.models import Conversation
from conversations.transfer.exports import export_lines


def _one_moment() -> AbstractContextManager:
    """Make all lines of one moment. PostgreSQL's server-side cursor needs a transaction; on SQLite, one would block writers."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


class Command(BaseCommand):
    help = _(
        "Export conversations as JSON Lines, the format of import_conversations. Unchanged conversations give the same bytes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", metavar="USER_ID", help=_("the user whose list is meant (default: all users)"))
        parser.add_argument(
            "--output",
            metavar="FILE",
            type=Path,
            help=_("write to FILE, at the end (default: standard output)"),
        )

    def handle(self, *args: Any, owner: str | None, output: Path | None, **options: Any) -> None:
        try:
            conversations = Conversation.objects
            lines = export_lines(conversations.present() if owner is None else conversations.for_owner(check_owner_id(owner)))
        except ConversationError as error:
            raise CommandError(error.detail) from error
        with _one_moment(), closing(lines):
            if output is None:
                self.write_out(lines)
            else:
                self.write_file(lines, output)

    def write_out(self, lines: Any) -> None:
        try:
            self.write(lines, sys.stdout.buffer)
        except OSError as error:
            # At exit, Python would write the rest of the buffer again, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise CommandError(_("Could not write to standard output: %(why)s.") % {"why": error.strerror}) from error

    def write_file(self, lines: Any, output: Path) -> None:
        """Write the file as a whole or not at all."""
        try:
            with tempfile.NamedTemporaryFile(dir=output.absolute().parent, delete=False) as partial:
                try:
                    count = self.write(lines, partial)
                except BaseException:
                    os.unlink(partial.name)
                    raise
            # A temporary file is private to its user; the export gets the permissions of any new file.
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(partial.name, 0o666 & ~umask)
            Path(partial.name).replace(output)
        except OSError as error:
            raise CommandError(_("Could not write %(file)s: %(why)s.") % {"file": output, "why": error.strerror}) from error
        self.stdout.write(_("Exported %(count)d conversations to %(file)s.") % {"count": count, "file": output})

    def write(self, lines: Any, stream: Any) -> int:
        count = 0
        for line in tqdm(lines, unit=_(" conversations"), disable=None):
            stream.write(line)
            count += 1
        stream.flush()
        return count
