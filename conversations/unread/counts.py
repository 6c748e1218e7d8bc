"""Count a row's unread messages from what is stored.

The count is the imported unread, plus each stored message for which `rules.Viewer.reason_not_counted` finds no reason. The row
keeps it: `rules.apply` changes it by each message's difference. Here it is computed again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from conversations.models import Conversation, Message
from conversations.store import message_reads
from conversations.threads import thread_of
from conversations.unread import rules, viewers
from conversations.unread.rules import Viewer


class Recount(NamedTuple):
    """A row's unread count, and its mentions by stored messages: the @-type by MsgSeq."""

    unread: int
    mentions: dict[int, int]


def recount(row: Conversation, viewer: Viewer) -> Recount:
    """Return the row's unread count and mentions. One query, and memory that does not grow with the thread."""
    unread, mentions = row.imported_unread, {}
    for message in message_reads.outlines(thread_of(row.owner_id, row.conversation_id), unread_floor(row)):
        unread += viewer.counts_as_unread(message, row)
        if at_type := viewer.at_type(message, row):
            mentions[int(message.position)] = int(at_type)
    return Recount(unread, mentions)


def count_unread(row: Conversation) -> int:
    """Return the row's unread count: imported unread and the stored messages that count."""
    return recount_many([row])[row.conversation_id]


def recount_many(rows: Sequence[Conversation]) -> dict[str, int]:
    """Return `count_unread` of one owner's rows, by conversationID; the same few queries for one or many."""
    return {conversation_id: recount.unread for conversation_id, recount in recounts_of(rows).items()}


def recounts_of(rows: Sequence[Conversation]) -> dict[str, Recount]:
    """Return the unread count and the mentions of one owner's rows, by conversationID; the same few queries for one or many."""
    counts = {row.conversation_id: row.imported_unread for row in rows}
    mentions: dict[str, dict[int, int]] = {row.conversation_id: {} for row in rows}
    by_thread = {thread_of(row.owner_id, row.conversation_id): row for row in rows}
    viewers_of_rows = viewers.of_rows(rows)
    for message in message_reads.after_each(unread_floors_of(rows)):
        row = by_thread[message.thread]
        viewer = viewers_of_rows[row.owner_id, row.conversation_id]
        counts[row.conversation_id] += viewer.counts_as_unread(message, row)
        if row.is_group and (at_type := viewer.at_type(message, row)):
            mentions[row.conversation_id][int(message.position)] = int(at_type)
    return {id_: Recount(count, mentions[id_]) for id_, count in counts.items()}


def unread_floor(row: Conversation) -> str:
    """Return the position up to which no stored message is unread, whatever the message."""
    return max(floor for _reason, floor in rules.unread_floors(row))


def unread_floors_of(rows: Iterable[Conversation]) -> dict[str, str]:
    """Return the unread floor of one owner's rows, by thread."""
    return {thread_of(row.owner_id, row.conversation_id): unread_floor(row) for row in rows}


def with_rows_before(
    rows: Iterable[Conversation], messages: Iterable[Message]
) -> Iterator[tuple[Message, Iterable[Conversation]]]:
    """Yield each of a thread's messages with the rows in which it may be unread."""
    rows = sorted(rows, key=unread_floor)
    floors = [unread_floor(row) for row in rows]
    for message in messages:
        yield message, islice(rows, bisect_left(floors, message.position))
