"""Positions of messages in their threads: digits that sort as text, the same on every database and in Python.

A group's messages are ordered by MsgSeq, those of a one-to-one thread by (MsgTime, MsgSeq, MsgRandom). NO_POSITION is before
every message.
"""

from conversations.choices import ConversationType

NO_POSITION = ""
MAX_LENGTH = 30
TIME_LENGTH = 10


def of_c2c(time_s: int, seq: int, random: int) -> str:
    """Return a one-to-one message's position: ten digits for each of three 32-bit numbers."""
    return f"{time_s:010d}{seq:010d}{random:010d}"


def of_group(seq: int) -> str:
    """Return a group message's position: twenty digits, for any 64-bit MsgSeq."""
    return f"{seq:020d}"


def seq_of(position: str, *, is_group: bool) -> int:
    """Return the MsgSeq of the message at a position."""
    return int(position if is_group else position[TIME_LENGTH : 2 * TIME_LENGTH])


def end_of_second(time_s: int) -> str:
    """Return a position at or after every one-to-one message sent until the end of this second."""
    return f"{time_s:010d}".ljust(MAX_LENGTH, "9")


def unread_at_most(position: str, type_: int, c2c_read_s: int, group_read_seq: int) -> int | None:
    """Return how many messages up to a position can be unread; None if the read position does not limit their number."""
    if position == NO_POSITION:
        return None
    if type_ == ConversationType.GROUP:
        return max(0, int(position) - group_read_seq)
    return 0 if in_read_units(position, type_) <= c2c_read_s else None


def in_read_units(position: str, type_: int) -> int:
    """Return a position in the unit of read positions: MsgSeq in a group, else epoch seconds; 0 for NO_POSITION."""
    return int((position if type_ == ConversationType.GROUP else position[:TIME_LENGTH]) or 0)
