"""Apply webhooks of messages that arrive at the same time and would wait for the same lock: by one transaction.

That is, of all one-to-one messages, and of the messages of one group. They are stored first, as pending, by a transaction of
their own: whatever happens then, the pending worker finds them.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from conversations import acting
from conversations.exceptions import ConversationError
from conversations.feeding import messages
from conversations.formats import webhook_events
from conversations.formats.messages import IncomingMessage
from conversations.logs import log_database_failure, sparing, summary
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.store import json_rows
from conversations.store import webhooks as store_webhooks
from conversations.store.statements import run_later
from conversations.store.transactions import CONFLICTS, in_transaction
from conversations.times import now_s

# A row that another transaction holds for longer would keep back all others; whatever concerns it then waits alone.
LOCK_TIMEOUT = "300ms"
# SQLSTATEs of failures that may concern one of several: lock timeout, and conflicts.
OF_ONE = ("55P03", *CONFLICTS)

_STORED = ("id", "command", "body", "received_at", "applied_at")

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Incoming:
    """A webhook of this moment, its message, and the stored one once there is one."""

    command: str
    body: str
    message: IncomingMessage
    webhook: WebhookEvent | None = field(default=None, init=False)


def message_of(command: str, content: Mapping[str, Any]) -> IncomingMessage | None:
    """Return the message of a webhook; None for another one, or for one that is not as it should be."""
    try:
        event = webhook_events.parse(command, content, now_s=now_s())
    except Exception:  # what is wrong is found and stored when it is applied
        return None
    return event if isinstance(event, IncomingMessage) else None


def receive(incoming: Sequence[Incoming]) -> bool:
    """Store webhooks, and apply them; return whether nothing is left to do but for the pending worker.

    All are of one-to-one messages, or of one group. Raises the database's errors if they could not be stored.
    """
    pks = store_webhooks.insert([(one.command, one.body) for one in incoming])
    stored, received_at = [], timezone.now()
    for pk, one in zip(pks, incoming, strict=True):
        one.webhook = WebhookEvent.from_db(connection.alias, _STORED, (pk, one.command, one.body, received_at, None))
        stored.append(one.webhook)
    return _apply(incoming, stored)


def _apply(incoming: Sequence[Incoming], stored: Sequence[WebhookEvent]) -> bool:
    try:
        _apply_together([one.message for one in incoming], stored)
    except (OperationalError, InterfaceError) as error:
        if getattr(error.__cause__, "sqlstate", None) in OF_ONE or connection.vendor == "sqlite":
            return _leave_to_each(error)
        log_database_failure(logger, error)  # trying each would take as long as the database is away
        _note(stored, WebhookOutcome.PENDING)
    except ConversationError as error:
        return _leave_to_each(error)
    except Exception:
        logger.exception("Webhooks are applied one by one")
        return False
    else:
        _note(stored, WebhookOutcome.APPLIED)
    return True


def _leave_to_each(error: Exception) -> bool:
    sparing.log(logger, logging.INFO, "together", "Webhooks are applied one by one: %s", summary(error))
    return False


def _note(stored: Sequence[WebhookEvent], outcome: WebhookOutcome) -> None:
    for webhook in stored:
        webhook.outcome = outcome


def _record(incoming: Sequence[IncomingMessage]) -> None:
    if incoming and incoming[0].group_id:
        messages.apply_in_group(incoming[0].group_id, incoming, now_s=now_s())
    elif incoming:
        messages.apply_c2c(incoming, now_s=now_s())


@in_transaction
def _apply_together(incoming: Sequence[IncomingMessage], stored: Sequence[WebhookEvent]) -> None:
    if connection.vendor == "postgresql":
        if json_rows.is_distributed():
            run_later("SET LOCAL citus.propagate_set_commands = 'local'", ())
        run_later(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'", ())
    pks = [webhook.pk for webhook in stored]
    with acting.acting(acting.named(acting.WEBHOOK, pks[0] if len(pks) == 1 else f"{pks[0]}-{pks[-1]}")):
        _record([message for message in incoming if not message.is_online_only])
    store_webhooks.note_applied(pks)
