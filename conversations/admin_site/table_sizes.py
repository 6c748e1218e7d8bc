"""Row counts and rates that cost the same however many rows a table has."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db import connection, models
from django.db.models import QuerySet, Subquery

from conversations.models.querysets import count_up_to

COUNTED_EXACTLY = 10_000
BARS, BAR = 12, timedelta(minutes=5)
# Higher counts show as a lower bound: a chart of an hour reads at most 12 times as many index entries.
COUNTED_PER_BAR = 10_000


class Size(NamedTuple):
    """A number of rows: exact, the database's estimate, or a lower bound."""

    count: int  # type: ignore[assignment]  # a tuple's own method of this name is not missed
    is_estimate: bool = False
    is_more: bool = False


class Bar(NamedTuple):
    """The number of rows that arrived between two moments."""

    begins_at: datetime
    ends_at: datetime
    size: Size


class _CountOf(Subquery):
    """The number of rows of a query, as a value of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()


def size_of(model: type[models.Model]) -> Size:
    """Return the number of rows of a table."""
    size = bounded(model._default_manager.all(), COUNTED_EXACTLY)
    estimate = _estimate(model) if size.is_more else 0
    return Size(estimate, is_estimate=True) if estimate > size.count else size


def bounded(rows: QuerySet, limit: int) -> Size:
    """Count rows up to `limit`."""
    return _cut(count_up_to(limit + 1, rows), limit)


def last_hour(rows: QuerySet, field: str, *, now: datetime) -> list[Bar]:
    """Count the rows of each five minutes of the last hour, oldest first, by an indexed time. One query."""
    edges = [now - BAR * left for left in range(BARS, -1, -1)]
    spans = list(pairwise(edges))
    # The last span has no end: the database's clock, which sets the times, may be ahead of ours.
    conditions = [{f"{field}__gte": start, f"{field}__lt": end} for start, end in spans[:-1]] + [{f"{field}__gte": edges[-2]}]
    parts = (_CountOf(rows.filter(**condition).values(field)[: COUNTED_PER_BAR + 1]) for condition in conditions)
    # The counts are read with any one row; without a row all are 0.
    counts = rows.order_by().values_list(*parts)[:1]
    return [Bar(*span, _cut(count, COUNTED_PER_BAR)) for span, count in zip(spans, next(iter(counts), [0] * BARS))]


def _cut(count: int, limit: int) -> Size:
    return Size(min(count, limit), is_more=count > limit)


def _estimate(model: type[models.Model]) -> int:
    """Return the estimate of the last VACUUM or ANALYZE, below 1 without one; always 0 on SQLite."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [model._meta.db_table])
        return cursor.fetchone()[0]
