"""Checks of the database that Django's `check --database default` and `migrate` run."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.migrations.loader import MigrationLoader


@register(Tags.database)
def check_layout(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a database of an unreleased version: its tables have other names and columns, and nothing converts them."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        loader = MigrationLoader(connections[alias])
        if _our_migrations(loader.applied_migrations) - _our_migrations(loader.disk_migrations):
            name = connections[alias].settings_dict["NAME"]
            start_over = "delete the file" if connections[alias].vendor == "sqlite" else "drop the database and create it again"
            problems.append(
                Error(
                    f"The database {name} was created by an older version of imsite, which was never released.",
                    hint=f"To start over, {start_over}. Export the data you want to keep with that version first.",
                    id="conversations.E001",
                )
            )
    return problems


def _our_migrations(migrations: Iterable[tuple[str, str]]) -> set[str]:
    return {name for app_label, name in migrations if app_label == "conversations"}
