"""Conversations out of and into the database, as records of JSON."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple, Self

import orjson
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone, translation

from conversations import positions
from conversations.choices import ChangedBy, Membership
from conversations.exceptions import ConversationError
from conversations.feeding import member_inference
from conversations.formats import conversation, conversation_json, dialects
from conversations.formats.entries import Entry
from conversations.models import Conversation, Owner
from conversations.models.querysets import ConversationQuerySet
from conversations.store import json_rows
from conversations.store.owners import LockedOwner, lock_owners, save_owners
from conversations.store.rows import KEY

BATCH_CONVERSATIONS = 5000


class BadRecord(NamedTuple):
    """Why a record, or one conversation of it, was not imported."""

    number: int  # of the line or array item, from 1
    reason: str


class Incoming(NamedTuple):
    """One checked conversation, with the record that it came in."""

    number: int
    owner_id: str
    entry: Entry
    only_fills: bool  # it knows too little to replace a conversation that is there


@dataclass(slots=True)
class Tally:
    """How much of an import went which way, and how many records were bad."""

    bad: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(slots=True)
class Summary(Tally):
    """How many conversations went which way."""

    created: int = 0
    replaced: int = 0
    unchanged: int = 0


class Stored(NamedTuple):
    """What decides whether an existing row is replaced, and what it keeps when it is."""

    order_key: int
    is_deleted: bool
    deleted_position: str
    cleared_position: str
    c2c_read_timestamp: int
    group_read_sequence: int
    membership: str
    created_version: int
    created_at: datetime


def import_records(
    records: Iterable[tuple[int, Any]],
    *,
    default_owner: str | None = None,
    dry_run: bool = False,
    on_bad: Callable[[BadRecord], None] = lambda bad: None,
    on_batch: Callable[[int], None] = lambda last_number: None,
) -> Summary:
    """Import numbered records of any dialect, in batches each of which is whole or absent; safe to repeat.

    A record whose value is a ConversationError is counted as bad: it is how a reader says that it could not parse one.
    """
    summary = Summary()
    language = translation.get_language()
    records = iter(records)

    def next_batch() -> tuple[int, list[Incoming], list[BadRecord]]:
        with translation.override(language):
            return _checked(records, default_owner)

    # The next batch is parsed while the database stores this one; at most these two are in memory.
    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(next_batch)
        while (batch := coming.result())[0]:
            coming = ahead.submit(next_batch)
            last_number, incoming, bad = batch
            bad += _store(incoming, summary, dry_run=dry_run)
            summary.bad += len(bad)
            for one in sorted(bad):
                on_bad(one)
            if not dry_run:
                # All of them, also what is there already: a batch may have been the last one before a kill.
                member_inference.learn((one.owner_id, one.entry.conversation_id) for one in incoming)
            on_batch(last_number)
    if not dry_run:
        member_inference.count_learnt()
    return summary


def _checked(records: Iterator[tuple[int, Any]], default_owner: str | None) -> tuple[int, list[Incoming], list[BadRecord]]:
    """As many records as make a batch: the last one's number (0: none was left), the good conversations, the bad ones."""
    number, incoming, bad = 0, [], []
    for number, record in records:
        try:
            if isinstance(record, ConversationError):
                raise record
            owner_id, items = dialects.conversations_in(record, default_owner)
        except ConversationError as error:
            bad.append(BadRecord(number, str(error.detail)))
            items = ()
        for item in items:
            try:
                entry = conversation.from_wire(dialects.to_classic(item))
                incoming.append(Incoming(number, owner_id, entry, dialects.is_from_rest(item)))
            except ConversationError as error:
                bad.append(BadRecord(number, str(error.detail)))
        if len(incoming) + len(bad) >= BATCH_CONVERSATIONS:
            break
    return number, incoming, bad


def _store(incoming: list[Incoming], summary: Summary, *, dry_run: bool) -> list[BadRecord]:
    """Write a batch, or with `dry_run` only count; gives back what only the owner's row could refuse."""
    bad: list[BadRecord] = []
    newest = _newest(incoming)
    with transaction.atomic():
        owners = lock_owners(owner_id for owner_id, _ in newest)
        stored = _stored(pair for pair in newest if owners[pair[0]].version)
        rows, replaced = [], []
        now = timezone.now()
        for pair, one in newest.items():
            before = stored.get(pair)
            if before and (one.only_fills or not _replaces(one.entry, before)):
                continue
            try:
                rows.append(_row(one.entry, before, owners[one.owner_id], now))
            except ConversationError as error:
                bad.append(BadRecord(one.number, str(error.detail)))
                continue
            if before:
                replaced.append(pair)
        _delete(replaced)
        _insert(rows)
        save_owners(owners.values())
        if dry_run:
            transaction.set_rollback(True)
    summary.created += len(rows) - len(replaced)
    summary.replaced += len(replaced)
    summary.unchanged += len(incoming) - len(rows) - len(bad)
    return bad


