"""Store and apply webhooks of messages that arrive at the same time: one transaction for all one-to-one ones, one a group.

This is what nearly all webhooks are. Any other one, and all of a transaction that failed, are received alone, which finds out
what is wrong with which.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from conversations import acting
from conversations.exceptions import ConversationError
from conversations.feeding import messages
from conversations.formats import webhook_events
from conversations.formats.messages import IncomingMessage
from conversations.logs import sparing, summary
from conversations.metrics import WEBHOOKS
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.store.transactions import in_transaction
from conversations.times import now_s

# A row that another transaction holds for longer would keep back all others; whatever concerns it then waits alone.
LOCK_TIMEOUT = "300ms"

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Incoming:
    """A webhook of this moment, its parsed body, and the stored one once there is one."""

    command: str
    body: str
    content: Mapping[str, Any]
    webhook: WebhookEvent | None = field(default=None, init=False)


def receive(incoming: Sequence[Incoming]) -> list[bool]:
    """Store and apply webhooks; return of each whether that is done. Of one that is not, nothing is stored or applied."""
    parts: dict[str, list[tuple[Incoming, IncomingMessage]]] = {}
    for one in incoming:
        if message := _message_of(one):
            parts.setdefault(message.group_id, []).append((one, message))
    for group_id, part in parts.items():
        _receive_part(group_id, part)
    return [one.webhook is not None for one in incoming]


def _message_of(one: Incoming) -> IncomingMessage | None:
    """Return the message of a webhook; None for another one, or for one that is not as it should be."""
    try:
        event = webhook_events.parse(one.command, one.content, now_s=now_s())
    except ConversationError:
        return None
    return event if isinstance(event, IncomingMessage) and not event.is_online_only else None


def _receive_part(group_id: str, part: Sequence[tuple[Incoming, IncomingMessage]]) -> None:
    try:
        webhooks = _store_and_apply(group_id, part)
    except Exception as error:  # each is received alone then, which says what is wrong with it
        sparing.log(logger, logging.INFO, "together", "Webhooks are applied one by one: %s", summary(error))
        return
    for (one, _message), webhook in zip(part, webhooks, strict=True):
        one.webhook = webhook
        WEBHOOKS.labels(one.command, WebhookOutcome.APPLIED).inc()


@in_transaction
def _store_and_apply(group_id: str, part: Sequence[tuple[Incoming, IncomingMessage]]) -> list[WebhookEvent]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    now = timezone.now()
    webhooks = WebhookEvent.objects.bulk_create(
        WebhookEvent(command=one.command, body=one.body, outcome=WebhookOutcome.APPLIED, applied_at=now)
        for one, _message in part
    )
    incoming = [message for _one, message in part]
    first, last = webhooks[0].pk, webhooks[-1].pk
    with acting.acting(acting.named(acting.WEBHOOK, first if first == last else f"{first}-{last}")):
        if group_id:
            messages.apply_in_group(group_id, incoming, now_s=now_s())
        else:
            messages.apply_c2c(incoming, now_s=now_s())
    return webhooks
