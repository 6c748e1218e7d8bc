"""Tell whoever follows lists that something changed. Only a wake-up: the rows are the truth, and a lost one costs a delay."""

from collections.abc import Sequence

from django.db import connection

CHANNEL = "imsite_changes"
# PostgreSQL takes 8000 bytes in one notification; of more owners than these, followers look at all of theirs.
MAX_NAMED = 100
EVERYBODY = ""


def announce(owner_ids: Sequence[str]) -> None:
    """After the commit, never inside it: NOTIFY makes all commits of the database wait for each other.

    On SQLite nothing is sent; followers look by themselves.
    """
    if connection.vendor == "postgresql":
        payload = "\n".join(owner_ids) if len(owner_ids) <= MAX_NAMED else EVERYBODY
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