def _newest(incoming: list[Incoming]) -> dict[tuple[str, str], Incoming]:
    """One for each conversation: that of the greatest order key, the first of equals, with the furthest read position."""
    newest: dict[tuple[str, str], Incoming] = {}
    for one in incoming:
        pair = one.owner_id, one.entry.conversation_id
        if pair in newest:
            other = newest[pair]
            if (not other.only_fills, other.entry.order_key) >= (not one.only_fills, one.entry.order_key):
                one, other = other, one
            one = one._replace(entry=one.entry.with_read_position_of(other.entry))
        newest[pair] = one
    return newest


def _replaces(entry: Entry, stored: Stored) -> bool:
    if stored.is_deleted and entry.last_message_position <= stored.deleted_position:
        return False
    return entry.order_key > stored.order_key


COLUMNS = (
    "owner_id",
    *Entry._fields[:-1],
    "conversation_groups",
    "membership", "imported_unread", "imported_unread_position", "deleted_position", "cleared_position", "version",
    "changed_by", "changed_at", "created_version", "created_at",
)  # fmt: skip


def _row(entry: Entry, before: Stored | None, owner: LockedOwner, now: datetime) -> tuple:
    """The values of COLUMNS; a row that is replaced keeps what no import knows."""
    bits = owner.group_bits(entry.group_names) if entry.group_names else 0
    version = owner.next_version()
    if before:
        entry = entry.with_read_position_of(before).without_cleared(before)
    kept = before if before and not before.is_deleted else None
    return (
        owner.owner_id,
        *entry[:-1],
        bits,
        before.membership if before else _MEMBER,
        entry.unread_count,
        entry.last_message_position,
        before.deleted_position if before else positions.NO_POSITION,
        before.cleared_position if before else positions.NO_POSITION,
        version,
        _IMPORT,
        now,
        kept.created_version if kept else version,
        kept.created_at if kept else now,
    )


_MEMBER, _IMPORT = Membership.MEMBER.value, ChangedBy.IMPORT.value
_table = Conversation._meta.db_table


def _stored(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Stored]:
    """What is there of these conversations; their owners are locked, so it stays true."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.owner_id, t.conversation_id, t.order_key, t.deleted_at IS NOT NULL, t.deleted_position, "
            "t.cleared_position, t.c2c_read_timestamp, t.group_read_sequence, t.membership, t.created_version, t.created_at "
            f"FROM {json_rows.of_keys(Conversation, KEY)}",
            [json_rows.parameter(KEY, pairs)],
        )
        return {row[:2]: Stored(*row[2:]) for row in cursor.fetchall()}


def _delete(pairs: list[tuple[str, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {_table} WHERE owner_id = %s AND conversation_id = %s", pairs)


def _insert(rows: list[tuple]) -> None:
    if not rows:
        return
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Nobody else can insert rows of a locked owner, so COPY needs no ON CONFLICT.
            with cursor.copy(f"COPY {_table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            moments = [COLUMNS.index(name) for name in ("last_message_at", "changed_at", "created_at")]
            rows = [_with_adapted_moments(row, moments) for row in rows]
            cursor.executemany(f"INSERT INTO {_table} ({names}) VALUES ({', '.join(['%s'] * len(COLUMNS))})", rows)


def _with_adapted_moments(row: tuple, places: list[int]) -> list:
    values = list(row)
    for place in places:
        values[place] = connection.ops.adapt_datetimefield_value(values[place])
    return values


def export_lines(conversations: ConversationQuerySet) -> Iterator[bytes]:
    """One line of JSON for each of these conversations, in order of their IDs; constant memory.

    What `import_records` took comes out byte for byte. Give it a transaction, so that all lines show one moment.
    """
    group_names = Owner.objects.filter(owner_id=OuterRef("owner_id")).values("group_names")
    rows = conversations.order_by("owner_id", "conversation_id").values_list(
        "owner_id", "wire_head", "last_message", "marks", "conversation_groups", Subquery(group_names)
    )
    for owner, *columns in rows.iterator(2000):
        yield b'{"owner":%b,"conversation":%b}\n' % (orjson.dumps(owner), conversation_json.row_to_json(*columns))
