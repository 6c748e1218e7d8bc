"""Webhooks: kept as they came, then applied; what failed is applied again later."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.actions import reading
from conversations.choices import Membership
from conversations.exceptions import ConversationError, ServiceUnavailable
from conversations.feeding import members as feeding_members
from conversations.feeding import messages, profiles
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.formats.rest_groups import GroupInfo, Profile
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.times import now_s
from conversations.unread.rosters import RosterEvent

BODIES_PER_STATEMENT = 1000

logger = logging.getLogger(__name__)


def receive(command: str, body: bytes) -> WebhookEvent | None:
    """Keep a webhook and apply it; None for a command that changes no conversation, which is not kept.

    Whatever fails in applying is kept with the webhook. Raises the database's errors only if it could not be kept.
    """
    if command not in webhook_events.COMMANDS:
        return None
    callback = WebhookEvent.objects.create(command=command, body=body.decode())
    apply(callback)
    return callback


def apply(callback: WebhookEvent) -> bool:
    """Bring the conversations up to date with a webhook, as often as one likes; whether that went well."""
    try:
        _apply(callback)
        callback.outcome, callback.error, callback.applied_at = WebhookOutcome.APPLIED, "", timezone.now()
    except (ConversationError, Error) as error:
        # What only came at a bad moment is still to be applied.
        is_passing = isinstance(error, OperationalError | InterfaceError | ServiceUnavailable)
        callback.outcome = WebhookOutcome.PENDING if is_passing else WebhookOutcome.FAILED
        # Of a database's error the first line: what follows quotes what people wrote.
        callback.error = str(error.detail) if isinstance(error, ConversationError) else str(error).partition("\n")[0]
        logger.warning("Webhook %s failed, stored for replay: %s", callback, callback.error)
    except Exception as error:
        callback.outcome, callback.error = WebhookOutcome.FAILED, _("A failure on our side: %(why)r") % {"why": error}
        logger.exception("Webhook %s failed, stored for replay", callback)
    try:
        callback.save(update_fields=["outcome", "error", "applied_at"])
    except Error:
        logger.exception("The outcome of webhook %s could not be stored", callback)
    return callback.outcome == WebhookOutcome.APPLIED


def replay(chosen: QuerySet[WebhookEvent]) -> Iterator[WebhookEvent]:
    """Apply webhooks again, oldest first; gives each with its outcome, and those without a body as they are."""
    for callback in chosen.order_by("pk").iterator(500):
        if callback.body:
            apply(callback)
        yield callback


def empty_old(*, dry_run: bool = False, on_batch: Callable[[int], None] = lambda count: None) -> int:
    """Take the bodies of webhooks that were applied and are CALLBACK_DAYS old; with `dry_run` only count them. Gives how many.

    Commands and outcomes stay, and so does the body of what failed or is not applied yet.
    """
    before = timezone.now() - timedelta(days=settings.CALLBACK_DAYS)
    old = WebhookEvent.objects.filter(outcome=WebhookOutcome.APPLIED, received_at__lt=before).exclude(body="")
    if dry_run:
        return old.count()
    count = 0
    while pks := list(old.order_by("received_at").values_list("pk", flat=True)[:BODIES_PER_STATEMENT]):
        # One that is applied again meanwhile, and fails, still needs its body.
        WebhookEvent.objects.filter(pk__in=pks, outcome=WebhookOutcome.APPLIED).update(body="")
        count += len(pks)
        on_batch(len(pks))
    return count


def _apply(callback: WebhookEvent) -> None:
    now = now_s()
    event = webhook_events.parse(callback.command, orjson.loads(callback.body), now_s=now)
    received_at = callback.received_at if isinstance(callback.received_at, datetime) else timezone.now()
    apply_event(event, at_ms=int(received_at.timestamp() * 1000), now_s=now)


def apply_event(event: webhook_events.Event | None, *, at_ms: int, now_s: int) -> None:
    """What a webhook tells, done; `at_ms` is for one that does not tell its time."""
    at_ms = getattr(event, "event_time_ms", None) or at_ms
    match event:
        case IncomingMessage():
            messages.record([event], now_s=now_s)
        case C2CRecall() | GroupRecall():
            messages.recall(event)
        case webhook_events.C2CRead():
            reading.record_receipt(event.reader, event.peer, time_s=event.read_time_s)
        case webhook_events.GroupCreated():
            members = {*event.members, *([event.owner] if event.owner else [])}
            joins = dict.fromkeys(members, (RosterEvent(at_ms, Membership.MEMBER),))
            profiles.set_group_info(_info(event, at_ms, event.name, None), lambda group: joins)
        case webhook_events.MembersJoined():
            feeding_members.join(event.group_id, event.members, at_ms=at_ms, type_=event.group_type)
        case webhook_events.MembersLeft():
            feeding_members.leave(
                event.group_id, event.members, at_ms=at_ms, membership=event.membership, type_=event.group_type
            )
        case webhook_events.GroupDissolved():
            feeding_members.dissolve(event.group_id, event.members, at_ms=at_ms, type_=event.group_type)
        case webhook_events.GroupInfoChanged():
            profiles.set_group_info(_info(event, at_ms, event.name, event.face_url))
        case webhook_events.ProfileChanged():
            told = Profile(user_id=event.user_id, nick_name=event.nick_name, face_url=event.face_url, at_ms=at_ms)
            profiles.set_profiles([told])


def _info(event: webhook_events.GroupEvent, at_ms: int, name: str | None, face_url: str | None) -> GroupInfo:
    return GroupInfo(group_id=event.group_id, name=name, face_url=face_url, at_ms=at_ms, type=event.group_type)
