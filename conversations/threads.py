"""Which thread a conversation shows, and whose group it is.

A thread is a stream of messages: of two users, of a group, or of a topic of one.
"""

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.identifiers import TOPIC_MARK

GROUP_START = identifiers.join(ConversationType.GROUP, "")

# Between the two users of a thread: in no ID, so that it is none of a group.
BETWEEN = "\x1f"

THREAD_MAX_LENGTH = 2 * identifiers.OWNER_ID_MAX_BYTES + 1


def thread_between(one: str, other: str) -> str:
    """The thread of two users."""
    return BETWEEN.join(sorted((one, other)))


def peer_in(thread: str, user_id: str) -> str:
    """The other user of a thread of two; oneself in notes to oneself."""
    one, _between, other = thread.partition(BETWEEN)
    return other if user_id == one else one


def thread_of(owner_id: str, conversation_id: str) -> str:
    """The thread that an owner's conversation shows."""
    type_, bare_id = identifiers.split(conversation_id)
    return bare_id if type_ == ConversationType.GROUP else thread_between(owner_id, bare_id)


def group_of(thread: str) -> str:
    """The group whose members a thread's messages go to: a topic's is named in its ID."""
    return thread.partition(TOPIC_MARK)[0]
