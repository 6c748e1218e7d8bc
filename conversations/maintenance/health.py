"""Say whether a server can do its work, for load balancers, monitoring and operators."""

from typing import NamedTuple

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from conversations.models import GroupMember, PendingReceipt, ProfileUpdate, WebhookEvent, WebhookOutcome


class Backlog(NamedTuple):
    """What was accepted and is not done: the age of the oldest pending webhook, and whether updates are pending."""

    oldest_webhook_s: int
    has_updates: bool


def pending_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks. Raises the database's errors."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _is_backwards in plan]


def backlog() -> Backlog:
    """Return the pending work. Four reads of an index."""
    received_at = WebhookEvent.objects.to_do(WebhookOutcome.PENDING).values_list("received_at", flat=True).first()
    age_s = (timezone.now() - received_at).total_seconds() if received_at else 0
    updates = (ProfileUpdate.objects.all(), GroupMember.objects.filter(is_inferred=True), PendingReceipt.objects.all())
    return Backlog(max(0, int(age_s)), any(pending.exists() for pending in updates))
