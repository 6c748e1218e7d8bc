"""How many stored messages a conversation counts as unread: the sum that every change keeps up to date, made anew."""

from collections.abc import Iterable

from conversations import effects, identifiers, message_store
from conversations.choices import ConversationType
from conversations.effects import Viewer
from conversations.identifiers import TOPIC_MARK
from conversations.message_models import Group, GroupMember, Thread
from conversations.models import Conversation
from conversations.rosters import Roster


def viewer_of(row: Conversation) -> Viewer:
    """The row's owner, with the time spent in the group; at most two queries."""
    _type, bare_id = identifiers.split(row.conversation_id)
    if row.type == ConversationType.C2C:
        return Viewer(row.owner_id)
    group_id = group_of(bare_id)
    group = Group.objects.filter(group_id=group_id).first()
    member = GroupMember.objects.filter(group_id=group_id, user_id=row.owner_id).first()
    dissolved_at_ms = group.dissolved_at_ms if group else None
    roster = Roster.from_json(member.events, dissolved_at_ms) if member else Roster(dissolved_at_ms=dissolved_at_ms)
    return Viewer(row.owner_id, roster, group.type if group else "")


def thread_of(owner_id: str, conversation_id: str) -> str:
    """The thread that an owner's conversation shows."""
    type_, bare_id = identifiers.split(conversation_id)
    return bare_id if type_ == ConversationType.GROUP else effects.thread_of(owner_id, bare_id)


def group_of(thread: str) -> str:
    """The group whose members a thread's messages go to: a topic's is named in its ID."""
    return thread.partition(TOPIC_MARK)[0]


def newest_stored(owner_id: str, conversation_ids: Iterable[str]) -> dict[str, str]:
    """The position of the newest message stored for each conversation, by its ID; one query.

    One that is not shown last is past what the row itself tells.
    """
    threads = {thread_of(owner_id, one): one for one in conversation_ids}
    known = Thread.objects.filter(thread__any_of=sorted(threads)).values_list("thread", "last_position")
    return {threads[thread]: last_position for thread, last_position in known}


def count_unread(row: Conversation) -> int:
    """What the row's unread number is to be: what it carries over, and the stored messages that count."""
    viewer, thread = viewer_of(row), thread_of(row.owner_id, row.conversation_id)
    stored = message_store.outlines(thread, passed_position(row))
    return row.unread_base + sum(viewer.counts(message, row) for message in stored)


def passed_position(row: Conversation) -> str:
    """Up to here no stored message is unread, by its place alone."""
    return max(end for _why, end in effects.places(row))
