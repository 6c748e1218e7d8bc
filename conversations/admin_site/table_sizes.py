"""How much is kept and how much comes in: numbers that cost the same however many rows there are."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db import connection, models
from django.db.models import QuerySet, Subquery

from conversations.models.querysets import count_up_to

COUNTED_EXACTLY = 10_000
BARS, BAR = 12, timedelta(minutes=5)
# Busier than that is told as "or more": an hour's chart reads at most 12 times as many entries of an index.
COUNTED_PER_BAR = 10_000


class Size(NamedTuple):
    """How many rows: exactly, by the database's own estimate, or as many as were counted at least."""

    count: int
    is_estimate: bool = False
    is_more: bool = False


class Bar(NamedTuple):
    """How many rows came from one moment up to another."""

    begins_at: datetime
    ends_at: datetime
    size: Size


class _CountOf(Subquery):
    """How many rows a query has, told by another one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()


def size_of(model: type[models.Model]) -> Size:
    """The size of a table."""
    size = bounded(model._default_manager.all(), COUNTED_EXACTLY)
    estimate = _estimate(model) if size.is_more else 0
    return Size(estimate, is_estimate=True) if estimate > size.count else size


def bounded(rows: QuerySet, limit: int) -> Size:
    """How many rows there are, counted up to `limit`."""
    return _cut(count_up_to(limit + 1, rows), limit)


def last_hour(rows: QuerySet, field: str, *, now: datetime) -> list[Bar]:
    """How many rows came in each five minutes of the last hour, oldest first, by an indexed moment; one query."""
    edges = [now - BAR * left for left in range(BARS, -1, -1)]
    spans = list(pairwise(edges))
    # The last one has no end: the database's clock, which stamps the rows, may be ahead of ours.
    conditions = [{f"{field}__gte": start, f"{field}__lt": end} for start, end in spans[:-1]] + [{f"{field}__gte": edges[-2]}]
    parts = (_CountOf(rows.filter(**condition).values(field)[: COUNTED_PER_BAR + 1]) for condition in conditions)
    # Any one row carries the answer; without a row there is nothing to count.
    counts = rows.order_by().values_list(*parts)[:1]
    return [Bar(*span, _cut(count, COUNTED_PER_BAR)) for span, count in zip(spans, next(iter(counts), [0] * BARS))]


def _cut(count: int, limit: int) -> Size:
    return Size(min(count, limit), is_more=count > limit)


def _estimate(model: type[models.Model]) -> int:
    """What the last VACUUM or ANALYZE saw, below 1 if there was none; SQLite keeps nothing of the kind."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [model._meta.db_table])
        return cursor.fetchone()[0]
