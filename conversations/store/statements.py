"""Run one statement for several rows."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def run_for_each(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement with each row as its parameters. Nothing is sent for none; a driver prepares even that."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
