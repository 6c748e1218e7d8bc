"""Where a message stands in its thread, as digits that sort as text: the same on every database and in Python.

A group numbers its messages: MsgSeq. A one-to-one thread is ordered by (MsgTime, MsgSeq, MsgRandom).
NOWHERE comes before every message.
"""

from conversations.choices import ConversationType

NO_POSITION = ""
MAX_LENGTH = 30
TIME_LENGTH = 10


def of_c2c(time_s: int, seq: int, random: int) -> str:
    """Ten digits each: all three are 32-bit numbers."""
    return f"{time_s:010d}{seq:010d}{random:010d}"


def of_group(seq: int) -> str:
    """Twenty digits hold any 64-bit MsgSeq."""
    return f"{seq:020d}"


def seq_of(position: str, *, is_group: bool) -> int:
    """The MsgSeq of a message there."""
    return int(position if is_group else position[TIME_LENGTH : 2 * TIME_LENGTH])


def end_of_second(time_s: int) -> str:
    """At or past every place of a one-to-one message of this second or before."""
    return f"{time_s:010d}".ljust(MAX_LENGTH, "9")


def unread_at_most(position: str, type_: ConversationType, c2c_read_s: int, group_read_seq: int) -> int | None:
    """How many messages up to `position` can be unread; None when the read position does not tell."""
    if position == NO_POSITION:
        return None
    if type_ == ConversationType.GROUP:
        return max(0, int(position) - group_read_seq)
    return 0 if in_read_units(position, type_) <= c2c_read_s else None


def in_read_units(position: str, type_: ConversationType) -> int:
    """`position` as read positions count: MsgSeq in a group, else MsgTime in epoch seconds; 0 for NOWHERE."""
    return int((position if type_ == ConversationType.GROUP else position[:TIME_LENGTH]) or 0)
