"""Check that lists say what follows from what is stored; gives findings, prints nothing.

What looks wrong is looked at again under its owner's lock before it is called so: until then it may only be changing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
from django.db.models import Count, Max

from conversations.choices import ChangedBy
from conversations.maintenance import discrepancies
from conversations.maintenance.discrepancies import Kind
from conversations.models import Conversation, Owner
from conversations.store.owners import LockedOwner, lock_owners, lock_with_peers, save_owners
from conversations.store.rows import save_conversations
from conversations.store.transactions import in_transaction

OWNERS_PER_BATCH, ROWS_PER_BATCH = 500, 200


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a row, or with a whole list if no conversation is named, and whether it was put right."""

    owner_id: str
    conversation_id: str
    kind: Kind
    stored: str
    expected: str
    is_repaired: bool

    def __str__(self) -> str:
        where = f"{self.owner_id} {self.conversation_id}".rstrip()
        return f"{where}: {self.kind.label}: {self.stored} -> {self.expected}"


def findings(
    owner_id: str | None = None, *, repair: bool = False, on_owner: Callable[[], None] = lambda: None
) -> Iterator[Finding]:
    """All that is wrong with one owner's list, or with all lists, owner by owner; constant memory."""
    for one in _owner_ids() if owner_id is None else [owner_id]:
        yield from _of_owner(one, repair)
        on_owner()


def _owner_ids() -> Iterator[str]:
    last = ""
    while owner_ids := list(Owner.objects.after(last).values_list("owner_id", flat=True)[:OWNERS_PER_BATCH]):
        yield from owner_ids
        last = owner_ids[-1]


def _of_owner(owner_id: str, repair: bool) -> Iterator[Finding]:
    owner = Owner.objects.named(owner_id).first()
    if owner is None:
        return
    if any(_of_list(owner)):
        yield from _settle_list(owner_id, repair)
    group_names = orjson.loads(owner.group_names)
    last = ""
    while True:
        rows = Conversation.objects.filter(owner_id=owner_id, conversation_id__gt=last).order_by("conversation_id")
        batch = list(rows.defer("wire_head")[:ROWS_PER_BATCH])
        for row in batch:
            if discrepancies.of_row(row, group_names):
                yield from _settle_row(owner_id, row.conversation_id, repair)
        if len(batch) < ROWS_PER_BATCH:
            return
        last = batch[-1].conversation_id


@in_transaction
def _settle_row(owner_id: str, conversation_id: str, repair: bool) -> list[Finding]:
    """What is still wrong with a row now that nobody else changes or prunes it, put right if so wished."""
    lock_with_peers(owner_id, [conversation_id])
    owner = lock_owners([owner_id])[owner_id]
    row = Conversation.objects.named(owner_id, conversation_id).defer("wire_head").first()
    found = discrepancies.of_row(row, owner.group_names) if row else []
    if repair and found:
        right = {column: value for fault in found for column, value in fault.columns.items()}
        for column, value in right.items():
            setattr(row, column, value)
        save_conversations(owner, [row], list(right), by=ChangedBy.REPAIR)
    return [Finding(owner_id, conversation_id, one.kind, one.stored, one.expected, repair) for one in found]


# ---- A list's numbers --------------------------------------------------------------------------


def _of_list(owner: Owner | LockedOwner) -> Iterator[Finding]:
    newest = Conversation.objects.filter(owner_id=owner.owner_id).aggregate(newest=Max("version"))["newest"] or 0
    newest = max(newest, owner.groups_version)
    if owner.version < newest:
        yield Finding(owner.owner_id, "", Kind.VERSION_BEHIND, str(owner.version), str(newest), False)
    if owner.reset_below > max(owner.version, newest):
        yield Finding(owner.owner_id, "", Kind.RESET_BELOW, str(owner.reset_below), str(max(owner.version, newest)), False)
    for version in _given_twice(owner.owner_id):
        yield Finding(owner.owner_id, "", Kind.SAME_VERSION, str(version), "-", False)


def _given_twice(owner_id: str) -> list[int]:
    # Version 0 is of rows that only remember, which no feed shows.
    numbered = Conversation.objects.filter(owner_id=owner_id, version__gt=0)
    twice = numbered.values("version").annotate(rows=Count("version")).filter(rows__gt=1)
    return list(twice.order_by("version").values_list("version", flat=True))


@in_transaction
def _settle_list(owner_id: str, repair: bool) -> list[Finding]:
    owner = lock_owners([owner_id])[owner_id]
    found = list(_of_list(owner))
    if not (repair and found):
        return found
    for one in found:
        if one.kind == Kind.VERSION_BEHIND:
            owner.version = int(one.expected)
        elif one.kind == Kind.RESET_BELOW:
            owner.reset_below = int(one.expected)
    owner.is_changed = True
    rows = Conversation.objects.filter(owner_id=owner_id, version__in=_given_twice(owner_id)).defer("wire_head")
    save_conversations(owner, list(rows.order_by("version", "conversation_id")), (), by=ChangedBy.REPAIR)
    save_owners([owner])
    return [Finding(one.owner_id, "", one.kind, one.stored, one.expected, True) for one in found]
