"""Have PostgreSQL plan a list's queries for their owner and filters, and not once for all."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def planned_per_query(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Disable prepared statements inside the block, so that PostgreSQL plans for this owner's data.

    After some uses, the plan of a prepared statement is made for the average owner. It may read and sort all rows that match: a
    second instead of a millisecond for an owner with 100 000 conversations of which a filter matches many. To plan each query
    costs a fraction of a millisecond.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    session = connection.connection
    usual, session.prepare_threshold = session.prepare_threshold, None
    try:
        yield
    finally:
        session.prepare_threshold = usual
