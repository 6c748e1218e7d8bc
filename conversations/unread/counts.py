"""Count the stored messages of a conversation that are unread: the number that every change keeps up to date in its row."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from conversations import identifiers
from conversations.models import Conversation, Group, GroupMember, Message, Thread
from conversations.store import message_reads
from conversations.threads import GROUP_START, group_of, thread_of
from conversations.unread import rules
from conversations.unread.rosters import MembershipHistory
from conversations.unread.rules import Viewer


def viewer_of(row: Conversation) -> Viewer:
    """The row's owner, with the time spent in the group; at most two queries."""
    return viewers_of([row])[row.conversation_id]


def viewers_of(rows: Sequence[Conversation]) -> dict[str, Viewer]:
    """The owner of all these rows as the viewer of each, by conversationID; at most two queries."""
    groups = {row.conversation_id: group_of(identifiers.split(row.conversation_id)[1]) for row in rows if row.is_group}
    known = {one.group_id: one for one in Group.objects.filter(group_id__any_of=sorted(groups.values()))} if groups else {}
    owner_ids = {row.owner_id for row in rows}
    members = GroupMember.objects.filter(user_id__in=owner_ids, group_id__any_of=sorted(groups.values())) if groups else ()
    events = {one.group_id: one.events for one in members}
    viewers = {}
    for row in rows:
        viewers[row.conversation_id] = Viewer(row.owner_id)
        if row.is_group:
            group = known.get(groups[row.conversation_id], Group())
            roster = MembershipHistory.from_json(events.get(groups[row.conversation_id], "[]"), group.dissolved_at_ms)
            viewers[row.conversation_id] = Viewer(row.owner_id, roster, group.type)
    return viewers


def newest_stored(owner_id: str, conversation_ids: Iterable[str]) -> dict[str, str]:
    """The position of the newest message stored for each conversation, by its ID; one query.

    One that is not shown last is past what the row itself tells. Nothing of a group of which the owner only claims to be: two
    queries where there are groups.
    """
    ids = list(conversation_ids)
    strange = groups_without_membership(owner_id, ids)
    threads = {thread_of(owner_id, one): one for one in ids if one not in strange}
    known = Thread.objects.filter(thread__any_of=sorted(threads)).values_list("thread", "last_position")
    return {threads[thread]: last_position for thread, last_position in known}


def groups_without_membership(owner_id: str, conversation_ids: Iterable[str]) -> set[str]:
    """Those of these group conversations whose owner is no member and never was one, as far as is known."""
    groups = {one: group_of(one.removeprefix(GROUP_START)) for one in conversation_ids if one.startswith(GROUP_START)}
    if not groups:
        return set()
    members = GroupMember.objects.filter(user_id=owner_id, group_id__any_of=sorted(set(groups.values())))
    known = set(members.values_list("group_id", flat=True))
    return {one for one, group_id in groups.items() if group_id not in known}


def count_unread(row: Conversation) -> int:
    """What the row's unread number is to be: what it carries over, and the stored messages that count."""
    return recount_many([row])[row.conversation_id]


def recount_many(rows: Sequence[Conversation]) -> dict[str, int]:
    """`count_unread` of one owner's rows, by conversationID; the same few queries for one or many."""
    found = {row.conversation_id: row.imported_unread for row in rows}
    by_thread = {thread_of(row.owner_id, row.conversation_id): row for row in rows}
    viewers = viewers_of(rows)
    for message in message_reads.after_each(unread_floors_of(rows)):
        row = by_thread[message.thread]
        found[row.conversation_id] += viewers[row.conversation_id].counts_as_unread(message, row)
    return found


def unread_floors_of(rows: Iterable[Conversation]) -> dict[str, str]:
    """Up to where no stored message of one owner's rows is unread, by thread."""
    return {thread_of(row.owner_id, row.conversation_id): unread_floor(row) for row in rows}


def not_passed(rows: Iterable[Conversation], messages: Iterable[Message]) -> Iterator[tuple[Message, Iterable[Conversation]]]:
    """Each of a thread's messages with those of the thread's rows for which it is not read by its place alone."""
    rows = sorted(rows, key=unread_floor)
    ends = [unread_floor(row) for row in rows]
    for message in messages:
        yield message, islice(rows, bisect_left(ends, message.position))


class Recount(NamedTuple):
    """What a row's unread number is to be, and the @ entries that stored messages make while they are unread, by MsgSeq."""

    unread: int
    mentions: dict[int, int]


def recount(row: Conversation, viewer: Viewer) -> Recount:
    """Both, as the row's owner stands to what is stored; one query, and memory that does not grow with the thread."""
    unread, mentions = row.imported_unread, {}
    for message in message_reads.outlines(thread_of(row.owner_id, row.conversation_id), unread_floor(row)):
        unread += viewer.counts_as_unread(message, row)
        if at_type := viewer.at_type(message, row):
            mentions[int(message.position)] = int(at_type)
    return Recount(unread, mentions)


def unread_floor(row: Conversation) -> str:
    """Up to here no stored message is unread, by its place alone."""
    return max(end for _why, end in rules.unread_floors(row))
