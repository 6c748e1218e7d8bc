"""What is stored for how long besides messages: rows that only grow are deleted when they are older than their setting."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models import (
    AccessLogEntry,
    ApiKey,
    ConversationEvent,
    LoginLogEntry,
    RefusedWebhooks,
    WebhookEvent,
    WebhookOutcome,
)
from conversations.times import to_epoch_us

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

ROWS_PER_STATEMENT = 1000


class Kind(NamedTuple):
    """Rows that are deleted when they are old enough: `days` says when, 0 is never."""

    label: "StrPromise"
    days: Callable[[], int]
    older_than: Callable[[datetime], QuerySet[Any]]


KINDS = (
    Kind(
        _("webhooks"),
        lambda: settings.WEBHOOK_DAYS,
        lambda before: WebhookEvent.objects.filter(outcome=WebhookOutcome.APPLIED, received_at__lt=before),
    ),
    Kind(_("refused webhooks"), lambda: settings.WEBHOOK_DAYS, lambda before: RefusedWebhooks.objects.filter(hour__lt=before)),
    Kind(
        _("events of conversations"),
        lambda: settings.EVENT_DAYS,
        lambda before: ConversationEvent.objects.filter(time_us__lt=to_epoch_us(before)),
    ),
    Kind(
        _("access log entries"),
        lambda: settings.ACCESS_LOG_DAYS,
        lambda before: AccessLogEntry.objects.filter(viewed_at__lt=before),
    ),
    Kind(
        _("staff log entries"), lambda: settings.STAFF_LOG_DAYS, lambda before: LogEntry.objects.filter(action_time__lt=before)
    ),
    Kind(_("login log entries"), lambda: settings.STAFF_LOG_DAYS, lambda before: LoginLogEntry.objects.filter(hour__lt=before)),
    Kind(
        _("revoked and expired API keys"),
        lambda: settings.REVOKED_KEY_DAYS,
        lambda before: ApiKey.objects.filter(Q(revoked_at__lt=before) | Q(expires_at__lt=before)),
    ),
    # A day after they have ended: these neither let anyone in nor keep anyone out.
    Kind(_("sessions"), lambda: 1, lambda before: Session.objects.filter(expire_date__lt=before)),
    Kind(
        _("login attempts"),
        lambda: 1,
        lambda before: AccessAttempt.objects.filter(attempt_time__lt=before - timedelta(seconds=settings.LOGIN_LOCK_S)),
    ),
)


def prune(kind: Kind, *, dry_run: bool = False, on_batch: Callable[[int], None] = lambda count: None) -> int:
    """Delete the old rows of a kind in short statements, and return how many; with `dry_run` only count them."""
    days = kind.days()
    if not days:
        return 0
    old = kind.older_than(timezone.now() - timedelta(days=days))
    if dry_run:
        return old.count()
    count = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:ROWS_PER_STATEMENT]):
        # A row that changes meanwhile is asked again: a webhook that is applied once more and fails stays.
        old.filter(pk__in=pks).delete()
        count += len(pks)
        on_batch(len(pks))
    return count
