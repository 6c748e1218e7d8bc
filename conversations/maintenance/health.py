"""Say whether a server can do its work, for load balancers, monitoring and operators."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet, Sum
from django.utils import timezone

from conversations.models import GroupMember, PendingReceipt, ProfileUpdate, RefusedWebhooks, WebhookEvent, WebhookOutcome
from conversations.models.querysets import count_up_to

MAX_COUNTED = 1000
ALARMING_AGE_S = 60  # a webhook is applied within two seconds of its arrival


class Backlog(NamedTuple):
    """What was accepted and is not done: the age of the oldest pending webhook, and whether updates are pending."""

    oldest_webhook_s: int
    has_updates: bool


def pending_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks. Raises the database's errors."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _is_backwards in plan]


def pending_work() -> dict[str, int]:
    """Return how much is to do, by kind, each counted up to MAX_COUNTED."""
    kinds = {
        "pending_webhooks": WebhookEvent.objects.to_do(WebhookOutcome.PENDING),
        "failed_webhooks": WebhookEvent.objects.to_do(WebhookOutcome.FAILED),
        "name_updates": ProfileUpdate.objects.all(),
        "new_members": GroupMember.objects.filter(is_inferred=True),
        "read_receipts": PendingReceipt.objects.all(),
    }
    return {kind: count_up_to(MAX_COUNTED, rows) for kind, rows in kinds.items()}


def pending_updates() -> int:
    """Return how many updates that go on in the background are to do, counted up to MAX_COUNTED."""
    return min(MAX_COUNTED, sum(count_up_to(MAX_COUNTED, pending) for pending in _updates()))


def oldest_pending_webhook_at() -> datetime | None:
    """Return when the oldest webhook that is not applied was received; None if there is none."""
    return WebhookEvent.objects.to_do(WebhookOutcome.PENDING).values_list("received_at", flat=True).first()


def is_alarming(received_at: datetime | None) -> bool:
    """Return whether a webhook that was received then should have been applied by now."""
    return received_at is not None and (timezone.now() - received_at).total_seconds() > ALARMING_AGE_S


def oldest_pending_webhook_s() -> int:
    """Return the age of the oldest webhook that is not applied, 0 if there is none."""
    received_at = oldest_pending_webhook_at()
    return max(0, int((timezone.now() - received_at).total_seconds())) if received_at else 0


def refused_webhooks() -> dict[str, int]:
    """Return how many webhooks were refused within a day, by reason, the most frequent one first."""
    of_a_day = RefusedWebhooks.objects.filter(hour__gt=timezone.now() - timedelta(days=1))
    reasons = of_a_day.values("reason").annotate(total=Sum("count")).order_by("-total", "reason")
    return {row["reason"]: row["total"] for row in reasons}


def backlog() -> Backlog:
    """Return the pending work. Four reads of an index."""
    return Backlog(oldest_pending_webhook_s(), any(pending.exists() for pending in _updates()))


def _updates() -> tuple[QuerySet[Any], ...]:
    return ProfileUpdate.objects.all(), GroupMember.objects.filter(is_inferred=True), PendingReceipt.objects.all()
