"""TODO docstring."""

from conversations import identifiers

# Between the two users of a thread: in no ID, so that it is none of a group.
BETWEEN = "\x1f"

THREAD_MAX_LENGTH = 2 * identifiers.OWNER_ID_MAX_BYTES + 1
