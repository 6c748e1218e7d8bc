"""The common part of the export commands: JSON Lines to a file or standard output, with progress."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.store.transactions import one_moment


class ExportCommand(BaseCommand):
    """A command that writes lines, all of one moment."""

    unit = ""  # of the progress bar

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--output",
            metavar="FILE",
            type=Path,
            help=_("write to FILE, at the end (default: standard output)"),
        )

    def summary_text(self, count: int, output: Path) -> str:
        """Return what was written to a file, as one line."""
        raise NotImplementedError

    def write_lines(self, lines: Any, output: Path | None) -> None:
        """Write the lines of a generator. Raises CommandError."""
        with one_moment(), closing(lines):
            if output is None:
                self._write_out(lines)
            else:
                self._write_file(lines, output)

    def _write_out(self, lines: Iterator[bytes]) -> None:
        try:
            self._write(lines, sys.stdout.buffer)
        except OSError as error:
            # At exit, Python would write the rest of the buffer again, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise CommandError(_("Could not write to standard output: %(why)s.") % {"why": error.strerror}) from error

    def _write_file(self, lines: Iterator[bytes], output: Path) -> None:
        """Write the file as a whole or not at all."""
        try:
            with tempfile.NamedTemporaryFile(dir=output.absolute().parent, delete=False) as partial:
                try:
                    count = self._write(lines, partial)
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
        self.stdout.write(self.summary_text(count, output))

    def _write(self, lines: Iterator[bytes], stream: BinaryIO | Any) -> int:
        count = 0
        for line in tqdm(lines, unit=self.unit, disable=None):
            stream.write(line)
            count += 1
        stream.flush()
        return count
