"""Incoming messages, edits and recalls of every source: checked, frozen, in the vendor's units."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

from conversations import positions
from conversations.choices import ConversationType
from conversations.threads import thread_between


class Mentions(NamedTuple):
    """Whom a message mentions."""

    all: bool
    accounts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """A message to a peer, to a group, or to a topic of a group. A property that its source lacks is empty.

    The server assigns `time_s`, `seq` and `random` where they are None.
    """

    sender: str
    elements: tuple[dict[str, Any], ...]  # MsgBody unchanged: MsgType and MsgContent of each
    peer: str = ""
    group_id: str = ""  # its members receive the message
    topic_id: str = ""
    group_type: str = ""  # the V2 word
    time_s: int | None = None
    seq: int | None = None
    random: int | None = None
    msg_id: str = ""  # the clients' ID, assigned by the cloud
    cloud_custom_data: str = ""
    counts_as_unread: bool = True
    is_shown_last: bool = True
    is_online_only: bool = False
    at_all: bool = False
    at_accounts: tuple[str, ...] = ()
    comes_read: bool = False  # imported: it neither counts as unread nor mentions
    targets: tuple[str, ...] = ()  # empty: all members; a targeted message never counts as unread

    @property
    def type(self) -> ConversationType:
        return ConversationType.GROUP if self.group_id else ConversationType.C2C

    @cached_property
    def thread(self) -> str:
        """The message history of the message: that of its topic or group, else of the two users."""
        return self.topic_id or self.group_id or thread_between(self.sender, self.peer)

    @cached_property
    def position(self) -> str:
        """The position in the thread; needs `time_s`, `seq` and `random`."""
        if self.group_id:
            return positions.of_group(cast(int, self.seq))
        return positions.of_c2c(cast(int, self.time_s), cast(int, self.seq), cast(int, self.random))

    @property
    def msg_key(self) -> str | None:
        """The key by which a recall names a one-to-one message; None in groups, or while a part of it is None."""
        if self.group_id or None in (self.time_s, self.seq, self.random):
            return None
        return f"{self.seq}_{self.random}_{self.time_s}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdit:
    """An edit of a message of two users, or of a group or topic. A part of the content that it does not change is None."""

    sender: str = ""  # of the message, one to one
    peer: str = ""
    group_id: str = ""
    topic_id: str = ""
    time_s: int = 0  # one to one
    seq: int
    random: int = 0
    elements: tuple[dict[str, Any], ...] | None = None  # as in IncomingMessage
    cloud_custom_data: str | None = None
    mentions: Mentions | None = None
    event_time_ms: int = 0  # of several edits of a part, the newest holds; 0: of the time when it came

    @property
    def thread(self) -> str:
        return self.topic_id or self.group_id or thread_between(self.sender, self.peer)

    @property
    def position(self) -> str:
        return positions.of_group(self.seq) if self.group_id else positions.of_c2c(self.time_s, self.seq, self.random)

    @property
    def msg_key(self) -> str:
        """The MsgKey of a one-to-one message."""
        return f"{self.seq}_{self.random}_{self.time_s}"


@dataclass(frozen=True, slots=True)
class C2CRecall:
    """A recall of the sender's message to a peer; the operator is "" if unknown."""

    sender: str
    peer: str
    time_s: int
    seq: int
    random: int
    operator: str = ""

    @property
    def thread(self) -> str:
        return thread_between(self.sender, self.peer)

    @property
    def positions(self) -> list[str]:
        return [positions.of_c2c(self.time_s, self.seq, self.random)]


@dataclass(frozen=True, slots=True)
class GroupRecall:
    """A recall of messages of a group, or of one of its topics; the operator is "" if unknown."""

    group_id: str
    topic_id: str
    seqs: tuple[int, ...]
    operator: str = ""

    @property
    def thread(self) -> str:
        return self.topic_id or self.group_id

    @property
    def positions(self) -> list[str]:
        return [positions.of_group(seq) for seq in self.seqs]
