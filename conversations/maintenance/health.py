"""Say whether a server can do its work, for load balancers, monitoring and operators."""

from typing import NamedTuple

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from conversations.models import GroupMember, PendingReceipt, ProfileUpdate, WebhookEvent, WebhookOutcome
from conversations.models.querysets import count_up_to

MAX_COUNTED = 1000


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


def oldest_pending_webhook_s() -> int:
    """Return the age of the oldest webhook that is not applied, 0 if there is none."""
    received_at = WebhookEvent.objects.to_do(WebhookOutcome.PENDING).values_list("received_at", flat=True).first()
    return max(0, int((timezone.now() - received_at).total_seconds())) if received_at else 0


def backlog() -> Backlog:
    """Return the pending work. Four reads of an index."""
    updates = (ProfileUpdate.objects.all(), GroupMember.objects.filter(is_inferred=True), PendingReceipt.objects.all())
    return Backlog(oldest_pending_webhook_s(), any(pending.exists() for pending in updates))
