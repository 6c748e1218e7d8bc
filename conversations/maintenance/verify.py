"""Check that lists agree with the stored messages and groups. Findings are yielded; nothing is printed.

A row that looks wrong is checked again under its owner's lock before it is reported: without the lock it may just be changing.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import orjson
from django.db.models import Count, Max

from conversations.choices import ChangedBy
from conversations.choices import InconsistencyKind as Kind
from conversations.maintenance.discrepancies import of_row, rows_with_any
from conversations.models import Conversation, Owner
from conversations.store.owners import LockedOwner, lock_owners, lock_with_peers, save_owners
from conversations.store.rows import save_conversations
from conversations.store.transactions import in_transaction

OWNERS_PER_BATCH, ROWS_PER_BATCH = 500, 200


@dataclass(frozen=True, slots=True)
class Finding:
    """A discrepancy of a row, or of a whole list where the conversation ID is empty, and whether it was repaired."""

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
    owner_id: str | None = None, *, repair: bool = False, on_list: Callable[[str, int], None] = lambda owner_id, count: None
) -> Iterator[Finding]:
    """Yield the discrepancies of one owner's list, or of all lists, owner by owner. Memory does not grow with their number.

    `on_list` is called after each list with its owner and the number of its conversations.
    """
    for checked_id in _owner_ids() if owner_id is None else [owner_id]:
        count = yield from _of_owner(checked_id, repair)
        on_list(checked_id, count)


def _owner_ids() -> Iterator[str]:
    last = ""
    while owner_ids := list(Owner.objects.after(last).values_list("owner_id", flat=True)[:OWNERS_PER_BATCH]):
        yield from owner_ids
        last = owner_ids[-1]


def _of_owner(owner_id: str, repair: bool) -> Generator[Finding, None, int]:
    """Yield the discrepancies of a list; return how many conversations were checked."""
    owner = Owner.objects.named(owner_id).first()
    if owner is None:
        return 0
    if any(_of_list(owner)):
        yield from _recheck_list(owner_id, repair)
    group_names = orjson.loads(owner.group_names)
    last, count = "", 0
    while True:
        rows = Conversation.objects.filter(owner_id=owner_id, conversation_id__gt=last).order_by("conversation_id")
        batch = list(rows.defer("wire_head")[:ROWS_PER_BATCH])
        for row in rows_with_any(batch, group_names):
            yield from _recheck_row(owner_id, row.conversation_id, repair)
        count += len(batch)
        if len(batch) < ROWS_PER_BATCH:
            return count
        last = batch[-1].conversation_id


@in_transaction
def _recheck_row(owner_id: str, conversation_id: str, repair: bool) -> list[Finding]:
    """Check a row again while nothing else changes or prunes it, and repair it if asked to."""
    lock_with_peers(owner_id, [conversation_id])
    owner = lock_owners([owner_id])[owner_id]
    row = Conversation.objects.named(owner_id, conversation_id).defer("wire_head").first()
    discrepancies = of_row(row, owner.group_names) if row else []
    if repair and row and discrepancies:
        right = {column: value for discrepancy in discrepancies for column, value in discrepancy.columns.items()}
        for column, value in right.items():
            setattr(row, column, value)
        save_conversations(owner, [row], list(right), by=ChangedBy.REPAIR)
    return [
        Finding(owner_id, conversation_id, discrepancy.kind, discrepancy.stored, discrepancy.expected, repair)
        for discrepancy in discrepancies
    ]


# ---- A list's versions -------------------------------------------------------------------------


def _of_list(owner: Owner | LockedOwner) -> Iterator[Finding]:
    newest = Conversation.objects.filter(owner_id=owner.owner_id).aggregate(newest=Max("version"))["newest"] or 0
    newest = max(newest, owner.groups_version)
    if owner.version < newest:
        yield Finding(owner.owner_id, "", Kind.VERSION_BEHIND, str(owner.version), str(newest), False)
    if owner.reset_below > max(owner.version, newest):
        yield Finding(owner.owner_id, "", Kind.RESET_BELOW, str(owner.reset_below), str(max(owner.version, newest)), False)
    for version in _repeated_versions(owner.owner_id):
        yield Finding(owner.owner_id, "", Kind.SAME_VERSION, str(version), "-", False)


def _repeated_versions(owner_id: str) -> list[int]:
    # Version 0 is that of rows that no client sees: they only remember a read position.
    numbered = Conversation.objects.filter(owner_id=owner_id, version__gt=0)
    twice = numbered.values("version").annotate(rows=Count("version")).filter(rows__gt=1)
    return list(twice.order_by("version").values_list("version", flat=True))


@in_transaction
def _recheck_list(owner_id: str, repair: bool) -> list[Finding]:
    owner = lock_owners([owner_id])[owner_id]
    findings = list(_of_list(owner))
    if not (repair and findings):
        return findings
    for finding in findings:
        if finding.kind == Kind.VERSION_BEHIND:
            owner.version = int(finding.expected)
        elif finding.kind == Kind.RESET_BELOW:
            owner.reset_below = int(finding.expected)
    owner.is_changed = True
    rows = Conversation.objects.filter(owner_id=owner_id, version__in=_repeated_versions(owner_id)).defer("wire_head")
    save_conversations(owner, list(rows.order_by("version", "conversation_id")), (), by=ChangedBy.REPAIR)
    save_owners([owner])
    return [replace(finding, is_repaired=True) for finding in findings]
