"""Store each webhook as it arrived, then apply it. One that fails stays stored, and can be applied again."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import acting
from conversations.actions import reading
from conversations.choices import Membership
from conversations.exceptions import ConversationError, ServiceUnavailable
from conversations.feeding import members, messages, profiles, webhook_groups
from conversations.feeding.webhook_groups import Incoming
from conversations.feeding.webhook_queue import WorkQueue
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, MessageEdit
from conversations.formats.rest_groups import GroupInfo, Profile
from conversations.logs import log_database_failure, sparing, summary
from conversations.metrics import WEBHOOKS
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.request_notes import OWN_PLACE, WorkingPlace
from conversations.times import now_s
from conversations.unread.rosters import MembershipEvent

BODIES_PER_STATEMENT = 1000

logger = logging.getLogger(__name__)


_together = WorkQueue(webhook_groups.receive)


def receive(
    command: str,
    body: bytes,
    content: Mapping[str, Any],
    place: WorkingPlace = OWN_PLACE,
) -> WebhookEvent | None:
    """Store a webhook and apply it; `content` is its parsed body. Return None, with nothing stored, for an unused command.

    Messages that arrive at the same time go together; one that waits for the others leaves its place, and may have none
    afterwards. A failure to apply it is stored with it. Raises the database's errors only if the webhook could not be stored.
    """
    if command not in webhook_events.COMMANDS:
        WEBHOOKS.labels("other", "unused").inc()
        return None
    message = webhook_groups.message_of(command, content)
    webhook = _receive_message(command, body, message, place) if message else _receive_alone(command, body, content)
    WEBHOOKS.labels(command, webhook.outcome).inc()
    return webhook


def _receive_alone(command: str, body: bytes, content: Mapping[str, Any]) -> WebhookEvent:
    webhook = WebhookEvent.objects.create(command=command, body=body.decode())
    apply(webhook, content)
    return webhook


def _receive_message(command: str, body: bytes, message: IncomingMessage, place: WorkingPlace) -> WebhookEvent:
    incoming = Incoming(command, body.decode(), message)
    is_done = _together.do(message.group_id, incoming, place)
    webhook = cast(WebhookEvent, incoming.webhook)
    if not is_done:
        apply(webhook)
    return webhook


def apply(webhook: WebhookEvent, content: Mapping[str, Any] | None = None) -> bool:
    """Apply a stored webhook to the conversations, any number of times; return whether that succeeded.

    Its stored body is parsed unless its `content` is passed.
    """
    try:
        with acting.acting(acting.named(acting.WEBHOOK, webhook.pk)):
            _parse_and_apply(webhook, orjson.loads(webhook.body) if content is None else content)
        webhook.outcome, webhook.error, webhook.applied_at = WebhookOutcome.APPLIED, "", timezone.now()
    except (ConversationError, Error) as error:
        webhook.outcome, webhook.error = _outcome_of(error), _first_line_of(error)
        why = summary(error)
        sparing.log(logger, logging.WARNING, why, "Webhook %s failed, stored for replay: %s", webhook, why)
    except Exception as error:
        webhook.outcome, webhook.error = WebhookOutcome.FAILED, _("Internal error: %(why)r") % {"why": error}
        logger.exception("Webhook %s failed, stored for replay", webhook)
    try:
        webhook.save(update_fields=["outcome", "error", "applied_at"])
    except Error as error:
        log_database_failure(logger, error)
    return webhook.outcome == WebhookOutcome.APPLIED


def _outcome_of(error: Exception) -> WebhookOutcome:
    """Return FAILED, or PENDING for an error that another attempt may not meet."""
    is_temporary = isinstance(error, OperationalError | InterfaceError | ServiceUnavailable)
    return WebhookOutcome.PENDING if is_temporary else WebhookOutcome.FAILED


def _first_line_of(error: Exception) -> str:
    """Return the text to store for an error. Of a database error the first line: the others may quote message texts."""
    return str(error.detail) if isinstance(error, ConversationError) else str(error).partition("\n")[0]


def replay(webhooks: QuerySet[WebhookEvent]) -> Iterator[WebhookEvent]:
    """Apply webhooks again, oldest first. Yield each with its outcome; one whose body was removed stays as it is."""
    for webhook in webhooks.order_by("pk").iterator(500):
        if webhook.body:
            apply(webhook)
        yield webhook


def remove_old_bodies(*, dry_run: bool = False, on_batch: Callable[[int], None] = lambda count: None) -> int:
    """Remove the bodies of applied webhooks that are CALLBACK_DAYS old; with `dry_run` only count them. Return how many.

    Commands and outcomes stay, and so do the bodies of failed and pending webhooks.
    """
    before = timezone.now() - timedelta(days=settings.CALLBACK_DAYS)
    old = WebhookEvent.objects.filter(outcome=WebhookOutcome.APPLIED, received_at__lt=before).exclude(body="")
    if dry_run:
        return old.count()
    count = 0
    while pks := list(old.order_by("received_at").values_list("pk", flat=True)[:BODIES_PER_STATEMENT]):
        # A webhook that is applied again meanwhile and fails still needs its body.
        WebhookEvent.objects.filter(pk__in=pks, outcome=WebhookOutcome.APPLIED).update(body="")
        count += len(pks)
        on_batch(len(pks))
    return count


def _parse_and_apply(webhook: WebhookEvent, content: Mapping[str, Any]) -> None:
    now = now_s()
    event = webhook_events.parse(webhook.command, content, now_s=now)
    received_at = webhook.received_at if isinstance(webhook.received_at, datetime) else timezone.now()
    apply_event(event, at_ms=int(received_at.timestamp() * 1000), now_s=now)


def apply_event(event: webhook_events.Event | None, *, at_ms: int, now_s: int) -> None:
    """Apply a parsed webhook to the conversations; `at_ms` is its time if it has none of its own."""
    at_ms = getattr(event, "event_time_ms", None) or at_ms
    match event:
        case IncomingMessage():
            messages.record([event], now_s=now_s)
        case MessageEdit():
            messages.edit([replace(event, event_time_ms=at_ms)])
        case C2CRecall() | GroupRecall():
            messages.recall(event)
        case webhook_events.C2CRead():
            reading.record_receipt(event.reader, event.peer, time_s=event.read_time_s)
        case webhook_events.ProfileChanged():
            profile = Profile(user_id=event.user_id, nick_name=event.nick_name, face_url=event.face_url, at_ms=at_ms)
            profiles.set_profiles([profile])
        case webhook_events.GroupEvent():
            _apply_group_event(event, at_ms)


def _apply_group_event(event: webhook_events.GroupEvent, at_ms: int) -> None:
    when: dict[str, Any] = {"at_ms": at_ms, "group_type": event.group_type}
    match event:
        case webhook_events.GroupCreated():
            user_ids = {*event.members, *([event.owner] if event.owner else [])}
            joins = dict.fromkeys(user_ids, (MembershipEvent(at_ms, Membership.MEMBER),))
            profiles.set_group_info(_group_info(event, at_ms, event.name, None), lambda locked: joins)
        case webhook_events.MembersJoined():
            members.join(event.group_id, event.members, **when)
        case webhook_events.MembersLeft():
            members.leave(event.group_id, event.members, membership=event.membership, **when)
        case webhook_events.GroupDissolved():
            members.dissolve(event.group_id, event.members, **when)
        case webhook_events.GroupInfoChanged():
            profiles.set_group_info(_group_info(event, at_ms, event.name, event.face_url))


def _group_info(event: webhook_events.GroupEvent, at_ms: int, name: str | None, face_url: str | None) -> GroupInfo:
    return GroupInfo(group_id=event.group_id, name=name, face_url=face_url, at_ms=at_ms, type=event.group_type)
