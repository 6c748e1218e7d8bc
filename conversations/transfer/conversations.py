"""Import conversations from JSON records of any dialect."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conversations import threads
from conversations.exceptions import ConversationError
from conversations.feeding import member_inference
from conversations.formats import dialects, erasure
from conversations.formats.entries import Entry
from conversations.models import Message
from conversations.store import erasures, events, message_reads
from conversations.store.message_reads import MessageKey
from conversations.store.owners import lock_owners, save_owners
from conversations.transfer import imported_rows
from conversations.transfer.imported_rows import Pair, StoredRow
from conversations.transfer.records import BadRecord, Tally
from conversations.unread import rules

BATCH_CONVERSATIONS = 5000
SECOND_US = 1_000_000


class Incoming(NamedTuple):
    """A checked conversation, and the number of its record."""

    number: int
    owner_id: str
    entry: Entry
    only_fills: bool  # too incomplete to replace a stored conversation


@dataclass(slots=True)
class Summary(Tally):
    """The number of conversations by outcome."""

    created: int = 0
    replaced: int = 0
    unchanged: int = 0
    partial: int = 0  # those of the above of which some keys were ignored


class Batch(NamedTuple):
    """The number of the last record (0: no record was left), and the records' conversations, errors and ignored keys."""

    number: int
    incoming: list[Incoming]
    bad: list[BadRecord]
    partial: list[BadRecord]


def import_records(
    records: Iterable[tuple[int, Any]],
    *,
    default_owner: str | None = None,
    dry_run: bool = False,
    on_bad: Callable[[BadRecord], None] = lambda bad: None,
    on_batch: Callable[[int], None] = lambda last_number: None,
) -> Summary:
    """Import numbered records in batches, each of which is stored as a whole or not at all. Safe to repeat.

    A record whose value is a ConversationError counts as bad: it is a record that the reader could not parse. `on_bad` also
    gets the ignored keys of conversations that are imported without them.
    """
    summary = Summary()
    language = translation.get_language()
    records = iter(records)

    def next_batch() -> Batch:
        with translation.override(language):
            return _read_batch(records, default_owner)

    # The next batch is parsed while the database stores this one; at most these two are in memory.
    with ThreadPoolExecutor(max_workers=1) as executor:
        pending = executor.submit(next_batch)
        while (batch := pending.result()).number:
            pending = executor.submit(next_batch)
            incoming, of_erased = _without_erased(batch.incoming)
            bad = batch.bad + of_erased + _store(incoming, summary, dry_run=dry_run)
            summary.bad += len(bad)
            summary.partial += len(batch.partial)
            for bad_record in sorted(bad + batch.partial):
                on_bad(bad_record)
            if not dry_run:
                # Also the unchanged ones: an earlier import may have been killed between its last batch and this step.
                member_inference.infer_members(
                    (item.owner_id, item.entry.conversation_id) for item in incoming if not item.entry.is_claimed
                )
            on_batch(batch.number)
    if not dry_run:
        member_inference.count_for_inferred()
    return summary


def _read_batch(records: Iterator[tuple[int, Any]], default_owner: str | None) -> Batch:
    """Read and check as many records as make a batch."""
    number, incoming, bad, partial = 0, [], [], []
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
                checked = dialects.checked(item)
                only_fills = checked.is_incomplete or dialects.is_from_rest(item)
                incoming.append(Incoming(number, owner_id, checked.entry, only_fills))
            except ConversationError as error:
                bad.append(BadRecord(number, str(error.detail)))
                continue
            if checked.ignored:
                partial.append(BadRecord(number, dialects.ignored_text(checked.ignored)))
        if len(incoming) + len(bad) >= BATCH_CONVERSATIONS:
            break
    return Batch(number, incoming, bad, partial)


