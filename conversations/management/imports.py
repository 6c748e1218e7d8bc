"""What the imports have in common: files, progress, a line for each bad record, and the exit status."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.formats.json_records import Records
from conversations.transfer.conversations import BadRecord, Tally
from conversations.unread.explanation import on_one_line

STANDARD_INPUT = "-"


class ImportCommand(BaseCommand):
    """Takes files, and says of each bad record where it is and why."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help=_("a file, or - for standard input"))
        parser.add_argument("--dry-run", action="store_true", help=_("say what would be done, change nothing"))

    def importer(self, **options: Any) -> Callable[..., Tally]:
        """The function that imports records: `import_records` of what is imported, with its options."""
        raise NotImplementedError

    def in_words(self, total: Any, *, dry_run: bool) -> str:
        """What was done with all files, or would be."""
        raise NotImplementedError

    def handle(self, *args: Any, files: list[str], dry_run: bool, **options: Any) -> None:
        import_records = self.importer(**options)
        for missing in (name for name in files if name != STANDARD_INPUT and not _is_readable(Path(name))):
            raise CommandError(_("%(name)s can't be read.") % {"name": missing})
        try:
            first, *others = (self.import_file(name, import_records, dry_run) for name in files)
        except KeyboardInterrupt as stop:
            raise CommandError(_("Stopped. Whole batches went in; run the import again to go on."), returncode=130) from stop
        total = sum(others, first)
        self.stdout.write(self.in_words(total, dry_run=dry_run))
        if dry_run:
            self.stdout.write(_("This was a dry run: nothing was changed."))
        if total.bad:
            sys.exit(1)

    def import_file(self, name: str, import_records: Callable[..., Tally], dry_run: bool) -> Tally:
        with _opened(name) as (stream, size), tqdm(total=size, unit="B", unit_scale=True, disable=None, desc=name) as progress:
            records = Records(stream)

            def report(bad: BadRecord) -> None:
                line = _("%(file)s, line %(number)d: %(reason)s")
                if not records.are_lines:
                    line = _("%(file)s, entry %(number)d: %(reason)s")
                with tqdm.external_write_mode(self.stderr):
                    self.stderr.write(on_one_line(line % {"file": name, **bad._asdict()}))

            return import_records(
                records,
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
