"""GET /metrics: what all processes of this server have counted, and the state of the database, for Prometheus."""

import os
from collections.abc import Iterator
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from conversations.lists import replica
from conversations.maintenance import health
from imsite.metrics_files import VARIABLE, is_running


def answer(request: HttpRequest) -> HttpResponse:
    """Return the metrics to a client on this machine, or to one with METRICS_TOKEN; 401 to others."""
    if not (_is_local(request) or _has_token(request)):
        return HttpResponse(
            "Send Authorization: Bearer with METRICS_TOKEN.\n", status=401, headers={"WWW-Authenticate": "Bearer"}
        )
    state = CollectorRegistry(auto_describe=False)
    state.register(State())
    return HttpResponse(
        generate_latest(_counts()) + generate_latest(state),
        content_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def _is_local(request: HttpRequest) -> bool:
    """Return whether the client is on this machine. What a proxy on this machine passes on is not."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.META.get("HTTP_AUTHORIZATION", "")
    return bool(settings.METRICS_TOKEN) and compare_digest(given.encode(errors="replace"), expected.encode())


def listener() -> str:
    """Return whether the processes of event streams hear of changes: ok, unavailable, or idle: no stream yet."""
    counts = _counts()
    if counts.get_sample_value("imsite_listeners", {"state": "unavailable"}):
        return "unavailable"
    return "ok" if counts.get_sample_value("imsite_listeners", {"state": "ok"}) else "idle"


def _counts() -> CollectorRegistry:
    """Return what was counted by all workers, those that have ended included; what they held open has ended, too."""
    if not (directory := os.environ.get(VARIABLE)):
        return REGISTRY
    for file in Path(directory).glob("gauge_live*.db"):
        process_id = int(file.stem.rpartition("_")[2])
        if not is_running(process_id):
            mark_process_dead(process_id, directory)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)
    return registry


class State:
    """The state of the database and of this process's pool, read when it is asked for."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("imsite_database_up", "Whether the database answers.")
        try:
            families = [*_backlog_families(), *pool_families(getattr(connection, "pool", None))]
            if replica.is_set_up():
                families += replica_families(replica.look())
        except Error:
            families = []
        up.add_metric([], 1 if families else 0)
        yield from (up, *families)


def _backlog_families() -> Iterator[Metric]:
    name = "imsite_oldest_pending_webhook_seconds"
    yield GaugeMetricFamily(name, "Age of the oldest webhook that is not applied.", health.oldest_pending_webhook_s())
    text = f"What was accepted and is not done, by kind; counted up to {health.MAX_COUNTED}."
    work = GaugeMetricFamily("imsite_pending_work", text, labels=["kind"])
    for kind, count in health.pending_work().items():
        work.add_metric([kind], count)
    yield work


def replica_families(condition: replica.Condition | None) -> Iterator[Metric]:
    """Yield the state of the replica; None: it is away or too far behind, and the primary answers."""
    text = "Whether this process lets the replica answer reads."
    yield GaugeMetricFamily("imsite_replica_up", text, 0 if condition is None else 1)
    if condition is not None:
        yield GaugeMetricFamily("imsite_replica_lag_seconds", "How far the replica is behind.", condition.lag_s)


def pool_families(pool: Any) -> Iterator[Metric]:
    """Yield the figures of a pool of connections; none where there is no pool."""
    if pool is None:
        return
    stats = pool.get_stats()
    size, free = stats["pool_size"], stats["pool_available"]
    connections = GaugeMetricFamily("imsite_database_pool_connections", "Connections of the pool, by state.", labels=["state"])
    connections.add_metric(["used"], size - free)
    connections.add_metric(["free"], free)
    yield connections
    waiting = stats.get("requests_waiting", 0)
    yield GaugeMetricFamily("imsite_database_pool_waiting", "Requests that wait for a connection of the pool.", waiting)
