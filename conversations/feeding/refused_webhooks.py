"""Count refused webhooks, so that staff see a wrong token or clock before they miss the messages.

Anyone can send what is refused. Of many in a row the database gets one statement a second, and the log one line a minute.
"""

import logging
import threading
import time
from collections import Counter
from contextlib import suppress

from django.db import Error
from django.db.models import F
from django.utils import timezone

from conversations.logs import sparing
from conversations.metrics import WEBHOOKS_REFUSED
from conversations.models import RefusedWebhooks, WebhookRefusal

INTERVAL_S = 1

logger = logging.getLogger(__name__)


class _Counts:
    """What this process has refused and not stored yet, by reason."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[WebhookRefusal] = Counter()
        self._next_at = 0.0

    def add(self, reason: WebhookRefusal) -> Counter[WebhookRefusal]:
        """Count one, and return those to store now."""
        with self._lock:
            self._waiting[reason] += 1
            if time.monotonic() < self._next_at:
                return Counter()
            self._next_at = time.monotonic() + INTERVAL_S
            due, self._waiting = self._waiting, Counter()
            return due


_counts = _Counts()


def record(reason: WebhookRefusal, address: str | None) -> None:
    """Count a refused webhook from this address."""
    WEBHOOKS_REFUSED.labels(reason.value).inc()
    sparing.log(logger, logging.WARNING, reason, "Webhook refused (%s), from %s", reason.value, address)
    for due, count in _counts.add(reason).items():
        # Without the database, the log and the metrics have it.
        with suppress(Error):
            _store(due, count, address)


def _store(reason: WebhookRefusal, count: int, address: str | None) -> None:
    now = timezone.now()
    latest = {"last_at": now, "address": address}
    RefusedWebhooks.objects.update_or_create(
        hour=now.replace(minute=0, second=0, microsecond=0),
        reason=reason,
        defaults={**latest, "count": F("count") + count},
        create_defaults={**latest, "count": count},
    )
