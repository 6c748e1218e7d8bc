"""Import past messages from JSON records. They make conversations, and count as read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple, cast

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.actions import reading
from conversations.exceptions import ConversationError
from conversations.feeding import messages as feeding_messages
from conversations.feeding.locked_groups import lock_group
from conversations.formats import fields, history_messages, webhook_events
from conversations.formats.checks import refuse
from conversations.formats.history_messages import PastMessage
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.store import message_reads
from conversations.store.threads import lock_threads
from conversations.store.transactions import in_transaction
from conversations.times import YEAR_2100_S, now_s
from conversations.transfer.records import BadRecord, Tally

BATCH_MESSAGES = 2000
ALL_READ_S = YEAR_2100_S


@dataclass(slots=True)
class Summary(Tally):
    """The number of messages by outcome. Those left out were online-only, or not delivered.

    A recalled message counts as recalled, and also as applied or already stored if its record has its content.
    """

    applied: int = 0
    already_stored: int = 0
    left_out: int = 0
    recalled: int = 0


class Batch(NamedTuple):
    """The number of the last record (0: no record was left), and the records' messages and errors."""

    number: int
    messages: list[PastMessage]
    left_out: int
    bad: list[BadRecord]


def import_records(
    records: Iterable[tuple[int, Any]],
    *,
    default_group: str | None = None,
    read_to_s: int = ALL_READ_S,
    dry_run: bool = False,
    on_bad: Callable[[BadRecord], None] = lambda bad: None,
    on_batch: Callable[[int], None] = lambda last_number: None,
) -> Summary:
    """Import numbered records. Safe to repeat.

    They are the vendor's answers and files of past messages, bodies of send and import calls, and webhooks of messages. Records
    that name neither group nor peer are of the default group.

    Messages sent up to `read_to_s` count as read, also when a webhook brings them again. A stored message is not changed.
    A group's messages in a batch cost one fan-out, and are stored as a whole or not at all.
    """
    summary = Summary()
    records = iter(records)
    while (batch := _read_batch(records, default_group)).number:
        recalls = [past.recall for past in batch.messages if past.recall]
        if not dry_run:
            # First: no list must show the content of a recalled message, not even for a moment.
            _recall(recalls)
        for messages in _parts([past.message for past in batch.messages if past.message]):
            summary += _record(messages, read_to_s=read_to_s, dry_run=dry_run)
        if not dry_run:
            _record_receipts(batch.messages)
        summary += Summary(bad=len(batch.bad), left_out=batch.left_out, recalled=len(recalls))
        for bad_record in batch.bad:
            on_bad(bad_record)
        on_batch(batch.number)
    return summary


def _read_batch(records: Iterator[tuple[int, Any]], default_group: str | None) -> Batch:
    """Read and check as many records as make a batch."""
    number, messages, left_out, bad = 0, [], 0, []
    now = now_s()
    for number, record in records:
        try:
            if isinstance(record, ConversationError):
                raise record
            bodies = history_messages.bodies(record, default_group)
        except ConversationError as error:
            bad.append(BadRecord(number, str(error.detail)))
            bodies = []
        for body in bodies:
            try:
                past = _past_message(body, now)
            except ConversationError as error:
                bad.append(BadRecord(number, str(error.detail)))
                continue
            if past is None:
                left_out += 1
            else:
                messages.append(past)
        if len(messages) + len(bad) + left_out >= BATCH_MESSAGES:
            break
    return Batch(number, messages, left_out, bad)


def _past_message(body: Any, now: int) -> PastMessage | None:
    """Return the message of a body, with its position; None for a message that no conversation shows."""
    if isinstance(body, dict) and "CallbackCommand" in body:
        command = fields.text(body, "CallbackCommand")
        if command not in webhook_events.MESSAGE_COMMANDS:
            raise refuse("CallbackCommand", _("Not a webhook of a message."))
        message = cast(IncomingMessage | None, webhook_events.parse(command, body, now_s=now))
        return PastMessage(message) if message else None
    past = history_messages.read(body, now_s=now)
    if past.message is None:
        return past
    return None if past.message.is_online_only else replace(past, message=_with_position(past.message))


def _with_position(message: IncomingMessage) -> IncomingMessage:
    """Return a message with all parts of its position. Raises InvalidParameter if it lacks one."""
    # Without these, a repeat would be a second message, and in a group take another message's number.
    fields.require_values(MsgTime=message.time_s)
    if message.group_id:
        fields.require_values(MsgSeq=message.seq)
        return message
    fields.require_values(MsgRandom=message.random)
    return message if message.seq is not None else replace(message, seq=message.random)


def _parts(messages: list[IncomingMessage]) -> Iterator[list[IncomingMessage]]:
    """Yield the messages of each group, and all one-to-one messages; a single record may hold more than a batch."""
    by_group = attrgetter("group_id")
    for _group_id, group_messages in groupby(sorted(messages, key=by_group), by_group):
        while part := list(islice(group_messages, BATCH_MESSAGES)):
            yield part


def _recall(recalls: Sequence[C2CRecall | GroupRecall]) -> None:
    """Store recalls, those of a group together."""
    seqs: dict[tuple[str, str], set[int]] = {}
    for recall in recalls:
        if isinstance(recall, GroupRecall):
            seqs.setdefault((recall.group_id, recall.topic_id), set()).update(recall.seqs)
        else:
            feeding_messages.recall(recall)
    for (group_id, topic_id), group_seqs in seqs.items():
        feeding_messages.recall(GroupRecall(group_id, topic_id, tuple(sorted(group_seqs))))


def _record_receipts(messages: Sequence[PastMessage]) -> None:
    """Store up to which time each peer has read, so that the senders' last messages show it."""
    read_to_s: dict[tuple[str, str], int] = {}
    for past in messages:
        if past.is_peer_read and past.message and past.message.peer:
            pair = past.message.peer, past.message.sender
            read_to_s[pair] = max(read_to_s.get(pair, 0), past.message.time_s)
    for (reader, sender), time_s in sorted(read_to_s.items()):
        reading.record_receipt(reader, sender, time_s=time_s)


@in_transaction
def _record(messages: Sequence[IncomingMessage], *, read_to_s: int, dry_run: bool) -> Summary:
    """Store the messages of one group, or one-to-one messages, as a whole or not at all."""
    # Locked before the question which are stored: a webhook may bring the same message at the same time.
    if group_id := messages[0].group_id:
        lock_group(group_id)
    keys = [(message.thread, message.position) for message in messages]
    lock_threads(thread for thread, _position in keys)
    stored_keys = {key for key, stored in message_reads.find(keys).items() if stored.body is not None}
    new_or_unread = [
        replace(message, comes_read=message.time_s <= read_to_s)
        for message, key in zip(messages, keys)
        if key not in stored_keys or message.time_s > read_to_s
    ]
    outcomes = feeding_messages.record(new_or_unread, now_s=now_s())
    if dry_run:
        transaction.set_rollback(True)
    applied = sum(not outcome.is_duplicate for outcome in outcomes)
    return Summary(applied=applied, already_stored=len(messages) - applied)
