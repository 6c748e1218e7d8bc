"""Messages of the past, as records of JSON; they make conversations, and nobody has them unread."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.feeding import members
from conversations.feeding import messages as feeding_messages
from conversations.formats import fields, rest_messages, webhook_events
from conversations.formats.messages import IncomingMessage
from conversations.store import messages as store_messages
from conversations.store.transactions import in_transaction
from conversations.times import YEAR_2100_S, now_s
from conversations.transfer.conversations import BadRecord, Tally

BATCH_MESSAGES = 2000
ALL_READ_S = YEAR_2100_S


@dataclass(slots=True)
class Summary(Tally):
    """How many messages went which way; those left out were online only, or did not go through."""

    applied: int = 0
    known: int = 0
    left_out: int = 0


class Batch(NamedTuple):
    """The last record's number (0: none was left), and what came of the records."""

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
    """Import numbered records: bodies of send and import calls, and webhooks that tell of a message. Safe to repeat.

    What was sent up to `read_to_s` comes as read, and stays so when a webhook tells of it; what is known already stays as it
    is. A group's messages in a batch cost one fan-out, and are whole or absent.
    """
    summary = Summary()
    records = iter(records)
    while (batch := _checked(records)).number:
        for messages in _parts(batch.messages):
            summary += _record(messages, read_to_s=read_to_s, dry_run=dry_run)
        summary += Summary(bad=len(batch.bad), left_out=batch.left_out)
        for one in batch.bad:
            on_bad(one)
        on_batch(batch.number)
    return summary


def _checked(records: Iterator[tuple[int, Any]]) -> Batch:
    """As many records as make a batch."""
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
    """The message of a body, with its place in its thread; None for one that is in no conversation."""
    if isinstance(body, dict) and "CallbackCommand" in body:
        command = fields.text(body, "CallbackCommand")
        if command not in webhook_events.MESSAGE_COMMANDS:
            raise fields.refuse("CallbackCommand", _("Tells of no message."))
        return webhook_events.parse(command, body, now_s=now)
    found = rest_messages.message(body, now_s=now)
    if found.is_online_only:
        return None
    # Else it could not be known again, and in a group would take the number of another.
    fields.require_values(MsgTime=found.time_s)
    if found.group_id:
        fields.require_values(MsgSeq=found.seq)
        return found
    fields.require_values(MsgRandom=found.random)
    return found if found.seq is not None else replace(found, seq=found.random)


def _parts(messages: list[IncomingMessage]) -> Iterator[list[IncomingMessage]]:
    """The messages of each group, and those of all one-to-one threads; one record alone may hold more than a batch."""
    by_group = attrgetter("group_id")
    for _group_id, some in groupby(sorted(messages, key=by_group), by_group):
        while part := list(islice(some, BATCH_MESSAGES)):
            yield part


@in_transaction
def _record(messages: Sequence[IncomingMessage], *, read_to_s: int, dry_run: bool) -> Summary:
    """One group's messages, or one-to-one ones: all or none."""
    # Locked before asking: a webhook may tell of the same message right now.
    if group_id := messages[0].group_id:
        members.lock_group(group_id)
    places = [(message.thread, message.position) for message in messages]
    store_messages.lock_threads(thread for thread, _position in places)
    known = {place for place, stored in store_messages.find(places).items() if stored.body is not None}
    told = [
        replace(message, comes_read=message.time_s <= read_to_s)
        for message, place in zip(messages, places)
        if place not in known or message.time_s > read_to_s
    ]
    outcomes = feeding_messages.record(told, now_s=now_s())
    if dry_run:
        transaction.set_rollback(True)
    applied = sum(not one.is_duplicate for one in outcomes)
    return Summary(applied=applied, known=len(messages) - applied)
