"""GET /livez, /readyz and /metrics: for load balancers and monitoring, before hosts and credentials are checked."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse

from conversations.lists import replica
from conversations.logs import log_database_failure
from conversations.maintenance import health
from imsite import metrics

LIVENESS = "/livez"

logger = logging.getLogger(__name__)
_state: set[str] = set()


class HealthMiddleware:
    """Answer the health addresses; it comes before all other middleware.

    `/livez` says that the process answers, without the database. `/readyz` answers 503 while requests would fail: without the
    database, or with pending migrations. A backlog is shown and does not make a server unready, since all share it; nor does a
    replica that is away, since the primary answers.
    """

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == LIVENESS:
            return _answer({"status": "ok"})
        match request.path_info:
            case "/readyz":
                return _readiness()
            case "/metrics":
                return metrics.answer(request)
        return self.get_response(request)


def _readiness() -> HttpResponse:
    try:
        if _has_pending_migrations():
            return _answer({"status": "unavailable", "database": "ok", "migrations": "pending"}, status=503)
        backlog = health.backlog()
        replica_state = {"replica": "ok" if replica.is_ready() else "unavailable"} if replica.is_set_up() else {}
    except Error as error:
        log_database_failure(logger, error)
        return _answer({"status": "unavailable", "database": "unavailable"}, status=503)
    return _answer(
        {
            "status": "ok",
            "database": "ok",
            "migrations": "ok",
            "listener": metrics.listener(),
            **replica_state,
            "oldestPendingWebhookSeconds": backlog.oldest_webhook_s,
            "pendingUpdates": backlog.has_updates,
        }
    )


def _has_pending_migrations() -> bool:
    """Return whether the database lacks migrations. Once it has all, it is not asked again: that reads many files."""
    if "migrated" not in _state:
        if health.pending_migrations():
            return True
        _state.add("migrated")
    return False


def _answer(content: dict[str, Any], status: int = 200) -> HttpResponse:
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
