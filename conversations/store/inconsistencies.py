"""Store what checks find, until a later check or a recount finds it right."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from conversations.choices import InconsistencyKind
from conversations.models import Inconsistency, Verification

Found = tuple[str, InconsistencyKind]  # conversation ID, or "" for the list itself


@transaction.atomic
def replace(owner_id: str, found: Collection[Found]) -> None:
    """Store what a check of a list found, in place of what the last one found. One statement if nothing is wrong."""
    Inconsistency.objects.filter(owner_id=owner_id).delete()
    now = timezone.now()
    Inconsistency.objects.bulk_create(
        [
            Inconsistency(owner_id=owner_id, conversation_id=conversation_id, kind=kind, found_at=now)
            for conversation_id, kind in sorted(set(found))
        ],
        batch_size=1000,
        ignore_conflicts=True,  # of another check of the same list
    )


def clear_unread(owner_id: str, conversation_ids: Sequence[str]) -> None:
    """Forget that these conversations' unread counts were found wrong. One statement."""
    wrong = Inconsistency.objects.filter(owner_id=owner_id, conversation_id__any_of=conversation_ids)
    wrong.filter(kind=InconsistencyKind.UNREAD).delete()


def owner_ids() -> set[str]:
    """Return the users in whose lists a check found something. One statement."""
    return set(Inconsistency.objects.values_list("owner_id", flat=True).distinct())


def finish(started_at: datetime, *, lists: int, conversations: int) -> None:
    """Note that all lists were checked, and forget what was found before that: lists of which it was found are gone."""
    Inconsistency.objects.filter(found_at__lt=started_at).delete()
    values = {"finished_at": timezone.now(), "lists": lists, "conversations": conversations}
    Verification.objects.update_or_create(pk=Verification.ONLY_ROW, defaults=values)
