"""Import past messages from JSON records. They make conversations, and count as read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.feeding import messages as feeding_messages
from conversations.feeding.locked_groups import lock_group
from conversations.formats import fields, rest_messages, webhook_events
from conversations.formats.checks import refuse
from conversations.formats.messages import IncomingMessage
from conversations.store import message_reads
from conversations.store.threads import lock_threads
from conversations.store.transactions import in_transaction
from conversations.times import YEAR_2100_S, now_s
from conversations.transfer.records import BadRecord, Tally

BATCH_MESSAGES = 2000
ALL_READ_S = YEAR_2100_S


@dataclass(slots=True)
class Summary(Tally):
    """The number of messages by outcome. Those left out were online-only, or not delivered."""

    applied: int = 0
    already_stored: int = 0
    left_out: int = 0


class Batch(NamedTuple):
    """The number of the last record (0: no record was left), and the records' messages and errors."""

    number: int
    messages: list[IncomingMessage]
    left_out: int
    bad: list[BadRecord]


def import_records(
    records: Iterable[tuple[int, Any]],
    *,
    read_to_s: int = ALL_READ_S,
    dry_run: bool = False,
    on_bad: Callable[[BadRecord], None] = lambda bad: None,
    on_batch: Callable[[int], None] = lambda last_number: None,
) -> Summary:
    """Import numbered records: bodies of send and import calls, and webhooks of messages. Safe to repeat.

    Messages sent up to `read_to_s` count as read, also when a webhook brings them again. A stored message is not changed.
    A group's messages in a batch cost one fan-out, and are stored as a whole or not at all.
    """
    summary = Summary()
    records = iter(records)
    while (batch := _read_batch(records)).number:
        for messages in _parts(batch.messages):
            summary += _record(messages, read_to_s=read_to_s, dry_run=dry_run)
        summary += Summary(bad=len(batch.bad), left_out=batch.left_out)
        for bad_record in batch.bad:
            on_bad(bad_record)
        on_batch(batch.number)
    return summary


def _read_batch(records: Iterator[tuple[int, Any]]) -> Batch:
    """Read and check as many records as make a batch."""
    number, messages, left_out, bad = 0, [], 0, []
    now = now_s()
    for number, record in records:
        try:
            if isinstance(record, ConversationError):
                raise record
            bodies = rest_messages.bodies(record)
        except ConversationError as error:
            bad.append(BadRecord(number, str(error.detail)))
            bodies = ()
        for body in bodies:
            try:
                message = _message(body, now)
            except ConversationError as error:
                bad.append(BadRecord(number, str(error.detail)))
                continue
            if message is None:
                left_out += 1
            else:
                messages.append(message)
        if len(messages) + len(bad) + left_out >= BATCH_MESSAGES:
            break
    return Batch(number, messages, left_out, bad)


def _message(body: Any, now: int) -> IncomingMessage | None:
    """Return the message of a body, with its position; None for a message that no conversation shows."""
    if isinstance(body, dict) and "CallbackCommand" in body:
        command = fields.text(body, "CallbackCommand")
        if command not in webhook_events.MESSAGE_COMMANDS:
            raise refuse("CallbackCommand", _("Not a webhook of a message."))
        return webhook_events.parse(command, body, now_s=now)
    message = rest_messages.message(body, now_s=now)
    if message.is_online_only:
        return None
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
