"""Where the database has something of a user: the reads that an export and an erasure share."""

from collections.abc import Iterator

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.functions import Substr

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.formats import erasure, message_content
from conversations.models import (
    AccessLogEntry,
    ApiKey,
    Conversation,
    ConversationRow,
    GroupMember,
    Message,
    Owner,
    Thread,
    WebhookEvent,
    composite_keys,
)
from conversations.store.threads import threads_of_group
from conversations.threads import BETWEEN

WEBHOOKS_PER_QUERY = 500


def is_known(user_id: str) -> bool:
    """Return whether anything is stored of a user. A few short queries."""
    places = (
        Owner.objects.named(user_id),
        Conversation.objects.filter(conversation_id=as_peer(user_id)),
        GroupMember.objects.filter(user_id=user_id),
        ApiKey.objects.filter(owner_id=user_id),
        AccessLogEntry.objects.filter(owner_id=user_id),
    )
    return any(rows.exists() for rows in places)


def as_peer(user_id: str) -> str:
    """Return the ID of other users' conversations with this one."""
    return identifiers.join(ConversationType.C2C, user_id)


def c2c_threads(user_id: str) -> Iterator[str]:
    """Yield the names of the user's one-to-one threads, in order. One query, which reads all names."""
    named = Thread.objects.filter(Q(thread__startswith=user_id + BETWEEN) | Q(thread__endswith=BETWEEN + user_id))
    for thread in named.order_by("thread").values_list("thread", flat=True).iterator():
        # SQLite's LIKE ignores case.
        if user_id in thread.split(BETWEEN):
            yield thread


def group_ids(user_id: str) -> list[str]:
    """Return the groups in which the user is or was a member: sending a message makes a member."""
    return list(GroupMember.objects.filter(user_id=user_id).order_by("group_id").values_list("group_id", flat=True))


def group_threads(group_id: str) -> list[str]:
    """Return the threads of a group: its own, and those of its topics."""
    return sorted({group_id, *threads_of_group(group_id)})


def sent_by(user_id: str) -> QuerySet[Message]:
    """Select the user's messages that have not been erased."""
    return Message.objects.filter(sender=user_id).exclude(edit=message_content.ERASED_EDIT)


def webhooks(user_id: str) -> Iterator[WebhookEvent]:
    """Yield the stored webhooks whose body names the user, in order of arrival. Reads the bodies of all days."""
    # With a backslash, anything may be written in another way.
    candidates = WebhookEvent.objects.filter(Q(body__contains=f'"{user_id}"') | Q(body__contains="\\")).order_by("id")
    last = 0
    while page := list(candidates.filter(id__gt=last)[:WEBHOOKS_PER_QUERY]):
        yield from (webhook for webhook in page if erasure.names_user(_content(webhook), user_id))
        last = page[-1].pk


def _content(webhook: WebhookEvent) -> object:
    try:
        return orjson.loads(webhook.body)
    except ValueError:
        return None


def staff_log(user_id: str) -> QuerySet[LogEntry]:
    """Select the staff log's entries about the user's list, its conversations and its API keys."""
    kinds = ContentType.objects.get_for_models(Owner, ConversationRow, ApiKey)
    keys = ApiKey.objects.filter(owner_id=user_id).values_list("prefix", flat=True)
    start = composite_keys.to_text(user_id, "")
    # Compared exactly, since SQLite's LIKE ignores case.
    return LogEntry.objects.annotate(start=Substr("object_id", 1, len(start))).filter(
        Q(content_type=kinds[Owner], object_id=user_id)
        | Q(content_type=kinds[ConversationRow], start=start)
        | Q(content_type=kinds[ApiKey], object_id__in=list(keys))
    )
