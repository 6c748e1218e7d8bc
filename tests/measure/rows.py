"""Many rows at once, in databases that are made for one measurement and dropped after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

TABLE = "conversations_conversation"


@contextmanager
def scratch(database_url: str, name: str) -> Iterator[str]:
    """Create an empty database beside the one that is named, with its name and another ending; drop it at the end."""
    parts = urlsplit(database_url)
    new = f"{parts.path.removeprefix('/')}_{name}"
    with psycopg.connect(database_url, autocommit=True) as server:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(new))
        server.execute(drop)
        create = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
        server.execute(sql.SQL(create).format(sql.Identifier(new)))
    try:
        yield urlunsplit(parts._replace(path=f"/{new}"))
    finally:
        with psycopg.connect(database_url, autocommit=True) as server:
            server.execute(drop)


@contextmanager
def without_indexes(connection: psycopg.Connection) -> Iterator[None]:
    """Drop the indexes of the table of conversations, and make them again at the end: some times faster than to keep them."""
    rows = connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [TABLE]).fetchall()
    key = f"{TABLE}_pkey"
    for name, _definition in rows:
        connection.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {name}" if name == key else f"DROP INDEX {name}")
    yield
    connection.execute("SET maintenance_work_mem = '512MB'")
    for name, definition in rows:
        connection.execute(definition)
        if name == key:
            connection.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {key}")


def vacuum(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
