"""Threads: which message history a conversation shows, and the group to which it belongs.

A thread is the messages between two users, or those of a group or of one of its topics.
"""

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.identifiers import TOPIC_MARK

GROUP_START = identifiers.join(ConversationType.GROUP, "")

# Between the two users of a thread. No ID contains it, so such a thread is none of a group.
BETWEEN = "\x1f"

THREAD_MAX_LENGTH = 2 * identifiers.OWNER_ID_MAX_BYTES + 1


def is_of_group(thread: str) -> bool:
    """Return whether a thread is a group's or a topic's, and not of two users."""
    return BETWEEN not in thread


def thread_between(user_id: str, peer: str) -> str:
    """Return the thread of two users."""
    return BETWEEN.join(sorted((user_id, peer)))


def peer_in(thread: str, user_id: str) -> str:
    """Return the other user of a one-to-one thread; the same user for notes to themself."""
    first, _between, second = thread.partition(BETWEEN)
    return second if user_id == first else first


def thread_of(owner_id: str, conversation_id: str) -> str:
    """Return the thread that an owner's conversation shows."""
    type_, bare_id = identifiers.split(conversation_id)
    return bare_id if type_ == ConversationType.GROUP else thread_between(owner_id, bare_id)


def group_of(thread: str) -> str:
    """Return the group whose members get a thread's messages; a topic's ID contains its group's."""
    return thread.partition(TOPIC_MARK)[0]
