"""The common part of the import commands: files, progress, a line for each bad record, and the exit status."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.formats.json_records import Records
from conversations.transfer.records import BadRecord, Tally
from conversations.unread.plain_text import on_one_line

STANDARD_INPUT = "-"


class ImportCommand(BaseCommand):
    """A command that imports files and reports the place and reason of each bad record."""

    # Whose rows an import adds.
    models: tuple[type[Model], ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help=_("file to import, or - for standard input"))
        parser.add_argument("--dry-run", action="store_true", help=_("report the result without changing anything"))

    def importer(self, **options: Any) -> Callable[..., Tally]:
        """Return the `import_records` of the command, with its options bound."""
        raise NotImplementedError

    def summary_text(self, total: Any, *, dry_run: bool) -> str:
        """Return the result of all files as one line; with `dry_run` in the conditional."""
        raise NotImplementedError

    def handle(self, *args: Any, files: list[str], dry_run: bool, **options: Any) -> None:
        import_records = self.importer(**options)
        for missing in (name for name in files if name != STANDARD_INPUT and not _is_readable(Path(name))):
            raise CommandError(_("Could not read %(name)s.") % {"name": missing})
        try:
            first, *others = (self.import_file(name, import_records, dry_run) for name in files)
        except KeyboardInterrupt as stop:
            raise CommandError(
                _("Interrupted. Complete batches are stored. Run the import again to continue."), returncode=130
            ) from stop
        total = sum(others, first)
        if not dry_run:
            _analyze(self.models)
        self.stdout.write(self.summary_text(total, dry_run=dry_run))
        if dry_run:
            self.stdout.write(_("Dry run: nothing was changed."))
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


def _analyze(models: tuple[type[Model], ...]) -> None:
    """Have PostgreSQL count the rows, so that it plans for them at once. SQLite's plans do not depend on it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE " + ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models))


def _is_readable(path: Path) -> bool:
    return path.exists() and not path.is_dir() and os.access(path, os.R_OK)


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a byte stream; yield it and its size, None if unknown."""
    if name == STANDARD_INPUT:
        yield sys.stdin.buffer, None
    else:
        with open(name, "rb") as stream:
            yield stream, Path(name).stat().st_size


def _position(stream: BinaryIO, otherwise: int) -> int:
    return stream.tell() if stream.seekable() else otherwise
