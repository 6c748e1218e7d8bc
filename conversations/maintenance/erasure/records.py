"""Everything about an erased user that is neither a conversation nor a message."""

from collections.abc import Iterator, Sequence
from itertools import islice

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import F, Q, QuerySet

from conversations.access import access_log
from conversations.formats import erasure
from conversations.maintenance import traces
from conversations.maintenance.erasure.kinds import Kind, Tally
from conversations.models import AccessLogEntry, ApiKey, Owner, PendingReceipt, ProfileUpdate, WebhookEvent, WebhookOutcome
from conversations.store.owners import lock_owners
from conversations.store.transactions import in_transaction
from conversations.times import now_s

BATCH = 500
NO_PROFILE: dict[str, str | int] = {
    "nick_name": "", "nick_name_at_ms": 0, "former_names": "[]", "face_url": "", "face_url_at_ms": 0, "begun_by_apps": 0,
}  # fmt: skip


# ---- Profile and keys --------------------------------------------------------------------------


def count_profile(user_id: str) -> Tally:
    return Tally({Kind.PROFILE: _with_profile(user_id).count(), Kind.PENDING: _names_pending(user_id).count()})


@in_transaction
def erase_profile(user_id: str) -> Tally:
    """Empty the user's profile, and note when: from here on, nothing that is older comes back."""
    lock_owners([user_id])
    tally = count_profile(user_id)
    _names_pending(user_id).delete()
    Owner.objects.named(user_id).update(**NO_PROFILE, erased_at_s=now_s())
    return tally


def _with_profile(user_id: str) -> QuerySet[Owner]:
    return Owner.objects.named(user_id).exclude(nick_name="", former_names="[]", face_url="")


def _names_pending(user_id: str) -> QuerySet[ProfileUpdate]:
    return ProfileUpdate.objects.filter(conversation_id=traces.as_peer(user_id))


def count_keys(user_id: str) -> Tally:
    return Tally({Kind.API_KEYS: ApiKey.objects.filter(owner_id=user_id).count()})


@in_transaction
def erase_keys(user_id: str) -> Tally:
    """Delete the user's API keys. The staff log keeps their prefixes, which alone show that an entry is about this user."""
    keys = ApiKey.objects.filter(owner_id=user_id)
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(ApiKey), object_id__in=list(keys.values_list("prefix", flat=True))
    )
    texts = entries.exclude(change_message="").update(change_message="")
    entries.update(object_repr=F("object_id"))
    return Tally({Kind.API_KEYS: keys.delete()[0], Kind.LOG_TEXTS: texts})


# ---- Webhooks ----------------------------------------------------------------------------------


def count_webhooks(user_id: str) -> Tally:
    return Tally({Kind.WEBHOOKS: sum(_is_erased(webhook, user_id) for webhook in traces.webhooks(user_id))})


def erase_webhooks(user_id: str) -> Iterator[Tally]:
    """Remove the bodies of applied webhooks that name the user, and the user's own ones that were not applied.

    What others did and is not applied yet stays, with the user's ID in it.
    """
    erased = (webhook for webhook in traces.webhooks(user_id) if _is_erased(webhook, user_id))
    while batch := list(islice(erased, BATCH)):
        _erase_bodies(batch, user_id)
        yield Tally({Kind.WEBHOOKS: len(batch)})


def _is_erased(webhook: WebhookEvent, user_id: str) -> bool:
    return webhook.outcome == WebhookOutcome.APPLIED or _is_own(webhook, user_id)


def _is_own(webhook: WebhookEvent, user_id: str) -> bool:
    return erasure.is_written_by(webhook.command, orjson.loads(webhook.body), user_id)


def _erase_bodies(webhooks: Sequence[WebhookEvent], user_id: str) -> None:
    own = [webhook.pk for webhook in webhooks if _is_own(webhook, user_id)]
    WebhookEvent.objects.filter(pk__in=own).exclude(outcome=WebhookOutcome.APPLIED).delete()
    # Afterwards, so that one that is being applied is in one of the two states.
    applied = WebhookEvent.objects.filter(pk__in=[webhook.pk for webhook in webhooks], outcome=WebhookOutcome.APPLIED)
    applied.update(body="")


# ---- Receipts and logs -------------------------------------------------------------------------


def count_receipts(user_id: str) -> Tally:
    return Tally({Kind.PENDING: _receipts(user_id).count()})


def erase_receipts(user_id: str) -> Iterator[Tally]:
    yield Tally({Kind.PENDING: _receipts(user_id).delete()[0]})


def _receipts(user_id: str) -> QuerySet[PendingReceipt]:
    return PendingReceipt.objects.filter(Q(owner_id=user_id) | Q(peer_id=user_id))


def count_log_texts(user_id: str) -> Tally:
    return Tally({Kind.LOG_TEXTS: _reasons(user_id).count() + _details(user_id).count()})


def erase_log_texts(user_id: str) -> Iterator[Tally]:
    """Remove what staff entered and changed. Who viewed or changed the user's list, and when, stays as long as any entry."""
    yield Tally({Kind.LOG_TEXTS: _reasons(user_id).update(reason="") + _details(user_id).update(change_message="")})
    _forget_reasons(user_id)


def _reasons(user_id: str) -> QuerySet[AccessLogEntry]:
    return AccessLogEntry.objects.filter(owner_id=user_id).exclude(reason="")


def _details(user_id: str) -> QuerySet[LogEntry]:
    return traces.staff_log(user_id).exclude(change_message="")


def _forget_reasons(user_id: str) -> None:
    """Remove the user from the lists and conversations that open sessions remember."""
    for session in Session.objects.iterator(BATCH):
        data = session.get_decoded()
        if access_log.forget(data, user_id, traces.as_peer(user_id)):
            Session.objects.filter(pk=session.pk).update(session_data=Session.objects.encode(data))
