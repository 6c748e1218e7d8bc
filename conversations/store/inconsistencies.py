"""Store what checks find, until a later check or a recount finds it right."""

from collections.abc import Collection, Sequence

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


def finish(*, lists: int, conversations: int) -> None:
    """Note that all lists were checked."""
    values = {"finished_at": timezone.now(), "lists": lists, "conversations": conversations}
    Verification.objects.update_or_create(pk=Verification.ONLY_ROW, defaults=values)
