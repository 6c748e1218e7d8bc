"""What Django's `check --database default` and `migrate` tell about the database."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

BYTE_ORDER = ("C", "POSIX", "C.UTF-8", "C.utf8")


@register(Tags.database)
def check_collation(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Pages are cut by comparing IDs; only in byte order do PostgreSQL, SQLite and Python agree on it."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        if connections[alias].vendor != "postgresql":
            continue
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()")
            (collation,) = cursor.fetchone()
        if collation not in BYTE_ORDER:
            hint = "createdb --encoding UTF8 --locale C.UTF-8 --template template0 NAME"
            problems.append(
                Warning(f"The database sorts text by {collation}, not by bytes.", hint=hint, id="conversations.W001")
            )
    return problems