def _without_erased(all_incoming: list[Incoming]) -> tuple[list[Incoming], list[BadRecord]]:
    """Return the conversations without what they say of erased users, and as errors those of an erased user's former list."""
    if not erasures.is_anybody_erased():
        return all_incoming, []
    users = {user_id for incoming in all_incoming for user_id in erasure.users_in(incoming.entry)}
    erased = erasures.find({incoming.owner_id for incoming in all_incoming} | users)
    left, bad = [], []
    for incoming in all_incoming:
        if erased.covers(incoming.owner_id, incoming.entry.order_key // SECOND_US):
            bad.append(BadRecord(incoming.number, _("The user was erased after this.")))
            continue
        entry = erasure.without_erased(incoming.entry, erased_at_s=erased.at_s, nameless=erased.nameless)
        left.append(incoming._replace(entry=entry))
    return left, bad


def _store(all_incoming: list[Incoming], summary: Summary, *, dry_run: bool) -> list[BadRecord]:
    """Write a batch, or with `dry_run` only count it. Return the conversations that their owner has no room for."""
    bad: list[BadRecord] = []
    newest = _newest(all_incoming)
    with transaction.atomic():
        owners = lock_owners(owner_id for owner_id, _id in newest)
        stored_rows = imported_rows.stored_rows(newest)
        members = member_inference.known_members(pair for pair, incoming in newest.items() if incoming.entry.is_claimed)
        changed = message_reads.find_changed(key for key in map(_message_key, newest.values()) if key)
        rows, outdated, replaced = [], [], 0
        now = timezone.now()
        for pair, incoming in newest.items():
            stored = stored_rows.get(pair)
            if stored and not _replaces(incoming, stored):
                continue
            try:
                entry = _as_changed(incoming, changed)
                if entry.is_claimed and (pair in members or (stored and not stored.is_claimed)):
                    entry = entry._replace(is_claimed=False)
                rows.append(imported_rows.row_values(entry, stored, owners[incoming.owner_id], now))
            except ConversationError as error:
                bad.append(BadRecord(incoming.number, str(error.detail)))
                continue
            if stored:
                outdated.append(pair)
                replaced += not stored.was_never_listed
        imported_rows.delete(outdated)
        imported_rows.insert(rows)
        events.insert([events.imported(*imported_rows.key_and_version(row)) for row in rows])
        save_owners(owners.values())
        if dry_run:
            transaction.set_rollback(True)
    summary.created += len(rows) - replaced
    summary.replaced += replaced
    summary.unchanged += len(all_incoming) - len(rows) - len(bad)
    return bad


def _message_key(incoming: Incoming) -> MessageKey | None:
    """Return where the last message would be stored; None for a claim, which shows what was reported."""
    entry = incoming.entry
    if entry.last_message is None or entry.is_claimed:
        return None
    return threads.thread_of(incoming.owner_id, entry.conversation_id), entry.last_message_position


def _as_changed(incoming: Incoming, changed: Mapping[MessageKey, Message]) -> Entry:
    """Return the entry without the text of a message that was recalled or edited since the file was written."""
    entry, key = incoming.entry, _message_key(incoming)
    if entry.last_message is None or key not in changed:
        return entry
    return entry._replace(last_message=rules.as_changed(entry.last_message, changed[key]))


def _newest(all_incoming: list[Incoming]) -> dict[Pair, Incoming]:
    """Return each conversation once: that of the highest order key, or the first of equals, with the latest read position."""
    newest: dict[Pair, Incoming] = {}
    for incoming in all_incoming:
        pair = incoming.owner_id, incoming.entry.conversation_id
        if pair in newest:
            other = newest[pair]
            if (not other.only_fills, other.entry.order_key) >= (not incoming.only_fills, incoming.entry.order_key):
                incoming, other = other, incoming
            incoming = incoming._replace(entry=incoming.entry.with_read_position_of(other.entry))
        newest[pair] = incoming
    return newest


def _replaces(incoming: Incoming, stored: StoredRow) -> bool:
    """Return whether a conversation is newer than its stored row, and not older than its deletion."""
    if stored.was_never_listed:
        return True
    if incoming.only_fills or (stored.is_deleted and incoming.entry.last_message_position <= stored.deleted_position):
        return False
    return incoming.entry.order_key > stored.order_key
