"""Import conversations from files or standard input."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.jsonlines import read_records
from conversations.transfer import BadRecord, Summary, import_records

STANDARD_INPUT = "-"


class Command(BaseCommand):
    help = _(
        "Import conversations: JSON Lines or JSON arrays of any size, of our own export, SDK objects, C-API objects, or "
        "get_list answers. Safe to repeat. Bad lines are reported and the rest goes in; the exit status is then 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help=_("a file, or - for standard input"))
        parser.add_argument("--owner", help=_("whose list it is, where a record does not say"))
        parser.add_argument("--dry-run", action="store_true", help=_("say what would be done, change nothing"))

    def handle(self, *args: Any, files: list[str], owner: str | None, dry_run: bool, **options: Any) -> None:
        try:
            owner = owner and check_owner_id(owner)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        for missing in (name for name in files if name != STANDARD_INPUT and not _is_readable(Path(name))):
            raise CommandError(_("%(name)s can't be read.") % {"name": missing})
        total = Summary()
        try:
            for name in files:
                total += self.import_file(name, owner, dry_run)
        except KeyboardInterrupt as stop:
            raise CommandError(_("Stopped. Whole batches went in; run the import again to go on."), returncode=130) from stop
        counts = {"created": total.created, "replaced": total.replaced, "unchanged": total.unchanged, "bad": total.bad}
        self.stdout.write(_("%(created)d created, %(replaced)d replaced, %(unchanged)d unchanged, %(bad)d bad.") % counts)
        if dry_run:
            self.stdout.write(_("This was a dry run: nothing was changed."))
        if total.bad:
            sys.exit(1)

    def import_file(self, name: str, owner: str | None, dry_run: bool) -> Summary:
        with _opened(name) as (stream, size), tqdm(total=size, unit="B", unit_scale=True, disable=None, desc=name) as progress:

            def report(bad: BadRecord) -> None:
                with tqdm.external_write_mode(self.stderr):
                    self.stderr.write(_("%(file)s, line %(number)d: %(reason)s") % {"file": name, **bad._asdict()})

            return import_records(
                read_records(stream),
                default_owner=owner,
                dry_run=dry_run,
                on_bad=report,
                on_batch=lambda _number: progress.update(_position(stream, progress.n) - progress.n),
            )


def _is_readable(path: Path) -> bool:
    return path.exists() and not path.is_dir() and os.access(path, os.R_OK)


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """The byte stream and its size, if it has one."""
    if name == STANDARD_INPUT:
        yield sys.stdin.buffer, None
    else:
        with open(name, "rb") as stream:
            yield stream, Path(name).stat().st_size


def _position(stream: BinaryIO, otherwise: int) -> int:
    return stream.tell() if stream.seekable() else otherwise
