"""The log as operators see it."""

import logging
from collections.abc import Iterable

from imsite.logs import formatter

_formatter = formatter("text")


def lines(records: Iterable[logging.LogRecord]) -> str:
    """Return what the server writes for these records."""
    return "\n".join(map(_formatter.format, records))
