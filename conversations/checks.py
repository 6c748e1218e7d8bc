"""What Django's `check --database default` and `migrate` say about the database."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.migrations.loader import MigrationLoader

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


@register(Tags.database)
def check_layout(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a database of an older, unreleased layout: its tables have other names and columns, and nothing converts them."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        loader = MigrationLoader(connections[alias])
        unknown = {name for app, name in loader.applied_migrations if app == "conversations"} - {
            name for app, name in loader.disk_migrations if app == "conversations"
        }
        if unknown:
            name = connections[alias].settings_dict["NAME"]
            how = "delete the file" if connections[alias].vendor == "sqlite" else "drop the database and create it again"
            problems.append(
                Error(
                    f"The database {name} has the layout of an older version of imsite, which was never released.",
                    hint=f"To start over, {how}. Export what you want to keep with that version first.",
                    id="conversations.E001",
                )
            )
    return problems
